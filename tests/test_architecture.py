"""A floor imports only from the floors below it, and some packages live in one room only."""

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

FLOORS = {
    "scratchmlp.errors": 1,
    "scratchmlp.images": 2,
    "scratchmlp.net": 3,
    "scratchmlp.insight": 4,
    "scratchmlp.runs": 5,
    "scratchmlp.ui": 6,
    "scratchmlp.cli": 7,
    "scratchmlp.bench": 7,
    "scratchmlp.__main__": 7,
    "app": 7,
    "pages": 7,
}
HOMES = {
    "streamlit": ("scratchmlp/ui/", "pages/", "app.py"),
    "sqlalchemy": (
        "scratchmlp/runs/database.py",
        "scratchmlp/runs/drawings.py",
        "scratchmlp/runs/store.py",
        "scratchmlp/runs/catalogue.py",
        "scratchmlp/runs/shelf.py",
        "scratchmlp/runs/studies.py",
        "scratchmlp/runs/migrations/",
    ),
    "distributed": ("scratchmlp/runs/jobs.py", "scratchmlp/runs/cluster.py"),
    "dask": ("scratchmlp/runs/jobs.py", "scratchmlp/runs/cluster.py"),
    "altair": ("scratchmlp/insight/charts.py", "scratchmlp/insight/charts_"),
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
        {"torch.nn.functional"} if path.name in ("augment.py", "loss.py", "familiar.py") else set()
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


def test_readme_lists_every_room() -> None:
    readme = (ROOT / "README.md").read_text()
    tree = set(re.findall(r"[\w/.]+\.py", readme))
    names = {
        path.name for path in SOURCES if path.name != "__init__.py" and "versions" not in path.parts
    }
    assert names <= {Path(name).name for name in tree}
