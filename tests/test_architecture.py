"""The rules of docs/architecture.md: floors, no circles, and packages that have one home."""

import ast
import functools
import graphlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scratchmlp.ui import session
from tests import file_tree
from tests.conftest import ROOT

# The floors from the bottom up. A module imports only from the floors below it, or its own.
FLOORS = (
    ("scratchmlp.errors",),
    (
        "scratchmlp.paths",
        "scratchmlp.figures",
        "scratchmlp.glossary",
        "scratchmlp.file_kinds",
        "scratchmlp.listening",
        "scratchmlp.memory",
        "scratchmlp.on_demand",
    ),
    ("scratchmlp.ink",),
    ("scratchmlp.data",),
    ("scratchmlp.net",),
    ("scratchmlp.charts",),
    ("scratchmlp.analysis",),
    ("scratchmlp.runs",),
    ("scratchmlp.ui",),
    ("scratchmlp.cli", "scratchmlp.bench", "scratchmlp.__main__", "app", "pages"),
)
DASK = tuple(f"scratchmlp/runs/{name}.py" for name in ("jobs", "cluster", "cluster_process"))
HOMES = {
    "streamlit": (
        "scratchmlp/listening.py",
        "scratchmlp/ui/",
        "pages/",
        "app.py",
        "scratchmlp/bench/visitor.py",
    ),
    "sqlalchemy": (
        "scratchmlp/runs/background_tasks.py",
        "scratchmlp/runs/damage.py",
        "scratchmlp/runs/queue_state.py",
        "scratchmlp/runs/quotas.py",
        "scratchmlp/runs/run_list.py",
        "scratchmlp/runs/checkpoints.py",
        "scratchmlp/runs/class_settings.py",
        "scratchmlp/runs/database.py",
        "scratchmlp/runs/drawings.py",
        "scratchmlp/runs/migrations/",
        "scratchmlp/runs/permissions.py",
        "scratchmlp/runs/store.py",
        "scratchmlp/runs/tables.py",
        "scratchmlp/runs/visitors.py",
        "scratchmlp/runs/work_queue.py",
    ),
    "alembic": ("scratchmlp/runs/database.py", "scratchmlp/runs/migrations/"),
    "distributed": DASK,
    "dask": DASK,
    "altair": ("scratchmlp/charts/",),
    "typer": ("scratchmlp/cli/",),
}
NOT_OURS = ("torch.nn", "torch.optim", "torchvision", "fastai.vision", "pickle")
# Where PyTorch's functions without weights may be used.
FUNCTIONAL = ("net/augment.py", "net/loss.py", "analysis/out_of_distribution.py")
PAGES = ("train", "evaluate", "draw", "runs")
SOURCES = [
    path.relative_to(ROOT)
    for path in sorted(
        [ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("scratchmlp/**/*.py")]
    )
]


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path) for path in SOURCES}


def imports_in(source: str) -> set[str]:
    """All modules and names that a source imports or reaches through `torch.…`, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(module=str(module), names=names):
                found |= {f"{module}.{alias.name}" for alias in names}
            case ast.Attribute(value=ast.Name(id="torch"), attr=attr):
                found.add(f"torch.{attr}")
    return found


@functools.cache
def imports(path: Path) -> set[str]:
    return imports_in((ROOT / path).read_text())


def own_imports(path: Path) -> set[str]:
    """The modules of this project that a module imports."""
    found = imports(path)
    return {name for name in MODULES if name in found} | {
        name.rpartition(".")[0] for name in found if name.rpartition(".")[0] in MODULES
    } - {"scratchmlp", *packages()}


def packages() -> Iterator[str]:
    return (module_name(path) for path in SOURCES if path.name == "__init__.py")


def is_at(name: str, place: str) -> bool:
    return name == place or name.startswith(place + ".")


def floor(module: str) -> int | None:
    for number, rooms in enumerate(FLOORS):
        if any(is_at(module, room) for room in rooms):
            return number
    return None


def forbidden(names: set[str], functional: bool) -> set[str]:
    """What the hand-written network may not use."""
    return {
        name
        for name in names
        if any(is_at(name, place) for place in NOT_OURS)
        and not (functional and is_at(name, "torch.nn.functional"))
    }


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_imports_go_down(path: Path) -> None:
    own = floor(module_name(path))
    if own is None:
        assert module_name(path) == "scratchmlp"
        return
    assert not {name for name in imports(path) if (floor(name) or 0) > own}


def test_no_test_imports_from_another_test() -> None:
    tests = (ROOT / "tests").rglob("test_*.py")
    names = [name for path in tests for name in imports_in(path.read_text())]
    assert not [name for name in names if ".test_" in name]


def test_there_is_no_circle() -> None:
    """Imports inside functions count too."""
    graph = {module_name(path): own_imports(path) - {module_name(path)} for path in SOURCES}
    assert list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_a_page_does_not_import_another(path: Path) -> None:
    """What two pages share is a module directly in `ui/`; that imports no page's folder."""
    own = path.parts[2] if path.parts[:2] == ("scratchmlp", "ui") else path.stem
    if path.parts[0] == "scratchmlp" and path.parts[1] != "ui":
        return
    others = [f"scratchmlp.ui.{page}" for page in PAGES if page != own]
    assert not {name for name in imports(path) if any(is_at(name, other) for other in others)}


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_packages_stay_in_their_homes(path: Path) -> None:
    for name in imports(path):
        homes = HOMES.get(name.split(".")[0])
        assert homes is None or str(path).startswith(homes), f"{path} imports {name}"


