"""The command line as a user runs it: its output and its exit status."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from scratchmlp import cli
from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, TrainConfig
from scratchmlp.runs import recorder
from scratchmlp.runs.store import Store
from tests.conftest import ROOT

DIGITS = "--dataset", "digits"


def start(*args: str, **options: object) -> subprocess.Popen[str]:
    """A process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "scratchmlp", *args],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        **{"stdout": subprocess.PIPE} | options,  # type: ignore[call-overload]
    )


def run_process(*args: str, status: int = 0) -> tuple[str, str]:
    """Standard output and error of a process that must exit with `status`."""
    out, err = (process := start(*args)).communicate(timeout=120)
    assert process.returncode == status, out + err
    assert "Traceback" not in err
    return out, err


def run(*args: str, status: int = 0) -> tuple[str, str]:
    """The same of a command in this process, which has imported everything already."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        default_interrupt(),
    ):
        patch.setattr(sys, "argv", ["scratchmlp", *args])
        patch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert (ended.value.code or 0) == status, out.getvalue() + err.getvalue()
    return out.getvalue(), err.getvalue()


@contextlib.contextmanager
def default_interrupt() -> Iterator[None]:
    """Whatever a command made of Ctrl-C ends with it."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def records(text: str) -> list[dict]:
    def refuse(name: str) -> None:
        pytest.fail(f"{name} is no JSON")

    return [json.loads(line, parse_constant=refuse) for line in text.splitlines()]


def test_data_tells_what_is_there() -> None:
    [record] = records(run("data", *DIGITS, "--json")[0])
    assert record["dataset"] == "digits"
    assert (record["train"], record["test"], record["shape"]) == (1437, 360, [28, 28])
    assert "1,437 training and 360 test" in run("data", *DIGITS)[0]


def test_train_prints_as_the_post_does() -> None:
    out, _ = run("train", *DIGITS, "--epochs", "2")
    first, second, last = out.splitlines()
    assert first.startswith("Epoch [1/2], Loss: ")
    assert second.startswith("Epoch [2/2], Loss: ")
    run_id = Store().run("latest").id
    assert last.startswith(f"Run {run_id}: test accuracy ")


def test_train_json_is_all_there_is_on_stdout() -> None:
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


def test_a_process_exits_as_its_command_does() -> None:
    _, err = run_process("train", "--epochs", "0", status=2)
    assert err == run("train", "--epochs", "0", status=2)[1]


def test_without_validation_the_figures_are_null() -> None:
    epoch, _ = records(run("train", *DIGITS, "--epochs", "1", "--valid-pct", "0", "--json")[0])
    assert (epoch["valid_loss"], epoch["valid_accuracy"]) == (None, None)


def test_every_field_is_an_option() -> None:
    out, _ = run("train", "--help")
    assert all(f"--{name.replace('_', '-')} " in out for name in FIELDS)


def test_the_terminal_and_a_worker_train_the_same_net() -> None:
    """One thread in both: the same bits, whoever trains."""
    from scratchmlp.net.config import TrainConfig
    from scratchmlp.runs.jobs import work

    run_process("train", *DIGITS, "--epochs", "2")
    store = Store()
    here = store.run("latest")
    there = store.create(TrainConfig(dataset="digits", epochs=2))
    work(there, store.url)
    assert store.steps_since(here.id) == store.steps_since(there)


def test_diverged_exits_with_3() -> None:
    out, _ = run("train", "--preset", "lr-too-high", *DIGITS, "--epochs", "40", "--json", status=3)
    end = records(out)[-1]
    assert end["event"] == "diverged"
    assert end["test_accuracy"] is None
    assert "The loss became" in end["error"]


def test_ctrl_c_stops_keeps_and_says_how_to_go_on() -> None:
    training = start("train", *DIGITS, "--epochs", "1000", "--batch-size", "16")
    assert training.stdout
    assert training.stdout.readline().startswith("Epoch [1/1000]")
    training.send_signal(signal.SIGINT)
    out, err = training.communicate(timeout=20)
    assert training.returncode == 130
    assert "Traceback" not in err
    store = Store()
    stopped = store.run("latest")
    assert stopped.status == "stopped"
    steps = len(store.steps_since(stopped.id))
    assert store.last_checkpoint(stopped.id)[0] == steps
    assert out.splitlines()[-1].endswith(f"python -m scratchmlp train --resume {stopped.id}")

    resumed = start("train", "--resume", stopped.id, "--json")
    assert resumed.stdout
    assert json.loads(resumed.stdout.readline())["epoch"] >= 2
    resumed.send_signal(signal.SIGINT)
    resumed.communicate(timeout=20)
    assert [row.step for row in store.steps_since(stopped.id)][: steps + 1] == list(
        range(1, steps + 2)
    )


