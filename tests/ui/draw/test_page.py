"""The Draw page by AppTest: what is drawn is answered, kept, taught, and never lost."""

import io
import zipfile
from dataclasses import replace
from html import escape

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from scratchmlp.analysis import prediction
from scratchmlp.analysis.prediction import Prediction
from scratchmlp.data import datasets
from scratchmlp.figures import percent
from scratchmlp.ink import archive, photos
from scratchmlp.ink.archive import ArchivedDrawing
from scratchmlp.ink.preparation import prepare
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import teaching
from scratchmlp.runs.store import Store, Update
from scratchmlp.ui import session
from scratchmlp.ui.draw import correction
from scratchmlp.ui.draw.canvas import CanvasDrawing
from scratchmlp.ui.draw.ink_input import InkInput
from scratchmlp.ui.draw.views import VIEWS
from tests.ui.pages import app_at, drawn_networks, ran, run_control, shown, trained

QUICK = TrainConfig(dataset="digits", epochs=20, hidden=(32,))
ONE = [[(160.0, 60.0), (160.0, 160.0), (160.0, 260.0)]]
ZERO_POINTS = [(np.cos(a), np.sin(a)) for a in np.linspace(0, 2 * np.pi, 40)]
ZERO = [[(160 + 60 * x, 160 + 100 * y) for x, y in ZERO_POINTS]]
HOUSE = [
    [(80.0, 280.0), (80.0, 140.0), (240.0, 140.0), (240.0, 280.0), (80.0, 280.0)],
    [(80.0, 140.0), (160.0, 50.0), (240.0, 140.0)],
    [(80.0, 140.0), (240.0, 280.0), (80.0, 280.0), (240.0, 140.0)],
]
TEN = [[(80.0, 90.0), (80.0, 230.0)], [(220 + 40 * x, 160 + 70 * y) for x, y in ZERO_POINTS]]


def page(strokes: list | None = None, **params: str) -> AppTest:
    app = app_at("draw", **params)
    if strokes is not None:
        app.session_state[session.DRAWING] = CanvasDrawing(strokes)
    return ran(app)


def drawing(app: AppTest) -> CanvasDrawing:
    kept: CanvasDrawing = app.session_state[session.DRAWING]
    return kept


def view(app: AppTest, name: str) -> AppTest:
    app.session_state["draw_view"] = name
    return ran(app)


def test_a_phone_says_once_which_run_it_is(store: Store) -> None:
    """A label that the control cuts on a phone stands below it again, in full."""
    app = ran(app_at("draw"))
    [label] = run_control(app).options
    assert label == "hands · mnist+digits+pen, 99.13%"
    assert label not in shown(app)
    long = "a name that is too long for a phone"
    run_id = trained(store, replace(QUICK, epochs=1))
    store.run_list.rename(run_id, long)
    assert long in shown(ran(app_at("draw", run=run_id)))


def test_an_empty_sheet_is_an_invitation(store: Store) -> None:
    trained(store, QUICK)
    app = page()
    assert "Draw a digit" in shown(app)
    assert 'class="digit' not in shown(app)
    assert app.button("clear").disabled and app.button("undo_stroke").disabled
    assert app.button("teach").disabled


def test_the_answer_is_the_networks(store: Store) -> None:
    run_id = trained(store, QUICK)
    network = store.network(run_id)
    for strokes in (ONE, ZERO):
        app = page(strokes, run=run_id)
        [said] = prediction.predict_number(network, CanvasDrawing(strokes).ink)
        assert said.label is not None
        assert f'style="--letters:1">{network.classes[said.label]}</div>' in shown(app)
        assert escape(percent(said.probabilities.max(), 1)) in shown(app)


