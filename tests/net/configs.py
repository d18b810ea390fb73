"""Configurations for tests: any that is legal, and a value out of range for each field."""

import dataclasses

from hypothesis import strategies as st

from scratchmlp.net.config import FIELDS, TrainConfig

OUT_OF_RANGE = {
    "dataset": "",
    "hidden": (0,),
    "activation": "swish",
    "init": "ones",
    "init_std": -1.0,
    "standardise": "yes",
    "loss": "mse",
    "optimizer": "lion",
    "lr": 0.0,
    "momentum": 1.0,
    "beta2": 1.0,
    "weight_decay": -0.1,
    "schedule": "linear",
    "augment": "flip",
    "augment_strength": 3.5,
    "batch_size": 0,
    "epochs": 0,
    "train_size": -1,
    "skip_damaged": "perhaps",
    "valid_pct": 1.0,
    "split_seed": -1,
    "seed": 2**32,
    "backward": "magic",
    "device": "tpu",
    "precision": "low",
}


def configs() -> st.SearchStrategy[TrainConfig]:
    def values(field: dataclasses.Field) -> st.SearchStrategy:
        if "choices" in field.metadata:
            return st.sampled_from(field.metadata["choices"])
        if "range" in field.metadata:
            low, high = field.metadata["range"]
            return st.integers(low, high) if field.type is int else st.floats(low, high)
        if field.name == "hidden":
            return st.lists(st.integers(1, 2048), max_size=6).map(tuple)
        return st.booleans() if field.type is bool else st.sampled_from(["mnist", "/a, b/ü"])

    return st.builds(TrainConfig, **{name: values(field) for name, field in FIELDS.items()})
