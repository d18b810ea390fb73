"""The pictures of the chosen dataset: what each split is for, its classes, and augmentation."""

import html
from collections.abc import Iterable

import numpy as np
import streamlit as st

from scratchmlp import glossary
from scratchmlp.analysis import data_view
from scratchmlp.charts.image_urls import strip_url
from scratchmlp.data import datasets, sources
from scratchmlp.data.datasets import Dataset
from scratchmlp.net import choices
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Run
from scratchmlp.ui import session
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.train import settings

TITLE = "Data"  # of this view
SAMPLES = 10  # of a class
EPOCHS = 8  # whose augmented pictures are shown
MAX_CLASSES = 40  # more would be a page of their own
SPLITS = {
    "Training": "The network learns from these pictures, again in every epoch.",
    "Validation": "Checked after every epoch, and never learned from. They tell which settings and "
    "which epoch are best.",
    "Test": "Seen once, at the end. They tell how good the network is on pictures that nobody "
    "chose anything by.",
}
NONE = {
    "Validation": "The validation share is 0: the network learns from these too, and nothing is "
    "checked before the end.",
    "Test": "This dataset has none.",
}
_AUGMENTATION = glossary.explain("augmentation", "epoch", "over-fitting")
AUGMENTED = (
    "The picture itself, and what the next epochs show in its place. "
    "The strength is the one of the controls."
)


def show(run: Run | None = None) -> None:
    """The view does not depend on the run that is shown, and needs none."""
    other = ", not for the run above" if run else ""
    st.caption(f"For the settings of the controls{other}.")
    config = settings.current()
    if not datasets.is_prepared(config.dataset):
        st.info("The pictures of this dataset appear here when it is first trained on.")
        return
    dataset = datasets.load(config.dataset)
    _what_it_is(dataset)
    seed = st.session_state.setdefault(session.SAMPLES_SEED, 0)
    found = _classes(config.dataset, *_divided_by(config), seed, dataset)
    _splits(found)
    row = st.container(horizontal=True, vertical_alignment="center")
    row.subheader("The classes", anchor=False, width="content")
    row.button("Other pictures", key="other_pictures", icon=":material/shuffle:", on_click=_next)
    st.html(_STYLE + _table(dataset, found))
    if len(dataset.classes) > MAX_CLASSES:
        st.caption(f"{len(dataset.classes) - MAX_CLASSES:,} more classes are not shown.")
    _augmentation(dataset, found, config, seed)


def _next() -> None:
    st.session_state[session.SAMPLES_SEED] += 1


def _what_it_is(dataset: Dataset) -> None:
    for name in [part.name for part in dataset.parts] or [dataset.name]:
        source = sources.source_of(name)
        title = source.title if sources.is_named(name) else name
        st.markdown(f"**{escape(title)}**: {escape(source.help)}")


def _divided_by(config: TrainConfig) -> tuple[float, int, int]:
    return config.valid_pct, config.split_seed, config.train_size


@st.cache_resource(show_spinner=False, max_entries=10, ttl=600)
def _classes(
    name: str, valid_pct: float, split_seed: int, size: int, seed: int, _dataset: Dataset
) -> data_view.Classes:
    config = TrainConfig(valid_pct=valid_pct, split_seed=split_seed, train_size=size)
    return data_view.classes(_dataset, config, SAMPLES, seed)


def _splits(found: data_view.Classes) -> None:
    counts = found.training.sum(), found.validation.sum(), found.test.sum()
    row = zip(st.columns(3), SPLITS.items(), counts, strict=True)
    for column, (name, purpose), count in row:
        column.metric(f"{name} pictures", f"{count:,}")
        column.caption(purpose if count else NONE.get(name, purpose))


def _table(dataset: Dataset, found: data_view.Classes) -> str:
    """A row for each class: its average, some of its pictures, and how many it has."""
    head = (
        "<tr><th>Class</th><th>Average</th><th>Some of its pictures</th><th>To train on</th></tr>"
    )
    shown = list(enumerate(dataset.classes[:MAX_CLASSES]))
    rows = "".join(
        f"<tr><th>{_text(name)}</th><td>{_strip(found.averages[i : i + 1], f'average {name}')}</td>"
        f"<td>{_strip(dataset.train.images[found.samples[i]], f'pictures of {name}')}</td>"
        f"<td>{found.training[i]:,}</td></tr>"
        for i, name in shown
    )
    return f'<table class="pictures">{head}{rows}</table>'


def _augmentation(
    dataset: Dataset, found: data_view.Classes, config: TrainConfig, seed: int
) -> None:
    st.subheader("What augmentation makes of a picture", anchor=False, help=_AUGMENTATION)
    st.caption(AUGMENTED)
    class_ = seed % len(dataset.classes)
    rows = found.samples[class_]
    if not len(rows):
        return
    image, strength = dataset.train.images[rows[0]], config.augment_strength
    lines = []
    for name in choices.AUGMENTATIONS:
        others = data_view.augmented(image, name, strength, EPOCHS, seed)
        chosen = " (chosen)" if name == config.augment else ""
        strip = _strip(np.concatenate([image[None], others]), f"{name} augmentation")
        lines.append(f"<tr><th>{name}{chosen}</th><td>{strip}</td></tr>")
    st.html(f'<div class="augmented"><table class="pictures">{"".join(lines)}</table></div>')


def _strip(images: Iterable, alt: str) -> str:
    """Pictures side by side; those that the screen has no room for are cut off."""
    several = np.asarray(images, dtype=np.uint8)
    if not len(several):
        return "–"
    return f'<img alt="{_text(alt)}" src="{strip_url(several)}">'


def _text(text: str) -> str:
    return html.escape(text.encode(errors="replace").decode())


_STYLE = """<style>
.pictures { border-collapse: collapse; font-size: .875rem; max-width: 100% }
.pictures :is(th, td) { text-align: left; padding: 2px .75rem 2px 0; font-weight: 400;
  border: 0; vertical-align: middle; max-width: 9rem; overflow-wrap: anywhere }
.pictures tr > th:first-child { font-weight: 600 }
.pictures tr:first-child:not(:has(td)) th { overflow-wrap: normal; font-size: .8125rem }
.pictures td:has(img) { max-width: none }
.pictures img { height: 36px; max-width: min(360px, 38vw); object-fit: cover;
  object-position: left; border-radius: 3px; image-rendering: pixelated; display: block }
.augmented .pictures img { height: 48px; max-width: min(432px, 62vw) }
</style>"""