def test_a_prediction_that_is_not_sure_offers_two_candidates(store: Store) -> None:
    run_id = trained(store, replace(QUICK, epochs=1))
    network = store.network(run_id)
    app = page(ONE, run=run_id)
    [said] = prediction.predict_number(network, CanvasDrawing(ONE).ink)
    assert said.verdict == "not sure"
    first, second = (network.classes[label] for label in said.candidates)
    assert "Not sure" in shown(app) and f", or {second} (" in shown(app)
    assert [app.button(f"candidate_{i}").label for i in (0, 1)] == [
        f"It is {first}",
        f"It is {second}",
    ]
    app.button("candidate_1").click()
    ran(app)
    assert [drawing.label for drawing in store.drawings.all()] == [second]
    assert store.run("latest").parent == run_id  # it is learned at once
    assert not any(button.key == "candidate_0" for button in app.button)
    assert "Learned from your 1 drawing" in shown(app)


def test_digits_side_by_side_are_a_number(store: Store) -> None:
    app = page(TEN, run=trained(store, QUICK))
    assert 'style="--letters:2">' in shown(app)
    assert len(app.segmented_control("which_digit").options) == 2
    assert "one digit at a time" in shown(app)


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("strokes", [[], ONE, TEN], ids=["empty", "one", "ten"])
def test_every_view_of_every_drawing(store: Store, name: str, strokes: list) -> None:
    trained(store, QUICK)
    app = view(page(strokes), name)
    assert not app.error


def test_a_drawing_lights_the_network(store: Store) -> None:
    run_id = trained(store, QUICK)
    empty, drawn = (view(page(strokes, run=run_id), "Network") for strokes in ([], ONE))
    assert drawn_networks(empty) == ["Network: 784 pixels, 32 hidden units, 10 classes."]
    assert "Draw something" in shown(empty)
    [lit] = drawn_networks(drawn)
    assert lit.startswith(drawn_networks(empty)[0] + " It predicts 1 with")


def test_each_stage_is_shown_and_what_a_plain_resize_answers(store: Store) -> None:
    trained(store, QUICK)
    app = page(ONE)
    assert shown(app).count("<figure>") >= 4
    app.toggle("plain").set_value(True)
    assert "With a plain resize the prediction is" in shown(ran(app))


def test_a_drawing_survives_other_pages_and_another_run(store: Store) -> None:
    other, run_id = trained(store, replace(QUICK, seed=1)), trained(store, QUICK)
    app = page(ONE, run=run_id)
    run_control(app).set_value(other)
    assert drawing(ran(app)).strokes == ONE
    ran(app.switch_page("pages/train.py"))
    ran(app.switch_page("pages/draw.py"))
    assert drawing(app).strokes == ONE
    assert drawing(app).given == ONE  # the canvas is told to show it again
    assert 'class="digit' in shown(app)


def test_clear_and_undo(store: Store) -> None:
    trained(store, QUICK)
    app = page(ONE)
    app.button("clear").click()
    assert drawing(ran(app)).strokes == []
    assert 'class="digit' not in shown(app)
    app.button("undo_stroke").click()
    assert drawing(ran(app)).strokes == drawing(app).given == ONE


def test_a_wider_pen_draws_the_same_strokes(store: Store) -> None:
    trained(store, QUICK)
    app = page(ONE)
    thin = drawing(app).times
    app.slider("brush").set_value(40)
    ran(app)
    assert drawing(app).strokes == ONE
    assert drawing(app).times == thin + 1


def said_of(store: Store, run_id: str, strokes: list) -> Prediction:
    [said] = prediction.predict_number(store.network(run_id), CanvasDrawing(strokes).ink)
    return said


def reading(store: Store, run_id: str, strokes: list) -> str:
    """The class that a run predicts for these strokes."""
    return store.network(run_id).classes[
        int(said_of(store, run_id, strokes).probabilities.argmax())
    ]


def choose_class(app: AppTest, label: str) -> None:
    """Press a class under "No, it was"."""
    next(pills for pills in app.get("pills") if pills.label == "The right class").set_value(label)
    ran(app)


def test_a_slot_keeps_the_drawing_once_and_relabels(store: Store) -> None:
    run_id = trained(store, QUICK)
    app, said = page(ONE, run=run_id), said_of(store, run_id, ONE)
    drawn = InkInput(CanvasDrawing(ONE).ink, ONE)
    correction.keep("7", said, drawn)  # what pressing a slot does, which AppTest cannot
    [kept] = store.drawings.all()
    assert kept.label == "7"
    np.testing.assert_array_equal(kept.image, said.image)
    assert kept.strokes == [[list(point) for point in stroke] for stroke in ONE]
    assert "Kept as a 7" in shown(ran(app))
    correction.keep("1", said, drawn)
    assert [d.label for d in store.drawings.all()] == ["1"]
    assert "Kept as a 1" in shown(ran(app))


