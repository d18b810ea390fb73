"""All work of a visitor in one ZIP, in both databases: it is complete, and can be loaded again."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scratchmlp.ink import archive
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import take_along
from scratchmlp.runs.execution import execute
from scratchmlp.runs.network_import import import_network
from scratchmlp.runs.permissions import Visitor
from scratchmlp.runs.records import Update
from scratchmlp.runs.store import Store

ANN, BEN = Visitor("ann"), Visitor("ben")
CONFIG = TrainConfig(dataset="digits", epochs=2, hidden=(16,), lr=0.006, batch_size=128)
STROKES = [[[1.0, 2.0], [3.0, 4.0]]]


def unpacked(store: Store) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(take_along.pack(store))) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def train(store: Store, owner: Visitor, name: str, config: TrainConfig = CONFIG) -> str:
    run_id = store.seen_by(owner).create(config, name)
    assert store.claim(run_id)
    execute(store, run_id)
    return run_id


def test_a_run_is_there_with_all_that_is_known_of_it(store: Store) -> None:
    run_id = train(store, ANN, "my ../ run: <b>?</b>")
    store.run_list.set_note(run_id, "a note")
    train(store, BEN, "Ben's")
    files = unpacked(store.seen_by(ANN))
    folder = f"runs/my .._ run_ _b____b_ {run_id[:6]}"
    assert {name.rpartition("/")[0] for name in files if name.startswith("runs/")} == {folder}
    run, about = store.run(run_id), json.loads(files[f"{folder}/settings.json"])
    assert TrainConfig.from_mapping(about["settings"]) == CONFIG
    assert (about["name"], about["note"]) == (run.name, "a note")
    assert about["test_accuracy"] == run.test_accuracy
    curves = pd.read_csv(io.BytesIO(files[f"{folder}/curves.csv"]))
    assert len(curves) == len(store.steps_since(run_id)) and curves["epoch"].max() == 2
    again = import_network(store.seen_by(BEN), files[f"{folder}/network.safetensors"], "again")
    assert store.run(again).test_accuracy == run.test_accuracy
    assert store.run(again).owner == "ben"


def test_drawings_are_imported_again(store: Store) -> None:
    images = np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)
    ann, ben = store.seen_by(ANN), store.seen_by(BEN)
    for number, image in enumerate(images):
        ann.drawings.add(str(number % 2), image, STROKES if number else None)
    ben.drawings.add("9", 255 - images[0])
    files = unpacked(ann)
    ben.drawings.add_missing(archive.unpack(files["drawings.zip"]))
    found = {d.image.tobytes(): (d.label, d.strokes) for d in ben.drawings.all()}
    assert len(found) == 8
    for drawing in ann.drawings.all():
        assert found[drawing.image.tobytes()] == (drawing.label, drawing.strokes)


@pytest.mark.parametrize("status", ["queued", "running", "stopped"])
def test_a_run_without_a_network_does_not_stop_the_rest(store: Store, status: str) -> None:
    run_id = store.seen_by(ANN).create(CONFIG)
    if status == "running":
        assert store.claim(run_id)
        store.record(run_id, Update(steps=[{"step": 1, "loss": 2.0, "lr": 0.1}]))
    if status == "stopped":
        store.cancel(run_id)
    names = {name.rpartition("/")[2] for name in unpacked(store.seen_by(ANN))}
    curves = {"curves.csv"} if status == "running" else set()
    assert names == {"README.txt", "settings.json"} | curves


def test_the_best_network_is_there_where_it_is_not_the_last(store: Store) -> None:
    run_id = train(store, ANN, "")
    files = unpacked(store.seen_by(ANN))
    assert not [name for name in files if name.endswith("best.safetensors")]
    store.record(run_id, Update(changes={"best_epoch": 1}))
    [best] = [d for n, d in unpacked(store.seen_by(ANN)).items() if n.endswith("best.safetensors")]
    assert best == store.network_bytes(run_id, best=True) != store.network_bytes(run_id)


def test_runs_of_the_same_title_have_folders_of_their_own(store: Store) -> None:
    for seed in (1, 2):
        store.seen_by(ANN).create(replace(CONFIG, seed=seed), "same")
    assert len([n for n in unpacked(store.seen_by(ANN)) if n.endswith("settings.json")]) == 2


def test_deleted_work_stays_behind(store: Store) -> None:
    ann = store.seen_by(ANN)
    ann.run_list.delete([ann.create(CONFIG)])
    ann.drawings.delete([ann.drawings.add("1", np.full((28, 28), 9, np.uint8))])
    assert [*unpacked(ann)] == ["README.txt"]
