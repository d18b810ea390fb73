"""What was promised in figures, measured on this machine."""

from typing import Annotated

import typer

from scratchmlp.cli.screen import DATASET, JSON, app, preparation, say
from scratchmlp.images import datasets

benches = typer.Typer(invoke_without_command=True)
app.add_typer(benches, name="bench")


@benches.callback()
def loops(
    context: typer.Context,
    as_json: Annotated[bool, JSON] = False,
    dataset: Annotated[str, DATASET] = "mnist",
    rounds: Annotated[int, typer.Option(min=1, help="Times each loop is measured.")] = 5,
) -> None:
    """Measure our training loop side by side with others, in seconds an epoch."""
    if context.invoked_subcommand:
        return
    from scratchmlp.bench import training

    with preparation() as progress:
        opened = datasets.load(dataset, progress)
    for line in training.run(opened, rounds):
        say(as_json, line.record, line.text)
