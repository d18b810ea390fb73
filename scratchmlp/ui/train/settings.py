"""A visitor's settings: one configuration, the recipe it started from, what a link hides.

No other module holds a setting: controls show these, recipes replace them, links write them. The
address says them too, so a reload keeps them, and Back returns to the settings before.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import streamlit as st

from scratchmlp.data.datasets import is_prepared, load
from scratchmlp.data.sources import DEFAULT, JOINED, SOURCES, is_named, source_of
from scratchmlp.errors import UserError
from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, TrainConfig, differing
from scratchmlp.ui import links, resources, selection
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import (
    AWAITS_DATASET,
    HIDDEN_CONTROLS,
    LINK_ERRORS,
    RECIPE,
    SETTINGS,
    USED_DATASETS,
)


class Settings(NamedTuple):
    config: TrainConfig
    recipe: str
    hidden: frozenset[str]


def read_address(is_followed: bool) -> None:
    """Take the settings that the address asks for, if the visitor follows it; see `selection`.

    The navigation between pages names no settings: who comes by it keeps theirs.
    """
    is_new = SETTINGS not in st.session_state
    params = links.settings(st.query_params)
    if is_new and resources.preparation().dataset is None:
        _await_dataset(params)
    elif not is_new:
        _take_dataset()
    if is_new or (is_followed and (params or selection.came_by_history())):
        wanted, errors = _of_address(st.query_params)
        kept = frozenset() if is_new or links.HIDE in params else _hidden()
        st.session_state[LINK_ERRORS] = errors
        st.session_state[HIDDEN_CONTROLS] = wanted.hidden | kept
        use(wanted.config, wanted.recipe)
    write_address()


def _await_dataset(params: Mapping[str, str]) -> None:
    """Note that the address asks for no dataset, neither by its name nor by that of a run."""
    if "dataset" not in params and (params or "run" not in st.query_params):
        st.session_state[AWAITS_DATASET] = "settings" if params else "nothing"


def _take_dataset() -> None:
    """Use the dataset that the preparation ends with, if nobody has chosen one before that."""
    ready = resources.preparation().dataset
    asked_for = st.session_state.pop(AWAITS_DATASET, None) if ready else None
    if ready and asked_for and current().dataset == DEFAULT != ready:
        is_free = asked_for == "nothing" and _is_at_the_beginning()
        config = _to_begin_with(ready) if is_free else replace(current(), dataset=ready)
        use(config, presets.name_of(config) or recipe())


def _of_address(address: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """The settings that an address asks for, and a sentence for each that it cannot have.

    An address that names nothing but a run asks for the settings of that run. One that names
    nothing at all asks for the recipe to begin with.
    """
    params = dict(address)
    is_folder = not is_named(params.get("dataset", DEFAULT))
    link = links.read(params, _known(params["dataset"]) if is_folder else [])
    config = link.config
    if "dataset" not in params:
        config = replace(config, dataset=resources.preparation().dataset or config.dataset)
    if not set(params) - {"run", links.APPLY, links.GHOST}:
        config = _config_of(params.get("run")) or _to_begin_with(config.dataset)
    named = params.get("preset", "")
    recipe = named if named in presets.PRESETS else presets.nearest(config)
    return Settings(config, recipe, link.hidden), link.errors


def _known(asked: str) -> list[str]:
    """Datasets without a name that the address may ask for: none that was never read before."""
    is_own = resources.store().visitor.is_trusted and is_prepared(asked)
    return [*resources.known_datasets(), *([asked] if is_own else [])]


def _config_of(run_id: str | None) -> TrainConfig | None:
    """The settings of the run that the address names; None if there is none."""
    try:
        return resources.store().run(run_id).config if run_id else None
    except UserError:
        return None


def _to_begin_with(dataset: str) -> TrainConfig:
    """The recipe to begin with on a dataset. One that is not here yet counts as a large one."""
    is_here = source_of(dataset).is_installed or is_prepared(dataset)
    pictures = len(load(dataset).train) if is_here else presets.FEW_PICTURES
    return replace(presets.find(presets.to_begin_with(pictures)).config, dataset=dataset)


def write_address(**others: str) -> None:
    """Make the address ask for the present settings, with these other parameters.

    The browser's history gets one entry at most, because all of them are written at once.
    """
    address = st.query_params.to_dict() | others
    address.pop(links.APPLY, None)
    present = Settings(current(), recipe(), _hidden())
    if _of_address(address)[0] != present:
        address = {name: address[name] for name in address.keys() - links.settings(address).keys()}
        address |= links.changes(present.recipe, present.config, present.hidden)
    if address != st.query_params.to_dict():
        st.query_params.from_dict(address)


def current() -> TrainConfig:
    config: TrainConfig = st.session_state[SETTINGS]
    return config


def recipe() -> str:
    """The name of the recipe from which changes are counted."""
    name: str = st.session_state[RECIPE]
    return name


def recipe_config() -> TrainConfig:
    return config_of_recipe(recipe())


def config_of_recipe(name: str) -> TrainConfig:
    """A recipe with the present dataset and hidden settings, which are not part of it.

    A recipe with a dataset of its own brings it along, and the next recipe takes it away.
    """
    config, before = presets.find(name).config, presets.find(recipe()).config
    if config.dataset == DEFAULT:
        came_along = before.dataset != DEFAULT and before.dataset == current().dataset
        usual = resources.preparation().dataset or DEFAULT
        config = replace(config, dataset=usual if came_along else current().dataset)
    return _with_what_is_hidden(config)


def _with_what_is_hidden(config: TrainConfig) -> TrainConfig:
    hidden = {field: getattr(current(), field) for field in _hidden() if field in FIELDS}
    return replace(config, **hidden)


def use(config: TrainConfig, recipe: str | None = None) -> None:
    """Replace the whole configuration. Changes are counted from `recipe`, or the nearest one."""
    st.session_state[SETTINGS] = config
    st.session_state[RECIPE] = recipe or presets.nearest(config)
    st.session_state.setdefault(USED_DATASETS, {})[config.dataset] = None


def choose_recipe(name: str) -> None:
    """Set every control by a recipe. The dataset and what is hidden stay."""
    use(config_of_recipe(name), name)


def change(**values: Any) -> None:
    """Set some fields; show a sentence for a value that cannot be.

    Settings that become another recipe's are that recipe, with nothing changed. Who has changed
    nothing yet and chooses a dataset gets the recipe to begin with on it.
    """
    try:
        config = replace(current(), **values)
        if config.dataset != current().dataset and _is_at_the_beginning():
            config = _with_what_is_hidden(_to_begin_with(config.dataset))
        if config.dataset not in datasets():  # a browser can send what the control does not offer
            raise UserError("This dataset is not one of this laboratory's.")
    except UserError as error:
        st.toast(escape(str(error)), icon=":material/error:")
    else:
        use(config, presets.name_of(config) or recipe())


def _is_at_the_beginning() -> bool:
    return is_shown("preset") and recipe() in presets.BEGINNINGS and not changed()


def reset(*fields: str) -> None:
    """Set these fields as in the recipe."""
    change(**{field: getattr(recipe_config(), field) for field in fields})


def changed() -> list[str]:
    """The fields that differ from the recipe."""
    return differing(recipe_config(), current())


def is_shown(control: str) -> bool:
    return control not in _hidden()


def _hidden() -> frozenset[str]:
    names: frozenset[str] = st.session_state[HIDDEN_CONTROLS]
    return names


def datasets() -> list[str]:
    """The datasets to choose from."""
    return list(dict.fromkeys([*SOURCES, *JOINED, *st.session_state[USED_DATASETS]]))


def offer(dataset: str) -> None:
    """Let the visitor choose one more dataset."""
    st.session_state[USED_DATASETS][dataset] = None


def link_errors() -> list[str]:
    """A sentence for each thing that the link asks for and cannot have."""
    sentences: list[str] = st.session_state[LINK_ERRORS]
    return sentences
