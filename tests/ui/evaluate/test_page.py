"""The Evaluate page by AppTest: its views, its links, and all that may be wrong with a run."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from scratchmlp import paths
from scratchmlp.analysis import evaluation, report
from scratchmlp.data import datasets, sources
from scratchmlp.data.sources import file_names
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.store import Checkpoint, Store, Update
from scratchmlp.ui.evaluate.views import VIEWS, in_address
from tests.ui.pages import app_at, control, drawn_networks, metric, ran, run_control, shown, trained

QUICK = TrainConfig(dataset="digits", epochs=2, hidden=(16,))


def page(**params: str) -> AppTest:
    return ran(app_at("evaluate", **params))


def table_of(store: Store, run_id: str, split: str = "test") -> "evaluation.pd.DataFrame":
    network = store.network(run_id)
    examples = evaluation.split_of(datasets.load("digits"), network.config, split)
    return evaluation.predict(network, examples)


def test_without_a_run_there_is_a_way_on(store: Store) -> None:
    run_id = store.create(QUICK)
    app = page()
    assert "first network is training" in shown(app)
    assert run_control(app).value == "hands"  # stands in, on pictures that are here
    assert metric(app, "Errors").endswith("of 360")
    store.cancel(run_id)
    assert "comes with the program" in shown(ran(app))
    own = trained(store, QUICK)
    app = page()
    assert run_control(app).value == own
    assert "comes with the program" not in shown(app)


def test_the_numbers_are_the_tables(store: Store) -> None:
    run_id = trained(store, QUICK, name="my run")
    app = page(run=run_id)
    told = evaluation.summary(table_of(store, run_id))
    assert metric(app, "Accuracy") == f"{told.accuracy:.2%}"
    assert metric(app, "Errors") == f"{told.errors:,} of {told.n:,}"
    assert metric(app, "95% interval") == f"{told.interval[0]:.2%} – {told.interval[1]:.2%}"
    assert told.accuracy == store.run(run_id).test_accuracy
    for split in ("valid", "train"):
        control(app, "evaluate_split").set_value(split).run()
        assert metric(app, "Errors").endswith(f"of {len(table_of(store, run_id, split)):,}")


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens(store: Store, view: str) -> None:
    run_id = trained(store, QUICK)
    trained(store, replace(QUICK, seed=1), "another")
    app = page(run=run_id, view=in_address(view))
    assert not app.error
    assert not app.warning


def test_controls_have_the_words_of_the_field(store: Store) -> None:
    app = page(run=trained(store, QUICK))
    labels = {control.label for kind in ("toggle", "checkbox") for control in app.get(kind)}
    assert labels >= {"Show %", "Include correct", "Sort by errors"}
    lists = {control.label for kind in ("selectbox", "button_group") for control in app.get(kind)}
    assert lists >= {"Run", "Split", "Truth", "Prediction", "Sort by"}
    assert list(VIEWS) == ["Errors", "Map", "Confidence", "Compare", "Label errors", "Export"]


def test_the_two_lists_filter_and_the_chip_ends_it(store: Store) -> None:
    run_id = trained(store, QUICK)
    table = table_of(store, run_id)
    wrong = table[~table["correct"]]
    truth, answer = wrong[["truth", "prediction"]].value_counts().index[0]
    app = page(run=run_id)
    assert f"{len(wrong):,} pictures" in shown(app)
    control(app, "evaluate_truth").set_value(str(truth))
    control(app, "evaluate_prediction").set_value(str(answer)).run()
    both = wrong[(wrong["truth"] == truth) & (wrong["prediction"] == answer)]
    assert f"{len(both):,} picture" in shown(app)
    assert app.button("chip").label == f"true {truth}, predicted {answer}"
    app.button("chip").click().run()
    assert f"{len(wrong):,} pictures" in shown(app)
    assert control(app, "evaluate_truth").value == ""


def test_a_link_opens_one_picture_and_next_keeps_the_filter(store: Store) -> None:
    run_id = trained(store, QUICK)
    table = table_of(store, run_id)
    order = evaluation.select(table).index.tolist()
    app = page(run=run_id, sample=str(order[0]))
    assert f"Picture {order[0]}:" in shown(app)
    assert app.button("previous").disabled
    app.button("next").click().run()
    assert f"Picture {order[1]}:" in shown(app)
    assert app.query_params["sample"] in (str(order[1]), [str(order[1])])
    row = table.loc[order[1]]
    assert f"{row['p_truth']:.2%}" in shown(app)
    assert "epoch 2: **" in shown(app)
    assert (
        f"It predicts {row['prediction']} with {row['p_prediction']:.2%}." in drawn_networks(app)[0]
    )
    app.button("back").click().run()
    assert "sample" not in app.query_params
    assert f"{len(order):,} pictures" in shown(app)


@pytest.mark.parametrize(
    ("sample", "sentence"),
    [
        ("99999", "There is no picture 99999"),
        ("-1", "The link's sample is not one"),
        ("<b>", "The link's sample is not one"),
    ],
)
def test_a_picture_that_is_not_there_is_a_sentence(
    store: Store, sample: str, sentence: str
) -> None:
    app = page(run=trained(store, QUICK), sample=sample)
    assert sentence in shown(app)
    assert app.metric


@pytest.mark.parametrize("kind", ["unknown", "diverged", "deleted", "queued"])
def test_a_run_without_a_network_is_a_sentence_with_a_way_on(store: Store, kind: str) -> None:
    """No other run's figures stand in its place, and the address goes on naming it."""
    good = trained(store, QUICK)
    run_id, sentence = "nonsense", "This run does not exist"
    if kind == "diverged":
        config = replace(presets.PRESETS["plain-softmax"].config, dataset="digits")
        run_id, sentence = trained(store, config), "This run diverged in its first epoch"
    elif kind == "deleted":
        run_id, sentence = trained(store, replace(QUICK, seed=5)), "You can restore it"
        store.run_list.delete([run_id])
    elif kind == "queued":
        run_id, sentence = store.create(replace(QUICK, seed=6)), "This run waits for a worker"
    app = page(run=run_id)
    for _ in range(2):
        assert sentence in shown(app)
        assert not app.metric
        assert run_control(app).value is None
        assert app.query_params["run"] in (run_id, [run_id])
        ran(app)
    best = app.button("show_best")
    assert best.label == "Show the best run on digits"
    best.click()
    assert run_control(ran(app)).value == good
    assert app.metric
    assert app.query_params["run"] in (good, [good])


