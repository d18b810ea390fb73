"""The settings a visitor has made: one configuration, the recipe it departs from, what is hidden.

Nothing else holds a setting: controls show these, recipes replace them, links write them down.
"""

from dataclasses import replace
from typing import Any

import streamlit as st

from scratchmlp.data.sources import SOURCES
from scratchmlp.errors import UserError
from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, TrainConfig, differing, unparse
from scratchmlp.ui import links, session
from scratchmlp.ui.session import BASE, HIDDEN, LINK, RECIPE, REFUSED, SETTINGS

LINKED = "from the link"  # the recipe of a visitor whose link is none of the presets


def begin(dataset: str) -> None:
    """Settle for a new visitor what the link says, or else the default."""
    if SETTINGS in st.session_state:
        _keep_hidden()
        return
    params = dict(st.query_params)
    known = session.known_datasets() if "dataset" in params else []
    config, hidden, refused = links.read(params, known)
    if "dataset" not in params:
        config = replace(config, dataset=dataset)
    if not set(params) - {"run"}:  # a reload, or a link to a run: its settings
        config = session.config_of(params.get("run")) or config
    st.session_state[REFUSED], st.session_state[HIDDEN] = refused, hidden
    st.session_state[LINK] = config
    use(config, presets.name_of(config) or LINKED)


def _keep_hidden() -> None:
    """After a change of pages the address says again what is hidden, so that a reload knows it."""
    hidden = st.session_state[HIDDEN]
    if hidden and links.HIDE not in st.query_params:
        kept = {field: unparse(getattr(current(), field)) for field in hidden if field in FIELDS}
        st.query_params.update(kept | {links.HIDE: ",".join(sorted(hidden))})


def current() -> TrainConfig:
    config: TrainConfig = st.session_state[SETTINGS]
    return config


def base() -> TrainConfig:
    """The recipe as it was chosen."""
    config: TrainConfig = st.session_state[BASE]
    return config


def use(config: TrainConfig, recipe: str | None = None) -> None:
    """Take over a whole configuration; with `recipe` it is what changes are told from."""
    st.session_state[SETTINGS] = config
    if recipe:
        st.session_state[BASE], st.session_state[RECIPE] = config, recipe


def change(**values: Any) -> None:
    """Set some fields; what cannot be is told."""
    try:
        use(replace(current(), **values))
    except UserError as error:
        st.toast(str(error), icon=":material/error:")


def reset(*fields: str) -> None:
    """Back to the recipe."""
    change(**{field: getattr(base(), field) for field in fields})


def changed() -> list[str]:
    """The fields that are not as in the recipe."""
    return differing(base(), current())


def choose(recipe: str) -> None:
    """Set every control by a recipe; the pictures stay, and what is hidden."""
    config = st.session_state[LINK] if recipe == LINKED else presets.find(recipe).config
    stay = {"dataset"} | {field for field in st.session_state[HIDDEN] if field in FIELDS}
    use(replace(config, **{field: getattr(current(), field) for field in stay}), recipe)


def recipe() -> str:
    name: str = st.session_state[RECIPE]
    return name


def recipes() -> list[str]:
    """The names there are to choose from."""
    linked = presets.name_of(st.session_state[LINK]) is None
    return [*([LINKED] if linked else []), *presets.PRESETS]


def is_shown(control: str) -> bool:
    return control not in st.session_state[HIDDEN]


def datasets() -> list[str]:
    return list(dict.fromkeys([*SOURCES, base().dataset, current().dataset]))


def refused() -> list[str]:
    """What the link asked for in vain."""
    sentences: list[str] = st.session_state[REFUSED]
    return sentences
