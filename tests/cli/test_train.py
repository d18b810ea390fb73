"""`train` as a user runs it: what it prints, how it ends, and that it can be resumed."""

import json
import signal
from pathlib import Path

import pytest
from PIL import Image

from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, TrainConfig
from scratchmlp.runs.store import Store
from tests.cli.commands import DIGITS, records, run, run_process, start


def test_train_prints_as_the_post_does() -> None:
    out, _ = run("train", *DIGITS, "--epochs", "2")
    first, second, last = out.splitlines()
    assert first.startswith("Epoch [1/2], Loss: ")
    assert second.startswith("Epoch [2/2], Loss: ")
    run_id = Store().run("latest").id
    assert last.startswith(f"Run {run_id}: test accuracy ")


def test_train_with_json_prints_only_json_to_stdout() -> None:
    out, err = run_process("train", *DIGITS, "--epochs", "2", "--hidden", "32,16", "--json")
    *epochs, end = records(out)
    assert [e["epoch"] for e in epochs] == [1, 2]
    assert set(epochs[0]) == {
        "event",
        "epoch",
        "train_loss",
        "valid_loss",
        "valid_accuracy",
        "seconds",
    }
    run_ = Store().run(end["run"])
    assert end["event"] == "finished"
    assert end["test_accuracy"] == run_.test_accuracy
    assert end["train_seconds"] == pytest.approx(run_.train_seconds)
    assert run_.config.hidden == (32, 16)
    assert err == ""


def test_a_process_exits_with_the_status_of_its_command() -> None:
    _, err = run_process("train", "--epochs", "0", status=2)
    assert err == run("train", "--epochs", "0", status=2)[1]


def test_without_validation_the_figures_are_null() -> None:
    epoch, _ = records(run("train", *DIGITS, "--epochs", "1", "--valid-pct", "0", "--json")[0])
    assert (epoch["valid_loss"], epoch["valid_accuracy"]) == (None, None)


def test_every_field_is_an_option() -> None:
    out, _ = run("train", "--help")
    assert all(f"--{name.replace('_', '-')} " in out for name in FIELDS)


def test_the_terminal_and_a_worker_train_the_same_network() -> None:
    """Both use one thread, which gives the same bits."""
    from scratchmlp.runs.cluster import work

    run_process("train", *DIGITS, "--epochs", "2")
    store = Store()
    here = store.run("latest")
    there = store.create(TrainConfig(dataset="digits", epochs=2))
    work(store.url, "a worker")
    assert store.steps_since(here.id) == store.steps_since(there)


def test_a_diverged_run_exits_with_3() -> None:
    out, _ = run("train", "--preset", "lr-too-high", *DIGITS, "--epochs", "40", "--json", status=3)
    end = records(out)[-1]
    assert end["event"] == "diverged"
    assert end["test_accuracy"] is None
    assert "The loss became" in end["error"]


def test_ctrl_c_stops_the_run_and_says_how_to_resume_it() -> None:
    training = start("train", *DIGITS, "--epochs", "1000", "--batch-size", "16")
    assert training.stdout
    assert training.stdout.readline().startswith("Epoch [1/1000]")
    training.send_signal(signal.SIGINT)
    out, err = training.communicate(timeout=120)
    assert training.returncode == 130
    assert "Traceback" not in err
    store = Store()
    stopped = store.run("latest")
    assert stopped.status == "stopped"
    steps = len(store.steps_since(stopped.id))
    assert store.last_checkpoint(stopped.id).step == steps
    assert out.splitlines()[-1].endswith(f"python -m scratchmlp train --resume {stopped.id}")

    resumed = start("train", "--resume", stopped.id, "--json")
    assert resumed.stdout
    assert json.loads(resumed.stdout.readline())["epoch"] >= 2
    resumed.send_signal(signal.SIGINT)
    resumed.communicate(timeout=120)
    assert [row.step for row in store.steps_since(stopped.id)][: steps + 1] == list(
        range(1, steps + 2)
    )


def test_a_run_in_the_terminal_receives_commands_from_the_store() -> None:
    training = start("train", *DIGITS, "--epochs", "1000", "--batch-size", "16")
    assert training.stdout
    training.stdout.readline()
    store = Store()
    store.send(store.run("latest").id, "stop")
    training.communicate(timeout=120)
    assert training.returncode == 130


def test_the_dataset_of_a_run_is_the_full_path_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages and workers may run in other folders."""
    for part in ("training", "testing"):
        for i in range(4):
            (tmp_path / "own" / part / f"{i % 2}").mkdir(parents=True, exist_ok=True)
            picture = Image.new("L", (28, 28))
            picture.putpixel((9, i), 255)
            picture.save(tmp_path / "own" / part / f"{i % 2}" / f"{i}.png")
    monkeypatch.chdir(tmp_path)
    run("train", "--dataset", "own", "--epochs", "1")
    assert Store().run("latest").dataset == str(tmp_path / "own")


def test_without_mnist_the_default_is_digits() -> None:
    out, err = run("train", "--epochs", "1", "--json")
    assert "Using digits instead" in err
    assert records(out)[-1]["event"] == "finished"
    assert Store().run("latest").config == TrainConfig(dataset="digits", epochs=1)


@pytest.mark.parametrize(
    ("options", "preset"),
    [([], "few-pictures"), (["--preset", "modern"], "modern"), (["--seed", "1"], "modern")],
)
def test_without_mnist_who_asks_for_nothing_gets_the_preset_for_few_pictures(
    options: list[str], preset: str
) -> None:
    _, err = run("train", *options)
    assert ("The preset is few-pictures." in err) == (preset == "few-pictures")
    assert presets.nearest(Store().run("latest").config) == preset


def test_a_finished_run_cannot_be_resumed() -> None:
    run("train", *DIGITS, "--epochs", "1")
    _, err = run("train", "--resume", "latest", status=2)
    assert "is finished: there is nothing to resume" in err
