"""Pictures of one's own as a dataset: upload or name them, and see nine as the network will."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from scratchmlp.charts.image_urls import enlarge, png_url
from scratchmlp.data import datasets, samples, sources, uploads, zips
from scratchmlp.errors import UserError
from scratchmlp.ink.types import SIDE
from scratchmlp.ui import resources, session
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import PICTURES_PATH, PICTURES_PROBLEM, PICTURES_TRIES, PICTURES_ZIP
from scratchmlp.ui.train import settings

GAP, GREY = 1, 128  # pixels around a sample, and their brightness
MOST = 100  # ZIPs that the owner of the machine keeps
LAYOUT = (
    "A ZIP of folders named after their classes: 3/photo.png. `train` and `test` may be around."
)


def show() -> None:
    """Below the control of the dataset: a way to bring pictures, and what the chosen ones are."""
    number = st.session_state.get(PICTURES_TRIES, 0)  # new controls are closed and empty again
    with st.container(key="own_pictures"):
        _ways(number)
        place = st.empty()  # so that an old sentence goes at once
        if problem := st.session_state.get(PICTURES_PROBLEM):
            place.error(escape(problem))
    if not sources.is_named(settings.current().dataset):
        with session.errors_shown():
            _what_is_in(settings.current().dataset)


def _ways(number: int) -> None:
    popover = st.popover("Your own pictures", icon=":material/folder_open:", key=f"bring_{number}")
    with popover:
        st.file_uploader(
            "A ZIP of pictures",
            key=(key := f"{PICTURES_ZIP}_{number}"),
            max_upload_size=min(200, _limits().zip_bytes // 1_000_000),
            help=LAYOUT,
            on_change=_use_zip,
            args=[key],
        )
        if resources.store().visitor.is_trusted:
            st.text_input(
                "Or a folder or a file on this machine",
                key=(key := f"{PICTURES_PATH}_{number}"),
                placeholder="/home/me/digits",
                help="A folder of pictures, MNIST's own files, train.csv or mnist.npz.",
                on_change=_use_path,
                args=[key],
            )


def _limits() -> zips.Limits:
    return zips.OWNER if resources.store().visitor.is_trusted else zips.VISITOR


def _use_zip(key: str) -> None:
    """Keep an uploaded ZIP if it can be trained on, and choose it."""
    file, store = st.session_state[key], resources.store()
    if file is None:
        return
    data, name = file.getvalue(), ""
    with _problem_shown() as said:
        zips.check(data, file.name, _limits())
        name = uploads.keep(data, file.name, store.visitor.id)
        _use(name)
    if said and name:
        path = str(uploads.path_of(name))  # where a hosted server keeps it is nobody's business
        st.session_state[PICTURES_PROBLEM] = said[0].replace(path, file.name)
        _forget(name)
    most = MOST if store.visitor.is_trusted else store.limits.datasets
    for old in uploads.owned(store.visitor.id)[most:]:
        _forget(old)


@contextmanager
def _problem_shown() -> Iterator[list[str]]:
    """Keep the sentence of a `UserError` for the page, and empty the controls."""
    said: list[str] = []
    try:
        yield said
    except UserError as error:
        said.append(str(error))
    st.session_state[PICTURES_PROBLEM] = "".join(said)
    st.session_state[PICTURES_TRIES] = st.session_state.get(PICTURES_TRIES, 0) + 1


def _forget(name: str) -> None:
    uploads.forget(name, resources.store().visitor.id)
    datasets.forget(name)


def _use_path(key: str) -> None:
    """Choose what the owner of this machine named. Nobody else may read its disk."""
    text = st.session_state[key].strip()
    if text and resources.store().visitor.is_trusted:
        with _problem_shown():
            _use(sources.absolute(text))


def _use(name: str) -> None:
    """Load a dataset, so that what is wrong with it is said before training; then choose it."""
    datasets.load(name)
    settings.offer(name)
    settings.change(dataset=name)


class Contents(NamedTuple):
    """What is shown of a dataset: nine samples as one picture, their classes, and its summary."""

    picture: str
    classes: str
    title: str
    notes: list[str]
    counts: dict[str, Any]


def _what_is_in(name: str) -> None:
    """Nine samples of a dataset, and what was noticed about it."""
    found = _contents(name)
    with st.container(key="samples", gap="xsmall"):
        st.image(found.picture, width="stretch")
        st.caption(f"Nine samples as the network sees them: {escape(found.classes)}")
    with st.expander(found.title):
        for note in found.notes:
            st.markdown(f"- {escape(note)}")
        height: Any = "content" if len(found.counts["class"]) < 12 else 300
        st.dataframe(found.counts, hide_index=True, height=height)


@st.cache_data(show_spinner="Reading the pictures …", max_entries=20, ttl=60)
def _contents(name: str) -> Contents:
    dataset = datasets.load(name)
    notes = [*dataset.notes]
    if dataset.left_out:
        files = ", ".join(f"{file} ({why})" for file, why in dataset.left_out)
        notes.append(f"Damaged: {files}. Mend them, or leave them out under Data.")
    splits = {"training": dataset.train, "test": dataset.test}
    counts = {
        title: np.bincount(split.labels, minlength=len(dataset.classes))
        for title, split in splits.items()
    }
    nine = samples.nine(dataset.train)
    return Contents(
        png_url(_sheet(nine.images)),
        ", ".join(dataset.classes[label] for label in nine.labels),
        f"{len(dataset.train):,} to train on, {len(dataset.test):,} to test on",
        notes,
        {"class": list(dataset.classes), **counts},
    )


def _sheet(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Up to nine pictures in three rows, on grey."""
    nine = np.full((9, SIDE, SIDE), GREY, dtype=np.uint8)
    nine[: len(images)] = images
    tiles = np.pad(nine, ((0, 0), (GAP, GAP), (GAP, GAP)), constant_values=GREY)
    rows = [np.concatenate(list(tiles[start : start + 3]), axis=1) for start in (0, 3, 6)]
    return enlarge(np.concatenate(rows), 3)
