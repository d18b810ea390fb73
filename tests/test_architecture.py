"""A floor imports only from the floors below it, and some packages live in one room only."""

import ast
from pathlib import Path

import pytest

from tests import file_tree
from tests.conftest import ROOT

FLOORS = {
    "scratchmlp.errors": 1,
    "scratchmlp.paths": 2,
    "scratchmlp.ink": 3,
    "scratchmlp.data": 4,
    "scratchmlp.net": 5,
    "scratchmlp.charts": 6,
    "scratchmlp.analysis": 7,
    "scratchmlp.runs": 8,
    "scratchmlp.ui": 9,
    "scratchmlp.cli": 10,
    "scratchmlp.bench": 10,
    "scratchmlp.__main__": 10,
    "app": 10,
    "pages": 10,
}
HOMES = {
    "streamlit": ("scratchmlp/ui/", "pages/", "app.py"),
    "sqlalchemy": (
        "scratchmlp/runs/database.py",
        "scratchmlp/runs/drawings.py",
        "scratchmlp/runs/store.py",
        "scratchmlp/runs/catalogue.py",
        "scratchmlp/runs/checkpoints.py",
        "scratchmlp/runs/background_tasks.py",
        "scratchmlp/runs/migrations/",
    ),
    "distributed": ("scratchmlp/runs/jobs.py", "scratchmlp/runs/cluster.py"),
    "dask": ("scratchmlp/runs/jobs.py", "scratchmlp/runs/cluster.py"),
    "altair": ("scratchmlp/charts/",),
    "typer": ("scratchmlp/cli/",),
}
NOWHERE = "torch.nn", "torch.optim", "torchvision", "fastai.vision", "pickle"
SOURCES = sorted(
    path.relative_to(ROOT)
    for path in [ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("scratchmlp/**/*.py")]
)


def imports(path: Path) -> set[str]:
    """Names of all modules a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


def floor(module: str) -> int | None:
    for prefix, number in FLOORS.items():
        if module == prefix or module.startswith(prefix + "."):
            return number
    return None


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_imports_go_down(path: Path) -> None:
    own = floor(".".join(path.with_suffix("").parts))
    if own is None:
        assert path.name == "__init__.py"
        return
    above = {module for module in imports(path) if (floor(module) or 0) > own}
    assert not above


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_packages_stay_in_their_rooms(path: Path) -> None:
    for module in imports(path):
        homes = HOMES.get(module.split(".")[0])
        assert homes is None or str(path).startswith(homes), f"{path} imports {module}"


@pytest.mark.parametrize("path", [p for p in SOURCES if "bench" not in p.parts], ids=str)
def test_the_network_is_ours(path: Path) -> None:
    allowed = (
        {"torch.nn.functional"}
        if path.name in ("augment.py", "loss.py", "out_of_distribution.py")
        else set()
    )
    used = {m for m in imports(path) if m.startswith(NOWHERE)}
    assert not {m for m in used if m not in allowed and m != "torch.nn"} - allowed


def test_the_command_line_needs_no_browser() -> None:
    rooms = [path for path in SOURCES if path.parts[:2] == ("scratchmlp", "cli")]
    assert rooms
    assert not {m for room in rooms for m in imports(room) if "jobs" in m or "streamlit" in m}


@pytest.mark.parametrize("path", ["app.py", *(str(p) for p in SOURCES if p.parts[0] == "pages")])
def test_pages_import_the_room_of_the_pages_first(path: str) -> None:
    """It loads what two threads must not load at once: see there."""
    lines = (ROOT / path).read_text().splitlines()
    ours = [line for line in lines if line.startswith(("import scratchmlp", "from scratchmlp"))]
    assert "scratchmlp.ui" in ours[0]


def test_pages_are_short() -> None:
    assert all(
        len((ROOT / p).read_text().splitlines()) < 120 for p in SOURCES if "pages" in p.parts
    )


def test_the_file_tree_is_up_to_date() -> None:
    """Every module is there with its whole path. If not: `python -m tests.file_tree`."""
    assert file_tree.written() == file_tree.table()


def test_every_module_says_what_it_is() -> None:
    assert not [str(path) for path in file_tree.sources() if not file_tree.first_line(path)]
