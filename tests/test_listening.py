"""Where the app listens: on loopback, unless somebody decides otherwise."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from scratchmlp import listening
from scratchmlp.runs.cluster import free_port
from tests.conftest import ROOT


def answers(address: str, port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex((address, port)) == 0


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of the app, started without an address."""
    found = free_port()
    own = {"SCRATCHMLP_HOME": str(tmp_path), "STREAMLIT_SERVER_HEADLESS": "true"}
    environment = {
        name: text
        for name, text in (os.environ | own).items()
        if name not in ("SCRATCHMLP_HOSTED", "STREAMLIT_SERVER_ADDRESS")
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(found)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    for line in process.stdout:
        if f"http://127.0.0.1:{found}" in line:
            break
    yield found
    process.kill()
    process.communicate()


def test_without_an_address_the_app_listens_on_loopback_only(port: int) -> None:
    deadline = time.monotonic() + 60
    while not answers("127.0.0.1", port):
        assert time.monotonic() < deadline
    # Linux has all of 127.0.0.0/8: a socket for every address would answer here too.
    assert not answers("127.0.0.2", port)


@pytest.mark.parametrize(
    ("wish", "file", "expected"),
    [
        (None, "/home/me/scratchmlp/app.py", False),
        (None, "/mount/src/scratchmlp/app.py", True),
        ("1", "/home/me/scratchmlp/app.py", True),
        ("0", "/mount/src/scratchmlp/app.py", False),
    ],
)
def test_who_may_come_without_an_address(
    monkeypatch: pytest.MonkeyPatch, wish: str | None, file: str, expected: bool
) -> None:
    monkeypatch.delenv("SCRATCHMLP_HOSTED", raising=False)
    if wish:
        monkeypatch.setenv("SCRATCHMLP_HOSTED", wish)
    assert listening.is_meant_for_others(Path(file)) is expected


@pytest.mark.parametrize("wish", ["true", "yes", "2", "on "])
def test_a_setting_that_would_make_everybody_the_owner_by_mistake_starts_no_server(
    monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOSTED", wish)
    with pytest.raises(SystemExit, match=r"SCRATCHMLP_HOSTED is .*: it must be 1 or 0"):
        listening.decide()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["python", "/bin/streamlit", "run", "app.py"], True),
        (["python", "-m", "streamlit", "run", "app.py"], True),
        (["python", "-m", "uvicorn", "app:app"], False),
        (["python", "-m", "pytest"], False),
    ],
)
def test_only_the_command_of_streamlit_starts_again(
    monkeypatch: pytest.MonkeyPatch, command: list[str], expected: bool
) -> None:
    monkeypatch.setattr(sys, "orig_argv", command)
    assert listening.is_streamlit_run() is expected
