"""The processes of this machine's cluster: how many, and what each loads."""

import subprocess
import sys

import pytest

from scratchmlp.runs import cluster
from tests.conftest import ROOT

HEAVY = {"torch", "sqlalchemy", "pandas", "scipy"}


def test_the_scheduler_loads_nothing_heavy() -> None:
    """It imports this module and reads the Dask task, and no more."""
    code = "import sys; from scratchmlp.runs.cluster import work; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).split()
    assert not HEAVY & set(loaded)


@pytest.mark.parametrize(
    ("cores", "gigabytes", "wish", "workers"),
    [(2, 16, "", 2), (8, 2.7, "", 4), (2, 1.0, "", 1), (4, 0.5, "", 1), (2, 1.0, "3", 3)],
)
def test_as_many_workers_as_cores_and_memory_allow(
    cores: int, gigabytes: float, wish: str, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CPU_COUNT", cores)
    monkeypatch.setattr(cluster, "MEMORY_LIMIT", int(gigabytes * 1e9))
    monkeypatch.setenv("SCRATCHMLP_WORKERS", wish)
    assert cluster.default_workers() == workers
