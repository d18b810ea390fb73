"""What tests share: a home of their own, real data, both databases. No test reaches the network."""

import itertools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import torch
from filelock import FileLock

from scratchmlp.bench.browser import free_port, link_cache
from scratchmlp.data import datasets, splits
from scratchmlp.data.datasets import Dataset
from scratchmlp.data.sources import SOURCES
from scratchmlp.runs.jobs import Jobs
from scratchmlp.runs.store import Store

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
IN_CI = os.environ.get("CI") == "true"


def unavailable(what: str) -> None:
    """Skip, saying what is missing; in CI nothing may be missing."""
    if IN_CI:
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def closed_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for every test, and a network that refuses at once."""
    home = tmp_path / "home"
    monkeypatch.setenv("SCRATCHMLP_HOME", str(home))
    monkeypatch.delenv("SCRATCHMLP_DB", raising=False)
    monkeypatch.delenv("SCRATCHMLP_SCHEDULER", raising=False)
    monkeypatch.setenv("FASTAI_HOME", str(tmp_path / "fastai"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    datasets._opened.clear()
    return home


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return SOURCES["digits"].decode("digits", "scikit-learn", lambda what, done, total: None)


@pytest.fixture(scope="session")
def mnist_cache(pytestconfig: pytest.Config) -> Path:
    """All of MNIST, unpacked and decoded by the code that users run.

    It stays in pytest's cache for the next session: 70,000 files are slow to make and to delete.
    """
    archive = SHARED / "mnist_png.tgz"
    if not archive.exists():
        unavailable(str(archive))
    folder = pytestconfig.cache.mkdir("mnist")
    with FileLock(folder / "lock"), pytest.MonkeyPatch.context() as patch:
        (folder / "fastai" / "archive").mkdir(parents=True, exist_ok=True)
        shutil.copy(archive, folder / "fastai" / "archive")
        import fastai.data.external

        fastai.data.external.fastai_cfg.cache_clear()
        patch.setenv("FASTAI_HOME", str(folder / "fastai"))
        patch.setenv("SCRATCHMLP_HOME", str(folder))
        patch.setenv("https_proxy", f"http://127.0.0.1:{free_port()}")
        datasets.load("mnist")
        splits.train_valid_split(60_000, 0.2, 42)
    fastai.data.external.fastai_cfg.cache_clear()
    return folder / "cache"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses MNIST is marked so: `pytest -m "not mnist"` is the quick half.

    A group is tested by one process: a file, but all that train in a browser are one group.
    """
    for item in items:
        needs = getattr(item, "fixturenames", ())
        group = "trains in a browser" if "app" in needs else item.path.name
        item.add_marker(pytest.mark.xdist_group(group))
        if "mnist_cache" in needs:
            item.add_marker("mnist")


@pytest.fixture
def mnist_home(mnist_cache: Path, closed_world: Path) -> Path:
    """A home in which MNIST is ready."""
    link_cache(mnist_cache, closed_world)
    return closed_world


@pytest.fixture
def mnist(mnist_home: Path) -> Dataset:
    return datasets.load("mnist")


@pytest.fixture(scope="session")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a cluster for all tests that do not start or break one of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONWARNINGS", "ignore")
        patch.setenv("SCRATCHMLP_HOME", str(tmp_path_factory.mktemp("workers")))
        patch.delenv("SCRATCHMLP_SCHEDULER", raising=False)
        store = Store()
        owner = Jobs(store, workers=2)
        owner.wait_until_ready()
    assert owner._client
    yield owner._client.scheduler.address
    owner.close()
    store.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """A PostgreSQL server on loopback; call it for the URL of a new, empty database."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        unavailable("PostgreSQL")
    programs, port = found[-1].parent, free_port()
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/pg-XXXXXX"], text=True).strip())
    as_postgres = []
    if os.getuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres")
        as_postgres = ["runuser", "-u", "postgres", "--"]

    def run(*command: object) -> None:
        line = [*as_postgres, *map(str, command)]
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL, cwd=folder)

    data = folder / "data"
    run(programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync")
    options = f"-h 127.0.0.1 -p {port} -k {folder} -F"
    log = folder / "log"
    run(programs / "pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")
    numbers = itertools.count()
    server = sa.create_engine(
        f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres", isolation_level="AUTOCOMMIT"
    )

    def new_database() -> str:
        name = f"test{next(numbers)}"
        with server.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        return f"postgresql://postgres@127.0.0.1:{port}/{name}"

    yield new_database
    server.dispose()
    run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'runs.db'}"
    return str(request.getfixturevalue("postgres")())


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    opened = Store(database)
    yield opened
    opened.close()
