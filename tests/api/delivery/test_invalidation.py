"""What is heard of changes, as epochs: a table of cases, each a sequence of what is heard, by the clock of BEGIN."""

import math
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import pytest

from chaishots.api.delivery.freshness import Epoch, Freshness, Known, freshness
from chaishots.api.delivery.invalidation import (
    BURST_CHANGES,
    BURST_SECONDS,
    GRACE_SECONDS,
    REMEMBERED_CHANGES,
    SILENT_SECONDS,
    Epochs,
)
from chaishots.database.listener import HEARD_SECONDS, Heard, Listener

BEGIN = 1_000.0
CHANGE = Heard(is_listening=True, tables=frozenset({"lesson"}))
GONE = Heard(is_listening=True, tables=frozenset({"lesson"}), is_gone=True)
MANY = Heard(is_listening=True, tables=frozenset({"lesson"}), is_many=True)
UNTOLD = Heard(is_listening=True, is_untold=True)
AGAIN = Heard(is_listening=True)
LOST = Heard(is_listening=False)
WRITTEN = None
"""Something was written on this replica, and nothing heard of it yet."""
SOON = GRACE_SECONDS / 2
LATER = GRACE_SECONDS * 2


@dataclass
class Answer:
    """One that was rendered in an epoch, and tells no moment of its own."""

    epoch: Epoch
    known_at: float = BEGIN
    old_at: float = math.inf
    ends_at: float = math.inf


@pytest.fixture
def listener() -> Listener:
    """One whose session is there, and has just replied."""
    listener = Listener("", application_name="tests")
    listener.is_listening, listener.alive_at = True, BEGIN
    return listener


def hearing(listener: Listener) -> Epochs:
    """The epochs of who hears changes since BEGIN."""
    epochs = Epochs(listener, now=BEGIN)
    epochs.hear(AGAIN, BEGIN)
    return epochs


def become(epochs: Epochs, answer: Answer, now: float) -> Freshness:
    """What is done with an answer at a moment, the database being there."""
    hears, heard_until = epochs.hears(now), epochs.heard_until(now)
    known = Known(now, hears, heard_until, epochs.renewable_after, is_resting=False, stale_if_error_s=0)
    return freshness(answer, known)


def a_list(epochs: Epochs) -> Answer:
    """A list that is rendered now."""
    return Answer(epochs.epoch_of(epochs.begin(), None))


BURST = [(0.001 * change, CHANGE) for change in range(BURST_CHANGES)]
SLOW = [(BURST_SECONDS / 5 * change, CHANGE) for change in range(BURST_CHANGES)]
CASES = {
    "nothing": ([], SOON, Freshness.FRESH),
    "one change": ([(0, CHANGE)], SOON, Freshness.RENDER),
    "fewer changes than a burst": (BURST[1:], SOON, Freshness.RENDER),
    "a burst of changes": (BURST, SOON, Freshness.RENEWING),
    "many lessons in one change": ([(0.001, MANY)], SOON, Freshness.RENEWING),
    "a change soon after many lessons": ([(0.001, MANY), (0.002, CHANGE)], SOON, Freshness.RENEWING),
    "one long after them": ([(0, MANY), (2 * BURST_SECONDS, CHANGE)], 2 * BURST_SECONDS + SOON, Freshness.RENDER),
    "as many, one by one": (SLOW, SLOW[-1][0] + SOON, Freshness.RENDER),
    "a burst, some while ago": (BURST, LATER, Freshness.RENDER),
    "a change that nobody told of in time": ([(0.001, UNTOLD)], SOON, Freshness.RENEWING),
    "such a change, some while ago": ([(0.001, UNTOLD)], LATER, Freshness.RENDER),
    "a burst, and something written here": ([*BURST, (0.02, WRITTEN)], SOON, Freshness.RENDER),
    "that nothing is heard any more": ([(0, LOST)], SOON, Freshness.RENDER),
    "that, after a burst": ([*BURST, (0.02, LOST)], SOON, Freshness.RENDER),
    "that the connection is there again": ([(0, LOST), (0.01, AGAIN)], SOON, Freshness.RENDER),
}


@pytest.mark.parametrize("name", CASES)
def test_what_becomes_of_an_answer_from_before_what_is_heard(listener: Listener, name: str) -> None:
    heard, looked_after_s, becomes = CASES[name]
    epochs = hearing(listener)
    listener.alive_at = BEGIN + looked_after_s
    answer = a_list(epochs)
    for after_s, told in heard:
        # What ended before the last change is of no interest here: it is the newest answer that a burst spares.
        answer = a_list(epochs)
        if told is WRITTEN:
            epochs.end(BEGIN + after_s)
        else:
            listener.is_listening = told.is_listening
            epochs.hear(told, BEGIN + after_s)

    assert become(epochs, answer, BEGIN + looked_after_s) is becomes


def test_an_answer_from_after_the_last_change_is_fresh(listener: Listener) -> None:
    epochs = hearing(listener)
    for after_s, told in BURST:
        epochs.hear(told, BEGIN + after_s)
    assert become(epochs, a_list(epochs), BEGIN + SOON) is Freshness.FRESH
    assert epochs.ended == BURST_CHANGES + 1


def test_nobody_knows_of_changes_once_the_session_is_silent_for_too_long(listener: Listener) -> None:
    epochs = hearing(listener)
    become_of = partial(become, epochs, a_list(epochs))
    assert become_of(BEGIN + HEARD_SECONDS) is Freshness.FRESH
    assert not epochs.is_silent(BEGIN + HEARD_SECONDS)
    assert become_of(BEGIN + HEARD_SECONDS + 0.001) is Freshness.RENDER
    assert epochs.is_silent(BEGIN + HEARD_SECONDS + 0.001)
    assert epochs.heard_until(BEGIN + 10) == BEGIN


