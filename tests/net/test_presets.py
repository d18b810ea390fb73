import math
from dataclasses import replace

import pytest

from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig


@pytest.mark.parametrize("name", presets.PRESETS)
def test_a_recipe_is_nearest_to_itself(name: str) -> None:
    config = replace(presets.PRESETS[name].config, dataset="/some/folder")
    assert presets.in_words(config) == name


@pytest.mark.parametrize("name", presets.PRESETS)
def test_a_recipe_stands_in_a_group_and_either_ends_or_breaks(name: str) -> None:
    preset = presets.PRESETS[name]
    assert preset.group in presets.GROUPS
    assert not preset.ends.keys() & preset.breaks_at.keys()
    assert all(0 < end.accuracy < 1 and end.loss > 0 for end in preset.ends.values())


def test_a_linear_classifier_is_better_than_chance_and_worse_than_modern() -> None:
    for dataset, linear in presets.LINEAR_CLASSIFIER.items():
        modern = presets.PRESETS["modern"].ends[dataset]
        assert 0.1 < linear.accuracy < modern.accuracy
        assert math.log(10) > linear.loss > modern.loss


BLOG, MODERN = presets.PRESETS["blog-as-reported"].config, presets.MODERN


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (replace(BLOG, epochs=10), "blog-as-reported, 10 epochs"),
        (replace(MODERN, hidden=(64,), seed=7), "modern, 64 units, seed 7"),
        (replace(BLOG, lr=0.1), "blog-as-reported, learning rate 0.1"),
        (replace(BLOG, lr=0.002), "blog-as-printed, learning rate 0.002"),
        (replace(BLOG, momentum=0.5, beta2=0.9), "blog-as-reported"),  # SGD has neither
        (replace(MODERN, init_std=0.5), "modern"),  # He initialisation has none
        (replace(MODERN, optimizer="sgd"), "modern, sgd"),
        (replace(MODERN, lr=0.004), "modern, learning rate 0.004"),
        (replace(MODERN, batch_size=32, epochs=15), "few-pictures, learning rate 0.012"),
        (replace(MODERN, train_size=1000), "modern, 1,000 pictures"),
        (replace(MODERN, hidden=(), epochs=1), "modern, no hidden layer, 1 epoch"),
        (
            replace(MODERN, valid_pct=0.1, lr=0.1),
            "modern, learning rate 0.1, 10% for validation",
        ),
        (
            replace(BLOG, hidden=(32, 16), activation="tanh", backward="by-hand", seed=1),
            "blog-as-reported, 32 + 16 units, tanh, seed 1, gradients by hand",
        ),
        (
            replace(MODERN, hidden=(9,), activation="elu", lr=0.1, epochs=2, seed=3),
            "modern, 9 units, elu, learning rate 0.1, 2 more",
        ),
    ],
)
def test_a_configuration_is_named_by_its_recipe_and_what_differs(
    config: TrainConfig, words: str
) -> None:
    assert presets.in_words(config, most=3) == words


def test_fewer_pictures_begin_with_smaller_batches() -> None:
    sizes = [presets.find(presets.to_begin_with(n)).config.batch_size for n in (1437, 4999, 5000)]
    assert sizes == [32, 32, 256]


def test_in_words_is_the_nearest_preset_and_what_differs() -> None:
    warped = presets.PRESETS["best-128"].config
    for config, words in (
        (TrainConfig(), "modern"),
        (TrainConfig(dataset="digits"), "modern"),
        (TrainConfig(lr=0.01, seed=3), "modern, learning rate 0.01, seed 3"),
        (replace(warped, hidden=(256, 64)), "best-128, 256 + 64 units"),
        (replace(warped, hidden=()), "best-128, no hidden layer"),
    ):
        assert presets.in_words(config) == words
