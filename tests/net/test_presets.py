from dataclasses import replace

from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig


def test_in_words_is_the_nearest_preset_and_what_differs() -> None:
    warped = presets.PRESETS["best-128"].config
    for config, words in (
        (TrainConfig(), "modern"),
        (TrainConfig(dataset="digits"), "modern"),
        (TrainConfig(lr=0.01, seed=3), "modern, learning rate 0.01, seed 3"),
        (replace(warped, hidden=(256, 64)), "best-128, hidden layers 256 + 64"),
        (replace(warped, hidden=()), "best-128, hidden layers none"),
    ):
        assert presets.in_words(config) == words
