"""A visitor's session: the name of each of its keys, and widgets that follow a value kept there.

Every key of `st.session_state` that code reads or writes is named here, widgets' keys among them.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import streamlit as st

from scratchmlp.errors import UserError
from scratchmlp.runs.database import StoreError
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.server import is_hosted

log = logging.getLogger(__name__)

HOSTED_STORE_ERROR = (
    "The database of this server cannot be used at the moment. Nothing is lost: try again soon, "
    "or tell whoever runs the server."
)

# All pages
FORGOTTEN = "forgotten"  # the visitor was forgotten, and the browser must load the page again
VISITOR = "visitor"  # who looks, and when that was found out
HAS_FRAME = "has_frame"  # whether this run of the script came through `layout.run`
WIDGETS = "widgets"  # for each widget that follows a value: its version, and the value it shows
CHARTS = "charts"  # the same of charts to choose from, with how they looked when they were new
RUN = "selected_run"  # the id of the run that the visitor selected
PAGE = "page"  # which page ran last
DEFAULT_RUN = "default_run"  # the id of a run that the address names although nobody selected it
UPLOAD = "net_file"  # a network's file; the key ends with the number of files uploaded so far
UPLOADS = "net_files"  # that number
STATE = "uploaded_state"  # a state of PyTorch about which questions are open
UPLOAD_RESULT = "net_upload_result"  # what the last upload came to: (succeeded, sentence)

# Train
SETTINGS = "settings"  # the TrainConfig that the controls show
RECIPE = "recipe"  # the name of the recipe it started from
AWAITS_DATASET = "awaits_dataset"  # what was asked for before the data was prepared: no dataset
USED_DATASETS = "used_datasets"  # the datasets that the settings named so far, as a dict's keys
PICTURES_TRIES = "tries_of_pictures"  # how often the visitor has brought pictures of their own
PICTURES_ZIP = "zip_of_pictures"  # the key ends with that number, and so does the next one
PICTURES_PATH = "path_of_pictures"  # a folder or a file that the owner of the machine names
PICTURES_PROBLEM = "problem_of_pictures"  # why they cannot be used
STARTED_RUN = "started_run"  # the id of the run that the visitor started last
LINK_ERRORS = "link_errors"  # a sentence for each thing that the link asks for and cannot have
HIDDEN_CONTROLS = "hidden_controls"  # the controls that the link hides
CONTROLS_TO_HIDE = "hide_controls"  # the controls that a link for a class will hide
TRAIN_VIEW = "run_view"  # the title of the open view
COMPARED_RUNS = "compared_runs"  # the ids of the runs that are compared with the selected one
SAMPLES_SEED = "samples_seed"  # which pictures the view of the data shows
LOG_AXIS = "log_axis"  # whether the loss axis is logarithmic
GHOST_RUN = "ghost_run"  # whether the curves of the run before are drawn too

# Evaluate
EVALUATED = "evaluated"  # the `State` of the page
EVALUATE_TABS = "evaluate_view"  # the title of the open view
REVEALED = "gallery_revealed"  # how often the page was told to scroll to the gallery

# Draw
DRAW_VIEW = "draw_view"
DRAWING = "sheet"  # what is drawn on the canvas, a `CanvasDrawing`
CANVAS, PEN_WIDTH, PAPER = "drawn_canvas", "brush", "paper"
INK_SOURCE = "source"  # canvas, picture or camera
PICTURE_FILE, CAMERA_FILE = "picture_file", "camera_file"
TAKEN_PICTURES = "taken"  # the bytes of the picture taken last, by the key of its widget
PHOTO = "photo"  # the picture with its pieces; the key ends with that of the picture's widget
PHOTO_CHOICES = "photo_choices"  # by the same key: which part and which pieces are read
DIGIT = "which_digit"  # the position of the digit that is explained, in a number
RUN_LIMIT = "runs_asked"  # how many runs "All runs" predicts with
CORRECTION = "correction"  # a `Correction` that the next run of the page teaches
LESSON = "lesson"  # what was taught last, a `Lesson`
RIGHT_CLASS = "right_class"  # the class pressed under "No, it was"
DRAWING_CHANGES = "drawing_changes"  # imports and deletions to undo, the last at the end
DRAWINGS_ZIP = "zip_of_drawings"  # the key ends with the number of ZIPs imported so far
DRAWINGS_ZIPS = "zips_of_drawings"  # that number

# Runs
RUNS_VIEW = "runs_view"  # the title of the open view
BOARD_DATASET = "board_dataset"
NICKNAME = "nickname"
TICKED_RUNS = "chosen_runs"  # ids
RUNS_TEXT, RUNS_ORDER = "runs_text", "runs_order"
RUNS_DATASET, RUNS_STATUS = "runs_dataset", "runs_status"
RUNS_COLUMNS = "runs_columns"  # the columns to show beside the title
RUN_TO_OPEN = "run_to_open"  # the id of the run that the list opens
OPENED_ROW = "opened_row"  # the row whose button was pressed; the key ends with the table's
DELETED_RUNS = "just_deleted"  # the ids that Undo restores
RUN_NAME, RUN_NOTE = "describe_name", "describe_note"  # the key ends with the run's id


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show the sentence of a `UserError` on the page.

    Visitors of a hosted server cannot mend its database, and need not know where it is.
    """
    try:
        yield
    except StoreError as error:
        log.warning("%s", error)
        st.error(HOSTED_STORE_ERROR if is_hosted() else escape(str(error)), icon=":material/error:")
    except UserError as error:
        st.error(escape(str(error)), icon=":material/error:")


