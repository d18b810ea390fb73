"""Finds MNIST where fastai keeps it, or downloads its archive, and reads the archive's pictures.

The archive is not unpacked: 70,000 small files take longer to write than to decode.
"""

import contextlib
import os
import sys
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from scratchmlp.data import downloads
from scratchmlp.data.types import Progress
from scratchmlp.errors import UserError

MEAN, STD = 0.1307, 0.3081  # of pixels from 0 to 1: most examples for MNIST standardise by these
ARCHIVE = "mnist_png.tgz"  # its name at fastai's address
MAX_BYTES = 100_000  # of a picture in the archive; MNIST's have 300
MAX_PICTURES = 100_000


def find_root(progress: Progress) -> Path:
    """The archive of MNIST, downloaded if it is not there; or its folder, if fastai unpacked it.

    Raises
    ------
    UserError
        It is not on disk, and its server does not answer in time.
    """
    from fastcore.xtras import Config
    from fastdownload import FastDownload

    progress("Looking for MNIST", 0, 0)
    folders = {"data": "data", "archive": "archive", "storage": "tmp", "model": "models"}
    # As fastai writes it, which takes seconds to import.
    config = Config(Path(os.environ.get("FASTAI_HOME", "~/.fastai")), "config.ini", create=folders)
    files = FastDownload(config)
    archive = files.arch_path() / ARCHIVE
    unpacked = files.data_path(arch=archive)
    if unpacked.exists() or archive.exists():
        return Path(unpacked if unpacked.exists() else archive)
    _download(config, archive, progress)
    return archive


def _download(config: object, archive: Path, progress: Progress) -> None:
    """Download the archive from fastai's address, and check it by fastai's checksum."""
    import fastai.data  # slow: only for a download
    from fastai.data.external import URLs
    from fastdownload import FastDownload

    if not downloads.is_reachable(URLs.MNIST):
        raise UserError(
            f"MNIST is not on this machine and its server does not answer: connect and try again, "
            f"put {ARCHIVE} into {archive.parent}, or choose the dataset digits."
        )
    progress("Downloading MNIST", 0, 0)
    try:
        with contextlib.redirect_stdout(sys.stderr):  # fastai draws its progress bar on stdout
            FastDownload(config, module=fastai.data).download(URLs.MNIST)
    except Exception as error:  # fastdownload and urllib raise many kinds
        raise UserError(
            f"MNIST could not be downloaded ({error}): try again, put {ARCHIVE} into "
            f"{archive.parent}, or choose the dataset digits."
        ) from error


def pictures(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Each picture in an archive, in the archive's order: its path, and the bytes of its file.

    Raises
    ------
    UserError
        The archive is damaged, or it holds what is not MNIST's.
    """
    found = 0
    try:
        with tarfile.open(archive, "r|gz") as tar:
            for member in tar:
                if not member.name.endswith(".png"):
                    continue
                file = tar.extractfile(member)  # None of a link or a folder
                if file is None or member.size > MAX_BYTES or found == MAX_PICTURES:
                    raise UserError(f"{archive} is not the archive of MNIST: remove it.")
                found += 1
                yield member.name, file.read()
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise UserError(f"{archive} cannot be read ({error}): remove it, and try again.") from error
