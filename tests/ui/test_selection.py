"""One selected run for all pages, its address, and the addresses that open a comparison."""

import time
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.store import Checkpoint, Store, Update
from scratchmlp.ui import resources, session
from tests.ui.pages import (
    app_at,
    control,
    go_back,
    metric,
    ran,
    run_control,
    shown,
    trained,
    unescaped,
)

QUICK = TrainConfig(dataset="digits", epochs=1, hidden=(16,))


@pytest.fixture
def runs(store: Store) -> tuple[str, str]:
    """Two trained runs, the newer one last; and data that is ready for Train."""
    ids = trained(store, QUICK, "older"), trained(store, replace(QUICK, seed=1), "newer")
    preparation = resources.preparation()
    while not preparation.dataset:
        time.sleep(0.05)
    return ids


def go(app: AppTest, page: str, **params: str) -> AppTest:
    """Go to another page, whose address has these parameters and no others."""
    app.query_params.clear()
    app.query_params.update(params)
    return ran(app.switch_page(f"pages/{page}.py"))


def named(app: AppTest, parameter: str = "run") -> str | None:
    """What the address says; AppTest tells it as a list where it was given."""
    value = app.query_params.get(parameter)
    return value[0] if isinstance(value, list) else value


def test_all_pages_show_the_run_that_one_selects(runs: tuple[str, str]) -> None:
    older, newer = runs
    app = ran(app_at("evaluate"))
    assert run_control(app).value == named(app)
    run_control(app).set_value(older)
    assert run_control(ran(app)).value == named(app) == older
    go(app, "draw")
    assert run_control(app).value == named(app) == older
    go(app, "train")
    assert "older" in [header.value for header in app.header]
    assert named(app) == older
    run_control(go(app, "draw")).set_value(newer)
    go(ran(app), "train")
    assert "newer" in [header.value for header in app.header]
    assert named(app) == newer


def test_what_is_shown_by_default_is_not_selected(store: Store, runs: tuple[str, str]) -> None:
    app = ran(app_at("evaluate"))
    assert named(app) == runs[1]
    newest = store.create(QUICK, "the newest", status="running")
    store.end_run(newest, "finished")
    go(app, "train")
    assert "the newest" in [header.value for header in app.header]
    assert named(app) is None
    assert run_control(go(app, "evaluate")).value == runs[1]
    assert not app.warning


def test_what_is_shown_by_default_stays_while_the_page_does(
    store: Store, runs: tuple[str, str]
) -> None:
    app = ran(app_at("evaluate"))
    better = trained(store, replace(presets.MODERN, dataset="digits", epochs=4), "better")
    assert run_control(ran(app)).value == named(app) == runs[1]
    assert run_control(go(app, "runs") and go(app, "evaluate")).value == better
    assert run_control(go(app, "draw")).value == named(app) == "hands"


@pytest.mark.parametrize("page", ["evaluate", "draw"])
def test_a_selected_run_without_a_checkpoint_waits_for_it(
    store: Store, runs: tuple[str, str], page: str
) -> None:
    """Evaluate shows no other run in its place. Draw says which network reads what is drawn."""
    waiting = store.create(replace(QUICK, seed=3), "no checkpoint yet", status="running")
    app = go(ran(app_at("train", run=waiting)), page)
    for _ in range(2):
        if page == "draw":
            assert f"Run {waiting} is running and has no checkpoint. This page shows" in shown(app)
            assert run_control(app).value == named(app) == "hands"
        else:
            assert "This run is in its first epoch." in shown(app)
            assert (run_control(app).value, named(app)) == (None, waiting)
        ran(app)
    go(app, "train")
    assert "no checkpoint yet" in [header.value for header in app.header]
    assert named(app) == waiting
    network = replace(store.network(runs[0]), step=1, epoch=1)
    kept = Checkpoint(1, 1, checkpoint_file.dumps(network), b"", True)
    store.record(waiting, Update(checkpoints=[kept]))
    assert run_control(go(app, page)).value == named(app) == waiting


@pytest.mark.parametrize("page", ["train", "evaluate", "draw"])
def test_a_link_and_back_select_the_run_they_name(runs: tuple[str, str], page: str) -> None:
    older, newer = runs
    titles = {older: "older", newer: "newer"}
    app = ran(app_at(page, run=older))
    for run_id in (older, newer, older):  # a link, Forward, Back
        go_back(app, run=run_id)
        assert named(app) == run_id
        selected = run_control(app).value if page != "train" else run_id
        assert selected == run_id
        if page == "train":
            assert titles[run_id] in [header.value for header in app.header]