def synced_widget(key: str, value: object, on_change: Callable[[Any], None]) -> dict[str, Any]:
    """Arguments of a widget that shows `value`, and calls `on_change` when the visitor changes it.

    When the value changes by other means, a new widget replaces the old one. A browser that lags
    behind still reports what the old widget showed. If the widget were the same with a new value,
    that report would pass for the visitor's wish.
    """
    widgets = st.session_state.setdefault(WIDGETS, {})
    version, shown = widgets.get(key, (0, value))
    version += value != shown
    widgets[key] = version, value
    return {
        "key": f"{key}.{version}",
        "on_change": _widget_changed,
        "args": [key, version, on_change],
    }


def _widget_changed(key: str, version: int, on_change: Callable[[Any], None]) -> None:
    widgets = st.session_state[WIDGETS]
    if widgets[key][0] == version:
        value = st.session_state[f"{key}.{version}"]
        widgets[key] = version, value
        on_change(value)


class ChartWidget(NamedTuple):
    """A chart to choose from. `first` is the choice that it shows when it is new."""

    key: str
    first: Any
    on_select: Callable[[], None]


_OUTDATED = object()  # no choice equals it


class _Chart(NamedTuple):
    version: int
    choice: Any
    look: Any
    first: Any


def synced_chart(
    key: str, choice: Any, nothing: Any, look: Any, on_select: Callable[[Any], Any]
) -> ChartWidget:
    """A chart that shows `choice`, and calls `on_select` when the visitor selects something.

    `on_select` is given the selection and returns the new choice; `nothing` is the choice of
    nothing. A chart draws the choice that it begins with, and only later ones are its selection. So
    a new chart replaces it when that first choice changes, when the choice changes by other means,
    when `look`, all that its picture depends on, changes, or when it comes back after it was away.
    """
    charts = st.session_state.setdefault(CHARTS, {})
    chart = charts.get(key)
    was_away = chart and f"{key}.{chart.version}" not in st.session_state
    if chart is None or was_away or (chart.choice, chart.look) != (choice, look):
        chart = _Chart(chart.version + 1 if chart else 0, choice, look, choice)
        charts[key] = chart
    version = chart.version

    def selected() -> None:
        if charts[key].version == version:
            new = on_select(st.session_state[f"{key}.{version}"]["selection"])
            outdated = chart.first not in (nothing, new)
            charts[key] = chart._replace(choice=_OUTDATED if outdated else new)

    return ChartWidget(f"{key}.{version}", chart.first, selected)
