"""What a teacher sets for all, in both databases."""

import pytest
import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.runs.class_settings import CLOSED, MAX_MESSAGE_LENGTH
from scratchmlp.runs.permissions import Visitor
from scratchmlp.runs.store import Store
from scratchmlp.runs.tables import class_settings
from tests.runs.updates import CONFIG

ANN, TEACHER = Visitor("ann"), Visitor("teacher", is_teacher=True)


def test_a_closed_queue_takes_no_new_run_of_a_visitor_and_does_what_waits(store: Store) -> None:
    anns, teachers = store.seen_by(ANN), store.seen_by(TEACHER)
    waiting, ended = anns.create(CONFIG), anns.create(CONFIG)
    anns.cancel(ended)
    assert anns.class_settings.is_queue_open()
    teachers.class_settings.open_queue(False)
    for refused in (lambda: anns.create(CONFIG), lambda: anns.requeue(ended)):
        with pytest.raises(UserError, match=CLOSED):
            refused()
    assert store.queue() == [waiting]
    assert store.work.claim_next() == ("run", waiting)
    assert teachers.create(CONFIG) in store.queue()
    teachers.class_settings.open_queue(True)
    anns.requeue(ended)
    assert ended in store.queue()


def test_a_message_is_one_line_of_text(store: Store) -> None:
    settings = store.seen_by(TEACHER).class_settings
    assert settings.message() == ""
    settings.set_message(" Ten minutes\n left:\x00 finish your run ")
    assert store.seen_by(ANN).class_settings.message() == "Ten minutes left: finish your run"
    with pytest.raises(UserError, match="at most 200 characters: yours has 201"):
        settings.set_message("x" * (MAX_MESSAGE_LENGTH + 1))
    settings.set_message("")
    assert settings.message() == ""


def test_only_a_teacher_sets_something_for_all(store: Store) -> None:
    settings = store.seen_by(ANN).class_settings
    for refused in (lambda: settings.open_queue(False), lambda: settings.set_message("ha")):
        with pytest.raises(UserError, match="Only a teacher"):
            refused()
    assert (settings.is_queue_open(), settings.message()) == (True, "")


def test_a_damaged_setting_has_its_default(store: Store) -> None:
    rows = [{"key": key, "value": {"a": 1}} for key in ("queue_open", "message")]
    with store._engine.begin() as connection:
        connection.execute(sa.insert(class_settings), rows)
    assert (store.class_settings.is_queue_open(), store.class_settings.message()) == (True, "")
    store.class_settings.open_queue(False)
    assert not store.class_settings.is_queue_open()
