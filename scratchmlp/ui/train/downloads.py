"""A run to take away: the net, scripts that rebuild it, its curves; and the way back."""

from functools import partial

import streamlit as st

from scratchmlp.data import datasets
from scratchmlp.net.network import Network
from scratchmlp.runs import export
from scratchmlp.runs.store import Run
from scratchmlp.ui import network_upload, session
from scratchmlp.ui.train import run_controls

WHICH = "exported_checkpoint"


def show(run: Run) -> None:
    if run.best_epoch is None:
        st.caption("There is a net to take away after the first epoch.")
    else:
        best = _best(run)
        _net(run, partial(_network, run.id, best), best)
    if run.total_steps:  # a net that was loaded or taught was not trained here
        _training(run)
    st.markdown("**And back**")
    network_upload.uploader()


def _best(run: Run) -> bool:
    """Whether to take the checkpoint of the best epoch, where it is not the last."""
    _, last = session.store().last_checkpoint(run.id)
    if run.best_epoch == last:
        return False
    names = {False: f"Last (epoch {last})", True: f"Best (epoch {run.best_epoch})"}
    chosen = st.segmented_control(
        "Which checkpoint",
        list(names),
        format_func=lambda best: names[best],
        key=WHICH,
        default=False,
        required=True,
    )
    return bool(chosen)


def _network(run_id: str, best: bool) -> Network:
    return session.store().network(run_id, best)


def _net(run: Run, network: partial[Network], best: bool) -> None:
    stem = f"{run.id[:6]}-best" if best else run.id[:6]
    st.markdown("**The net**")
    row = st.container(horizontal=True)
    row.download_button(
        "Net as safetensors",
        lambda: export.network_file(network()),
        f"net-{stem}.safetensors",
        key="export_net",
        icon=":material/neurology:",
        on_click="ignore",
        help="Numbers and how to use them; no code. It can be loaded again below.",
    )
    row.download_button(
        "The net as a script",
        lambda: export.inference_script(network()),
        f"classify-{stem}.py",
        "text/x-python",
        key="export_inference",
        icon=":material/code:",
        on_click="ignore",
        help="One Python file with the weights in it. It needs torch and numpy, nothing else.",
    )
    st.caption(
        f"`python classify-{stem}.py PICTURES` says how many of the pictures it gets right: "
        "MNIST's own files, a folder of pictures, or the file below."
    )


def _training(run: Run) -> None:
    stem = run.id[:6]
    st.markdown("**Its training**")
    row = st.container(horizontal=True)
    row.download_button(
        "The training as a script",
        lambda: export.training_script(run.config, dict(run_controls.told_rates(run))),
        f"train-{stem}.py",
        "text/x-python",
        key="export_training",
        icon=":material/model_training:",
        on_click="ignore",
        help="One Python file that takes the same steps again. It needs torch and numpy.",
    )
    row.download_button(
        "Curves as CSV",
        lambda: _curves(run),
        f"curves-{stem}.csv",
        "text/csv",
        key="export_curves",
        icon=":material/table:",
        on_click="ignore",
        help="A line a step; the figures of an epoch on the line of its last step.",
    )
    row.download_button(
        "The pictures",
        lambda: export.dataset_file(datasets.load(run.dataset)),
        "pictures.npz",
        key="export_pictures",
        icon=":material/image:",
        on_click="ignore",
        help="Training and test pictures in one file that both scripts read.",
    )
    st.caption(f"`python train-{stem}.py pictures.npz` trains this net again, to its last epoch.")


def _curves(run: Run) -> str:
    read = session.curves(run)
    return export.curves_csv(read.steps, read.epochs)
