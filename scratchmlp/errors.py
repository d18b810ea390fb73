"""What a user can put right."""


class UserError(Exception):
    """Something the user can mend: one sentence that says what happened and what to do.

    Pages show the sentence; the command line prints it to stderr and exits with 2.
    Any other exception is a bug and keeps its traceback.
    """
