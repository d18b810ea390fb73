"""Fetches a file from its published address, and checks that it is the file that is expected."""

import contextlib
import hashlib
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

from scratchmlp.data.types import Progress
from scratchmlp.errors import UserError

TIMEOUT = 5.0  # seconds that a server may take to answer
CHUNK = 2**16  # bytes


class Published(NamedTuple):
    """A file that somebody has published: its title, address, size in bytes and hash."""

    title: str
    url: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


def fetch(published: Published, folder: Path, instead: str, progress: Progress) -> Path:
    """The file in this folder; it is downloaded if it is not there.

    Parameters
    ----------
    instead : what else somebody without a network can do: the end of a sentence.

    Raises
    ------
    UserError
        The server does not answer, or sends something else.
    """
    file = folder / published.name
    if file.exists():
        return file
    by_hand = f"put {published.name} from {published.url} into {folder}, or {instead}"
    if not is_reachable(published.url):
        raise UserError(
            f"{published.title} are not on this machine and their server does not answer: "
            f"connect and try again, {by_hand}."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            new = Path(temporary) / file.name
            _download(published, new, progress)
            check(published, new)
            new.replace(file)
    except OSError as error:  # requests' errors are among them
        raise UserError(
            f"{published.title} could not be downloaded ({error}): try again, {by_hand}."
        ) from error
    return file


def _download(published: Published, file: Path, progress: Progress) -> None:
    import requests

    done, what = 0, f"Downloading {published.name}"
    with (
        requests.get(published.url, timeout=TIMEOUT, stream=True) as answer,
        file.open("wb") as out,
    ):
        answer.raise_for_status()
        for chunk in answer.iter_content(CHUNK):
            done += out.write(chunk)
            progress(what, min(done, published.size), published.size)
            if done > published.size:
                return  # `check` says so


def check(published: Published, file: Path) -> None:
    """Refuse a file that is not the published one, with a `UserError`."""
    size = file.stat().st_size
    if size == published.size:
        with file.open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() == published.sha256:
                return
    raise UserError(
        f"{file.name} is not the file that was published ({size:,} bytes; expected "
        f"{published.size:,} with SHA-256 {published.sha256[:12]}…): remove it from "
        f"{file.parent}, and try again."
    )


def is_reachable(url: str) -> bool:
    """Whether the server answers in time. A name look-up has no time-out, so a thread asks."""
    import requests

    answers = []

    def ask() -> None:
        with contextlib.suppress(requests.RequestException):
            answers.append(requests.head(url, timeout=TIMEOUT, allow_redirects=True).ok)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    return any(answers)
