"""What goes wrong is one sentence, whatever the command."""

import subprocess
from pathlib import Path

import pytest
from PIL import Image

from scratchmlp.runs import database
from scratchmlp.runs.store import Store
from tests.cli.commands import DIGITS, records, run, run_process, start


def test_a_full_output_is_one_sentence() -> None:
    """The run can be resumed."""
    commands = ["runs"], ["presets", "--json"], ["train", *DIGITS, "--epochs", "3"]
    with Path("/dev/full").open("w") as full:
        for process in [start(*args, stdout=full) for args in commands]:
            _, err = process.communicate(timeout=120)
            assert process.returncode in (1, 2)
            assert "The output could not be written (No space left on device)." in err
            assert "Traceback" not in err and "Exception" not in err
    assert Store().run("latest").can_resume


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["train", "--epochs", "0"], "epochs cannot be 0: it must be a whole number from 1"),
        (["train", "--lr", "fast"], "lr cannot be fast"),
        (["train", "--lr", "nan"], "lr cannot be nan"),
        (["train", "--preset", "magic"], "There is no preset magic; the presets are modern"),
        (["train", "--dataset", "/nowhere"], "/nowhere is not a dataset"),
        (["train", "--dataset", "mnist"], "MNIST is not on this machine"),
        (["train", "--device", "mps"], "device cannot be mps"),
        (["train", "--resume", "nope"], "There is no run nope"),
        (["evaluate", "a\udcff"], "There is no run a"),
        (["train", "--resume", "nope", "--lr", "1"], "A resumed run keeps its settings"),
        (["data", "--dataset", "nothing"], "is not a dataset"),
        (["train", "--dataset", "~nobody-of-that-name/x"], "is not a dataset"),
        (["train", "--hidden", "4096,4096,4096,4096,4096"], "at most 50,000,000 weights"),
    ],
)
def test_a_mistake_of_the_user_is_one_sentence(args: list[str], message: str) -> None:
    out, err = run(*args, status=2)
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1


def test_a_file_whose_name_is_not_text_is_a_line_of_output(tmp_path: Path) -> None:
    run("train", *DIGITS, "--epochs", "1")
    picture = tmp_path / "a\udcff.png"
    Image.new("L", (28, 28), 255).save(picture)
    out, _ = run_process("predict", "latest", str(picture))
    assert "a\\udcff.png: " in out


def test_a_home_that_cannot_be_used_is_one_sentence(closed_world: Path) -> None:
    closed_world.write_text("a file where the folder should be")
    _, err = run("runs", status=2)
    assert "SCRATCHMLP_HOME" in err


def test_a_full_disk_is_one_sentence_and_runs_can_still_be_listed(
    tiny_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOME", str(tiny_disk))
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.3)
    out, _ = run("train", *DIGITS, "--epochs", "3", "--hidden", "512", "--json", status=1)
    end = records(out)[-1]
    assert end["event"] == "failed"
    assert "full" in end["error"]
    assert [r["id"] for r in records(run("runs", "--json")[0])] == [end["run"], "hands"]


def test_a_read_only_home_is_one_sentence(tiny_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOME", str(tiny_disk))
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    _, err = run("train", *DIGITS, "--epochs", "1", status=2)
    assert "SCRATCHMLP_HOME" in err
    subprocess.run(["mount", "-o", "remount,rw", str(tiny_disk)], check=True)
