"""A table on a page whose shares are printed as percentages, and still sorted by their value"""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from scratchmlp.ui.run_status import percent


def with_percents(table: pd.DataFrame, columns: Sequence[str]) -> Any:
    """The table for `st.dataframe`."""
    return table.style.format(dict.fromkeys(columns, percent), na_rep="–")  # type: ignore[arg-type]


def rounded_percent(share: float | None) -> float:
    """Two decimals; only 1 is 100 and only 0 is 0, as `figures.percent` prints them."""
    if share is None:
        return math.nan
    return 100 * share if share in (0, 1) else min(max(100 * share, 0.01), 99.99)
