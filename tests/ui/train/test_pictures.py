"""The view of the data, by AppTest."""

import re
from dataclasses import replace

from scratchmlp.runs.store import Store
from tests.ui.pages import metric, shown, trained
from tests.ui.train.pages import QUICK, control, view


def test_the_data_is_shown_as_the_settings_divide_it(store: Store) -> None:
    app = view("Data", trained(store, QUICK))
    assert [metric(app, f"{name} pictures") for name in ("Training", "Validation", "Test")] == [
        "1,150",
        "287",
        "360",
    ]
    assert "scikit-learn's digits" in shown(app)
    assert shown(app).count("<td>") == 10 * 3 + 3
    assert "none (chosen)" in shown(app)
    control(app, "train_size").set_value(100).run()
    assert metric(app, "Training pictures") == "100"
    assert metric(app, "Validation pictures") == "287"
    assert "Checked after every epoch" in shown(app)
    control(app, "valid_pct").set_value(0.0).run()
    assert metric(app, "Validation pictures") == "0"
    assert "Checked after every epoch" not in shown(app)
    assert "The validation share is 0" in shown(app)


def test_augmentation_is_seen_as_its_controls_move(store: Store) -> None:
    app = view("Data", trained(store, QUICK))
    none, affine, elastic = strips(shown(app))
    control(app, "augment").set_value("affine").run()
    assert strips(shown(app)) == [none, affine, elastic]
    assert "affine (chosen)" in shown(app)
    control(app, "augment_strength").set_value(2.0).run()
    same, stronger, bent = strips(shown(app))
    assert same == none
    assert stronger != affine
    assert bent != elastic
    app.button("other_pictures").click().run()
    assert strips(shown(app))[0] != none


def strips(page: str) -> list[str]:
    return re.findall('alt="[a-z]+ augmentation" src="([^"]+)"', page)


def test_a_dataset_that_is_not_there_yet_is_not_loaded_for_a_look(store: Store) -> None:
    app = view("Data", trained(store, replace(QUICK, epochs=1)), dataset="mnist")
    assert "appear here when" in shown(app)