def test_yes_keeps_the_drawing_and_undo_takes_it_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction, "sure_limit", lambda network: 0.5)
    run_id = trained(store, QUICK)
    app = page(ZERO, run=run_id)
    app.button("right").click()
    assert f"Kept as a {reading(store, run_id, ZERO)}" in shown(ran(app))
    assert [d.label for d in store.drawings.all()] == [reading(store, run_id, ZERO)]
    assert [run.id for run in store.runs()] == [run_id]
    app.button("undo_keep").click()
    assert "Right?" in shown(ran(app))
    assert store.drawings.all() == []


def test_a_correction_is_learned_at_once_and_undone(store: Store) -> None:
    run_id = trained(store, QUICK, "mine")
    before = reading(store, run_id, ZERO)
    label = "8" if before != "8" else "3"
    app = page(ZERO, run=run_id)
    choose_class(app, label)
    [taught] = [run for run in store.runs() if run.parent == run_id]
    assert run_control(app).value == taught.id and taught.name == "mine, taught 1 drawing"
    now = reading(store, taught.id, ZERO)
    said = shown(app)
    assert f"<small>Before</small><b>{before}</b>" in said
    assert f"<small>Now</small><b>{now}</b>" in said
    is_learned = now == label
    assert f"It {'still' if now == before else 'now'} reads {now} (" in said
    after = "right now" if is_learned else "still wrong now"
    assert f"Learned from your 1 drawing: it was wrong before, and {after}" in said
    assert f"test accuracy was {store.run(run_id).test_accuracy:.2%}" in said
    app.button("undo_lesson").click()
    assert run_control(ran(app)).value == run_id
    assert store.drawings.all() == [] and [run.id for run in store.runs()] == [run_id]
    assert "Now</small>" not in shown(app)


def test_a_drawing_that_is_none_of_the_classes_is_one_when_it_is_taught(store: Store) -> None:
    run_id = trained(store, QUICK)
    app = page(HOUSE, run=run_id)
    assert said_of(store, run_id, HOUSE).label is None
    assert "What was it?" in shown(app) and "nothing it has learned" in shown(app)
    choose_class(app, "7")
    now = reading(store, store.run("latest").id, HOUSE)
    said = shown(app)
    assert "<b>?</b><small>none of these</small>" in said and f"now reads {now} (" in said
    assert "nothing it has learned" not in said and "None of these" not in said
    assert f">{now}</div>" in said
    untaught = page(HOUSE, run=run_id)
    assert "nothing it has learned" in shown(untaught)


def test_a_drawing_that_is_kept_but_not_taught_is_still_none_of_the_classes(store: Store) -> None:
    run_id = trained(store, QUICK)
    choose_class(page(ZERO, run=run_id), "0")
    app = page(HOUSE, run=store.run("latest").id)
    image = prediction.prepare(store.network(run_id), CanvasDrawing(HOUSE).ink)
    store.drawings.add("7", image)
    assert "nothing it has learned" in shown(ran(app))


def test_a_second_correction_replaces_the_first_run_and_undo_restores_it(store: Store) -> None:
    """All drawings are taught again to the run that was never taught."""
    run_id = trained(store, QUICK, "mine")
    app = page(ZERO, run=run_id)
    choose_class(app, "8")
    first = store.run("latest").id
    app.session_state[session.DRAWING] = CanvasDrawing(ONE)
    ran(app)
    choose_class(app, "4")
    second = store.run("latest")
    assert second.name == "mine, taught 2 drawings" and second.parent == run_id
    assert {run.id for run in store.runs()} == {run_id, second.id}
    app.button("undo_lesson").click()
    assert run_control(ran(app)).value == first
    assert {run.id for run in store.runs()} == {run_id, first}
    assert [d.label for d in store.drawings.all()] == ["8"]
    store.run_list.rename(first, "keep me")
    choose_class(app, "4")
    assert len(store.runs()) == 3  # a run with a name of its own is not replaced
    choose_class(app, "5")
    assert [d.label for d in store.drawings.all()] == ["5", "8"]
    app.button("undo_lesson").click()
    ran(app)
    assert [d.label for d in store.drawings.all()] == ["4", "8"]  # as it was labelled before