def test_before_anything_was_heard_there_is_no_epoch(listener: Listener) -> None:
    epochs = Epochs(listener, now=BEGIN)
    assert epochs.under_way(BEGIN) is None
    assert epochs.is_deaf(BEGIN)
    assert not epochs.is_silent(BEGIN)
    epochs.end(BEGIN)
    assert epochs.ended == 0


def test_a_loss_is_reckoned_from_the_last_sign_of_life(listener: Listener) -> None:
    epochs = hearing(listener)
    epoch = a_list(epochs).epoch
    listener.is_listening = False
    epochs.hear(LOST, BEGIN + 5)
    assert epoch.ended_at == BEGIN
    assert epochs.is_deaf(BEGIN + 5)


@pytest.mark.parametrize(("heard", "gone_at"), [(GONE, BEGIN + 1), (CHANGE, -math.inf), (UNTOLD, -math.inf)])
def test_when_something_was_taken_down_is_remembered(listener: Listener, heard: Heard, gone_at: float) -> None:
    epochs = hearing(listener)
    shown = a_list(epochs)
    epochs.hear(heard, BEGIN + 1)
    assert shown.epoch.gone_at == gone_at


@pytest.mark.parametrize(("snapshot", "is_current"), [("one 17", True), ("other 17", False)])
def test_what_another_server_rendered_belongs_to_no_epoch(listener: Listener, snapshot: str, is_current: bool) -> None:
    epochs = hearing(listener)
    listener.server = "one"
    assert epochs.is_of_current_server(snapshot, BEGIN) is is_current
    assert epochs.is_of_current_server(snapshot, BEGIN + 10)


# Changes that name programs -------------------------------------------------------------------------------------------
MINE, OTHER = UUID(int=1), UUID(int=2)


def names(*programs: UUID, is_gone: bool = False) -> Heard:
    """A change that concerns these programs."""
    return Heard(is_listening=True, tables=frozenset({"lesson"}), programs=frozenset(programs), is_gone=is_gone)


def of_mine(epochs: Epochs) -> Answer:
    """An answer of one program that is rendered now."""
    return Answer(epochs.epoch_of(epochs.begin(), MINE))


NAMED = {
    "none": (names(), Freshness.FRESH, Freshness.FRESH),
    "another": (names(OTHER), Freshness.FRESH, Freshness.RENDER),
    "it": (names(MINE), Freshness.RENDER, Freshness.RENDER),
    "both": (names(MINE, OTHER), Freshness.RENDER, Freshness.RENDER),
    "all": (CHANGE, Freshness.RENDER, Freshness.RENDER),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_change_makes_old_the_answers_of_those_that_it_names_and_lists(listener: Listener, name: str) -> None:
    told, mine, lists = NAMED[name]
    epochs = hearing(listener)
    kept, a_kept_list = of_mine(epochs), a_list(epochs)
    epochs.hear(told, BEGIN)
    assert (become(epochs, kept, BEGIN), become(epochs, a_kept_list, BEGIN)) == (mine, lists)
    assert become(epochs, of_mine(epochs), BEGIN) is Freshness.FRESH


@pytest.mark.parametrize("name", NAMED)
def test_a_change_that_is_heard_while_it_is_rendered_makes_it_old_too(listener: Listener, name: str) -> None:
    told, mine, _ = NAMED[name]
    epochs = hearing(listener)
    began = epochs.begin()
    epochs.hear(told, BEGIN)
    epochs.hear(names(OTHER), BEGIN)
    assert become(epochs, Answer(epochs.epoch_of(began, MINE)), BEGIN) is mine


def test_more_changes_during_a_render_than_are_remembered_make_it_old(listener: Listener) -> None:
    epochs = hearing(listener)
    began = epochs.begin()
    for _ in range(REMEMBERED_CHANGES + 1):
        epochs.hear(names(OTHER), BEGIN + 1)
    answer = Answer(epochs.epoch_of(began, MINE))
    assert become(epochs, answer, BEGIN + 1) is Freshness.RENDER
    assert answer.epoch.gone_at == BEGIN + 1


def test_what_was_taken_down_is_remembered_of_its_program_and_of_lists(listener: Listener) -> None:
    epochs = hearing(listener)
    mine, lists, began = of_mine(epochs), a_list(epochs), epochs.begin()
    epochs.hear(names(OTHER, is_gone=True), BEGIN + 1)
    assert (mine.epoch.gone_at, lists.epoch.gone_at) == (-math.inf, BEGIN + 1)
    epochs.hear(names(MINE, is_gone=True), BEGIN + 2)
    assert mine.epoch.gone_at == Answer(epochs.epoch_of(began, MINE)).epoch.gone_at == BEGIN + 2


def test_of_programs_of_which_nothing_is_kept_nothing_is_remembered(listener: Listener) -> None:
    epochs = hearing(listener)
    kept = [epochs.epoch_of(epochs.begin(), UUID(int=number)) for number in range(10)]
    assert len(epochs._programs) == 10
    del kept
    assert len(epochs._programs) == 0


def test_a_listener_that_nobody_asks_is_not_cut_off(listener: Listener) -> None:
    epochs = hearing(listener)
    assert not epochs.is_cut_off(BEGIN + 60)
    listener._asked_at = BEGIN + 60
    assert not epochs.is_cut_off(BEGIN + 60 + SILENT_SECONDS / 2)
    assert epochs.is_cut_off(BEGIN + 60 + SILENT_SECONDS)
    listener._asked_at, listener.is_listening = None, False
    assert epochs.is_cut_off(BEGIN)
