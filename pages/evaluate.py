"""Evaluate: how good a run is, and everything it gets wrong, down to one picture and why."""

import streamlit as st

from scratchmlp.insight import evaluation
from scratchmlp.net import presets
from scratchmlp.runs.store import Run
from scratchmlp.ui import assessment, frame, gallery, matrix, picture, session
from scratchmlp.ui.assessment import RUN, SAMPLE, SPLIT, SPLITS, Assessment


def page() -> None:
    st.title("Evaluate", anchor=False)
    assessment.begin()
    run = choose_run()
    if run is None:
        st.info("There is no trained run yet. Train one, and come back after its first epoch.")
        st.page_link("pages/train.py", label="Go to Train", icon=":material/play_arrow:")
        return
    default = "valid" if run.is_live and run.config.valid_pct else "test"
    split = st.segmented_control(
        "Pictures",
        list(SPLITS),
        format_func=lambda name: SPLITS[name],
        key=SPLIT,
        default=default,
        required=True,
    )
    seen = assessment.assess(run, split or default)
    numbers(seen)
    index = st.session_state[SAMPLE]
    if index is not None and index not in seen.table.index:
        st.warning(f"There is no picture {index}: the last is {len(seen.table) - 1}.")
        assessment.show_picture(index := None)
    if index is not None:
        picture.show(run, seen, index, gallery.chosen(seen).index.tolist())
    else:
        left, right = st.columns([1, 1.2], gap="large")
        with left:
            matrix.show(seen)
            matrix.pairs(seen.table, seen.network.classes)
        with right:
            matrix.chip(seen.network.classes)
            gallery.show(seen)


def choose_run() -> Run | None:
    """The run to evaluate: one that was asked for, or the newest with a checkpoint."""
    runs = {run.id: run for run in session.store().runs() if run.best_epoch is not None}
    asked = st.session_state.get(RUN)
    if asked is not None and asked not in runs:
        st.warning(f"There is no trained run {asked[:40]}. Here is the newest one.")
        del st.session_state[RUN]
    if not runs:
        return None
    chosen_id = st.selectbox("Run", list(runs), format_func=lambda i: label(runs[i]), key=RUN)
    st.query_params["run"] = chosen_id
    return runs[chosen_id]


def label(run: Run) -> str:
    reached = "" if run.test_accuracy is None else f", {run.test_accuracy:.2%}"
    name = run.name or presets.name_of(run.config) or "custom settings"
    return f"{name} · {run.dataset} · {run.status}{reached} · {run.id[:6]}"


def numbers(seen: Assessment) -> None:
    told = evaluation.summary(seen.table)
    low, high = told.interval
    row = st.container(horizontal=True)
    row.metric("Accuracy", f"{told.accuracy:.2%}")
    row.metric("95% interval", f"{low:.2%} – {high:.2%}", help="Wilson's interval of a share.")
    row.metric("Errors", f"{told.errors:,} of {told.n:,}")
    row.metric("Mean loss", f"{told.loss:.4f} nats")
    if seen.is_mnist_test:
        clean = evaluation.summary(evaluation.without_mislabelled(seen.table))
        row.metric("Without 15 wrong labels", f"{clean.accuracy:.2%}", help=WRONG_LABELS)
        with st.expander("How good is that?"):
            ladder = sorted(
                [*evaluation.LADDER.items(), ("this run", told.accuracy)], key=lambda r: r[1]
            )
            st.dataframe(
                {"what": [r[0] for r in ladder], "test accuracy": [f"{r[1]:.2%}" for r in ladder]}
            )


WRONG_LABELS = "Fifteen test images are mislabelled by the judgement of five raters each."


frame.show(page)
