"""The laboratory in a terminal: `python -m scratchmlp`, the same verbs as the pages."""

import logging
import sys

from scratchmlp.cli import bench, draw, evaluate, listing, train
from scratchmlp.cli.screen import app, screen
from scratchmlp.errors import UserError

COMMANDS = listing, train, evaluate, draw, bench  # each has put its own on `app`, in this order


def main() -> None:
    """Run the command line; exit with 2 and one sentence for what a user can put right."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        app()
    except UserError as error:
        screen.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(2)
