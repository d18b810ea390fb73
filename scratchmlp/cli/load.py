"""The command `load`: a network's file, of this program or of PyTorch, becomes a run."""

from pathlib import Path
from typing import Annotated

import typer

from scratchmlp.cli.output import DATASET, JSON, app, echo, percent
from scratchmlp.data import datasets, mnist, sources
from scratchmlp.errors import UserError


@app.command()
def load(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A safetensors file.")],
    activation: Annotated[str, typer.Option(help="Of the hidden units.")] = "relu",
    mean: Annotated[float, typer.Option(help="Subtracted from pixels from 0 to 1.")] = mnist.MEAN,
    std: Annotated[float, typer.Option(help="By which they are divided then.")] = mnist.STD,
    classes: Annotated[str, typer.Option(help="Names, with commas between.")] = "",
    dataset: Annotated[str, DATASET] = sources.DEFAULT,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Load a network as a run, and print its accuracy on the test pictures of its dataset.

    The options are for a state of PyTorch, which does not say these things. A file of this program
    says all of them.
    """
    from scratchmlp.runs import network_import, torch_state
    from scratchmlp.runs.store import Store

    try:
        data = file.read_bytes()
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.") from error
    store = Store()
    try:
        if torch_state.is_state(data):
            names = tuple(name.strip() for name in classes.split(",") if name.strip())
            unsaid = torch_state.Unsaid(activation, mean, std, names, sources.absolute(dataset))
            network = torch_state.network(torch_state.read(data), unsaid)
            _prepare(unsaid.dataset)
            run_id = network_import.add(store, network, file.stem)
        else:
            run_id = network_import.import_network(store, data, file.stem)
    except UserError as error:
        help = f"\n{torch_state.HOW_TO_SAVE}" if str(error).startswith("This is") else ""
        raise UserError(f"{file}: {error}{help}") from error
    run = store.run(run_id)
    record = {"run": run.id, "test_accuracy": run.test_accuracy, "dataset": run.dataset}
    accuracy = percent(run.test_accuracy) or "not measured"
    echo(as_json, record, f"Run {run.id}: test accuracy {accuracy}")


def _prepare(dataset: str) -> None:
    """Load the dataset that measures the network. Without MNIST it is not measured."""
    try:
        datasets.load(dataset)
    except UserError:
        if dataset != sources.DEFAULT:
            raise
