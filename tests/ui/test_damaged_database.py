"""Every page of an app whose database is damaged: sentences, and what can still be read."""

import sqlite3
from contextlib import closing

import pytest

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import tables
from scratchmlp.runs.store import Store
from scratchmlp.ui import resources
from scratchmlp.ui.layout import PAGES
from tests.ui.pages import app_at, ran, shown, trained
from tests.ui.train.pages import until

CONFIG = TrainConfig(dataset="digits", epochs=2, hidden=(8,))


def change(store: Store, *statements: str) -> None:
    with closing(sqlite3.connect(str(store.url.database), isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def sound_run(store: Store) -> str:
    run = trained(store, CONFIG, "A sound run")
    until(app_at("train"), lambda: resources.preparation().dataset)
    return run


@pytest.mark.parametrize("page", PAGES)
def test_a_damaged_run_is_left_out(store: Store, sound_run: str, page: str) -> None:
    other = trained(store, CONFIG, "A damaged run")
    change(store, f"UPDATE runs SET config = '{{' WHERE id = '{other}'")
    app = ran(app_at(page))
    assert "is damaged. Rows that cannot be read are left out" in shown(app)
    assert "1 of the table runs" in shown(app)
    assert not app.error
    if page == "evaluate":
        assert "This run does not exist" in shown(ran(app_at(page, run=other)))
    elif page != "runs":
        assert f"There is no run {other}" in shown(ran(app_at(page, run=other)))


@pytest.mark.parametrize("page", PAGES)
def test_a_missing_table_names_the_file(store: Store, sound_run: str, page: str) -> None:
    names = [table.name for table in tables.metadata.sorted_tables if table.name != "runs"]
    change(store, *(f"DROP TABLE {table}" for table in reversed(names)))
    app = ran(app_at(page, run=sound_run))
    assert "runs.db is damaged (a table is missing)" in shown(app)


@pytest.mark.parametrize("page", PAGES)
def test_values_of_another_type_are_no_error(store: Store, sound_run: str, page: str) -> None:
    change(
        store,
        "UPDATE steps SET loss = 'high' WHERE step = 2",
        "UPDATE epochs SET statistics = '[' WHERE epoch = 1",
        "UPDATE epochs SET valid_loss = x'ff' WHERE epoch = 2",
    )
    assert not ran(app_at(page, run=sound_run)).error


@pytest.mark.parametrize("page", PAGES)
def test_visitors_of_a_hosted_server_do_not_learn_where_its_database_is(
    store: Store, sound_run: str, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOSTED", "1")
    change(store, "DROP TABLE held_links", "DROP TABLE visitors", "DROP TABLE runs")
    app = ran(app_at(page, run=sound_run))
    assert "The database of this server cannot be used at the moment" in shown(app)
    assert "runs.db" not in shown(app)
