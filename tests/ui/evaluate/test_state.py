"""Evaluate shows the best run first, and its address says all that it shows."""

from dataclasses import replace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from scratchmlp.analysis import comparison, evaluation
from scratchmlp.data import datasets
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Store
from tests.ui.pages import app_at, control, go_back, metric, ran, run_control, shown, trained

QUICK = TrainConfig(dataset="digits", epochs=2, hidden=(16,))
GOOD = replace(presets.MODERN, dataset="digits", epochs=4)


def page(**params: str) -> AppTest:
    return ran(app_at("evaluate", **params))


def address(app: AppTest) -> dict[str, str]:
    """AppTest tells a value as a list where it was given."""
    values = app.query_params.items()
    return {name: v[0] if isinstance(v, list) else v for name, v in values}


def table_of(store: Store, run_id: str) -> pd.DataFrame:
    return evaluation.predict(store.network(run_id), datasets.load("digits").test)


def test_the_best_run_is_shown_first(store: Store) -> None:
    """Not the newest, nor a better one that diverged later."""
    best = trained(store, GOOD)
    later = trained(store, replace(GOOD, epochs=6))
    store._change_if(later, ["finished"], {"status": "diverged"})
    trained(store, QUICK)
    unvalidated = trained(store, replace(GOOD, valid_pct=0.0))
    app = page()
    assert run_control(app).value == best
    assert address(app) == {"run": best}
    assert metric(app, "Accuracy") == f"{store.run(best).test_accuracy:.2%}"
    store.run_list.delete([run.id for run in store.runs() if run.id != unvalidated])
    assert run_control(page()).value == unvalidated


def test_a_reload_and_back_show_the_same(store: Store) -> None:
    run_id = trained(store, QUICK)
    wanted = {
        "run": run_id,
        "split": "train",
        "percent": "1",
        "by_errors": "1",
        "order": "narrowest-margin",
        "confidence": "10,60",
        "correct": "1",
        "page": "2",
        "size": "24",
    }
    app = page(**wanted)
    for _ in range(2):
        assert address(app) == wanted
        assert control(app, "evaluate_split").value == "train"
        assert control(app, "evaluate_order").value == "narrowest-margin"
        assert control(app, "evaluate_confidence").value == (10, 60)
        assert control(app, "evaluate_size").value == 24
        assert control(app, "evaluate_page").value == 2
        assert all(
            control(app, key).value
            for key in ("evaluate_percent", "evaluate_by_errors", "evaluate_correct", "correct_too")
        )
        assert app.button("confidence_chip").label == "confidence 10% to 60%"
        text = shown(app)
        control(app, "evaluate_order").set_value("highest-loss")
        app.button("confidence_chip").click()
        ran(app)
        changed = address(app)
        assert changed == {
            name: wanted[name]
            for name in ("run", "split", "percent", "by_errors", "correct", "size")
        }
        assert shown(go_back(app, **wanted)) == text
    go_back(app, **changed)
    assert control(app, "evaluate_confidence").value == (0, 100)
    assert control(app, "evaluate_order").value == "highest-loss"


def test_a_cell_of_the_diagonal_shows_its_correct_predictions(store: Store) -> None:
    run_id = trained(store, GOOD)
    table = table_of(store, run_id)
    right = table[table["correct"] & (table["truth"] == 1)]
    app = page(run=run_id)
    control(app, "evaluate_truth").set_value("1")
    control(app, "evaluate_prediction").set_value("1")
    assert f"{len(right)} pictures" in shown(ran(app))
    assert not control(app, "evaluate_correct").value


def test_equal_runs_are_right_on_the_same_pictures_and_can_be_told_apart(store: Store) -> None:
    one, same = trained(store, GOOD), trained(store, GOOD)
    app = page(run=one, view="compare", compare=same)
    assert "Both runs are right on the same pictures." in shown(app)
    options = [box.options for box in app.selectbox if box.label in ("Run", "Compare with")]
    assert set(options[1]) < set(options[0])


def test_a_picture_of_compare_has_its_list_and_leads_back_to_it(store: Store) -> None:
    good, poor = trained(store, GOOD), trained(store, QUICK)
    fixed = comparison.compare(table_of(store, poor), table_of(store, good)).fixed
    wanted = {"run": poor, "view": "compare", "compare": good, "opened_from": "fixed"}
    app = page(**wanted, sample=str(fixed[0]))
    assert f"Picture {fixed[0]}:" in shown(app)
    assert f"1 of {len(fixed)} in “Only the other is right”" in shown(app)
    app.button("next").click()
    assert f"Picture {fixed[1]}:" in shown(ran(app))
    assert address(app) == wanted | {"sample": str(fixed[1])}
    app.button("back").click()
    assert metric(ran(app), "McNemar's p")
    assert address(app) == {"run": poor, "view": "compare", "compare": good}


def test_selecting_the_compared_run_swaps_the_two(store: Store) -> None:
    one, other = trained(store, GOOD), trained(store, QUICK)
    app = page(run=one, compare=other)
    fixed = metric(app, "Only the other is right")
    run_control(app).set_value(other)
    ran(app)
    assert address(app) == {"run": other, "view": "compare", "compare": one}
    assert metric(app, "Only this one is right") == fixed
    assert not app.warning


def test_a_picture_that_the_filters_leave_out_has_neighbours_too(store: Store) -> None:
    run_id = trained(store, GOOD)
    table = table_of(store, run_id)
    index = int(table.index[table["correct"]][5])
    app = page(run=run_id, sample=str(index))
    assert f"{index + 1} of {len(table)} of this split" in shown(app)
    app.button("next").click()
    assert f"Picture {index + 1}:" in shown(ran(app))


def test_an_area_of_a_map_that_is_not_computed_is_a_sentence(store: Store) -> None:
    run_id = trained(store, QUICK)
    app = page(run=run_id, view="map", projection="tsne", area="0,1,0,1")
    assert "t-SNE map that is not computed yet" in shown(app)
    assert address(app) == {"run": run_id, "view": "map", "projection": "tsne"}


def test_another_run_begins_at_the_first_page_and_without_an_area(store: Store) -> None:
    one, other = trained(store, QUICK), trained(store, replace(QUICK, seed=1))
    app = page(run=one, view="map", area="-9,9,-9,9", page="2", size="24", truth="8")
    assert app.button("area_chip")
    run_control(app).set_value(other)
    ran(app)
    assert address(app) == {"run": other, "view": "map", "size": "24", "truth": "8"}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("dataset", "/etc", "not one of this laboratory's"),
        ("dataset", "1" * 90, "not one of this laboratory's"),
        ("split", "future", "no such split"),
        ("view", "nothing", "view is not one of this page"),
        ("truth", "ß", "truth is not a class of this run"),
        ("prediction", "![x](y)", "prediction is not a class of this run"),
        ("page", "99", "There is no page 99"),
        ("order", "best", "order is not one that this page knows"),
        ("area", "1,2,3", "area is not one that this page knows"),
        ("compare", "nonsense", "The run to compare with"),
    ],
)
def test_what_is_not_there_is_a_sentence_and_leaves_the_address(
    store: Store, name: str, value: str, sentence: str
) -> None:
    run_id = trained(store, QUICK)
    trained(store, replace(QUICK, seed=1))
    app = page(run=run_id, **{name: value})
    assert sentence in shown(app)
    assert name not in address(app)
    assert address(app)["run"] == run_id
    assert metric(app, "Accuracy")
    assert not ran(app).warning
