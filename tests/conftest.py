"""What tests share: a home of their own, real data, both databases. No test reaches the network."""

import contextlib
import functools
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests  # noqa: F401 (before warnings are errors: it warns that SOCKS is missing)
import sqlalchemy as sa
import torch
from filelock import FileLock
from hypothesis import settings

from scratchmlp.bench.server import link_cache
from scratchmlp.data import datasets, splits
from scratchmlp.data.datasets import Dataset
from scratchmlp.data.sources import SOURCES
from scratchmlp.runs import tables
from scratchmlp.runs.cluster import LocalCluster, free_port
from scratchmlp.runs.jobs import Jobs
from scratchmlp.runs.store import Store

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
IN_CI = os.environ.get("CI") == "true"
FASTAI = Path(os.environ.get("FASTAI_HOME", "~/.fastai")).expanduser()  # where the reader has MNIST
CLOSED_PORT = free_port()

# Every session draws the same cases; HYPOTHESIS_PROFILE=search draws new ones.
settings.register_profile("default", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


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
    close_world(monkeypatch, home, tmp_path / "fastai")
    monkeypatch.setenv("SCRATCHMLP_HOSTED", "0")  # AppTest has no address, which means hosted
    decoded_once = DIGITS._replace(decode=lambda name, root, progress: made_digits())
    monkeypatch.setitem(SOURCES, "digits", decoded_once)
    return home


def close_world(patch: pytest.MonkeyPatch, home: Path, fastai: Path) -> None:
    patch.setenv("SCRATCHMLP_HOME", str(home))
    patch.delenv("SCRATCHMLP_DB", raising=False)
    patch.delenv("SCRATCHMLP_SCHEDULER", raising=False)
    patch.setenv("FASTAI_HOME", str(fastai))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        patch.setenv(name, f"http://127.0.0.1:{CLOSED_PORT}")
    datasets._opened.clear()
    forget_fastai_home()


DIGITS = SOURCES["digits"]


@functools.cache
def made_digits() -> Dataset:
    """The digits, decoded once and not for every home."""
    return DIGITS.decode("digits", "scikit-learn", lambda what, done, total: None)


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return made_digits()


def forget_fastai_home() -> None:
    """fastai reads FASTAI_HOME once."""
    fastai = sys.modules.get("fastai.data.external")
    if hasattr(fastai, "fastai_cfg"):  # not while a thread imports it for the first time
        fastai.fastai_cfg.cache_clear()


def give_mnist(fastai: Path) -> None:
    """Put MNIST where fastai looks for it: from `SHARED`, or from where the reader has it."""
    archive = fastai / "archive" / "mnist_png.tgz"
    for source in (SHARED / archive.name, FASTAI / "archive" / archive.name):
        if archive.exists() or source.exists():
            archive.parent.mkdir(parents=True, exist_ok=True)
            if not archive.exists():  # a new copy would be decoded again
                shutil.copy(source, archive)
            return
    (fastai / "data").mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (fastai / "data" / "mnist_png").symlink_to(FASTAI / "data" / "mnist_png")


@pytest.fixture(scope="session")
def pictures_cache(pytestconfig: pytest.Config) -> Path:
    """The decoded pictures of MNIST if it is at hand, or else of the digits, by users' code.

    It stays in pytest's cache for the next session: 70,000 files are slow to make and to delete.
    """
    name = "mnist" if has_mnist() else "digits"
    if IN_CI and name != "mnist":
        unavailable("MNIST")
    folder = pytestconfig.cache.mkdir(name)
    with FileLock(folder / "lock"), pytest.MonkeyPatch.context() as patch:
        if name == "mnist":
            give_mnist(folder / "fastai")
        close_world(patch, folder, folder / "fastai")
        dataset = datasets.load(name)
        splits.train_valid_split(len(dataset.train), 0.2, 42)
    forget_fastai_home()
    return folder / "cache"


def has_mnist() -> bool:
    archive, unpacked = FASTAI / "archive" / "mnist_png.tgz", FASTAI / "data" / "mnist_png"
    return any(place.exists() for place in (SHARED / "mnist_png.tgz", archive, unpacked))


@pytest.fixture(scope="session")
def mnist_cache(request: pytest.FixtureRequest) -> Path:
    """The decoded pictures of MNIST, for what needs no others."""
    if not has_mnist():
        unavailable("MNIST")
    return Path(request.getfixturevalue("pictures_cache"))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes may hold the second in which they were made: no name of a test says what they are, for
    each process must name the tests alike.
    """
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs MNIST and what needs a browser, and begin with the latter: it takes longest.

    `pytest -m "not browser"` is the quick part, `-m "not mnist"` needs no MNIST.
    """
    for item in items:
        needs = getattr(item, "fixturenames", ())
        if "browser" in needs:
            item.add_marker("browser")
        if "pictures_cache" in needs or "mnist_cache" in needs:
            item.add_marker("mnist")
    items.sort(key=lambda item: "browser" not in item.keywords)


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
        home = tmp_path_factory.mktemp("workers")
        close_world(patch, home, home / "fastai")
        patch.setenv("PYTHONWARNINGS", "ignore")
        store = Store()
        owner = Jobs(store, LocalCluster(2))
    owner.wait_until_ready(180)
    assert owner.address
    yield owner.address
    owner.close()
    store.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """A PostgreSQL server on loopback; call it for the URL of a new and empty database."""
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


@pytest.fixture(scope="session")
def migrated(postgres: Callable[[], str]) -> str:
    """The URL of a PostgreSQL database whose schema is of today."""
    url = postgres()
    Store(url).close()
    return url


@pytest.fixture
def emptied(migrated: str) -> str:
    """The same URL, after all rows have been deleted. A new database would take 0.1 seconds."""
    url = sa.make_url(migrated).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(sa.delete(table))
    return migrated


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database whose schema is of today, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "runs.db"
    Store(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    if request.param == "sqlite":
        opened = Store(f"sqlite:///{shutil.copy(migrated_file, tmp_path)}")
    else:
        opened = Store(request.getfixturevalue("emptied"))
    yield opened
    opened.close()
