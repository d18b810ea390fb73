"""Which run Evaluate and Draw show: the selected one, or the best; and the control that selects."""

from collections import Counter
from collections.abc import Callable

import streamlit as st

from scratchmlp.figures import percent
from scratchmlp.runs import built_in
from scratchmlp.runs.records import MissingRunError
from scratchmlp.runs.store import Run
from scratchmlp.ui import ownership, resources, run_status, selection, session
from scratchmlp.ui.markdown import escape

LONG_LABEL = 36  # letters: a phone cuts a longer one, so it stands below in full
RUN_CONTROL = "evaluated_run"


def trained_runs() -> dict[str, Run]:
    """Runs that have a checkpoint, by id, the newest first, and last the one of the program."""
    trained = [run for run in resources.store().runs() if run.best_epoch is not None]
    return {run.id: run for run in [*trained, built_in.run()]}


def best_run(runs: dict[str, Run]) -> Run | None:
    """The run whose network is most accurate on its validation pictures.

    On a hosted server it is one of the pinned runs, or else of the visitor's own, if there are any.
    Only runs on the dataset that most runs have learned are compared, and none that diverged. A run
    without validation pictures comes last; of equals the newest comes first. The network that comes
    with the program stands in where there is no other.
    """
    runs = {run.id: run for run in runs.values() if run.id != built_in.HANDS} or runs
    sound = [run for run in runs.values() if run.status not in ("diverged", "failed")]
    sound = ownership.first_choice(sound)
    if not sound:
        return next(iter(runs.values()), None)
    [(dataset, _)] = Counter(run.dataset for run in sound).most_common(1)
    accuracy = resources.store().run_list.valid_accuracies()
    candidates = [run for run in sound if run.dataset == dataset]
    return max(candidates, key=lambda run: accuracy.get(run.id, 0.0))


def resolve_run(runs: dict[str, Run]) -> Run | None:
    """The selected run; where none is selected, the one that the address names, or the best.

    None where the selected run is not among `runs`.
    """
    run_id = selection.selected_run_id()
    if run_id is not None:
        return runs.get(run_id)
    return runs.get(st.query_params.get("run", "")) or best_run(runs)


def run_to_draw_for(runs: dict[str, Run]) -> Run:
    """The run that Draw shows where none is selected: a pinned one, or the program's own."""
    pinned = {run.id: run for run in runs.values() if run.pinned}
    return best_run(pinned) or built_in.run()


def choose_run(runs: dict[str, Run]) -> Run:
    """Show the control, and return the run to draw for.

    Another run stands in if the selected run has no network.
    """
    run_id, otherwise = selection.selected_run_id(), run_to_draw_for(runs)
    run = runs.get(run_id or st.query_params.get("run", ""), otherwise)
    if run_id is not None and run_id not in runs:
        instead = f" This page shows {run.title}."
        st.warning(escape(why_no_network(run_id) + instead), icon=":material/link_off:")
    selection.name_in_address(run.id)
    show_control(runs, run, selection.select_run)
    return run


def why_no_network(run_id: str) -> str:
    """Why there is no network of this run: it does not exist, or it has not trained an epoch."""
    try:
        status = resources.store().run(run_id).status
    except MissingRunError as error:
        return str(error)
    return f"Run {run_id} is {status} and has no checkpoint."


def show_control(runs: dict[str, Run], run: Run | None, on_select: Callable[[str], None]) -> None:
    """A list of the runs that shows `run`, or nothing chosen."""
    ids, shown = list(runs), labels(runs)
    st.container(key=RUN_CONTROL).selectbox(
        "Run",
        ids,
        ids.index(run.id) if run else None,
        format_func=shown.__getitem__,
        placeholder="Choose a run",
        **session.synced_widget(RUN_CONTROL, run.id if run else None, on_select),
    )
    if run and len(shown[run.id]) > LONG_LABEL:
        with st.container(key="whole_label"):  # only on a phone, see `layout.STYLE`
            st.caption(escape(shown[run.id]))


def labels(runs: dict[str, Run]) -> dict[str, str]:
    """What a list of runs says of each; no two are the same."""
    titles = run_status.titles(runs.values())
    return {run_id: _label(run, titles[run_id]) for run_id, run in runs.items()}


def _label(run: Run, title: str) -> str:
    accuracy = "" if run.test_accuracy is None else f", {percent(run.test_accuracy)}"
    status = "" if run.status == "finished" else f" · {run.status}"
    return f"{title} · {run.dataset}{status}{accuracy}"


def comparable_runs(runs: dict[str, Run], run: Run) -> dict[str, Run]:
    """The runs that can be compared with this one: trained on the same dataset."""
    return {r.id: r for r in runs.values() if r.id != run.id and r.dataset == run.dataset}
