"""What the tests of the pages share: the app by AppTest, and what stands on its screen."""

import functools
import json
import re
import tempfile
from typing import Any

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import database, tables
from scratchmlp.runs.execution import execute
from scratchmlp.runs.permissions import LOCAL
from scratchmlp.runs.store import Store
from scratchmlp.ui import markdown, selection
from tests.conftest import ROOT


def app_at(page: str | None = None, /, **params: str) -> AppTest:
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
    kinds = ["header", "subheader", "markdown", "caption", "warning", "error", "info", "success"]
    kinds += ["html"]
    return unescaped("\n".join(str(part.value) for kind in kinds for part in app.get(kind)))


def unescaped(text: str) -> str:
    """The text that `markdown.escape` has escaped."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text.replace(markdown.INVISIBLE, ""))


def run_control(app: AppTest) -> Selectbox:
    """The control of Evaluate and Draw that selects a run."""
    return next(box for box in app.selectbox if box.label == "Run")


def control(app: AppTest, key: str) -> Any:
    """The widget of that key; a number follows the key of one that shows a value kept elsewhere."""
    found = [
        widget
        for kind in ("selectbox", "button_group", "toggle", "checkbox", "slider", "pagination")
        for widget in app.get(kind)
        if widget.key == key or re.fullmatch(rf"{re.escape(key)}\.\d+", widget.key or "")
    ]
    [widget] = found
    return widget


def go_back(app: AppTest, /, **params: str) -> AppTest:
    """Back or Forward was pressed, and the browser shows an address with these parameters."""
    app.query_params.clear()
    app.query_params.update(params)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "came_by_history", lambda: True)
        return ran(app)


def drawn_networks(app: AppTest) -> list[str]:
    """What each picture of a network on the page says of itself."""
    parts = [part.proto for part in app.get("bidi_component")]
    drawn = [json.loads(part.json) for part in parts if "network" in part.component_name]
    return [re.search('aria-label="(.*?)"', svg)[1] for svg in drawn]  # type: ignore[index]


def metric(app: AppTest, label: str) -> str:
    return unescaped(next(str(m.value) for m in app.metric if m.label == label))


def trained(store: Store, config: TrainConfig, name: str = "") -> str:
    """A run that was trained to its end; its id. Each configuration is trained once."""
    run_id = store.seen_by(LOCAL).create(config, name, status="running")
    run, rows = _rows_of(config)
    run = run | {"owner": store.visitor.id}
    with database.write_transaction(store._engine) as connection:
        connection.execute(sa.update(RUNS).where(RUNS.c.id == run_id).values(run))
        for table, found in rows.items():
            if found:
                mine = [row | {"run": run_id} for row in found]
                connection.execute(sa.insert(table), mine)
    return run_id


RUNS = tables.runs
TABLES = tables.steps, tables.epochs, tables.checkpoints


@functools.cache
def _rows_of(config: TrainConfig) -> tuple[dict[str, Any], dict[sa.Table, list[dict[str, Any]]]]:
    """What a run of these settings leaves in a store: in the table of runs, and in the others."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/runs.db")
        execute(store, store.create(config, status="running"))
        with database.read_transaction(store._engine) as connection:
            [run], *rows = [
                [dict(row) for row in connection.execute(sa.select(table)).mappings()]
                for table in (RUNS, *TABLES)
            ]
        store.close()
    kept = {field: run[field] for field in run.keys() - {"id", "name", "created", "owner"}}
    return kept, dict(zip(TABLES, rows, strict=True))