def test_a_run_that_diverged_late_shows_its_last_network_and_says_so(store: Store) -> None:
    run_id = trained(store, QUICK)
    late = trained(store, replace(QUICK, seed=3))
    store._change_if(late, ["finished"], {"status": "diverged"})
    app = page(run=late)
    assert "This run diverged. You see its last network, after epoch 2." in shown(app)
    assert metric(app, "Accuracy")
    assert run_control(page()).value == run_id


def test_a_run_still_training_is_judged_on_validation(store: Store) -> None:
    run_id = store.create(replace(QUICK, epochs=5), status="running")
    done = trained(store, QUICK)
    network = store.network(done)
    network = replace(network, step=10, epoch=1)
    kept = Checkpoint(10, 1, checkpoint_file.dumps(network), b"", True)
    store.record(run_id, Update(checkpoints=[kept]))
    app = page(run=run_id)
    assert control(app, "evaluate_split").value == "valid"
    assert "still training" in shown(app)


def test_a_damaged_checkpoint_is_a_sentence(store: Store) -> None:
    good, bad = trained(store, QUICK), trained(store, QUICK)
    step, epoch = store.last_checkpoint(bad)
    store.record(
        bad, Update(checkpoints=[Checkpoint(step + 1, epoch, b"not a network", b"", False)])
    )
    app = page(run=bad)
    assert "This checkpoint cannot be used" in shown(app)
    run_control(app).set_value(good).run()
    assert not app.error
    assert app.metric


