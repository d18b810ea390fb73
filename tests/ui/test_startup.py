"""What the server lets go of when nobody needs it any more."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime import Runtime, RuntimeConfig, RuntimeState
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.session_manager import SessionInfo

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store
from scratchmlp.ui import predictions, resources, startup
from tests.coroutines import finish


class Session:
    """Of a tab that was closed."""

    id = "a tab"


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    """Streamlit's, whose sessions cannot be returned to after no time at all."""
    config = RuntimeConfig(
        script_path="app.py",
        media_file_storage=MemoryMediaFileStorage("/media"),
        uploaded_file_manager=MemoryUploadedFileManager("/upload"),
        session_storage=MemorySessionStorage(ttl_seconds=0),
    )
    yield Runtime(config)
    Runtime._instance = None


def test_a_closed_tab_is_forgotten_though_nobody_else_comes(runtime: Runtime) -> None:
    session: Any = Session()
    gone = weakref.ref(session)
    runtime._session_mgr._session_storage.save(SessionInfo(None, session))  # type: ignore[attr-defined]
    del session
    gc.collect()
    assert gone() is not None
    startup.forget_closed_tabs(runtime)
    gc.collect()
    assert gone() is None


def test_what_was_computed_of_runs_is_forgotten_a_minute_after_the_last_visitor(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.run(store.create(TrainConfig(dataset="digits", epochs=1), status="running"))
    execute(store, run.id)

    def known() -> list[Any]:
        return [
            predictions.load_predictions(run, "digits", "test"),
            resources.last_network(run.id),
            resources.history(run),
        ]

    before = known()
    assert all(a is b for a, b in zip(before, known(), strict=True))
    empty, busy = RuntimeState.NO_SESSIONS_CONNECTED, RuntimeState.ONE_OR_MORE_SESSIONS_CONNECTED
    tidy(monkeypatch, [busy, empty, busy, empty])
    assert all(a is b for a, b in zip(before, known(), strict=True))
    tidy(monkeypatch, [busy, empty, empty])
    assert not any(a is b for a, b in zip(before, known(), strict=True))


def tidy(monkeypatch: pytest.MonkeyPatch, states: list[RuntimeState]) -> None:
    """Let the server tidy once in each of these states."""

    def server() -> SimpleNamespace:
        if not states:
            raise asyncio.CancelledError
        return SimpleNamespace(state=states.pop(0))

    monkeypatch.setattr(startup, "TIDY_SECONDS", 0)
    monkeypatch.setattr(startup, "get_instance", server)
    monkeypatch.setattr(startup, "forget_closed_tabs", lambda runtime: None)
    with pytest.raises(asyncio.CancelledError):
        finish(startup._tidy())
