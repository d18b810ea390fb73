"""The command line, `python -m scratchmlp`: it does what the pages do."""

import io
import logging
import sys

from scratchmlp.cli import bench, draw, evaluate, listing, load, train
from scratchmlp.cli.output import app, console
from scratchmlp.errors import UserError

COMMANDS = listing, train, evaluate, draw, load, bench  # the imports add their commands to `app`


def main() -> None:
    """Run the command line; for a `UserError`, print its sentence and exit with status 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files may not be text
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        app()
    except UserError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(2)
