"""The views of Runs on a hosted server: all runs, the board, and for a teacher the class."""

from collections.abc import Callable

from scratchmlp.ui import layout, resources, visitor
from scratchmlp.ui.runs import board, classroom, overview
from scratchmlp.ui.session import RUNS_VIEW

CLASS = "Class"
VIEWS: dict[str, Callable[[], None]] = {
    "All runs": overview.show,
    "Board": board.show,
    CLASS: classroom.show,
}


def show() -> None:
    """On one's own machine all runs, and nothing else."""
    if not visitor.is_hosted():
        layout.section("All runs")
        overview.show()
        return
    is_teacher = resources.current_visitor().is_teacher
    views = {title: view for title, view in VIEWS.items() if title != CLASS or is_teacher}
    layout.show_tabs(RUNS_VIEW, views)
