"""What the tests of the pages share: the app by AppTest, and what stands on its screen."""

import functools
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import streamlit as st
from streamlit.testing.v1 import AppTest

from scratchmlp.data import datasets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import database
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store
from scratchmlp.ui import session
from tests.conftest import ROOT


@pytest.fixture
def store(workers: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty store, and an app that remembers nothing of the test before."""
    monkeypatch.setenv("SCRATCHMLP_SCHEDULER", workers)
    st.cache_resource.clear()
    st.cache_data.clear()
    datasets.load("digits")
    opened = Store()
    yield opened
    if session.store().queued():
        session.jobs().close()
    st.cache_resource.clear()
    opened.close()


def app_at(page: str | None = None, **params: str) -> AppTest:
    """The app, not run yet, at a page and with an address's parameters."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update(params)
    if page:
        app.switch_page(f"pages/{page}.py")
    return app


def ran(app: AppTest) -> AppTest:
    """The same app, run once more without an error."""
    app.run()
    assert not app.exception
    return app


def shown(app: AppTest) -> str:
    """All words on the page."""
    kinds = ["markdown", "caption", "warning", "error", "info", "success", "subheader", "html"]
    return "\n".join(str(part.value) for kind in kinds for part in app.get(kind))


def metric(app: AppTest, label: str) -> str:
    return str(next(m.value for m in app.metric if m.label == label))


def trained(store: Store, config: TrainConfig, name: str = "") -> str:
    """A run that was trained to its end; its id. Each configuration is trained once."""
    run_id = store.create(config, name, status="running")
    run, rows = _rows_of(config)
    with database.writing(store._engine) as connection:
        connection.execute(sa.update(RUNS).where(RUNS.c.id == run_id).values(run))
        for table, found in rows.items():
            if found:
                mine = [row | {"run": run_id} for row in found]
                connection.execute(sa.insert(table), mine)
    return run_id


RUNS = database.runs
TABLES = database.steps, database.epochs, database.checkpoints


@functools.cache
def _rows_of(config: TrainConfig) -> tuple[dict[str, Any], dict[sa.Table, list[dict[str, Any]]]]:
    """What a run of these settings leaves in a store: in the table of runs, and in the others."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/runs.db")
        execute(store, store.create(config, status="running"))
        with database.reading(store._engine) as connection:
            [run], *rows = [
                [dict(row) for row in connection.execute(sa.select(table)).mappings()]
                for table in (RUNS, *TABLES)
            ]
        store.close()
    kept = {field: run[field] for field in run.keys() - {"id", "name", "created"}}
    return kept, dict(zip(TABLES, rows, strict=True))
