"""The titles of runs, what a name may contain, and the settings of a row."""

from datetime import UTC
from typing import Any

import pytest

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.records import Run, config_of, new_row, titles
from scratchmlp.runs.run_list import MAX_NAME_LENGTH

NOON = 1_780_000_000 // 86_400 * 86_400 + 12 * 3600.0  # 28 May 2026
MODERN = TrainConfig()


def made(name: str = "", created: float = NOON, config: TrainConfig = MODERN) -> Run:
    columns = (
        "total_steps",
        "ended",
        "pinned",
        "error",
        "best_epoch",
        "test_accuracy",
        "test_loss",
    )
    more = dict.fromkeys((*columns, "train_seconds", "parent", "deleted"))
    return Run.from_row(
        new_row(config, name, "queued", "local") | more | {"created": created, "note": ""}
    )


def test_a_name_that_somebody_gave_wins() -> None:
    assert made("mine").title == "mine"
    assert made().title == "modern"
    assert made(config=TrainConfig(seed=7)).title == "modern, seed 7"


def test_the_first_run_of_an_older_version_is_named_like_any_other() -> None:
    assert made("The first net").title == "modern"


def test_a_title_has_room_for_a_name() -> None:
    config = TrainConfig(hidden=(4096, *[128] * 5), activation="sigmoid", seed=2**32 - 1)
    assert len(made(config=config).title) < MAX_NAME_LENGTH


def test_equal_titles_get_a_time_as_exact_as_necessary() -> None:
    runs = [made(created=NOON + seconds) for seconds in (0, 60, 61, 61)]
    runs += [made("mine"), made("mine", NOON + 86_400), made(config=TrainConfig(seed=1))]
    named = titles(runs, UTC)
    assert list(named.values()) == [
        "modern · 28 May 12:00",
        "modern · 28 May 12:01:00",
        f"modern · {runs[2].id}",
        f"modern · {runs[3].id}",
        "mine · 28 May 12:00",
        "mine · 29 May 12:00",
        "modern, seed 1",
    ]


def test_the_settings_of_a_row_are_those_that_were_stored() -> None:
    config = TrainConfig(hidden=(64, 32), lr=0.5, optimizer="sgd")
    assert config_of(config.asdict()) == config
    assert config_of(config.asdict() | {"seed": 7}) == TrainConfig(
        hidden=(64, 32), lr=0.5, optimizer="sgd", seed=7
    )


def test_damaged_settings_are_refused_also_after_sound_ones_like_them() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    sound = TrainConfig().asdict()
    config_of(sound)
    for damaged in (None, [], 3, {"layers": 3}, sound | {"standardise": 1.5}, {"hidden": deep}):
        with pytest.raises((UserError, ValueError, TypeError, AttributeError)):
            config_of(damaged)
