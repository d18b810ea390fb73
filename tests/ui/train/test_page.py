"""Train by AppTest: a newcomer, a machine without MNIST, a damaged database."""

from dataclasses import replace

import pytest
import streamlit as st

from scratchmlp import paths
from scratchmlp.net import presets
from scratchmlp.runs.store import Store
from scratchmlp.ui import resources
from tests.ui.pages import app_at, metric, shown
from tests.ui.train.pages import page, selected, until


def test_without_mnist_the_page_says_so_and_goes_on(store: Store) -> None:
    app = page()
    assert "MNIST is not on this machine" in shown(app)
    assert "trains on digits" in shown(app)
    assert next(box.value for box in app.selectbox if box.label == "Dataset") == "digits"
    assert any(button.label == "Retry the MNIST download" for button in app.button)


def test_a_newcomer_finds_a_net_already_training(store: Store, training: None) -> None:
    first = Store()
    with_runs = [run.id for run in first.runs()]
    assert len(with_runs) == 1
    empty = f"sqlite:///{paths.home() / 'empty.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRATCHMLP_DB", empty)
        visitors = [page(), page()]
        [run] = resources.store().runs()
        assert run.config == replace(presets.find("few-pictures").config, dataset="digits")
        until(visitors[0], lambda: resources.store().run(run.id).status == "finished")
        for visitor in visitors:
            assert "few-pictures" in [header.value for header in visitor.run().header]
            assert metric(visitor, "Test accuracy").endswith("%")
    first.close()


def test_train_trains_to_the_end(store: Store, training: None) -> None:
    app = page(dataset="digits", epochs="3")
    app.button("train").click().run()
    run_id = selected(app)
    until(app, lambda: store.run(run_id).status == "finished")
    app.run()
    assert "finished" in shown(app)
    assert metric(app, "Epochs done") == "3 of 3"
    assert metric(app, "Test accuracy") == f"{store.run(run_id).test_accuracy:.2%}"
    assert not app.button("train").disabled


def test_a_database_that_is_damaged_is_a_sentence(store: Store, tmp_path) -> None:
    file = tmp_path / "bad.db"
    file.write_bytes(b"this is no database" * 1000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRATCHMLP_DB", f"sqlite:///{file}")
        app = app_at().run()
        until(app, lambda: resources.preparation().dataset)
        app.run()
        assert not app.exception
        assert "is damaged: move it away" in shown(app)
        st.cache_resource.clear()
