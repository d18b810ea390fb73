"""A visitor's session: the name of each of its keys, and widgets that follow a value kept there.

Every key of `st.session_state` that code reads or writes is named here, widgets' keys among them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from scratchmlp.errors import UserError
from scratchmlp.ui.markdown import escape

# All pages
HAS_FRAME = "has_frame"  # whether this run of the script came through `layout.run`
WIDGETS = "widgets"  # for each widget that follows a value: its version, and the value it shows
PAGE = "page"  # the title of the page that is shown
ARRIVED = "arrived"  # the visitor comes from another page, and its address was not read yet
RUN = "selected_run"  # the id of the run that the visitor selected
DEFAULT_RUN = "default_run"  # the id of a run that the address names although nobody selected it
UPLOAD = "net_file"  # a network's file; the key ends with the number of files uploaded so far
UPLOADS = "net_files"  # that number
UPLOAD_RESULT = "net_upload_result"  # what the last upload came to: (succeeded, sentence)

# Train
SETTINGS = "settings"  # the TrainConfig that the controls show
RECIPE = "recipe"  # the name of the recipe it started from
SETTINGS_IN_ADDRESS = "settings_in_address"  # the parameters that said so last
USED_DATASETS = "used_datasets"  # the datasets that the settings named so far, as a dict's keys
STARTED_RUN = "started_run"  # the id of the run that the visitor started last
LINK_ERRORS = "link_errors"  # a sentence for each thing that the link asks for and cannot have
HIDDEN_CONTROLS = "hidden_controls"  # the controls that the link hides
CONTROLS_TO_HIDE = "hide_controls"  # the controls that a link for a class will hide
TRAIN_VIEW = "run_view"  # the title of the open view
COMPARED_RUNS = "compared_runs"  # the ids of the runs that are compared with the selected one
LOG_AXIS = "log_axis"  # whether the loss axis is logarithmic

# Evaluate
EVALUATE_VIEW = "view"
DATASET, SPLIT = "evaluated_dataset", "evaluated_split"
TRUTH, PREDICTION = "filter_truth", "filter_answer"  # classes of the samples to show
AREA = "filter_area"  # an area of the embedding map: (which map, the samples in it)
CHART_VERSION = "filters_cleared"  # a chart loses its selection only when a new one replaces it
SAMPLE = "sample"  # the number of the sample that is open, or None
SAMPLE_IN_ADDRESS = "sample_in_address"  # what the address said of it last
ORDER, CONFIDENCE = "gallery_order", "gallery_sureness"
INCLUDE_CORRECT, ONLY_MISLABELLED = "gallery_right_too", "gallery_mislabelled"
COMPARED_RUN = "compared_run"  # the id of the run that predictions are compared with

# Draw
DRAW_VIEW = "draw_view"
DRAWING = "sheet"  # what is drawn on the canvas, a `CanvasDrawing`
CANVAS, PEN_WIDTH, PAPER = "drawn_canvas", "brush", "paper"
INK_SOURCE = "source"  # canvas, picture or camera
PICTURE_FILE, CAMERA_FILE = "picture_file", "camera_file"
TAKEN_PICTURES = "taken"  # the bytes of the picture taken last, by the key of its widget
DIGIT = "which_digit"  # the position of the digit that is explained, in a number
RUN_LIMIT = "runs_asked"  # how many runs "All runs" predicts with
TEACHING_RESULT = "taught"
DELETED_DRAWINGS = "deleted_drawings"  # ids, until the next deletion
DRAWINGS_ZIP = "zip_of_drawings"

# Runs
TICKED_RUNS = "chosen_runs"  # ids
RUNS_TEXT, RUNS_ORDER = "runs_text", "runs_order"
RUNS_DATASET, RUNS_STATUS = "runs_dataset", "runs_status"
DELETED_RUNS = "just_deleted"  # the ids that Undo restores
RUN_NAME, RUN_NOTE = "describe_name", "describe_note"  # the key ends with the run's id


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show the sentence of a `UserError` on the page."""
    try:
        yield
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
