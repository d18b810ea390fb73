"""A run's settings, beside those of other runs."""

import pandas as pd
import streamlit as st

from scratchmlp.net.config import FIELDS, unparse
from scratchmlp.runs.store import Run


def show(run: Run) -> None:
    settings = {name: unparse(getattr(run.config, name)) for name in FIELDS}
    st.dataframe(pd.DataFrame({"setting": settings.keys(), "value": settings.values()}))
