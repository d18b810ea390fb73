"""The Draw page by AppTest: what is drawn is answered, kept, taught, and never lost."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from scratchmlp.analysis import prediction
from scratchmlp.data import datasets
from scratchmlp.ink import archive
from scratchmlp.ink.archive import ArchivedDrawing
from scratchmlp.ink.preparation import prepare
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Store, Update
from scratchmlp.ui import session
from scratchmlp.ui.draw import teaching
from scratchmlp.ui.draw.canvas import CanvasDrawing
from scratchmlp.ui.draw.ink_input import InkInput
from scratchmlp.ui.draw.views import VIEWS
from tests.ui.pages import app_at, ran, run_control, shown, trained

QUICK = TrainConfig(dataset="digits", epochs=20, hidden=(32,))
ONE = [[(160.0, 60.0), (160.0, 160.0), (160.0, 260.0)]]
ZERO_POINTS = [(np.cos(a), np.sin(a)) for a in np.linspace(0, 2 * np.pi, 40)]
ZERO = [[(160 + 60 * x, 160 + 100 * y) for x, y in ZERO_POINTS]]
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
        assert f"{said.probabilities.max():.1%}" in shown(app)


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


def test_each_stage_is_shown_and_what_a_plain_resize_answers(store: Store) -> None:
    trained(store, QUICK)
    app = page(ONE)
    assert shown(app).count("<figure>") >= 4
    app.toggle("plain").set_value(True)
    assert "Merely resized, the prediction is" in shown(ran(app))


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


def test_it_was_a_seven_keeps_it_once_and_relabels(store: Store) -> None:
    run_id = trained(store, QUICK)
    app = page(ONE)
    seen = press("7", store, run_id)
    [kept] = store.drawings.all()
    assert kept.label == "7"
    np.testing.assert_array_equal(kept.image, seen)
    assert kept.strokes == [[list(point) for point in stroke] for stroke in ONE]
    assert "Kept as a 7" in shown(ran(app))
    press("1", store, run_id)
    assert [d.label for d in store.drawings.all()] == ["1"]
    assert "Kept as a 1" in shown(ran(app))


def press(label: str, store: Store, run_id: str) -> np.ndarray:
    """What pressing a slot does, which AppTest cannot; what the network saw."""
    network = store.network(run_id)
    drawn = InkInput(CanvasDrawing(ONE).ink, ONE)
    [said] = prediction.predict_number(network, drawn.ink)
    teaching._keep(label, drawn, said, teaching._find(store.drawings.all(), said))
    return said.image


def test_teach_makes_a_new_run_and_selects_it(store: Store) -> None:
    run_id = trained(store, QUICK, name="mine")
    digits = datasets.load("digits").test
    for label, image in zip(digits.labels[:12], digits.images[:12], strict=True):
        store.drawings.add(str(label), image)
    app = page(ONE, run=run_id)
    assert "12 drawings to teach" in shown(app)
    app.button("teach").click()
    ran(app)
    new = store.run("latest")
    assert new.id != run_id and new.status == "finished"
    assert run_control(app).value == new.id
    assert "taught 12 drawings of yours" in shown(app)
    values = {m.label: m.value for m in app.metric}
    assert values["Test pictures"] == f"{new.test_accuracy:.2%}"


def test_drawings_are_deleted_and_brought_back(store: Store) -> None:
    trained(store, QUICK)
    ids = [store.drawings.add(name, prepare(CanvasDrawing(ONE).ink)) for name in "17"]
    app = view(page(), "My drawings")
    app.button("delete_all").click()
    assert "2 drawings are deleted." in shown(ran(app))
    assert store.drawings.all() == []
    app.button("undelete").click()
    ran(app)
    assert {d.id for d in store.drawings.all()} == set(ids)
    assert "are deleted" not in shown(app)


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


def test_a_zip_is_fetched_once(store: Store) -> None:
    trained(store, QUICK)
    image = prepare(CanvasDrawing(ONE).ink)
    data = archive.pack([ArchivedDrawing("1", image, ONE), ArchivedDrawing("7", 255 - image, None)])
    app = view(page(), "My drawings")
    for _ in range(2):
        app.file_uploader(session.DRAWINGS_ZIP).set_value(("drawings.zip", data, "application/zip"))
        ran(app)
    assert sorted(d.label for d in store.drawings.all()) == ["1", "7"]
    app.file_uploader(session.DRAWINGS_ZIP).set_value(("drawings.zip", b"no", "application/zip"))
    ran(app)
    assert "not a ZIP that can be read" in shown(app)


def test_a_run_that_trains_answers_with_its_latest(store: Store) -> None:
    run_id = trained(store, QUICK)
    store.record(run_id, Update(changes={"status": "running", "heartbeat": 4e9}))
    app = page(ONE, run=run_id)
    assert "The run is still training: epoch" in shown(app)
    assert app.button("teach").disabled


def test_a_visitor_without_a_run_gets_one(store: Store) -> None:
    app = page(ONE)
    assert "MNIST is not on this machine" in shown(app) or "Your first network" in shown(app)
