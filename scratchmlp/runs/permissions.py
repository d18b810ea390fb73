"""Who may do what: `may` decides, and the store asks it for every write.

On one's own machine there is one visitor, `LOCAL`, who may do everything. So may the terminal and
the workers. On a hosted server each visitor owns what they make.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

import sqlalchemy as sa

from scratchmlp.data import sources, uploads
from scratchmlp.data.types import is_text
from scratchmlp.errors import UserError
from scratchmlp.runs import built_in
from scratchmlp.runs.tables import held_links, runs

Verb = Literal["look", "list", "copy", "stop", "steer", "describe", "share", "delete", "pin"]
"""What can be done to a run.

`look`: open it. `list`: find it in lists. `copy`: teach a copy of its network. `stop`: stop it, or
take it out of the queue. `steer`: pause, resume, another learning rate. `describe`: name and note.
`share`: put it into everybody's lists. `delete`: delete and restore. `pin`: show it to all first.
"""

OWN: frozenset[Verb] = frozenset(
    ("look", "list", "copy", "stop", "steer", "describe", "share", "delete")
)
TEACHERS: frozenset[Verb] = frozenset(("look", "list", "copy", "stop", "delete", "share", "pin"))
EVERYBODYS: frozenset[Verb] = frozenset(("look", "list", "copy"))  # of a run shown to all


@dataclass(frozen=True)
class Visitor:
    """Somebody who uses the app.

    Attributes
    ----------
    id : the owner of what they make.
    is_trusted : they may do everything: the person whose machine it is.
    is_teacher : they look after what others do on a hosted server.
    """

    id: str
    is_trusted: bool = False
    is_teacher: bool = False

    @property
    def is_in_charge(self) -> bool:
        """Whether they look after the runs of all."""
        return self.is_trusted or self.is_teacher


LOCAL = Visitor("local", is_trusted=True)


class Owned(Protocol):
    """What a run says about whom it belongs to, and who sees it."""

    @property
    def owner(self) -> str: ...
    @property
    def shared(self) -> bool: ...
    @property
    def pinned(self) -> float | None: ...


def may(visitor: Visitor, verb: Verb, run: Owned) -> bool:
    """Whether this visitor may do this to this run. Whoever has its link may look at it."""
    if run.owner == built_in.OWNER:
        return verb in EVERYBODYS
    if visitor.is_trusted or verb == "look":
        return True
    allowed: set[Verb] = set()
    if run.owner == visitor.id:
        allowed |= OWN
    if visitor.is_teacher:
        allowed |= TEACHERS
    if run.shared or run.pinned is not None:
        allowed |= EVERYBODYS
    return verb in allowed


REFUSALS: dict[Verb, str] = {
    "copy": "its owner has not shared it, so you cannot teach a copy of it",
    "stop": "only its owner can stop it",
    "steer": "only its owner can pause it, resume it or change it",
    "describe": "only its owner can name it",
    "share": "only its owner can share it",
    "delete": "only its owner can delete it",
    "pin": "only a teacher can pin it",
}


def demand(
    connection: sa.Connection, visitor: Visitor, verb: Verb, run_ids: Collection[str]
) -> None:
    """Refuse what the visitor may not do to one of these runs. A run that is gone is no reason.

    Raises
    ------
    UserError
        One sentence: what is not allowed, and what is possible instead.
    """
    if built_in.HANDS in run_ids and verb not in EVERYBODYS:
        raise built_in.refuse_change()
    if visitor.is_trusted:
        return
    query = sa.select(runs.c.id, runs.c.owner, runs.c.shared, runs.c.pinned)
    for run in connection.execute(query.where(runs.c.id.in_([*run_ids]))):
        if not may(visitor, verb, run):
            raise UserError(
                f"Run {run.id} belongs to somebody else: {REFUSALS[verb]}. You can train the same."
            )


def demand_trust(visitor: Visitor, what: str) -> None:
    """Refuse what only workers, the terminal and the owner of the machine do."""
    if not visitor.is_trusted:
        raise UserError(f"A visitor of a hosted server cannot {what}.")


def may_use(connection: sa.Connection, visitor: Visitor, dataset: str) -> bool:
    """Whether they may read a dataset: a named one, one of a run they see, or their upload."""
    if visitor.is_trusted or sources.is_named(dataset):
        return True
    if not is_text(dataset):
        return False
    own = uploads.owned(visitor.id)
    query = sa.select(runs.c.dataset).where(listed(visitor)).distinct()
    seen = {part for name in connection.execute(query).scalars() for part in sources.parts(name)}
    return all(
        part in sources.SOURCES or part in own or part in seen for part in sources.parts(dataset)
    )


def demand_dataset(connection: sa.Connection, visitor: Visitor, dataset: str) -> None:
    """Refuse a folder of the machine that the visitor names: it may hold what is not theirs."""
    if not may_use(connection, visitor, dataset):
        names = " or ".join(sources.SOURCES)
        raise UserError(f"Visitors of this server train on its own datasets: choose {names}.")


def listed(visitor: Visitor) -> sa.ColumnElement[bool]:
    """The runs in a visitor's lists: those they `may` list, and those whose link they hold."""
    if visitor.is_in_charge:
        return sa.true()
    holds = sa.exists().where(held_links.c.run == runs.c.id, held_links.c.visitor == visitor.id)
    return sa.or_(
        runs.c.owner == visitor.id, runs.c.shared.is_(True), runs.c.pinned.is_not(None), holds
    )
