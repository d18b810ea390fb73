"""Finds fastai's folder of MNIST, or downloads and unpacks it."""

import contextlib
import sys
import threading
from pathlib import Path

from scratchmlp.data.types import Progress
from scratchmlp.errors import UserError

TIMEOUT = 5.0  # seconds that MNIST's server may take to answer


def find_root(progress: Progress) -> Path:
    """fastai's folder of MNIST, downloaded and unpacked if it is not there.

    Raises
    ------
    UserError
        It is not on disk, and its server does not answer within `TIMEOUT`.
    """
    progress("Looking for MNIST", 0, 0)
    import fastai.data
    from fastai.data.external import URLs, fastai_cfg, untar_data
    from fastdownload import FastDownload

    downloads = FastDownload(fastai_cfg(), module=fastai.data, base="~/.fastai")
    archive = downloads.arch_path() / Path(URLs.MNIST).name
    unpacked = downloads.data_path(arch=archive)
    is_known = archive.exists() and downloads.check(URLs.MNIST, archive)
    try:
        with contextlib.redirect_stdout(sys.stderr):  # fastai draws its progress bar on stdout
            if unpacked.exists() or is_known or _is_reachable(URLs.MNIST):
                progress("Downloading and unpacking MNIST", 0, 0)
                return Path(untar_data(URLs.MNIST))
            if archive.exists():  # an archive with a checksum that fastai does not know
                progress("Unpacking MNIST", 0, 0)
                return Path(downloads.extract(URLs.MNIST))
    except Exception as error:  # fastdownload, urllib and tarfile raise many kinds
        raise UserError(
            f"MNIST could not be downloaded or unpacked ({error}): try again, put {archive.name} "
            f"into {archive.parent}, or choose the dataset digits."
        ) from error
    raise UserError(
        f"MNIST is not on this machine and its server does not answer: connect and try again, put "
        f"{archive.name} into {archive.parent}, or choose the dataset digits."
    )


def _is_reachable(url: str) -> bool:
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
