"""`load`: a network's file becomes a run."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from scratchmlp.net.model import flat
from scratchmlp.runs.store import Store
from tests.cli.commands import DIGITS, records, run


def test_a_state_of_pytorch_is_loaded_and_measured(tmp_path: Path) -> None:
    run("train", *DIGITS, "--epochs", "2", "--hidden", "16")
    store = Store()
    first, network = store.run("latest"), store.network(store.run("latest").id)
    state = {}
    for name, (weights, bias) in zip(("fc1", "fc2"), network.params, strict=True):
        state |= {f"{name}.weight": weights.T.contiguous(), f"{name}.bias": bias}
    save_file(state, tmp_path / "mine.safetensors")
    said = "--mean", str(network.mean), "--std", str(network.std), *DIGITS, "--json"
    [record] = records(run("load", str(tmp_path / "mine.safetensors"), *said)[0])
    assert record["test_accuracy"] == first.test_accuracy
    loaded = store.network(record["run"])
    for ours, theirs in zip(flat(loaded.params), flat(network.params), strict=True):
        assert torch.equal(ours, theirs)
    assert store.run(record["run"]).name == "mine"


def test_a_file_of_this_program_says_all_itself(tmp_path: Path) -> None:
    run("train", *DIGITS, "--epochs", "1", "--hidden", "16")
    store = Store()
    first = store.run("latest")
    (tmp_path / "net.safetensors").write_bytes(store.network_bytes(first.id))
    out, _ = run("load", str(tmp_path / "net.safetensors"))
    assert store.run("latest").test_accuracy == first.test_accuracy
    assert store.run("latest").id in out


def test_what_is_no_network_is_named(tmp_path: Path) -> None:
    _, err = run("load", str(tmp_path / "nothing"), status=2)
    assert "cannot be read" in err
    torch.save({"a": torch.zeros(3)}, tmp_path / "net.pt")
    _, err = run("load", str(tmp_path / "net.pt"), status=2)
    assert "This is a file of torch.save (.pt, .pth), which is a pickle" in err
    assert 'save_file(torch.load("net.pt", weights_only=True), "net.safetensors")' in err
