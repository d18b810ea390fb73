"""The run `hands`: there before anything is trained, like any other, and nobody's to change."""

from pathlib import Path

import numpy as np
import pytest
import torch

from scratchmlp.analysis import out_of_distribution, prediction
from scratchmlp.bench import hands
from scratchmlp.data import sources
from scratchmlp.data.datasets import Dataset
from scratchmlp.errors import UserError
from scratchmlp.net import presets, shipped
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import built_in, checkpoint_file, teaching
from scratchmlp.runs.permissions import Visitor
from scratchmlp.runs.store import Store
from tests.loading import loaded_after

BEN = Visitor("ben")
TEACHER = Visitor("teacher", is_teacher=True)


def test_it_is_there_before_anything_is_trained(store: Store) -> None:
    for seen in (store, store.seen_by(BEN), store.seen_by(TEACHER)):
        run, network = seen.run("hands"), seen.network("hands")
        assert (run.id, run.title, run.status) == ("hands", "hands", "finished")
        assert run.config == network.config == shipped.config() == presets.find("hands").config
        assert run.dataset == sources.MIXED
        assert seen.last_checkpoint("hands") == (network.step, network.epoch)
        [row] = seen.checkpoints("hands")
        assert (row.step, row.epoch) == (network.step, network.epoch)
        assert checkpoint_file.loads(row.network).sizes == network.sizes == (784, 256, 10)
        assert seen.epochs_since("hands") == [] and len(seen.steps_array("hands")) == 0


def test_it_is_no_trained_run_and_not_the_newest(store: Store) -> None:
    assert store.runs() == []
    assert store.first() is None
    with pytest.raises(UserError, match="no run yet"):
        store.run("latest")
    first = store.create_first(TrainConfig(dataset="digits"))
    assert first and store.run("latest").id == first
    assert [run.id for run in store.runs()] == [first]


@pytest.mark.parametrize("visitor", [None, BEN, TEACHER], ids=["owner", "visitor", "teacher"])
def test_nobody_changes_or_deletes_it(store: Store, visitor: Visitor | None) -> None:
    seen = store if visitor is None else store.seen_by(visitor)
    for change in (
        lambda: seen.run_list.delete(["hands"]),
        lambda: seen.run_list.restore(["hands"]),
        lambda: seen.run_list.rename("hands", "mine"),
        lambda: seen.run_list.set_note("hands", "mine"),
        lambda: seen.run_list.share("hands", False),
        lambda: seen.run_list.pin("hands", True),
        lambda: seen.send("hands", "stop"),
        lambda: seen.cancel("hands"),
        lambda: seen.requeue("hands"),
    ):
        with pytest.raises(UserError, match="comes with the program"):
            change()
    assert seen.run("hands") == built_in.run()


def test_a_copy_can_be_taught_and_deleted(store: Store, digits: Dataset) -> None:
    run_id = teaching.teach(store, "hands", digits.test.take(np.arange(2)))
    taught = store.run(run_id)
    assert (taught.parent, taught.test_accuracy) == ("hands", None)  # MNIST's are not here
    assert taught.title == "hands, taught 2 drawings"
    assert store.run_list.untaught(run_id).id == "hands"
    assert teaching.teach(store, run_id, digits.test.take(np.arange(2))) == run_id
    result = teaching.measure(store, run_id, digits.test.take(np.arange(2)))
    assert result.test_before is None and "test accuracy" not in result.sentence
    assert prediction.sure_limit(store.network(run_id)) == shipped.metadata()["sure"]
    store.run_list.delete([run_id])
    assert store.runs() == []


def test_its_answers_need_no_dataset_on_the_machine(store: Store) -> None:
    network = store.network("hands")
    ink = np.zeros((100, 100))
    ink[10:90, 48:53] = 1
    predicted = prediction.predict(network, ink)
    assert predicted.label == 1 and predicted.verdict == "sure"
    house = np.zeros((100, 100))
    house[10:90, 10:14] = house[10:90, 86:90] = house[10:14, 10:90] = house[86:90, 10:90] = 1
    house[48:52, 10:90] = house[10:90, 48:52] = 1
    assert prediction.predict(network, house).verdict == "none of these"


def test_its_files_are_small_and_hold_what_the_command_writes(
    digits: Dataset, tmp_path: Path, store: Store
) -> None:
    assert shipped.FILE.stat().st_size < 450_000
    assert out_of_distribution.SHIPPED.stat().st_size < 600_000
    network = store.network("hands")
    with pytest.MonkeyPatch.context() as patch:
        bent = digits.train.take(np.arange(400))
        patch.setattr(hands.certainty, "bent_pictures", lambda network: bent)
        line = hands.write(tmp_path, network, digits, 12.0)
        patch.setattr(shipped, "FILE", tmp_path / shipped.FILE.name)
        for cached in (shipped.metadata, shipped.config, shipped.network_bytes):
            cached.cache_clear()
        again = checkpoint_file.loads(shipped.network_bytes())
        assert built_in.run().train_seconds == 12.0
    for cached in (shipped.metadata, shipped.config, shipped.network_bytes):
        cached.cache_clear()
    assert line.record["test_accuracy"] == again.evaluate(digits.test)[1]
    images = torch.from_numpy(digits.test.images)
    assert torch.equal(again.logits(images), network.logits(images))  # no second loss


def test_a_packed_detector_decides_as_the_whole_one(digits: Dataset) -> None:
    whole = out_of_distribution.fit(digits.train)
    small = out_of_distribution.unpack(out_of_distribution.pack(whole, digits.train))
    noise = np.random.default_rng(0).integers(0, 256, (50, 28, 28)).astype(np.uint8)
    assert (small.scores(noise) > 1).all()
    assert (small.scores(digits.test.images) > 1).mean() < 0.06
    assert small.thickness == whole.thickness


def test_listing_it_does_not_wait_for_pytorch() -> None:
    code = "from scratchmlp.runs.store import Store; Store().run('hands')"
    assert "torch" not in loaded_after(code)
