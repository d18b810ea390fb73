"""Packs all that a visitor has made into one ZIP, which this program can load again.

README.txt                      what is what, and where to load it
drawings.zip                    all drawings: Import on Draw reads it
runs/<title> <id>/settings.json    name, note, settings, test accuracy
runs/<title> <id>/network.safetensors    the last network; best.safetensors if another was best
runs/<title> <id>/curves.csv    a row for each step
"""

import io
import json
import zipfile
from datetime import UTC, datetime

from scratchmlp.ink import archive
from scratchmlp.ink.archive import ArchivedDrawing
from scratchmlp.runs import export
from scratchmlp.runs.history import History
from scratchmlp.runs.store import Run, Store

MAX_TITLE = 60  # letters of a run's title in the name of its folder
README = """This is your work from scratchmlp. Unpack this ZIP first.

drawings.zip        your drawings. On Draw: Your handwriting, Import.
runs/               a folder for each of your runs:
  network.safetensors   its network. On Runs: Load a saved network.
  best.safetensors      its network after its best epoch, if that was not the last.
  settings.json         its name, note, settings and figures.
  curves.csv            loss, learning rate and accuracy by step.
"""


def pack(store: Store) -> bytes:
    """The bytes of a ZIP with all runs and drawings of the store's visitor."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("README.txt", README)
        if drawings := store.drawings.all():
            sent = [ArchivedDrawing(d.label, d.image, d.strokes) for d in reversed(drawings)]
            packed.writestr("drawings.zip", archive.pack(sent))
        for run in store.runs():
            if run.owner == store.visitor.id:
                _add_run(packed, store, run)
    return out.getvalue()


def _add_run(packed: zipfile.ZipFile, store: Store, run: Run) -> None:
    title = archive.folder_name(run.title[:MAX_TITLE])
    folder = f"runs/{title} {run.id[:6]}"
    packed.writestr(f"{folder}/settings.json", _settings(store, run))
    history = History(run).update(store)
    if history.last_step:
        curves = export.curves_csv(history.steps, history.epochs)
        packed.writestr(f"{folder}/curves.csv", curves)
    last = store.last_checkpoint(run.id)
    if last.step or run.best_epoch is not None:  # a loaded network may have taken no step
        packed.writestr(f"{folder}/network.safetensors", store.network_bytes(run.id))
    if run.best_epoch is not None and run.best_epoch != last.epoch:
        packed.writestr(f"{folder}/best.safetensors", store.network_bytes(run.id, best=True))


def _settings(store: Store, run: Run) -> str:
    commands = store.applied_commands(run.id)
    about = {
        "id": run.id,
        "title": run.title,
        "name": run.name,
        "note": run.note,
        "status": run.status,
        "created": datetime.fromtimestamp(run.created, UTC).isoformat(timespec="seconds"),
        "settings": run.config.asdict(),
        "learning_rate_changes": {c.applied_step: c.value for c in commands if c.kind == "lr"},
        "best_epoch": run.best_epoch,
        "test_accuracy": run.test_accuracy,
        "test_loss": run.test_loss,
        "train_seconds": run.train_seconds,
    }
    return json.dumps(about, indent=2)
