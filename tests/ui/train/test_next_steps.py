"""What to do with a run that has ended, by AppTest."""

import pytest

from scratchmlp.runs.store import Store
from scratchmlp.ui.train.next_steps import errors_label
from tests.ui.pages import metric, trained
from tests.ui.train.pages import QUICK, page, selected, state


@pytest.mark.parametrize(
    ("errors", "label"),
    [
        (192, "See its 192 errors"),
        (8865, "See its 8,865 errors"),
        (1, "See its error"),
        (0, "See its predictions"),
        (None, "See its errors"),
    ],
)
def test_the_label_counts_the_errors(errors: int | None, label: str) -> None:
    assert errors_label(errors) == label


def test_a_finished_run_leads_to_its_errors_and_to_a_drawing_for_it(store: Store) -> None:
    run_id = trained(store, QUICK)
    app = page(run=run_id)
    label = app.button("see_errors").label
    app.button("see_errors").click().run()
    assert app.title[0].value == "Evaluate" and selected(app) == run_id
    assert label == f"See its {metric(app, 'Errors').split()[0]} errors"
    app.switch_page("pages/train.py").run()
    app.button("draw_for_it").click().run()
    assert app.title[0].value == "Draw a digit" and selected(app) == run_id


def test_a_run_without_a_network_leads_nowhere(store: Store) -> None:
    app = state(store, "diverged", error="The loss became infinite at step 6.")
    assert not [b for b in app.button if b.key in ("see_errors", "draw_for_it")]
