"""The error for everything that a user can correct."""


class UserError(Exception):
    """One sentence says what happened and what the user can do about it.

    Pages show the sentence. The command line prints it to stderr and exits with status 2.
    Any other exception is a bug and keeps its traceback.
    """
