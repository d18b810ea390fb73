"""The processes of this machine's cluster: how many, and what each loads."""

import pytest

from scratchmlp.errors import UserError
from scratchmlp.runs import cluster
from tests.loading import loaded_after

HEAVY = {"torch", "sqlalchemy", "pandas", "scipy"}


def test_the_scheduler_loads_nothing_heavy() -> None:
    """It imports this module and reads the Dask task, and no more."""
    assert not HEAVY & loaded_after("from scratchmlp.runs.cluster import work")


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


@pytest.mark.parametrize("wish", ["two", "0", "-1", "2.5", "1001", "9" * 5000])
def test_a_wrong_number_of_workers_is_one_sentence(
    wish: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRATCHMLP_WORKERS", wish)
    with pytest.raises(UserError, match="must be a whole number from 1 to 1,000"):
        cluster.default_workers()
