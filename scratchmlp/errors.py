"""The error for everything that a user can correct."""

import contextlib
import sys
from collections.abc import Iterator


class UserError(Exception):
    """One sentence says what happened and what the user can do about it.

    Pages show the sentence. The command line prints it to stderr and exits with status 2.
    Any other exception is a bug and keeps its traceback.
    """


@contextlib.contextmanager
def needed_to_start() -> Iterator[None]:
    """The server does not start after a `UserError` in here: it ends with the sentence."""
    try:
        yield
    except UserError as error:
        sys.exit(str(error))
