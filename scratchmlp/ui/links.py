"""A link sets every field of the configuration: here it is read and written.

What a link says is a stranger's word: it is checked as a `TrainConfig` is, field by field, and
what is refused is told and left at its default.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

from scratchmlp.errors import UserError
from scratchmlp.images.datasets import NAMED
from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, TrainConfig, parse, unparse

OTHER = ("preset", "run")  # what a link may say besides


def read(params: Mapping[str, str], known: Iterable[str] = ()) -> tuple[TrainConfig, list[str]]:
    """The configuration a link asks for, and a sentence for each thing it asks in vain.

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
        elif name == "dataset" and text not in (*NAMED, *known):
            refused.append("The link's dataset is not one of this laboratory's.")
        else:
            config = _tried(refused, _changed, config, name, text)
    return config, refused


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


def write(config: TrainConfig, page_url: str) -> str:
    """A link to the page at `page_url` that sets every field."""
    page = urlsplit(page_url)
    bare = page._replace(path=page.path or "/", query="", fragment="")
    fields = {name: unparse(getattr(config, name)) for name in FIELDS}
    return bare._replace(query=urlencode(fields, safe=",")).geturl()