def test_teach_makes_a_new_run_and_selects_it(store: Store) -> None:
    run_id = trained(store, QUICK, name="mine")
    digits = datasets.load("digits").test
    rows = [*np.flatnonzero(digits.labels == 3)[:2], *np.flatnonzero(digits.labels == 7)[:1]]
    for row in rows:
        store.drawings.add(str(digits.labels[row]), digits.images[row])
    app = page(ONE, run=run_id)
    assert app.button("teach").label == "Teach 3 drawings"
    app.button("teach").click()
    ran(app)
    new = store.run("latest")
    assert new.id != run_id and new.status == "finished"
    assert run_control(app).value == new.id
    assert "taught 3 drawings of yours" in shown(app)
    result = teaching.measure(store, new.id, store.drawings.examples(tuple("0123456789")))
    assert result.sentence in shown(app)
    app.button("teach").click()  # pressing twice is no different from pressing once
    assert result.sentence in shown(ran(app))
    assert "learned exactly these drawings already" in app.toast[0].value
    run_control(app).set_value(run_id)
    ran(app)
    app.button("teach").click()
    assert run_control(ran(app)).value == new.id
    assert {run.id for run in store.runs()} == {run_id, new.id}
    app.button("undo_lesson").click()
    assert run_control(ran(app)).value == run_id
    assert len(store.drawings.all()) == 3


def test_drawings_are_deleted_and_brought_back(store: Store) -> None:
    trained(store, QUICK)
    images = [prepare(CanvasDrawing(strokes).ink) for strokes in (ONE, ZERO)]
    ids = [store.drawings.add(name, image) for name, image in zip("17", images, strict=True)]
    app = view(page(), "My drawings")
    app.button("delete_all").click()
    assert "2 drawings deleted." in shown(ran(app))
    assert store.drawings.all() == []
    app.button("undelete").click()
    ran(app)
    assert {d.id for d in store.drawings.all()} == set(ids)
    assert "drawings deleted" not in shown(app)


def test_an_import_after_a_deletion_is_undone_and_doubles_nothing(store: Store) -> None:
    trained(store, QUICK)
    images = [prepare(CanvasDrawing(strokes).ink) for strokes in (ONE, ZERO)]
    named = zip("10", images, strict=True)
    data = archive.pack([ArchivedDrawing(name, image, None) for name, image in named])
    for name, image in zip("10", images, strict=True):
        store.drawings.add(name, image)
    app = view(page(), "My drawings")

    def press(key: str) -> str:
        app.button(key).click()
        return shown(ran(app))

    def labels() -> list[str]:
        return sorted(drawing.label for drawing in store.drawings.all())

    import_zip(app, data)
    assert "0 drawings imported; 2 kept already." in shown(app) and labels() == ["0", "1"]
    assert "2 drawings deleted." in press("delete_all")
    import_zip(app, data)
    assert "2 drawings imported." in shown(app) and labels() == ["0", "1"]
    assert "2 drawings deleted." in press("undelete") and labels() == []
    import_zip(app, data)
    press("undelete")
    press("undelete")
    assert labels() == ["0", "1"]


def import_zip(app: AppTest, data: bytes) -> None:
    uploader = next(u for u in app.get("file_uploader") if "ZIP" in u.label)
    uploader.set_value(("drawings.zip", data, "application/zip"))
    ran(app)


def test_an_imported_photo_becomes_what_the_network_sees_of_it(store: Store) -> None:
    run_id = trained(store, QUICK)
    app = view(page(run=run_id), "My drawings")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("1/photo.png", picture(ONE))
    import_zip(app, out.getvalue())
    [kept] = store.drawings.all()
    ink = photos.extract_ink(picture(ONE))
    assert (kept.image == prediction.prepare(store.network(run_id), ink)).all()
    assert (kept.image != prepare(ink)).any()


