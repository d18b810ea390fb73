"""The commands `data`, `presets` and `runs`: what is on this machine."""

import dataclasses
from typing import Annotated

import numpy as np
from rich.markup import escape
from rich.table import Column, Table

from scratchmlp.cli import samples
from scratchmlp.cli.output import DATASET, JSON, app, dataset_progress, echo, percent, print_table
from scratchmlp.data import datasets, folders, sources
from scratchmlp.data.datasets import Dataset
from scratchmlp.net import presets


@app.command()
def data(
    dataset: Annotated[str, DATASET] = sources.DEFAULT, as_json: Annotated[bool, JSON] = False
) -> None:
    """Prepare a dataset, say what it contains and where it is, and show nine of its pictures."""
    with dataset_progress() as on_progress:
        loaded = datasets.load(dataset, on_progress)
    counts = {split: _counts(loaded, split) for split in ("train", "test")}
    record = {
        "dataset": loaded.name,
        "train": len(loaded.train),
        "test": len(loaded.test),
        "shape": list(loaded.train.images.shape[1:]),
        "classes": list(loaded.classes),
        "root": loaded.root,
        "counts": counts,
        "notes": list(loaded.notes),
        "left_out": [{"file": file, "why": why} for file, why in loaded.left_out],
    }
    lines = [
        f"{loaded.name}: {len(loaded.train):,} training and {len(loaded.test):,} test pictures of "
        f"28 x 28, classes {', '.join(loaded.classes)}, from {loaded.root}",
        *(_sentence(split, counts[split]) for split in counts),
        *loaded.notes,
    ]
    if loaded.left_out:
        total = len(loaded.train) + len(loaded.test) + len(loaded.left_out)
        lines.append(folders.damaged(loaded.root, loaded.left_out, total))
        lines.append("You can train without them: --skip-damaged true.")
    echo(as_json, record, "\n".join([*lines, "", samples.as_text(loaded)]))


def _counts(dataset: Dataset, split: str) -> dict[str, int]:
    """The number of pictures of each class."""
    labels = getattr(dataset, split).labels
    numbers = np.bincount(labels, minlength=len(dataset.classes)).tolist()
    return dict(zip(dataset.classes, numbers, strict=True))


def _sentence(split: str, counts: dict[str, int]) -> str:
    parts = ", ".join(f"{count:,} of {name}" for name, count in counts.items())
    return f"{'Training' if split == 'train' else 'Test'} pictures: {parts}"


@app.command("presets")
def list_presets(as_json: Annotated[bool, JSON] = False) -> None:
    """List the presets: what each one shows, and its test accuracy."""
    table = Table("preset", "test accuracy", "what it shows", box=None, pad_edge=False)
    for name, preset in presets.PRESETS.items():
        if as_json:
            rest = {"shows": preset.shows, "measured": preset.measured}
            echo(True, {"preset": name, **rest, "config": preset.config.asdict()}, "")
        table.add_row(name, percent(preset.measured), preset.shows)
    if not as_json:
        print_table(table)


@app.command("runs")
def list_runs(as_json: Annotated[bool, JSON] = False) -> None:
    """List all runs, the newest first, and last the one that comes with the program."""
    from scratchmlp.runs import built_in
    from scratchmlp.runs.records import titles
    from scratchmlp.runs.store import Store
    from scratchmlp.runs.tables import ID_LENGTH

    run_id = Column("run", no_wrap=True, min_width=ID_LENGTH)  # never cut off
    table = Table(run_id, "status", "name", "dataset", "test accuracy", box=None, pad_edge=False)
    found = [*Store().runs(), built_in.run()]
    names = titles(found)
    for run in found:
        if as_json:
            more = {"preset": presets.name_of(run.config), "title": names[run.id]}
            echo(True, dataclasses.asdict(run) | more, "")
        accuracy = percent(run.test_accuracy)
        table.add_row(run.id, run.status, escape(names[run.id]), escape(run.dataset), accuracy)
    if not as_json:
        print_table(table)
