"""Addresses of pages: a link sets every field of the configuration, or opens a comparison.

A link comes from a stranger. So it is checked as a `TrainConfig` is, field by field; what is
refused becomes a sentence, and its field keeps the default. `hide=optimizer,seed` hides these
controls, and their fields keep the values that the link gives them.

`compare=ID,ID` opens a comparison with these runs: Train reads it once and removes it from the
address, for Evaluate it is one of many, see `ui/evaluate/address.py`. `ghost=1` draws the previous
run's curves too. `apply=1` is in old links and has no effect.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from scratchmlp.data import joined, sources
from scratchmlp.errors import UserError
from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, TrainConfig, differing, parse, unparse

HIDE, COMPARE, APPLY, GHOST = "hide", "compare", "apply", "ghost"
OTHER = ("preset", "run", HIDE, COMPARE, APPLY, GHOST)  # parameters that are not fields
HIDEABLE = ("preset", *FIELDS)


class Link(NamedTuple):
    """The settings that a link asks for.

    Attributes
    ----------
    hidden : the controls to hide.
    errors : a sentence for each thing that it asks for and cannot have.
    """

    config: TrainConfig
    hidden: frozenset[str]
    errors: list[str]


def read(params: Mapping[str, str], known: Collection[str] = ()) -> Link:
    """Read and check the parameters of an address.

    `known` are datasets besides the named ones that may be asked for: a link must not make this
    machine read any folder that it names.
    """
    errors: list[str] = []
    config = presets.MODERN
    if "preset" in params:
        config = _try(errors, _preset, config, params["preset"][:40])
    for name, text in params.items():
        if name in OTHER:
            continue
        if name not in FIELDS:
            errors.append(f"The link's {name[:40]} is not a setting.")
            continue
        if name == "dataset":
            text = text if text in known else text.replace(" ", joined.SIGN)  # as "+" is read
            if not (text in known or sources.is_named(text)):
                errors.append("The link's dataset is not one of this laboratory's.")
                continue
        config = _try(errors, _changed, config, name, text)
    return Link(config, _hidden(errors, params.get(HIDE, "")), errors)


def _hidden(errors: list[str], text: str) -> frozenset[str]:
    names = {name.strip() for name in text[:1000].split(",")} - {""}
    unknown = sorted(names - set(HIDEABLE))
    if unknown:
        listed = ", ".join(name[:40] for name in unknown[:3])
        errors.append(f"The link hides {listed}, which is no control of this page.")
    return frozenset(names & set(HIDEABLE))


def _preset(config: TrainConfig, name: str) -> TrainConfig:
    return presets.find(name).config


def _changed(config: TrainConfig, name: str, text: str) -> TrainConfig:
    return replace(config, **{name: parse(name, text)})


def _try(
    errors: list[str], change: Callable[..., TrainConfig], config: TrainConfig, *args: str
) -> TrainConfig:
    try:
        return change(config, *args)
    except UserError as error:
        errors.append(f"In the link, {error}")
        return config


def write(config: TrainConfig, page_url: str, hidden: Iterable[str] = ()) -> str:
    """A link to the page at `page_url` that sets every field, and hides these controls."""
    page = urlsplit(page_url)
    bare = page._replace(path=page.path or "/", query="", fragment="")
    return bare._replace(query=urlencode(fields(config) | _hide(hidden), safe=",")).geturl()


def _hide(controls: Iterable[str]) -> dict[str, str]:
    names = ",".join(name for name in HIDEABLE if name in set(controls))
    return {HIDE: names} if names else {}


def fields(config: TrainConfig) -> dict[str, str]:
    """Parameters that set every field."""
    return {name: unparse(getattr(config, name)) for name in FIELDS}


def changes(preset: str, config: TrainConfig, hidden: Iterable[str] = ()) -> dict[str, str]:
    """Parameters that set a preset and each field that differs from it, and hide these controls."""
    differing_fields = differing(presets.find(preset).config, config)
    values = {name: unparse(getattr(config, name)) for name in differing_fields}
    return {"preset": preset} | values | _hide(hidden)


def settings(params: Mapping[str, str]) -> dict[str, str]:
    """Those of the parameters that set or hide a control."""
    return {name: text for name, text in params.items() if name in (*FIELDS, "preset", HIDE)}


def same_settings(run_id: str, config: TrainConfig) -> dict[str, str]:
    """Parameters of Train that show a run and set every control as for this configuration."""
    return fields(config) | {"run": run_id}


def comparison(run_ids: list[str]) -> dict[str, str]:
    """Parameters of Train or Evaluate that compare the first of these runs with the others."""
    first, *others = run_ids
    return {"run": first, COMPARE: ",".join(others)}


def compared(text: str, most: int) -> list[str]:
    """The ids of the runs that `compare=` names, at most so many."""
    ids = [run_id.strip()[:40] for run_id in text[:1000].split(",")]
    return list(dict.fromkeys(filter(None, ids)))[:most]
