"""What a run makes of pictures of yours, and teaching it some."""

from pathlib import Path
from typing import Annotated, Any

import typer

from scratchmlp.cli.screen import JSON, app, say
from scratchmlp.errors import UserError

RUN = typer.Argument(metavar="RUN", help="A run's id, or latest.")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


@app.command()
def predict(
    run: Annotated[str, RUN],
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE…", help="PNG, JPEG, WebP.")],
    best: Annotated[bool, typer.Option("--best", help="Its best epoch, not its last.")] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Read pictures as the Draw page does; of several digits in one, the whole number."""
    import torch

    from scratchmlp.analysis import prediction
    from scratchmlp.ink import photos
    from scratchmlp.runs import checkpoint_file
    from scratchmlp.runs.store import Store

    torch.set_num_threads(1)  # a picture is no work for several
    store = Store()
    network = checkpoint_file.loads(store.checkpoint(store.run(run).id, best))
    for file in pictures:
        readings = prediction.predict_number(network, _opened(file, photos.extract_ink))
        say(as_json, *_told(file, readings, network.classes))


def _opened(file: Path, read: Any) -> Any:
    """What `read` makes of a file's bytes; a refusal names the file."""
    try:
        return read(file.read_bytes())
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.") from error
    except UserError as error:
        raise UserError(f"{file}: {error}") from error


def _told(file: Path, readings: list[Any], classes: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    """The record and the line of one picture. `probabilities` is a list for each digit if many."""
    names = [None if r.label is None else classes[r.label] for r in readings]
    known = bool(names) and None not in names
    digit = "".join(str(name) for name in names) if known else None
    shares: list[Any] = [[float(p) for p in r.probabilities] for r in readings]
    record = {
        "file": str(file),
        "digit": int(digit) if digit and len(names) == 1 and digit.isdecimal() else digit,
        "probabilities": shares[0] if len(shares) == 1 else shares,
        "verdict": [r.verdict for r in readings] if len(readings) > 1 else _verdict(readings),
    }
    sure = ", ".join(f"{r.probabilities.max():.1%} {r.verdict}" for r in readings)
    return record, f"{file}: {digit or 'none of the classes'} ({sure or 'empty'})"


def _verdict(readings: list[Any]) -> str:
    return readings[0].verdict if readings else "empty"


@app.command()
def teach(
    run: Annotated[str, RUN],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="FOLDER/<digit>/*.png")],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Teach a run the drawings of a folder: a new run, and what that did to drawings and tests."""
    import torch

    from scratchmlp.runs import teaching
    from scratchmlp.runs.store import Store

    torch.set_num_threads(1)
    store = Store()
    found = store.run(run)
    classes = store.network(found.id).classes
    taught = teaching.teach(store, found.id, _drawings(folder, classes))
    record = dict(vars(taught))
    text = (
        f"Run {taught.run} was taught {taught.drawings} drawings. Drawings it was not taught: "
        f"{taught.before:.1%} right before, {taught.after:.1%} after. "
        f"Test accuracy: {taught.test_before:.2%} before, {taught.test_after:.2%} after."
    )
    say(as_json, record, text)


def _drawings(folder: Path, classes: tuple[str, ...]) -> Any:
    """The drawings of FOLDER/<class>/*, or of both parts of FOLDER as they are exported."""
    import numpy as np

    from scratchmlp.data.datasets import Examples
    from scratchmlp.data.sources import SPLIT_FOLDERS
    from scratchmlp.ink import photos, preparation

    parts = [folder / name for name in SPLIT_FOLDERS.values()]
    parts = [part for part in parts if part.is_dir()] or [folder]
    found = [file for part in parts for file in sorted(part.glob("*/*"))]
    files = [file for file in found if file.suffix.lower() in SUFFIXES]
    for file in files:
        if file.parent.name not in classes:
            raise UserError(
                f"{file.parent} is none of the run's classes: they are {', '.join(classes)}."
            )
    if not files:
        raise UserError(f"{folder} holds no drawings: put them into {folder}/<digit>/*.png.")
    images = [preparation.prepare(_opened(file, photos.extract_ink)) for file in files]
    labels = [classes.index(file.parent.name) for file in files]
    return Examples(np.stack(images), np.array(labels, dtype=np.int64))