def folder(root: Path, classes: str, n: int = 4) -> Path:
    """A dataset in which each class is one shape."""
    generator = np.random.default_rng(0)
    for split in ("training", "testing"):
        for number, name in enumerate(classes):
            (root / split / name).mkdir(parents=True)
            for i in range(n):
                pixels = generator.integers(0, 60, (28, 28)).astype(np.uint8)
                pixels[number, :] = 255
                Image.fromarray(pixels).save(root / split / name / f"{i}.png")
    return root


@pytest.mark.parametrize("classes", ["ab", "abcdefghijklmnopqrstuvwxyz"])
def test_two_classes_and_twenty_six(store: Store, tmp_path: Path, classes: str) -> None:
    root = folder(tmp_path / "shapes", classes)
    config = replace(QUICK, dataset=str(root), epochs=1)
    run_id, second = trained(store, config), trained(store, replace(config, seed=1))
    for view in VIEWS:
        app = page(run=run_id, view=in_address(view))
        assert not app.error, view
    assert metric(page(run=second, sample="1"), "Errors").endswith(f"of {4 * len(classes)}")


def test_other_pictures_are_possible_and_said(store: Store) -> None:
    run_id = trained(store, QUICK)
    app = page(run=run_id)
    dataset = datasets.load("digits")
    root = paths.home() / "mine"
    for split, part in (("training", dataset.train), ("testing", dataset.test)):
        for label in (3, 7):
            place = root / split / str(label)
            place.mkdir(parents=True)
            for i in np.flatnonzero(part.labels == label)[:5]:
                Image.fromarray(part.images[i]).save(place / f"{i}.png")
    mine = trained(store, replace(QUICK, dataset=str(root), epochs=1))
    app = page(run=run_id)
    control(app, "evaluate_dataset").set_value(str(root)).run()
    assert "never saw" in shown(app)
    assert metric(app, "Errors").endswith("of 10")
    app = page(run=mine)
    control(app, "evaluate_dataset").set_value("digits").run()
    assert "choose another dataset or another run" in shown(app)


def test_a_run_on_several_sources_is_evaluated_on_each(store: Store) -> None:
    part = datasets.load("digits")
    root = paths.home() / "mine"
    for split, examples in (("training", part.train), ("testing", part.test)):
        for i in range(60):
            place = root / split / str(examples.labels[i])
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(examples.images[i]).save(place / f"{i}.png")
    run_id = trained(store, replace(QUICK, dataset=f"digits+{root}"))
    app = page(run=run_id)
    assert metric(app, "Errors").endswith("of 360")
    assert f"Each source's own test pictures: digits {metric(app, 'Accuracy')} of 360" in shown(app)
    assert "of 60." in shown(app)
    assert control(app, "evaluate_dataset").options == [f"digits+{root}", "digits", str(root)]
    root.rename(paths.home() / "moved")
    datasets._opened.clear()
    app = page(run=run_id)
    assert metric(app, "Errors").endswith("of 360")
    assert "never saw" not in shown(app)  # it did: the training pictures of that source


