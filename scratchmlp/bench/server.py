"""The real app as a process of its own, with a home of its own, and runs trained in a terminal."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from scratchmlp.runs.cluster import free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 120


class App:
    """`streamlit run app.py` on a free port, with its own `SCRATCHMLP_HOME`.

    `port` is a free one; `variables` are further ones of its environment.
    """

    def __init__(self, home: Path, port: int | None = None, **variables: str) -> None:
        self.home, self.port = home, port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        options = {"port": self.port, "address": "127.0.0.1", "headless": "true"}
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        command += [f"--server.{name}={value}" for name, value in options.items()]
        environment = os.environ | {"SCRATCHMLP_HOME": str(home), "PYTHONWARNINGS": "ignore"}
        environment.pop("SCRATCHMLP_DB", None)
        environment |= {"NO_PROXY": "127.0.0.1"} | variables
        self.log = home / "app.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < deadline:
            try:
                with opener.open(f"{self.url}/_stcore/health", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def close(self) -> None:
        """Kill the app; its workers then exit. (Streamlit takes seconds to terminate.)"""
        self.process.kill()
        self.process.wait()


def link_cache(cache: Path, home: Path) -> None:
    """Link the decoded datasets in `cache` into a new home."""
    (home / "cache").mkdir(parents=True)
    for file in cache.glob("*.safetensors"):
        (home / "cache" / file.name).symlink_to(file.resolve())


def train_in_terminal(home: Path, *options: str) -> None:
    command = [sys.executable, "-m", "scratchmlp", "train", "--json", *options]
    own = os.environ | {"SCRATCHMLP_HOME": str(home)}
    own.pop("SCRATCHMLP_DB", None)
    subprocess.run(command, cwd=ROOT, env=own, check=True, stdout=subprocess.DEVNULL)
