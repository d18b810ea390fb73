"""Pictures of one's own on Train: upload or name them, see nine, and train on them."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from scratchmlp.data import uploads
from scratchmlp.data.datasets import Dataset
from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.permissions import Visitor
from scratchmlp.runs.store import Store
from tests.data.zipped import packed
from tests.ui.pages import shown
from tests.ui.train.pages import page, value


def bring(app: AppTest, data: bytes) -> AppTest:
    [uploader] = [u for u in app.get("file_uploader") if u.label == "A ZIP of pictures"]
    uploader.set_value(("letters.zip", data, "application/zip")).run()
    return app


def test_an_uploaded_zip_is_chosen_shown_and_trained_on(store: Store, digits: Dataset) -> None:
    app = bring(page(), packed(255 - digits.train.images[:40], readme=b"x"))
    name = str(value(app, "dataset"))
    assert name.startswith("upload:letters-")
    assert "Nine samples as the network sees them: 0, 0, 0, 0, " in shown(app)
    assert "32 to train on, 8 to test on" in [each.label for each in app.expander]
    assert "The ink is darker than the paper" in shown(app)
    assert "Passed over: 1 readme." in shown(app)
    app.button("train").click().run()
    assert store.run("latest").dataset == name
    assert value(page(dataset=name), "dataset") == name  # a reload keeps it


def test_what_cannot_be_trained_on_is_said_and_leaves_nothing(
    store: Store, digits: Dataset, closed_world: Path
) -> None:
    app = bring(page(), packed(digits.train.images[:20], name="3/{1}.png"))
    assert "letters.zip has one class only, 3" in shown(app)
    assert str(closed_world) not in shown(app)
    assert value(app, "dataset") == "digits"
    assert not list((closed_world / "uploads").glob("*/*"))
    bring(app, packed(digits.train.images[:20]))
    assert "one class only" not in shown(app)


def test_the_owner_of_the_machine_names_a_folder(
    store: Store, digits: Dataset, tmp_path: Path
) -> None:
    for n, image in enumerate(digits.train.images[:20]):
        (tmp_path / "mine" / str(n % 2)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "mine" / str(n % 2) / f"{n}.png")
    app = page()
    [field] = [f for f in app.text_input if f.label == "Or a folder or a file on this machine"]
    field.set_value(str(tmp_path / "nothing")).run()
    assert "there is no such folder" in shown(app)
    [field] = [f for f in app.text_input if f.label == "Or a folder or a file on this machine"]
    field.set_value(str(tmp_path / "mine")).run()
    assert value(app, "dataset") == str(tmp_path / "mine")
    assert "no such folder" not in shown(app)


def test_a_visitor_of_a_server_names_no_folder_of_it(
    store: Store, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as server:
        server.setenv("SCRATCHMLP_HOSTED", "1")
        server.setenv("SCRATCHMLP_MAX_DATASETS", "1")
        app = page()
        assert not [f for f in app.text_input if "on this machine" in f.label]
        bring(app, packed(digits.train.images[:20]))
        first = str(value(app, "dataset"))
        bring(app, packed(digits.train.images[20:40]))
        second = str(value(app, "dataset"))
    assert first != second and second.startswith("upload:letters-")
    assert not uploads.path_of(first).exists()  # only one is kept: the oldest is deleted
    assert uploads.path_of(second).exists()


def test_only_who_uploaded_a_zip_may_train_on_it(store: Store, digits: Dataset) -> None:
    name = uploads.keep(packed(digits.train.images[:20]), "a.zip", "ann")
    config = TrainConfig(dataset=name)
    ann, ben = (store.seen_by(Visitor(who)) for who in ("ann", "ben"))
    with pytest.raises(UserError, match="train on its own datasets"):
        ben.create(config)
    run = ann.create(config)
    ann.run_list.share(run, True)
    assert ben.may_use(name)  # it is a run that they see
    assert not ben.may_use("upload:another-123456789012")
    assert not np.any([ben.may_use(os.sep), ben.may_use("upload:../a")])
