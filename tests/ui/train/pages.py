"""What the tests of Train share: the page, its controls, and a run in any state."""

import time
from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from scratchmlp.net.config import FIELDS, TrainConfig, matters
from scratchmlp.runs.store import Store, Update
from scratchmlp.ui import links, resources, session
from tests.ui.pages import app_at, metric, ran

DIGITS = TrainConfig(dataset="digits", epochs=2)


QUICK = TrainConfig(dataset="digits", epochs=2, hidden=(16, 8))


KINDS = {
    "radio": ("preset",),
    "selectbox": ("dataset", "activation", "init"),
    "number_input": ("epochs", "split_seed", "seed"),
    "select_slider": (
        "lr",
        "batch_size",
        "init_std",
        "momentum",
        "beta2",
        "weight_decay",
        "train_size",
        "augment_strength",
    ),
    "slider": ("valid_pct",),
    "toggle": ("standardise", "skip_damaged"),
    "segmented_control": (
        "loss",
        "optimizer",
        "schedule",
        "augment",
        "backward",
        "device",
        "precision",
    ),
}


OTHERS = {
    "dataset": "mnist",
    "activation": "tanh",
    "init": "normal",
    "init_std": 0.1,
    "standardise": False,
    "loss": "plain-softmax",
    "optimizer": "momentum",
    "lr": 0.02,
    "momentum": 0.5,
    "beta2": 0.99,
    "weight_decay": 0.01,
    "schedule": "constant",
    "augment": "affine",
    "augment_strength": 2.0,
    "batch_size": 64,
    "epochs": 3,
    "train_size": 500,
    "skip_damaged": True,
    "valid_pct": 0.5,
    "split_seed": 7,
    "seed": 5,
    "backward": "by-hand",
    "device": "cuda",
    "precision": "medium",
}


def page(**params: str) -> AppTest:
    """The Train page, once the data is ready (these tests have no MNIST: it uses digits)."""
    wait_for_data()
    return ran(app_at(**params))


def wait_for_data() -> None:
    """Before that the page shows what stands in."""
    preparation = resources.preparation()
    while not preparation.dataset:
        assert preparation.is_running
        time.sleep(0.01)


def until(app: AppTest, condition: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not (app.run() and condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)
    assert not app.exception


def selected(app: AppTest) -> str:
    value = app.query_params["run"]
    return value if isinstance(value, str) else value[0]


def state(store: Store, status: str, **columns: object) -> AppTest:
    run_id = store.create(DIGITS, "this one", status="running")
    columns.setdefault("heartbeat", time.time())
    steps = [{"step": n, "loss": 1.0 / n, "lr": 0.1} for n in range(1, 6)]
    store.record(
        run_id, Update(steps=steps, changes={"status": status, "total_steps": 10, **columns})
    )
    return page(run=run_id)


def view(name: str, run_id: str, **params: str) -> AppTest:
    """One of the views under a run's card, once the data is ready."""
    wait_for_data()
    app = app_at(run=run_id, **params)
    app.session_state[session.TRAIN_VIEW] = name
    return ran(app)


def number(app: AppTest, label: str) -> float:
    return float(metric(app, label))


def control(app: AppTest, field: str) -> Any:
    """The field's widget, of the kind that suits it; None where it is not shown."""
    [kind] = [kind for kind, fields in KINDS.items() if field in fields]
    elements = app.button_group if kind == "segmented_control" else getattr(app, kind)
    return next((element for element in elements if named(element) == field), None)


def named(element: Any) -> str:
    """The name of a control without the number of times that it was replaced."""
    return str(element.key).split(".")[0]


def layers(app: AppTest) -> list[Any]:
    return [element for element in app.number_input if named(element).startswith("hidden_")]


def widths(app: AppTest) -> tuple[int, ...]:
    return tuple(int(layer.value) for layer in layers(app))


def value(app: AppTest, field: str) -> Any:
    found = control(app, field).value
    return found[0] if isinstance(found, list) else found


def config_of_link(app: AppTest) -> TrainConfig:
    """The settings, by the link that the page offers."""
    query = links.urlsplit(app.code[0].value).query
    return links.read(dict(part.split("=", 1) for part in query.split("&"))).config


def assert_shows(app: AppTest, config: TrainConfig) -> None:
    assert not app.exception
    assert widths(app) == config.hidden
    for field in set(FIELDS) - {"hidden"}:
        if matters(field, config):
            assert value(app, field) == getattr(config, field), field
        else:
            assert control(app, field) is None, field
