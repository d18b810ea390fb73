"""The downloads of a run by AppTest, and the scripts in a process of their own."""

import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from scratchmlp.data import datasets
from scratchmlp.runs import export
from scratchmlp.runs.store import Store
from scratchmlp.ui import resources
from tests.ui.pages import ran, shown, trained
from tests.ui.train.pages import (
    QUICK,
    view,
)


def test_what_is_taken_away_reaches_what_the_run_reached(store: Store, tmp_path: Path) -> None:
    """The scripts run in a process of their own that cannot import this program."""
    run_id = trained(store, QUICK)
    keys = {button.key for button in view("Export", run_id).get("download_button")}
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
    history = resources.history(store.run(run_id))
    table = pd.read_csv(io.StringIO(export.curves_csv(history.steps, history.epochs)))
    assert len(table) == len(store.steps_since(run_id))
    assert np.isclose(table["loss"].iloc[-1], store.steps_since(run_id)[-1].loss)


def test_a_net_comes_back_by_its_file(store: Store) -> None:
    run_id = trained(store, QUICK)
    app = view("Export", run_id)
    data = export.network_file(store.network(run_id))
    app.file_uploader[0].set_value([("mine.safetensors", data, "")])
    ran(app)
    again = store.run("latest")
    assert again.id != run_id
    assert again.test_accuracy == store.run(run_id).test_accuracy
    assert re.search(r"mine is loaded: \d+\.\d\d% of the test pictures correct", shown(app))
