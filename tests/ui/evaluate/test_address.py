"""The state of Evaluate and its address mean the same, whatever either of them says."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scratchmlp.ui.evaluate import address
from scratchmlp.ui.evaluate.address import (
    DEFAULT,
    LISTS,
    NAMES,
    ORDERS,
    PAGE_SIZES,
    PROJECTIONS,
    State,
)

names = st.text(st.characters(categories=["L", "N", "P"]), max_size=20)
ids = st.text("abcdefghij0123456789", max_size=16)
coordinates = st.floats(-1e6, 1e6).map(lambda x: float(f"{x:.4g}"))
states = st.builds(
    State,
    run=ids,
    dataset=names,
    split=st.sampled_from(["", "valid", "train"]),
    view=st.sampled_from(["errors", "map", "compare", "label-errors"]),
    truth=names,
    prediction=names,
    percent=st.booleans(),
    by_errors=st.booleans(),
    projection=st.sampled_from(list(PROJECTIONS)),
    area=st.none() | st.tuples(coordinates, coordinates, coordinates, coordinates),
    order=st.sampled_from(list(ORDERS)),
    confidence=st.tuples(st.integers(0, 100), st.integers(0, 100)).map(lambda p: tuple(sorted(p))),
    correct=st.booleans(),
    mislabelled=st.booleans(),
    page=st.integers(1, 10_000),
    page2=st.integers(1, 10_000),
    size=st.sampled_from(PAGE_SIZES),
    compare=ids,
    opened_from=st.sampled_from(["", *LISTS]),
    sample=st.none() | st.integers(0, 60_000),
)


@given(states)
def test_the_address_of_a_state_means_that_state(state: State) -> None:
    assert address.parsed(address.parameters(state)) == (state, [])


def test_a_run_to_compare_with_opens_compare_where_no_view_is_named() -> None:
    assert address.parsed({"compare": "abc,def"})[0] == State(view="compare", compare="abc")


def test_what_is_shown_at_first_needs_no_parameter() -> None:
    assert address.parameters(DEFAULT) == {}
    assert address.parsed({}) == (DEFAULT, [])


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40)))
@example({"area": "1,2,3,nan"})
@example({"area": "1,2,3"})
@example({"confidence": "90,10"})
@example({"sample": "-1", "page": "0"})
@example({"sample": "²", "page": "9" * 400})
@example({"truth": "a\ud800"})
def test_any_address_means_a_state_that_has_an_address(params: dict[str, str]) -> None:
    state, errors = address.parsed(params)
    assert address.parsed(address.parameters(state)) == (state, [])
    assert len(errors) <= len(params)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("area", "inf,0,0,0"),
        ("confidence", "0,101"),
        ("correct", "yes"),
        ("order", "loss"),
        ("size", "61"),
        ("sample", "1.5"),
        ("projection", "umap"),
        ("opened_from", "elsewhere"),
    ],
)
def test_what_cannot_be_read_is_left_out_with_a_sentence(name: str, text: str) -> None:
    state, [sentence] = address.parsed({name: text, "run": "abc"})
    assert state == State(run="abc")
    assert sentence == f"The link's {name} is not one that this page knows."


def test_an_area_is_rounded_as_its_address_says_it() -> None:
    area = address.rounded((1.23456, -0.000123456, 123456.0, 2.0))
    assert area == (1.235, -0.0001235, 123500.0, 2.0)
    assert address.rounded(area) == area
