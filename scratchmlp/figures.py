"""A share as a percentage, and a loss with decimals, as all pages, reports and commands print it.

A rounded percentage may not say more than is true: only 1 is 100%, and only 0 is 0%. What would be
rounded to one of them is ">99.9%" or "<0.1%".
"""

import math
from decimal import ROUND_HALF_UP, Decimal

LARGE = 1e5


def percent(share: float, decimals: int = 2) -> str:
    """A share in [0, 1] as a percentage with so many decimals. A half is rounded up.

    >>> percent(0.98127), percent(0.99997), percent(0.0002, 1), percent(1.0, 0)
    ('98.13%', '>99.99%', '<0.1%', '100%')
    """
    if not math.isfinite(share):
        return "NaN"
    least, most = _limits(decimals)
    text = f"{Decimal(100 * share).quantize(Decimal(10) ** -decimals, ROUND_HALF_UP)}%"
    if share < 1 and text == f"{1:.{decimals}%}":
        return f">{most:.{decimals}%}"
    if share > 0 and text == f"{0:.{decimals}%}":
        return f"<{least:.{decimals}%}"
    return text


def percent_expression(field: str, decimals: int = 2) -> str:
    """The same for a field of a chart's table, as an expression of Vega."""
    least, most = _limits(decimals)
    share, text = f"datum['{field}']", f"format(datum['{field}'], '.{decimals}%')"
    return (
        f"!isValid({share}) ? 'NaN' : "
        f"{share} < 1 && {text} === '{1:.{decimals}%}' ? '>{most:.{decimals}%}' : "
        f"{share} > 0 && {text} === '{0:.{decimals}%}' ? '<{least:.{decimals}%}' : {text}"
    )


def decimal(number: float, decimals: int = 4) -> str:
    """A number with so many decimals; a large one by a power of ten.

    >>> decimal(0.06123), decimal(99_999.9, 1), decimal(520_076_729_161_193_856.0)
    ('0.0612', '99999.9', '5.2e17')
    """
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "infinite"
    if abs(number) < LARGE:
        return f"{number:.{decimals}f}"
    return _short(f"{number:.1e}")


def significant(number: float) -> str:
    """A number with three digits that count.

    >>> significant(2.302585), significant(0.00123), significant(1.236e27)
    ('2.3', '0.00123', '1.24e27')
    """
    return _short(f"{number:.3g}")


def _short(text: str) -> str:
    """A number in Python's words, with a power of ten as e17 and not as e+17."""
    return text.replace("e+0", "e").replace("e+", "e")


def decimal_expression(field: str, decimals: int = 4) -> str:
    """The same for a finite field of a chart's table, as an expression of Vega."""
    number = f"datum['{field}']"
    large = f"replace(format({number}, '.1e'), '+', '')"
    return f"abs({number}) < {LARGE:.0f} ? format({number}, '.{decimals}f') : {large}"


def _limits(decimals: int) -> tuple[float, float]:
    """The least and the greatest share between 0 and 1 with so many decimals."""
    step = 10.0 ** -(decimals + 2)
    return step, 1 - step
