"""Runs the command line as a user does: its output and its exit status."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from scratchmlp import cli
from tests.conftest import ROOT

DIGITS = "--dataset", "digits"


def start(*args: str, **options: object) -> subprocess.Popen[str]:
    """Start a command in a separate process."""
    return subprocess.Popen(
        [sys.executable, "-m", "scratchmlp", *args],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        **{"stdout": subprocess.PIPE} | options,  # type: ignore[call-overload]
    )


def run_process(*args: str, status: int = 0) -> tuple[str, str]:
    """Standard output and error of a process that must exit with `status`."""
    out, err = (process := start(*args)).communicate(timeout=120)
    assert process.returncode == status, out + err
    assert "Traceback" not in err
    return out, err


def run(*args: str, status: int = 0) -> tuple[str, str]:
    """The same for a command in this process, which has imported everything already."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        default_interrupt(),
    ):
        patch.setattr(sys, "argv", ["scratchmlp", *args])
        patch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert (ended.value.code or 0) == status, out.getvalue() + err.getvalue()
    return out.getvalue(), err.getvalue()


@contextlib.contextmanager
def default_interrupt() -> Iterator[None]:
    """Restore the handler of Ctrl-C, which a command may replace."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def records(text: str) -> list[dict]:
    def refuse(name: str) -> None:
        pytest.fail(f"{name} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in text.splitlines()]
