"""What was promised in figures, measured on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from scratchmlp.cli.screen import DATASET, JSON, app, preparation, say
from scratchmlp.data import datasets
from scratchmlp.errors import UserError

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


@benches.command("drawing")
def drawings(
    strokes: Annotated[Path, typer.Option(metavar="FILE", help="JSON lines of strokes.")],
    writers: Annotated[int, typer.Option(min=1, help="Writers to measure on.")] = 30,
    each: Annotated[int, typer.Option(min=1, help="Drawings of each writer.")] = 100,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Measure how well the presets read drawings, and what teaching them a hand does."""
    import torch

    from scratchmlp.bench import drawing
    from scratchmlp.runs.store import Store

    torch.set_num_threads(1)
    pens = drawing.load(strokes)
    with preparation() as progress:
        opened = datasets.load("mnist", progress)
    for line in drawing.run(opened, pens, Store(), writers, each):
        say(as_json, line.record, line.text)