def test_a_source_without_a_test_split_shows_its_validation_pictures(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(name: str, root: str, progress: datasets.Progress) -> datasets.Dataset:
        digits = datasets.load("digits")
        return replace(digits, name=name, test=digits.test.take(np.arange(0)))

    ink = sources.SOURCES["digits"]._replace(decode=decode, has_test=False)
    monkeypatch.setitem(sources.SOURCES, "pen", ink)
    run_id = trained(store, replace(QUICK, dataset="pen"))
    app = page(run=run_id)
    assert metric(app, "Errors").endswith("of 287")
    assert "Test" not in [o for group in app.get("button_group") for o in group.options]


def test_a_dataset_that_has_gone_is_a_sentence(store: Store, tmp_path: Path) -> None:
    good = trained(store, QUICK)
    root = folder(tmp_path / "shapes", "ab")
    gone = trained(store, replace(QUICK, dataset=str(root), epochs=1))
    root.rename(tmp_path / "moved")
    datasets._opened.clear()
    app = page(run=gone)
    assert "is not a dataset" in shown(app)
    run_control(app).set_value(good).run()
    assert not app.error


def test_a_network_without_hidden_layers_can_be_looked_into(store: Store) -> None:
    run_id = trained(store, replace(QUICK, hidden=()))
    deep = trained(store, replace(QUICK, hidden=(8, 8)))
    for run in (run_id, deep):
        app = page(run=run, sample="0")
        assert "Picture 0:" in shown(app)
        assert not page(run=run, view="map").error


def test_a_network_whose_outputs_are_nan_has_every_view_and_a_report(store: Store) -> None:
    run_id = trained(store, replace(QUICK, batch_size=128, lr=0.006))
    network = store.network(run_id)
    broken = replace(network, step=1000, params=[(w * 1e30, b) for w, b in network.params])
    kept = Checkpoint(1000, 2, checkpoint_file.dumps(broken), b"", False)
    store.record(run_id, Update(checkpoints=[kept]))
    table = table_of(store, run_id)
    assert table["p_prediction"].isna().mean() > 0.9
    for view in ("Errors", "Map", "Confidence", "Export"):
        app = page(run=run_id)
        app.session_state["view"] = view
        ran(app)
        assert metric(app, "Mean loss") == "NaN"
        assert not app.error
    assert "predicted" in shown(page(run=run_id, sample="0"))
    digits = datasets.load("digits")
    files = file_names(digits, "test")
    text = report.html("NaN", {}, table, digits.test, network.classes, files, False)
    assert "<td>Calibration error (ECE)</td><td>NaN</td>" in text


def test_validation_pictures_have_the_names_of_their_files(store: Store, tmp_path: Path) -> None:
    root = folder(tmp_path / "shapes", "ab", n=10)
    run_id = trained(store, replace(QUICK, dataset=str(root), epochs=1, valid_pct=0.4))
    images = store.network(run_id).config, datasets.load(str(root))
    names = evaluation.names_of(images[1], images[0], "valid")
    examples = evaluation.split_of(images[1], images[0], "valid")
    for name, image in zip(names, examples.images, strict=True):
        with Image.open(root / name) as picture:
            assert (np.asarray(picture) == image).all()
    app = page(run=run_id, split="valid", sample="3")
    assert f"Picture {names[3]}: a {names[3].split('/')[1]}" in shown(app).replace("\\", "")


def test_the_command_repeats_the_choices_of_the_page(store: Store) -> None:
    run_id = trained(store, QUICK)
    app = page(run=run_id, split="valid", view="export")
    command = app.code[0].value
    assert command.startswith(f"python -m scratchmlp evaluate {run_id} --split valid ")
    for option in ("--predictions", "--report", "--charts"):
        assert option in command


def test_the_csv_is_what_the_network_answers(store: Store) -> None:
    run_id = trained(store, QUICK)
    network = store.network(run_id)
    images = datasets.load("digits").test.images
    p = network.logits(torch.from_numpy(images)).double().softmax(dim=1).numpy()
    files = file_names(datasets.load("digits"), "test")
    lines = evaluation.as_csv(table_of(store, run_id), network.classes, files).splitlines()
    assert lines[0].startswith("index,file,truth,prediction,loss,margin,p(0)")
    for i in (0, 57, 359):
        cells = lines[i + 1].split(",")
        assert [int(cells[0]), int(cells[3])] == [i, int(p[i].argmax())]
        np.testing.assert_allclose([float(c) for c in cells[6:]], p[i], rtol=1e-4, atol=1e-9)
