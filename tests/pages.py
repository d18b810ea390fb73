"""What the tests of the pages share: the app by AppTest, and what stands on its screen."""

from streamlit.testing.v1 import AppTest

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.recorder import execute
from scratchmlp.runs.store import Store
from tests.conftest import ROOT


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
    """A run that was trained to its end; its id."""
    run_id = store.create(config, name, status="running")
    execute(store, run_id)
    return run_id
