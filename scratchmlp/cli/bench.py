"""The commands `bench …`: measure the speed and the accuracy that this program promises."""

from pathlib import Path
from typing import Annotated

import typer

from scratchmlp.cli.output import DATASET, JSON, app, dataset_progress, echo
from scratchmlp.data import datasets, sources
from scratchmlp.errors import UserError

benches = typer.Typer(invoke_without_command=True)
app.add_typer(benches, name="bench")


@benches.callback()
def loops(
    context: typer.Context,
    as_json: Annotated[bool, JSON] = False,
    dataset: Annotated[str, DATASET] = "mnist",
    rounds: Annotated[int, typer.Option(min=1, help="How often each loop is measured.")] = 5,
) -> None:
    """Compare our training loop with others, in seconds per epoch."""
    if context.invoked_subcommand:
        return
    from scratchmlp.bench import training

    with dataset_progress() as on_progress:
        data = datasets.load(dataset, on_progress)
    for line in training.run(data, rounds):
        echo(as_json, line.record, line.text)


@benches.command("pages")
def time_pages(
    as_json: Annotated[bool, JSON] = False,
    times: Annotated[
        int, typer.Option(min=1, help="How many events of each kind to measure.")
    ] = 50,
) -> None:
    """Measure how fast the pages respond, in a real browser."""
    try:
        from scratchmlp.bench import pages
    except ModuleNotFoundError as error:
        raise UserError(
            f"bench pages needs {error.name}, which is not installed: "
            "pip install -r requirements-dev.txt."
        ) from error
    with dataset_progress() as on_progress:
        datasets.load("mnist", on_progress)
    for line in pages.run(times):
        echo(as_json, line.record, line.text)


@benches.command("class")
def time_class(
    visitors: Annotated[int, typer.Option(min=1, help="How many visitors come.")] = 50,
    arrival: Annotated[float, typer.Option(min=0, help="Seconds in which they come.")] = 60,
    after: Annotated[
        float, typer.Option(min=0, help="Seconds until the memory is measured after they left.")
    ] = 180,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Measure an app that a class shares: answers, errors, memory, and what it costs when idle."""
    from scratchmlp.bench import classroom

    with dataset_progress() as on_progress:
        datasets.load("mnist", on_progress)
    for line in classroom.run(visitors, classroom.Pace(arrival=arrival, after=after)):
        echo(as_json, line.record, line.text)


@benches.command("queue")
def check_queue(
    presses: Annotated[int, typer.Option(min=1, help="How many runs visitors start.")] = 60,
    seed: Annotated[int, typer.Option(help="Decides who starts what, and when.")] = 0,
    dataset: Annotated[str, DATASET] = "mnist",
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Compare when runs are expected to start with when they start."""
    from scratchmlp.bench import queue

    with dataset_progress() as on_progress:
        datasets.load(dataset, on_progress)
    for line in queue.run(dataset, presses, seed):
        echo(as_json, line.record, line.text)


@benches.command("hands")
def make_hands(
    folder: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write the files here.")
    ] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Train the recipe `hands` anew, and write the files that come with the program."""
    import torch

    from scratchmlp import paths
    from scratchmlp.bench import hands

    torch.set_num_threads(1)
    with dataset_progress() as on_progress:
        datasets.load(sources.MIXED, on_progress)
    for line in hands.run(folder or paths.SHIPPED):
        echo(as_json, line.record, line.text)


@benches.command("drawing")
def drawings(
    strokes: Annotated[
        Path, typer.Option(metavar="FILE", help="Strokes, one JSON object per line.")
    ],
    writers: Annotated[int, typer.Option(min=1, help="The number of writers.")] = 30,
    each: Annotated[int, typer.Option(min=1, help="The number of drawings of each writer.")] = 100,
    strangers: Annotated[
        bool, typer.Option("--strangers", help="Nobody of them is among the pen digits.")
    ] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Measure the accuracy of the presets on drawings, before and after they are taught some.

    `hands` is measured on six writers of the pen digits, and trained without them for that; with
    --strangers, the network that comes with the program is measured on all.
    """
    import torch

    from scratchmlp.bench import drawing, many_hands
    from scratchmlp.bench.writers import load
    from scratchmlp.runs.store import Store

    torch.set_num_threads(1)
    pens, store = load(strokes), Store()
    with dataset_progress() as on_progress:
        data = datasets.load("mnist", on_progress)
    mixed = datasets.at_hand(sources.MIXED)
    shipped = many_hands.all_of([store.network("hands")], mixed, pens) if strangers else None
    for line in shipped or many_hands.run(pens):
        echo(as_json, line.record, line.text)
    for line in drawing.run(data, pens, store, writers, each):
        echo(as_json, line.record, line.text)


@benches.command("photos")
def read_photos(
    strokes: Annotated[
        Path, typer.Option(metavar="FILE", help="Strokes, one JSON object per line.")
    ],
    run: Annotated[str, typer.Option(help="The run that reads them.")] = "latest",
    each: Annotated[int, typer.Option(min=1, help="The number of pictures of each kind.")] = 100,
    only: Annotated[str, typer.Option(help="Only kinds whose name contains this.")] = "",
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Measure the accuracy of a run on photos and scans with disturbances of every kind."""
    import torch

    from scratchmlp.bench import photos
    from scratchmlp.bench.writers import load
    from scratchmlp.runs.store import Store

    torch.set_num_threads(1)
    pens, store = load(strokes), Store()
    with dataset_progress() as on_progress:
        data = datasets.load("mnist", on_progress)
    network = store.network(store.run(run).id)
    for line in photos.run(network, data, pens, each, only):
        echo(as_json, line.record, line.text)
