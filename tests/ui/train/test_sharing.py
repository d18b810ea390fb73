"""The links that Train offers, by AppTest."""

from scratchmlp.runs.store import Store
from tests.ui.train.pages import page


def test_a_teacher_makes_a_link_that_hides(store: Store) -> None:
    app = page()
    app.multiselect("hide_controls").set_value(["seed", "preset"]).run()
    assert app.code[1].value == app.code[0].value + "&hide=preset,seed"
    assert "hide" not in app.code[0].value
