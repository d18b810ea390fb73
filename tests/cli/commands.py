"""Runs the command line as a user does: a process, its output and its exit status."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

DIGITS = "--dataset", "digits"


def start(*args: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "scratchmlp", *args],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        **{"stdout": subprocess.PIPE} | options,  # type: ignore[call-overload]
    )


def run(*args: str, status: int = 0) -> tuple[str, str]:
    """Standard output and error of a command that must exit with `status`."""
    out, err = (process := start(*args)).communicate(timeout=120)
    assert process.returncode == status, out + err
    assert "Traceback" not in err
    return out, err


def records(text: str) -> list[dict]:
    def refuse(name: str) -> None:
        pytest.fail(f"{name} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in text.splitlines()]
