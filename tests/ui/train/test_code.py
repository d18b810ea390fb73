"""The code of a run and its numbers, by AppTest."""

from dataclasses import replace

import pytest

from scratchmlp.runs.store import Store
from tests.ui.pages import ran, shown, trained
from tests.ui.train.pages import QUICK, number, view


def test_a_gradient_is_the_same_three_ways(store: Store) -> None:
    run_id = trained(store, QUICK)
    app = view("Code", run_id)
    for layer, i, j in ((1, 406, 3), (2, 15, 7), (3, 0, 9)):
        app.button_group("walk_layer").set_value(layer)
        ran(app)
        key = f"walk_{run_id}_{layer}"
        app.number_input(f"{key}_i").set_value(i)
        app.number_input(f"{key}_j").set_value(j)
        ran(app)
        by_hand = number(app, "Chain rule")
        assert number(app, "Autograd") == pytest.approx(by_hand, abs=1e-9)
        assert number(app, "Finite difference") == pytest.approx(by_hand, abs=1e-6)
        terms = next(d.value for d in app.dataframe if "product" in d.value).astype(float)
        assert terms["product"].sum() == pytest.approx(by_hand, rel=1e-4, abs=1e-9)


def test_every_step_stands_beside_the_code_that_makes_it(store: Store) -> None:
    app = view("Code", trained(store, QUICK))
    for stage, code in (
        ("z1", "def linear("),
        ("h2", "RELU = Activation("),
        ("log p", "def log_softmax("),
        ("dz1", "def autograd("),
        ("dw3", "def autograd("),
    ):
        app.button_group("walk_stage").set_value(stage)
        ran(app)
        assert f"`{stage} = " in shown(app)
        assert any(code in block.value for block in app.code)


def test_before_the_first_epoch_there_is_the_code(store: Store) -> None:
    waiting = store.create(replace(QUICK, optimizer="sgd"), status="running")
    app = view("Code", waiting)
    assert "This run has no numbers to show yet: its first epoch is not done." in shown(app)
    app.button_group("code_block").set_value("Optimiser")
    assert any("def sgd(" in block.value for block in ran(app).code)
    assert not any("def adam(" in block.value for block in app.code)
    app = view("Export", waiting)
    assert "This run has no network to download yet: its first epoch is not done." in shown(app)
    assert not [b for b in app.get("download_button") if b.key == "export_net"]
