"""Views of a run by AppTest: what goes on inside, its code, what to take away."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from scratchmlp.data import datasets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import checkpoint_file, export
from scratchmlp.runs.store import Store, Update
from scratchmlp.ui import session
from scratchmlp.ui.train import views
from tests.ui.pages import app_at, metric, ran, shown, trained

QUICK = TrainConfig(dataset="digits", epochs=2, hidden=(16, 8))


@pytest.fixture
def store(workers: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("SCRATCHMLP_SCHEDULER", workers)
    st.cache_resource.clear()
    st.cache_data.clear()
    opened = Store()
    yield opened
    session.jobs().close()
    st.cache_resource.clear()
    opened.close()


def view(name: str, run_id: str) -> AppTest:
    app = app_at(run=run_id)
    app.session_state[views.OPEN] = name
    app.run()
    while not session.preparation().dataset:
        app.run()
    return ran(app)


def number(app: AppTest, label: str) -> float:
    return float(metric(app, label))


def test_inside_shows_weights_and_every_measure(store: Store) -> None:
    app = view("Inside", trained(store, QUICK))
    text = shown(app)
    assert "**What the first layer looks for**, after epoch 2" in text
    assert "A dead unit answers 0" in text
    assert "About a thousandth is usual" in text
    assert "How the outputs of each layer are spread" in text
    assert "kept no" not in text


def test_a_run_of_an_older_version_says_what_it_lacks(store: Store) -> None:
    run_id = trained(store, QUICK)
    old = [row._asdict() for row in store.epochs_since(run_id)]
    kept = ("weight_norm", "gradient_norm", "dead")
    aged = store.create(QUICK, "old", status="running")
    for row in old:
        row["statistics"] = {name: row["statistics"][name] for name in kept}
    kept_at = store.checkpoints(run_id)[-1]
    store.record(aged, Update(epochs=old))
    network = checkpoint_file.loads(kept_at.network)
    bare = store.add_network(network, "bare")
    store.end_run(aged, "finished")
    assert "There is something to see inside after the first epoch." in shown(view("Inside", aged))
    text = shown(view("Inside", bare))
    assert "**What the first layer looks for**, after epoch 2" in text
    assert "kept no statistics of its layers" in text
    assert "kept no histograms of its outputs" in text


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
        ("h2", '"relu"'),
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
    assert "The numbers appear with its first checkpoint" in shown(app)
    app.button_group("code_block").set_value("Optimiser")
    assert any("def sgd(" in block.value for block in ran(app).code)
    assert not any("def adam(" in block.value for block in app.code)
    app = view("Take away", waiting)
    assert "There is a net to take away after the first epoch." in shown(app)
    assert not [b for b in app.get("download_button") if b.key == "export_net"]


def test_what_is_taken_away_reaches_what_the_run_reached(store: Store, tmp_path: Path) -> None:
    """The scripts run in a process of their own that cannot import this program."""
    run_id = trained(store, QUICK)
    keys = {button.key for button in view("Take away", run_id).get("download_button")}
    assert keys >= {
        "export_net",
        "export_inference",
        "export_training",
        "export_curves",
        "export_pictures",
    }
    network = store.network(run_id)
    (tmp_path / "pictures.npz").write_bytes(export.dataset_file(datasets.load("digits")))
    (tmp_path / "classify.py").write_text(export.inference_script(network))
    said = subprocess.run(
        [sys.executable, "-I", "classify.py", "pictures.npz"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    reached = store.run(run_id).test_accuracy
    assert reached is not None
    assert f"{reached:.4%}" in said
    read = session.curves(store.run(run_id))
    table = pd.read_csv(io.StringIO(export.curves_csv(read.steps, read.epochs)))
    assert len(table) == len(store.steps_since(run_id))
    assert np.isclose(table["loss"].iloc[-1], store.steps_since(run_id)[-1].loss)


def test_a_net_comes_back_by_its_file(store: Store) -> None:
    run_id = trained(store, QUICK)
    app = view("Take away", run_id)
    data = export.network_file(store.network(run_id))
    app.file_uploader[0].set_value([("mine.safetensors", data, "")])
    ran(app)
    again = store.run("latest")
    assert again.id != run_id
    assert again.test_accuracy == store.run(run_id).test_accuracy
    assert re.search(r"mine is loaded: \d+\.\d\d% of the test pictures right", shown(app))
