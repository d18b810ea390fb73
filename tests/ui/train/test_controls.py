"""The controls of Train by AppTest: each sets its field."""

from scratchmlp.net import devices, presets
from scratchmlp.net.config import FIELDS, TrainConfig
from scratchmlp.runs.store import Store
from scratchmlp.ui import field_controls
from scratchmlp.ui.train import controls
from tests.ui.pages import drawn_networks, shown
from tests.ui.train.pages import (
    OTHERS,
    assert_shows,
    config_of_link,
    control,
    layers,
    page,
    value,
    widths,
)


def test_every_setting_has_a_control() -> None:
    assert set(field_controls.CONTROLS) == set(FIELDS)
    grouped = [*controls.FIRST, *(field for group in controls.GROUPS.values() for field in group)]
    assert sorted(grouped) == sorted(FIELDS)
    assert len(controls.FIRST) == 6
    for field, scale in field_controls.SCALES.items():
        low, high = FIELDS[field].metadata["range"]
        assert scale == sorted(set(scale)), field
        assert low <= scale[0] < scale[-1] <= high, field


def test_every_control_sets_its_field(store: Store) -> None:
    assert set(OTHERS) == set(FIELDS) - {"hidden"}
    unmoved = {"beta2": 0.999, "device": "cpu", "skip_damaged": False}
    app = page()
    there = [name for name in ("cpu", "cuda", "mps") if devices.has_device(name)]
    assert control(app, "device").options == there  # and no other
    for field, other in OTHERS.items():
        if field in unmoved:  # momentum has no beta2, and MNIST no damaged pictures
            continue
        control(app, field).set_value(other).run()
    config = TrainConfig(**OTHERS | unmoved)
    assert_shows(app, config)
    assert config_of_link(app) == config
    control(app, "optimizer").set_value("adam").run()
    control(app, "beta2").set_value(0.99).run()
    assert config_of_link(app) == TrainConfig(
        **OTHERS | unmoved | {"optimizer": "adam", "beta2": 0.99}
    )


def test_layers_are_added_removed_and_widened(store: Store) -> None:
    app = page()
    app.button("add_layer").click().run()
    layers(app)[0].set_value(300).run()
    assert "784 pixels, 300 hidden units, 128 hidden units" in drawn_networks(app)[0]
    assert "274,880 weights, 438 biases" in shown(app)
    app.button("add_layer").click().run()
    assert widths(app) == (300, 128, 128)
    app.button("remove_layer_1").click().run()
    layers(app)[1].set_value(10).run()
    assert config_of_link(app).hidden == (300, 10)
    for _ in range(2):
        app.button("remove_layer_0").click().run()
    assert config_of_link(app).hidden == ()
    assert "straight into the logits" in shown(app)
    assert drawn_networks(app)[0] == "Network: 784 pixels, 10 classes."
    for _ in range(6):
        app.button("add_layer").click().run()
    assert len(widths(app)) == 6
    assert not [b for b in app.button if b.key == "add_layer"]


def test_a_number_that_cannot_be_is_told_and_taken_back(store: Store) -> None:
    app = page()
    layers(app)[0].set_value(9_999_999).run()
    assert "hidden cannot be 9999999" in app.toast[0].value
    assert widths(app) == (128,)
    control(app, "epochs").set_value(0).run()
    assert "epochs cannot be 0" in app.toast[0].value
    assert value(app, "epochs") == presets.PRESETS["few-pictures"].config.epochs
