"""No address of Evaluate or Draw, however odd, ends in an error or shows a false figure."""

import logging

import pytest

from scratchmlp.figures import percent
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Store
from scratchmlp.ui.evaluate.address import NAMES
from tests.ui.pages import app_at, metric, ran, shown, trained

QUICK = TrainConfig(dataset="digits", epochs=1, hidden=(8,))
HOSTILE = {
    "digits": "9" * 90,
    "more digits than int reads": "9" * 5000,
    "negative": "-1",
    "infinite": "1e400",
    "nan": "nan,nan,nan,nan",
    "tiny": "1e-400,1,2,3",
    "backwards": "100,0",
    "nul": "\0",
    "folder": "../" * 50,
    "joined": "mnist+digits",
    "other digits": "٣",
    "markup": "<script>",
    "emoji": "🏴" * 100,
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_link_is_refused_and_the_figures_stay_true(
    store: Store, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    run_id = trained(store, QUICK)
    odd = dict.fromkeys(NAMES, value)
    app = ran(app_at("evaluate", **odd | {"run": run_id}))
    if any(m.label == "Accuracy" for m in app.metric):
        accuracy = store.run(run_id).test_accuracy
        assert accuracy is not None and metric(app, "Accuracy") == percent(accuracy)
    else:
        assert "dataset" in shown(app)
    ran(app_at("evaluate", **odd))
    ran(app_at("draw", run=value))
    assert not [r for r in caplog.records if r.exc_info or r.levelno >= logging.ERROR]