def picture(strokes: list) -> bytes:
    out = io.BytesIO()
    Image.fromarray((255 - 255 * CanvasDrawing(strokes).ink).astype(np.uint8)).save(out, "png")
    return out.getvalue()


def test_a_picture_is_read_as_the_drawing_it_shows(store: Store) -> None:
    run_id = trained(store, QUICK)
    app = page(run=run_id)
    app.segmented_control(session.INK_SOURCE).set_value("Picture")
    ran(app)
    app.file_uploader(session.PICTURE_FILE).set_value(("zero.png", picture(ZERO), "image/png"))
    ran(app)
    network = store.network(run_id)
    [said] = prediction.predict_number(network, CanvasDrawing(ZERO).ink)
    assert said.label is not None
    assert f'">{network.classes[said.label]}</div>' in shown(app)
    app.segmented_control(session.INK_SOURCE).set_value("Draw")
    app.segmented_control(session.INK_SOURCE).set_value("Picture")
    assert 'class="digit' in shown(ran(app))


def test_a_text_called_png_is_one_sentence(store: Store) -> None:
    trained(store, QUICK)
    app = page()
    app.segmented_control(session.INK_SOURCE).set_value("Picture")
    ran(app)
    app.file_uploader(session.PICTURE_FILE).set_value(("a.png", b"hello", "image/png"))
    ran(app)
    [error] = app.error
    assert "not a picture that can be read" in error.value
    assert "My drawings" in [tab.label for tab in app.tabs]  # the rest of the page stays
    blank = io.BytesIO()
    Image.new("L", (50, 50), "white").save(blank, "png")
    app.file_uploader(session.PICTURE_FILE).set_value(("b.png", blank.getvalue(), "image/png"))
    assert "There is no ink in this picture" in shown(ran(app))


def test_a_zip_is_imported_once(store: Store) -> None:
    trained(store, QUICK)
    image = prepare(CanvasDrawing(ONE).ink)
    data = archive.pack([ArchivedDrawing("1", image, ONE), ArchivedDrawing("7", 255 - image, None)])
    app = view(page(), "My drawings")
    for _ in range(2):
        import_zip(app, data)
    assert sorted(d.label for d in store.drawings.all()) == ["1", "7"]
    import_zip(app, b"no")
    assert "not a ZIP that can be read" in shown(app)


def test_a_run_that_trains_answers_with_its_latest(store: Store) -> None:
    run_id = trained(store, QUICK)
    store.record(run_id, Update(changes={"status": "running", "heartbeat": 4e9}))
    app = page(ONE, run=run_id)
    assert "The run is still training: epoch" in shown(app)
    assert app.button("teach").disabled


def test_a_visitor_without_a_run_gets_one(store: Store) -> None:
    app = page(ONE)
    assert run_control(app).value == "hands"
    assert (
        "Trained on the handwriting of Americans (1989 and 1990), of 13 people in Turkey and of "
        "30 people in Turkey who wrote on a tablet." in shown(app)
    )
    assert ">1<" in shown(app) and "Sure" in shown(app)
    assert "says" not in shown(app)  # there is no other network


def test_two_networks_answer_side_by_side_and_one_press_changes_them(store: Store) -> None:
    own = trained(store, QUICK, "mine")
    app = page(ONE)
    assert run_control(app).value == "hands"
    assert "our network says **" in shown(app)
    assert app.button("use_other").label == "Use your network"
    app.button("use_other").click().run()
    assert run_control(app).value == own
    assert "hands says **1**" in shown(app)
    assert "Trained on the handwriting of 13 people in Turkey." in shown(app)
    app.button("use_other").click().run()
    assert run_control(app).value == "hands"


def test_a_network_that_knows_mnist_alone_says_so(store: Store) -> None:
    network = replace(store.network("hands"), config=TrainConfig())
    run_id = store.add_network(network, "mine")
    assert "American handwriting of 1989–1990" in shown(page(run=run_id))
