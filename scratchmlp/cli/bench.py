"""What was promised in figures, measured on this machine."""

from typing import Annotated

import typer

from scratchmlp.cli.screen import DATASET, JSON, app, preparation, say
from scratchmlp.errors import UserError
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


@benches.command("pages")
def time_pages(
    as_json: Annotated[bool, JSON] = False,
    times: Annotated[int, typer.Option(min=1, help="Events of each kind.")] = 50,
) -> None:
    """Measure how fast the pages answer, in a real browser."""
    try:
        from scratchmlp.bench import pages
    except ModuleNotFoundError as error:
        raise UserError(
            f"bench pages drives a browser with {error.name}, which is not installed: "
            "pip install -r requirements-dev.txt."
        ) from error
    with preparation() as progress:
        datasets.load("mnist", progress)
    for line in pages.run(times):
        say(as_json, line.record, line.text)
