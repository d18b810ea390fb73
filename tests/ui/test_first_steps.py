"""What to do first: three steps, ticked as they are done, until they are dismissed for good."""

from streamlit.testing.v1 import AppTest

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.permissions import LOCAL
from scratchmlp.runs.store import Store
from scratchmlp.ui import resources
from scratchmlp.ui.first_steps import DONE, TO_DO
from tests.ui.pages import app_at, ran, trained


def train_page(store: Store) -> AppTest:
    trained(store, TrainConfig(dataset="digits", epochs=1, hidden=(16,)))
    app = ran(app_at())
    while not resources.preparation().dataset:
        app.run()
    return ran(app)


def steps(app: AppTest) -> dict[str, bool]:
    """Which of the steps are ticked, by their words."""
    texts = [text.value for text in app.markdown]
    texts += [link.proto.label for link in app.get("page_link")]
    words = "Train a net", "See what it gets wrong", "Draw a digit"
    found = {text.removeprefix(DONE).removeprefix(TO_DO).strip(): text for text in texts}
    return {word: found[word].startswith(DONE) for word in words if word in found}


def test_each_step_ticks_itself_off_and_all_go_for_good(store: Store) -> None:
    app = train_page(store)
    assert list(steps(app).values()) == [False, False, False]
    app.button("train").click().run()
    assert list(steps(app).values()) == [True, False, False]
    ran(app_at("evaluate"))
    assert list(steps(train_page(store)).values()) == [True, True, False]
    store.visitors.note_first_step(LOCAL.id, "draw")
    app = train_page(store)
    assert list(steps(app).values()) == [True, True, True]
    app.button("hide_steps").click().run()
    assert steps(app) == {} and not app.exception
    assert steps(train_page(store)) == {}  # in another session


def test_steps_are_a_visitors_own(store: Store) -> None:
    store.visitors.note_first_step("ann", "train")
    store.visitors.note_first_step("ann", "train")
    assert store.visitors.first_steps("ann") == {"train"}
    assert store.visitors.first_steps("ben") == set()