@pytest.mark.parametrize("path", [p for p in SOURCES if "bench" not in p.parts], ids=str)
def test_the_network_is_ours(path: Path) -> None:
    assert not forbidden(imports(path), str(path).endswith(FUNCTIONAL))


@pytest.mark.parametrize(
    "source",
    [
        "from torch import nn",
        "import torch.nn",
        "import torch.nn as nn",
        "from torch.nn import Linear",
        "from torch import optim",
        "from torch.optim import SGD",
        "import torch\ntorch.nn.Linear(1, 1)",
        "import torch\ntorch.optim.SGD",
        "def later():\n    import pickle",
        "from pickle import loads",
        "import torchvision.transforms",
        "from fastai.vision.all import *",
        "from fastai import vision",
    ],
)
def test_the_rule_sees_every_way_to_import(source: str) -> None:
    assert forbidden(imports_in(source), functional=False)
    assert forbidden(imports_in(source), functional=True)


@pytest.mark.parametrize(
    "source",
    [
        "import torch.nn.functional as F",
        "from torch.nn import functional",
        "from torch.nn.functional import pad",
    ],
)
def test_functions_without_weights_are_allowed_in_three_modules(source: str) -> None:
    assert forbidden(imports_in(source), functional=False)
    assert not forbidden(imports_in(source), functional=True)


def session_keys(source: str) -> list[ast.expr]:
    """The expressions that name a key of `st.session_state`."""
    keys: list[ast.expr] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Subscript(value=ast.Attribute(attr="session_state"), slice=key):
                keys.append(key)
            case ast.Attribute(value=ast.Attribute(attr="session_state"), attr=attr) if (
                attr not in ("get", "pop", "setdefault", "update", "clear")
            ):
                keys.append(ast.Constant(attr))
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="session_state")), args=[key, *_]
            ):
                keys.append(key)
            case ast.Compare(left=key, comparators=[ast.Attribute(attr="session_state")]):
                keys.append(key)
    return keys


def unnamed(key: ast.expr) -> list[str]:
    """What is in the expression of a key that `ui/session.py` does not name."""
    known = vars(session)
    found = []
    for node in ast.walk(key):
        match node:
            case ast.Constant(value=str(text)) if any(letter.isalpha() for letter in text):
                found.append(text)
            case ast.Name(id=name) | ast.Attribute(attr=name) if name.isupper():
                found += [] if name in known else [name]
    return found


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name != "session.py"], ids=str)
def test_every_session_key_is_named_in_one_module(path: Path) -> None:
    keys = session_keys((ROOT / path).read_text())
    assert not [name for key in keys for name in unnamed(key)]


@pytest.mark.parametrize(
    "source",
    [
        'st.session_state["run"]',
        "st.session_state.run",
        'st.session_state.get("run", 1)',
        '"run" in st.session_state',
        "st.session_state.pop(MINE)",
        'st.session_state[f"run_{n}"] = 1',
    ],
)
def test_the_rule_sees_every_way_to_name_a_key(source: str) -> None:
    assert [name for key in session_keys(source) for name in unnamed(key)]


def test_no_two_session_keys_are_the_same() -> None:
    keys = [value for name, value in vars(session).items() if name.isupper()]
    assert len(keys) == len(set(keys)) > 20


DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_only_what_is_there(document: Path) -> None:
    text = document.read_text()
    paths = set(re.findall(r"(?:scratchmlp|pages|tests|docs)/[\w/.]*\w", text))
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", text)
    assert not [path for path in paths if not (ROOT / path).exists()]
    assert not [link for link in links if not (document.parent / link).exists()]


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 100


def test_the_command_line_needs_no_browser() -> None:
    modules = [path for path in SOURCES if path.parts[:2] == ("scratchmlp", "cli")]
    assert modules
    found = {name for module in modules for name in imports(module)}
    assert not {name for name in found if "jobs" in name or "streamlit" in name}


@pytest.mark.parametrize("path", ["app.py", *(str(p) for p in SOURCES if p.parts[0] == "pages")])
def test_app_and_pages_import_the_ui_package_first(path: str) -> None:
    """It loads what two threads must not load at once: see `scratchmlp/ui/__init__.py`."""
    lines = [line.strip() for line in (ROOT / path).read_text().splitlines()]
    ours = [line for line in lines if line.startswith(("import scratchmlp", "from scratchmlp"))]
    assert "scratchmlp.ui" in ours[0]


def test_pages_are_short() -> None:
    pages = [path for path in SOURCES if path.parts[0] == "pages"]
    assert [path.stem for path in pages] == sorted(PAGES)
    assert all(len((ROOT / path).read_text().splitlines()) < 60 for path in pages)


def test_the_file_tree_is_up_to_date() -> None:
    """Every module is there with its whole path. If not: `python -m tests.file_tree`."""
    assert file_tree.written() == file_tree.table()
    assert all(f"`{path}`" in file_tree.written() for path in file_tree.sources())


def test_every_module_says_what_it_is() -> None:
    assert not [str(path) for path in file_tree.sources() if not file_tree.first_line(path)]
