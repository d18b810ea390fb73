"""The commands `predict` and `teach`: classify pictures, and teach a run some drawings."""

from pathlib import Path
from typing import Annotated, Any

import typer

from scratchmlp.cli.output import BEST, JSON, RUN, app, echo
from scratchmlp.errors import UserError
from scratchmlp.figures import percent
from scratchmlp.file_kinds import PICTURE_NAMES, is_of_system, is_picture
from scratchmlp.ink.piece import reasons_in_words


@app.command()
def predict(
    run: Annotated[str, RUN],
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE…", help=f"{PICTURE_NAMES}.")],
    crop: Annotated[
        str | None,
        typer.Option(metavar="X,Y,W,H", help="Look only at this rectangle, in pixels."),
    ] = None,
    best: Annotated[bool, BEST] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Predict the digit or the number in each picture, as the Draw page does."""
    import torch

    from scratchmlp.analysis import photo_prediction
    from scratchmlp.ink import photos
    from scratchmlp.runs.store import Store

    torch.set_num_threads(1)  # more threads do not make one picture faster
    box = _box(crop) if crop else None

    def read(data: bytes) -> photos.Photo:
        return photos.read(data, photos.area_of(data, box) if box else photos.WHOLE)

    store = Store()
    network = store.network(store.run(run).id, best)
    for file in pictures:
        photo = _read(file, read)
        predictions = photo_prediction.predict_number(network, photo.ink())
        record, text = _record_and_text(file, predictions, network.classes)
        left_out = reasons_in_words([p for p in photo.found.pieces if p.reason])
        record["left_out"] = left_out
        echo(as_json, record, f"{text}; left out: {left_out}" if left_out else text)


def _box(text: str) -> tuple[int, int, int, int]:
    """X,Y,W,H as four whole numbers."""
    try:
        x, y, w, h = (int(part) for part in text.split(","))
    except ValueError:
        raise UserError(f"--crop needs four whole numbers X,Y,W,H, not {text!r}.") from None
    return x, y, w, h


def _read(file: Path, decode: Any) -> Any:
    """The result of `decode` for the bytes of a file; its `UserError` names the file."""
    try:
        return decode(file.read_bytes())
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.") from error
    except UserError as error:
        raise UserError(f"{file}: {error}") from error


def _record_and_text(
    file: Path, predictions: list[Any], classes: tuple[str, ...]
) -> tuple[dict[str, Any], str]:
    """The output for one picture. For several digits, `probabilities` has a list for each."""
    names = [None if p.label is None else classes[p.label] for p in predictions]
    verdicts = [p.verdict for p in predictions]
    known = bool(names) and None not in names
    digit = "".join(str(name) for name in names) if known else None
    probabilities: list[Any] = [p.probabilities.tolist() for p in predictions]
    record = {
        "file": str(file),
        "digit": int(digit) if digit and len(names) == 1 and digit.isdecimal() else digit,
        "probabilities": probabilities[0] if len(predictions) == 1 else probabilities,
        "verdict": verdicts[0] if len(verdicts) == 1 else verdicts or "empty",
    }
    details = ", ".join(f"{percent(p.probabilities.max(), 1)} {p.verdict}" for p in predictions)
    return record, f"{file}: {digit or 'none of the classes'} ({details or 'empty'})"


@app.command()
def teach(
    run: Annotated[str, RUN],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="FOLDER/<digit>/*.png")],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Teach a run the drawings of a folder: makes a new run, and prints its accuracy.

    A taught run goes back to the network that was never taught. `before` and `after` are accuracies
    on the drawings. After teaching, a drawing of a class with two or more drawings is held out: a
    network predicts it that was taught others, but not this one.
    """
    import torch

    from scratchmlp.runs import teaching
    from scratchmlp.runs.store import Store

    torch.set_num_threads(1)
    store = Store()
    run_id = store.run(run).id
    drawings = _drawings(folder, store.network(run_id))
    result = teaching.measure(store, teaching.teach(store, run_id, drawings), drawings)
    count = teaching.count_drawings(result.drawings)
    text = f"Run {result.run} was taught {count}. {result.sentence}"
    echo(as_json, dict(vars(result)), text)


def _drawings(folder: Path, network: Any) -> Any:
    """The pictures FOLDER/<class>/*, or those of both splits in a folder that the app exported."""
    import numpy as np

    from scratchmlp.analysis import prediction
    from scratchmlp.data.datasets import Examples
    from scratchmlp.data.folders import SPLIT_FOLDERS
    from scratchmlp.ink import photos

    classes = network.classes
    parts = [folder / name for name in SPLIT_FOLDERS.values()]
    parts = [part for part in parts if part.is_dir()] or [folder]
    found = [file for part in parts for file in sorted(part.glob("*/*"))]
    named = ((file, file.relative_to(folder).parts) for file in found if is_picture(file.name))
    files = [file for file, names in named if not any(map(is_of_system, names))]
    for file in files:
        if file.parent.name not in classes:
            raise UserError(
                f"{file.parent} is none of the run's classes: they are {', '.join(classes)}."
            )
    if not files:
        raise UserError(f"{folder} has no drawings: put them into {folder}/<digit>/*.png.")
    images = [prediction.prepare(network, _read(file, photos.extract_ink)) for file in files]
    labels = [classes.index(file.parent.name) for file in files]
    return Examples(np.stack(images), np.array(labels, dtype=np.int64))
