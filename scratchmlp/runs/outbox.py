"""Commands on their way to the database: those that it cannot take yet wait here, in their order.

Whoever presses a button gets an answer at once, even while the database is locked or away.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from scratchmlp.errors import UserError
from scratchmlp.runs.database import patiently

ANSWER_SECONDS = 0.5  # how long a press waits for the database

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Letter:
    """Something to write into the database, for a run."""

    run_id: str
    what: str
    action: Callable[[], object]
    is_over: threading.Event = field(default_factory=threading.Event)
    error: UserError | None = None


class Outbox:
    """A thread that writes one command after the other."""

    def __init__(self) -> None:
        self._letters: list[Letter] = []  # not written yet
        self._queue: queue.SimpleQueue[Letter] = queue.SimpleQueue()
        threading.Thread(target=self._write_all, daemon=True, name="outbox").start()

    def do(self, run_id: str, what: str, action: Callable[[], object]) -> None:
        """Do `action` now, or later if the database is away; `what` names it on the page.

        Raises
        ------
        UserError
            From `action`, if it fails at once for another reason.
        """
        is_first = not self._letters
        letter = Letter(run_id, what, action)
        self._letters.append(letter)
        self._queue.put(letter)
        letter.is_over.wait(ANSWER_SECONDS if is_first else 0)
        if letter.error:
            raise letter.error

    def waiting(self, run_id: str) -> list[str]:
        """What waits for the database, for a run."""
        return [letter.what for letter in list(self._letters) if letter.run_id == run_id]

    def _write_all(self) -> None:
        while True:
            letter = self._queue.get()
            try:
                patiently(letter.action)
            except UserError as error:
                letter.error = error
                log.warning("%s of run %s: %s", letter.what, letter.run_id, error)
            finally:
                self._letters.remove(letter)
                letter.is_over.set()
