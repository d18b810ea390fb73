"""A link sets every field of the configuration: here it is read and written.

What a link says is a stranger's word: it is checked as a `TrainConfig` is, field by field, and
what is refused is told and left at its default. `hide=optimizer,seed` leaves out those controls;
their fields keep the values the link gives them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from scratchmlp.data.sources import SOURCES
from scratchmlp.errors import UserError
from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, TrainConfig, parse, unparse

HIDE = "hide"
OTHER = ("preset", "run", HIDE)  # what a link may say besides
HIDEABLE = ("preset", *FIELDS)


class Link(NamedTuple):
    """What a link asks for.

    Attributes
    ----------
    hidden : the controls to leave out.
    refused : a sentence for each thing it asks in vain.
    """

    config: TrainConfig
    hidden: frozenset[str]
    refused: list[str]


def read(params: Mapping[str, str], known: Iterable[str] = ()) -> Link:
    """What the parameters of an address ask for.

    `known` are datasets besides the named ones that may be asked for: a link must not make this
    machine read whatever folder it names.
    """
    refused: list[str] = []
    config = presets.MODERN
    if "preset" in params:
        config = _tried(refused, _of_preset, config, params["preset"][:40])
    for name, text in params.items():
        if name in OTHER:
            continue
        if name not in FIELDS:
            refused.append(f"The link's {name[:40]} is not a setting.")
        elif name == "dataset" and text not in (*SOURCES, *known):
            refused.append("The link's dataset is not one of this laboratory's.")
        else:
            config = _tried(refused, _changed, config, name, text)
    return Link(config, _hidden(refused, params.get(HIDE, "")), refused)


def _hidden(refused: list[str], text: str) -> frozenset[str]:
    names = {name.strip() for name in text[:1000].split(",")} - {""}
    strange = sorted(names - set(HIDEABLE))
    if strange:
        shown = ", ".join(name[:40] for name in strange[:3])
        refused.append(f"The link hides {shown}, which is no control of this page.")
    return frozenset(names & set(HIDEABLE))


def _of_preset(config: TrainConfig, name: str) -> TrainConfig:
    return presets.find(name).config


def _changed(config: TrainConfig, name: str, text: str) -> TrainConfig:
    return replace(config, **{name: parse(name, text)})


def _tried(
    refused: list[str], change: Callable[..., TrainConfig], config: TrainConfig, *args: str
) -> TrainConfig:
    try:
        return change(config, *args)
    except UserError as error:
        refused.append(f"In the link, {error}")
        return config


def write(config: TrainConfig, page_url: str, hidden: Iterable[str] = ()) -> str:
    """A link to the page at `page_url` that sets every field, and hides these controls."""
    page = urlsplit(page_url)
    bare = page._replace(path=page.path or "/", query="", fragment="")
    fields = {name: unparse(getattr(config, name)) for name in FIELDS}
    hide = {HIDE: ",".join(name for name in HIDEABLE if name in set(hidden))}
    query = fields | {name: text for name, text in hide.items() if text}
    return bare._replace(query=urlencode(query, safe=",")).geturl()
