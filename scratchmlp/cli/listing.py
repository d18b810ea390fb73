"""What there is: pictures, presets, runs."""

import dataclasses
from typing import Annotated

from rich.markup import escape
from rich.table import Column, Table

from scratchmlp.cli.screen import DATASET, JSON, app, percent, preparation, say, show
from scratchmlp.data import datasets, sources
from scratchmlp.net import presets


@app.command()
def data(
    dataset: Annotated[str, DATASET] = sources.DEFAULT, as_json: Annotated[bool, JSON] = False
) -> None:
    """Prepare a dataset, and say what is in it and where it lies."""
    with preparation() as progress:
        opened = datasets.load(dataset, progress)
    record = {
        "dataset": opened.name,
        "train": len(opened.train),
        "test": len(opened.test),
        "shape": list(opened.train.images.shape[1:]),
        "classes": list(opened.classes),
        "root": opened.root,
    }
    say(
        as_json,
        record,
        f"{opened.name}: {len(opened.train):,} training and {len(opened.test):,} test pictures of "
        f"28 x 28, classes {', '.join(opened.classes)}, from {opened.root}",
    )


@app.command("presets")
def list_presets(as_json: Annotated[bool, JSON] = False) -> None:
    """List the presets: what each shows, and the test accuracy it reached."""
    table = Table("preset", "test accuracy", "what it shows", box=None, pad_edge=False)
    for name, preset in presets.PRESETS.items():
        if as_json:
            rest = {"shows": preset.shows, "measured": preset.measured}
            say(True, {"preset": name, **rest, "config": preset.config.asdict()}, "")
        table.add_row(name, percent(preset.measured), preset.shows)
    if not as_json:
        show(table)


@app.command("runs")
def list_runs(as_json: Annotated[bool, JSON] = False) -> None:
    """List all runs, the newest first."""
    from scratchmlp.runs.database import ID_LENGTH
    from scratchmlp.runs.store import Store

    whole = Column("run", no_wrap=True, min_width=ID_LENGTH)  # a part of an id names no run
    table = Table(whole, "status", "preset", "dataset", "test accuracy", box=None, pad_edge=False)
    for run in Store().runs():
        preset = presets.name_of(run.config)
        if as_json:
            say(True, dataclasses.asdict(run) | {"preset": preset}, "")
        accuracy = percent(run.test_accuracy)
        table.add_row(run.id, run.status, preset or "custom", escape(run.dataset), accuracy)
    if not as_json:
        show(table)