def test_a_run_in_the_terminal_obeys_the_store() -> None:
    training = start("train", *DIGITS, "--epochs", "1000", "--batch-size", "16")
    assert training.stdout
    training.stdout.readline()
    store = Store()
    store.send(store.run("latest").id, "stop")
    training.communicate(timeout=20)
    assert training.returncode == 130


def test_runs_and_presets_are_listed() -> None:
    run("train", *DIGITS, "--epochs", "1")
    [record] = records(run("runs", "--json")[0])
    assert (record["status"], record["dataset"]) == ("finished", "digits")
    assert record["id"] in run("runs")[0]
    listed = records(run("presets", "--json")[0])
    assert [p["preset"] for p in listed] == list(presets.PRESETS)
    assert "modern" in run("presets")[0]


def test_a_folder_is_named_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page or a worker may stand elsewhere."""
    for part in ("training", "testing"):
        for i in range(4):
            (tmp_path / "own" / part / f"{i % 2}").mkdir(parents=True, exist_ok=True)
            Image.new("L", (28, 28), 10 * i).save(tmp_path / "own" / part / f"{i % 2}" / f"{i}.png")
    monkeypatch.chdir(tmp_path)
    run("train", "--dataset", "own", "--epochs", "1")
    assert Store().run("latest").dataset == str(tmp_path / "own")


def test_a_folder_of_any_name_is_listed() -> None:
    Store().create(TrainConfig(dataset="/own/[/b]"))
    out, _ = run("runs")
    assert "/own/[/b]" in out


def test_an_output_that_takes_no_more_is_a_sentence() -> None:
    """The run can be gone on with."""
    with Path("/dev/full").open("w") as full:
        for args in (["runs"], ["presets", "--json"], ["train", *DIGITS, "--epochs", "3"]):
            process = start(*args, stdout=full)
            _, err = process.communicate(timeout=120)
            assert process.returncode in (1, 2)
            assert "The output could not be written (No space left on device)." in err
            assert "Traceback" not in err and "Exception" not in err
    assert Store().run("latest").can_resume


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["train", "--epochs", "0"], "epochs cannot be 0: it must be a whole number from 1"),
        (["train", "--lr", "fast"], "lr cannot be fast"),
        (["train", "--lr", "nan"], "lr cannot be nan"),
        (["train", "--preset", "magic"], "There is no preset magic; the presets are modern"),
        (["train", "--dataset", "/nowhere"], "/nowhere is not a dataset"),
        (["train", "--dataset", "mnist"], "MNIST is not on this machine"),
        (["train", "--device", "mps"], "device cannot be mps"),
        (["train", "--resume", "nope"], "There is no run nope"),
        (["train", "--resume", "nope", "--lr", "1"], "A resumed run keeps its settings"),
        (["data", "--dataset", "nothing"], "is not a dataset"),
        (["train", "--dataset", "~nobody-of-that-name/x"], "is not a dataset"),
        (["train", "--hidden", "4096,4096,4096,4096,4096"], "at most 50,000,000 weights"),
    ],
)
def test_what_a_user_gets_wrong_is_one_sentence(args: list[str], said: str) -> None:
    out, err = run(*args, status=2)
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1


def test_without_mnist_the_default_goes_on_with_digits() -> None:
    out, err = run("train", "--epochs", "1", "--json")
    assert "Going on with digits" in err
    assert records(out)[-1]["event"] == "finished"
    assert Store().run("latest").dataset == "digits"


def test_a_home_that_cannot_be_used_is_one_sentence(closed_world: Path) -> None:
    closed_world.write_text("a file where the folder should be")
    _, err = run("runs", status=2)
    assert "SCRATCHMLP_HOME" in err


def test_a_finished_run_cannot_be_resumed() -> None:
    run("train", *DIGITS, "--epochs", "1")
    _, err = run("train", "--resume", "latest", status=2)
    assert "is finished: there is nothing to resume" in err


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Path:
    """A disk of one megabyte, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.getuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a disk of one megabyte")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_a_sentence_and_the_rest_stays_readable(
    tiny_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOME", str(tiny_disk))
    monkeypatch.setattr(recorder, "PATIENCE", 0.3)
    out, _ = run("train", *DIGITS, "--epochs", "3", "--hidden", "512", "--json", status=1)
    end = records(out)[-1]
    assert end["event"] == "failed"
    assert "full" in end["error"]
    assert [r["id"] for r in records(run("runs", "--json")[0])] == [end["run"]]


def test_a_read_only_home_is_a_sentence(tiny_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOME", str(tiny_disk))
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    _, err = run("train", *DIGITS, "--epochs", "1", status=2)
    assert "SCRATCHMLP_HOME" in err
    subprocess.run(["mount", "-o", "remount,rw", str(tiny_disk)], check=True)
