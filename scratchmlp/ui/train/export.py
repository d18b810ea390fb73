"""Export of a run: the network, scripts that rebuild it, its curves; and a way to load it."""

from collections.abc import Callable

import streamlit as st

from scratchmlp.data import datasets
from scratchmlp.net.network import Network
from scratchmlp.runs import export
from scratchmlp.runs.store import Run
from scratchmlp.ui import network_upload, resources
from scratchmlp.ui.train import absence, run_controls


def show(run: Run) -> None:
    if run.best_epoch is None:
        st.caption(absence.sentence(run, "network to download", "epoch"))
    else:
        step, epoch = resources.store().last_checkpoint(run.id)
        best = _choose_best(run, epoch)
        _network(run, lambda: resources.network(run.id, step, best), best)
    if run.total_steps:  # a network that was loaded or taught was not trained here
        _training(run)
    st.subheader("Load a saved network", anchor=False)
    network_upload.uploader()


def _choose_best(run: Run, last: int) -> bool:
    """Whether to take the checkpoint of the best epoch, where it is not the last."""
    if run.best_epoch == last:
        return False
    names = {False: f"Last (epoch {last})", True: f"Best (epoch {run.best_epoch})"}
    chosen = st.segmented_control(
        "Checkpoint",
        list(names),
        format_func=lambda best: names[best],
        key="exported_checkpoint",
        default=False,
        required=True,
    )
    return bool(chosen)


def _network(run: Run, network: Callable[[], Network], best: bool) -> None:
    stem = f"{run.id[:6]}-best" if best else run.id[:6]
    st.subheader("The network", anchor=False)
    row = st.container(horizontal=True)
    row.download_button(
        "Download the weights",
        lambda: export.network_file(network()),
        f"net-{stem}.safetensors",
        key="export_net",
        icon=":material/neurology:",
        on_click="ignore",
        help="A safetensors file: weights and settings, no code. You can load it again below.",
    )
    row.download_button(
        "Download a prediction script",
        lambda: export.inference_script(network()),
        f"classify-{stem}.py",
        "text/x-python",
        key="export_inference",
        icon=":material/code:",
        on_click="ignore",
        help="One Python file with the weights in it. It needs torch and numpy, nothing else.",
    )
    st.caption(
        f"`python classify-{stem}.py PICTURES` says how many pictures it predicts correctly. "
        "PICTURES are MNIST's own files, a folder of pictures, or the dataset file below. "
        f"`python classify-{stem}.py --torch net.pt` saves it for PyTorch's `nn.Sequential`."
    )


def _training(run: Run) -> None:
    stem = run.id[:6]
    st.subheader("Its training", anchor=False)
    row = st.container(horizontal=True)
    row.download_button(
        "Download a training script",
        lambda: export.training_script(run.config, dict(run_controls.learning_rate_changes(run))),
        f"train-{stem}.py",
        "text/x-python",
        key="export_training",
        icon=":material/model_training:",
        on_click="ignore",
        help="One Python file that takes the same steps again. It needs torch and numpy.",
    )
    row.download_button(
        "Download the curves",
        lambda: _curves(run),
        f"curves-{stem}.csv",
        "text/csv",
        key="export_curves",
        icon=":material/table:",
        on_click="ignore",
        help="A CSV file with a row for each step. Figures of an epoch are in its last row.",
    )
    row.download_button(
        "Download the dataset",
        lambda: export.dataset_file(datasets.load(run.dataset)),
        "pictures.npz",
        key="export_pictures",
        icon=":material/image:",
        on_click="ignore",
        help="Training and test pictures in one npz file that both scripts read.",
    )
    st.caption(f"`python train-{stem}.py pictures.npz` trains this run again, to its last epoch.")


def _curves(run: Run) -> str:
    history = resources.history(run)
    return export.curves_csv(history.steps, history.epochs)