@pytest.mark.parametrize("page", ["train", "draw"])
def test_an_unknown_run_is_a_sentence_with_another_run(runs: tuple[str, str], page: str) -> None:
    app = ran(app_at(page, run="nonsense"))
    assert "There is no run nonsense" in shown(app)
    assert "This page shows" in shown(app)
    if page == "draw":
        assert run_control(app).value == named(app) == "hands"


def test_a_report_of_a_browser_that_lags_selects_nothing(runs: tuple[str, str]) -> None:
    """The control that it reports was replaced when the run was selected by other means."""
    older, newer = runs
    app = ran(app_at("evaluate", run=older))
    control = run_control(app)
    go_back(app, run=newer)
    assert run_control(app).key != control.key
    assert run_control(app).value == named(app) == newer


def test_an_open_sample_is_in_the_address_of_its_page_only(runs: tuple[str, str]) -> None:
    app = ran(app_at("evaluate", run=runs[0], sample="3"))
    assert "Picture 3:" in shown(app)
    go(app, "draw")
    assert named(app, "sample") is None
    go(app, "evaluate")
    for _ in range(2):
        assert "Picture 3:" in shown(app)
        assert (named(app), named(app, "sample")) == (runs[0], "3")
        ran(app)
    assert "Picture 3:" not in shown(go_back(app, run=runs[0]))


@pytest.mark.parametrize("page", ["train", "evaluate", "draw"])
def test_an_old_address_of_a_browser_that_lags_is_not_back(
    runs: tuple[str, str], page: str
) -> None:
    """It is sent where the visitor presses something before the new address has arrived."""
    older, newer = runs
    app = ran(app_at(page, run=older))
    if page == "train":
        app.session_state[session.RUN] = newer
        ran(app)
    else:
        run_control(app).set_value(newer)
        ran(app)
    app.query_params["run"] = older
    ran(app)
    assert app.session_state[session.RUN] == named(app) == newer


def test_an_address_opens_compare_on_train_once(runs: tuple[str, str]) -> None:
    older, newer = runs
    app = ran(app_at("train", run=older, compare=f"{newer},nonsense"))
    assert "older" in [header.value for header in app.header]
    assert app.session_state[session.TRAIN_VIEW] == "Compare"
    assert "Only what differs:" in shown(app)
    assert named(app, "compare") is None
    app.session_state[session.TRAIN_VIEW] = "Inside"
    assert "Only what differs:" not in shown(ran(app))


def test_an_address_opens_compare_on_evaluate(runs: tuple[str, str]) -> None:
    older, newer = runs
    app = ran(app_at("evaluate", run=newer, compare=f"{older},nonsense"))
    assert metric(app, "McNemar's p")
    assert control(app, "evaluate_compare").value == older
    assert [named(app, name) for name in ("run", "view", "compare")] == [newer, "compare", older]
    go_back(app, run=newer, view="confidence")
    assert not any(m.label == "McNemar's p" for m in app.metric)


@pytest.mark.parametrize("compare", ["nonsense", "," * 3000, "<script>alert(1)</script>"])
@pytest.mark.parametrize("page", ["train", "evaluate"])
def test_an_address_that_compares_with_nothing_is_harmless(
    runs: tuple[str, str], page: str, compare: str
) -> None:
    app = ran(app_at(page, run=runs[0], compare=compare))
    assert not app.error
    assert named(app, "compare") is None


def test_settings_of_an_address_replace_those_of_a_visitor_who_comes_by_it(
    runs: tuple[str, str],
) -> None:
    app = ran(app_at("train"))
    go(app, "train", lr="0.05")  # an old address of a browser that lags behind
    assert app.session_state[session.SETTINGS].lr != 0.05
    go(app, "draw")
    go(app, "train", lr="0.05", apply="1")
    assert app.session_state[session.SETTINGS].lr == 0.05
    assert named(app, "apply") is None


@pytest.mark.parametrize("page", ["evaluate", "draw"])
def test_a_long_name_stands_below_the_list_in_full(store: Store, page: str) -> None:
    """A phone cuts it in the list at its end."""
    name = "modern, 96 and 48 units, weight decay 0.001, batch size 32, seed 11"
    app = ran(app_at(page, run=trained(store, QUICK, name)))
    assert any(name in unescaped(str(caption.value)) for caption in app.caption)
    short = ran(app_at(page, run=trained(store, QUICK, "b")))
    assert not any("b · digits" in str(caption.value) for caption in short.caption)
