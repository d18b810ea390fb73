"""A visitor's settings: one configuration, the recipe it started from, what a link hides.

No other module holds a setting: controls show these, recipes replace them, links write them.
"""

from dataclasses import replace
from typing import Any

import streamlit as st

from scratchmlp.data.sources import SOURCES
from scratchmlp.errors import UserError
from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, TrainConfig, differing, unparse
from scratchmlp.ui import links, resources
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import (
    HIDDEN_CONTROLS,
    LINK_CONFIG,
    LINK_ERRORS,
    RECIPE,
    RECIPE_CONFIG,
    SETTINGS,
)

LINKED = "from the link"  # the recipe of a link that is none of the presets


def read_address(default_dataset: str) -> None:
    """Take the settings of a new visitor from the address.

    A visitor who has settings keeps them, unless the address says `apply=1`.
    """
    is_new = SETTINGS not in st.session_state
    apply = st.query_params.pop(links.APPLY, "") and not is_new
    if apply:
        use(_read_link(dict(st.query_params)).config)
    if not is_new:
        _keep_hidden()
        return
    params = dict(st.query_params)
    link = _read_link(params)
    config = link.config
    if "dataset" not in params:
        config = replace(config, dataset=default_dataset)
    if not set(params) - {"run"}:  # a reload, or a link to a run
        config = _config_of(params.get("run")) or config
    st.session_state[LINK_ERRORS] = link.errors
    st.session_state[HIDDEN_CONTROLS] = link.hidden
    st.session_state[LINK_CONFIG] = config
    use(config, presets.name_of(config) or LINKED)


def _read_link(params: dict[str, str]) -> links.Link:
    return links.read(params, resources.known_datasets() if "dataset" in params else [])


def _config_of(run_id: str | None) -> TrainConfig | None:
    """The settings of the run that the address names; None if there is none."""
    try:
        return resources.store().run(run_id).config if run_id else None
    except UserError:
        return None


def _keep_hidden() -> None:
    """Write again what is hidden after a change of pages, so that a reload knows it."""
    hidden = st.session_state[HIDDEN_CONTROLS]
    if hidden and links.HIDE not in st.query_params:
        kept = {field: unparse(getattr(current(), field)) for field in hidden if field in FIELDS}
        st.query_params.update(kept | {links.HIDE: ",".join(sorted(hidden))})


def current() -> TrainConfig:
    config: TrainConfig = st.session_state[SETTINGS]
    return config


def recipe() -> str:
    """The name of the recipe that was chosen last."""
    name: str = st.session_state[RECIPE]
    return name


def recipe_config() -> TrainConfig:
    config: TrainConfig = st.session_state[RECIPE_CONFIG]
    return config


def recipes() -> list[str]:
    """The names of the recipes to choose from."""
    linked = presets.name_of(st.session_state[LINK_CONFIG]) is None
    return [*([LINKED] if linked else []), *presets.PRESETS]


def use(config: TrainConfig, recipe: str | None = None) -> None:
    """Replace the whole configuration; with `recipe`, changes are counted from it."""
    st.session_state[SETTINGS] = config
    if recipe:
        st.session_state[RECIPE_CONFIG], st.session_state[RECIPE] = config, recipe


def choose_recipe(name: str) -> None:
    """Set every control by a recipe. The dataset and what is hidden stay."""
    config = st.session_state[LINK_CONFIG] if name == LINKED else presets.find(name).config
    stay = {"dataset"} | {field for field in st.session_state[HIDDEN_CONTROLS] if field in FIELDS}
    use(replace(config, **{field: getattr(current(), field) for field in stay}), name)


def change(**values: Any) -> None:
    """Set some fields; show a sentence for a value that cannot be."""
    try:
        use(replace(current(), **values))
    except UserError as error:
        st.toast(escape(str(error)), icon=":material/error:")


def reset(*fields: str) -> None:
    """Set these fields as in the recipe."""
    change(**{field: getattr(recipe_config(), field) for field in fields})


def changed() -> list[str]:
    """The fields that differ from the recipe."""
    return differing(recipe_config(), current())


def is_shown(control: str) -> bool:
    return control not in st.session_state[HIDDEN_CONTROLS]


def datasets() -> list[str]:
    """The datasets to choose from."""
    return list(dict.fromkeys([*SOURCES, recipe_config().dataset, current().dataset]))


def link_errors() -> list[str]:
    """A sentence for each thing that the link asks for and cannot have."""
    sentences: list[str] = st.session_state[LINK_ERRORS]
    return sentences
