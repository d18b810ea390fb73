"""Train by AppTest: a newcomer, a machine without MNIST, a damaged database."""

import threading
from dataclasses import replace
from typing import Any

import pytest
import streamlit as st

from scratchmlp import paths
from scratchmlp.data import datasets
from scratchmlp.net import presets
from scratchmlp.runs import built_in
from scratchmlp.runs.store import Store
from scratchmlp.ui import resources
from tests.ui.pages import app_at, drawn_networks, metric, ran, shown
from tests.ui.train.pages import assert_shows, control, page, selected, until


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


def test_the_programs_own_network_stands_in_until_the_data_is_prepared(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRATCHMLP_DB", f"sqlite:///{paths.home() / 'empty.db'}")
    decoded = threading.Event()
    load = datasets.load

    def wait(name: str, *args: Any) -> datasets.Dataset:
        assert name != "mnist" or decoded.wait(20)
        return load(name, *args)

    monkeypatch.setattr(datasets, "load", wait)
    app = ran(app_at())
    assert app.header[0].value == built_in.HANDS
    for units in 128, 256:  # of the settings, and of the run that stands in
        name = f"Network: 784 pixels, {units} hidden units, 10 classes."
        assert name in drawn_networks(app)
    assert "Then a first network trains by itself" in shown(app)
    assert not [button for button in app.button if button.key == "reset"]  # "Train the same"
    assert app.button("train").disabled
    assert app.button("train_here").disabled
    assert not ran(app_at(dataset="digits")).button("train").disabled
    named = ran(app_at(preset="modern"))
    decoded.set()
    until(app, lambda: resources.preparation().dataset)
    app.run()
    assert not app.button("train").disabled
    assert app.header[0].value == "few-pictures"  # here MNIST cannot be had
    few = replace(presets.PRESETS["few-pictures"].config, dataset="digits")
    assert_shows(app, few)
    assert_shows(named.run(), replace(presets.MODERN, dataset="digits"))
    assert "Then a first network" not in shown(app)


def test_without_a_run_the_frame_of_one_stands_there(store: Store) -> None:
    store.run_list.delete([run.id for run in store.runs()])
    app = ran(page(dataset="digits", epochs="3"))
    assert app.header[0].value == "No run yet"
    assert len(app.get("arrow_vega_lite_chart") or app.get("vega_lite_chart")) == 2
    assert metric(app, "Epochs done") == "0 of 3"
    assert "Its diagnosis appears here after the first epoch." in shown(app)
    assert "For the settings of the controls." in shown(app)
    assert "The classes" in [part.value for part in app.subheader]
    control(app, "epochs").set_value(7).run()
    assert metric(app, "Epochs done") == "0 of 7"
    app.button("train").click().run()
    assert not app.exception
    assert "Diagnosis" in [part.value for part in app.header]


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
