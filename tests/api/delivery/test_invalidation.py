"""What is heard of changes, as epochs: a table of cases, each a sequence of what is heard, by the clock of BEGIN."""

import math
from dataclasses import dataclass
from functools import partial

import pytest

from chaishots.api.delivery.freshness import Epoch, Freshness, Known, freshness
from chaishots.api.delivery.invalidation import BURST_CHANGES, BURST_SECONDS, GRACE_SECONDS, Epochs
from chaishots.database.listener import HEARD_SECONDS, Heard, Listener

BEGIN = 1_000.0
CHANGE = Heard(is_listening=True, tables=frozenset({"lesson"}))
GONE = Heard(is_listening=True, tables=frozenset({"lesson"}), is_gone=True)
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
    epoch, heard_until = epochs.under_way(now), epochs.heard_until(now)
    known = Known(now, epoch, heard_until, epochs.renewable_after, epochs.gone_at, is_resting=False, stale_if_error_s=0)
    return freshness(answer, known)


BURST = [(0.001 * change, CHANGE) for change in range(BURST_CHANGES)]
SLOW = [(BURST_SECONDS / 5 * change, CHANGE) for change in range(BURST_CHANGES)]
CASES = {
    "nothing": ([], SOON, Freshness.FRESH),
    "one change": ([(0, CHANGE)], SOON, Freshness.RENDER),
    "fewer changes than a burst": (BURST[1:], SOON, Freshness.RENDER),
    "a burst of changes": (BURST, SOON, Freshness.RENEWING),
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
    answer = Answer(epochs.current)
    for after_s, told in heard:
        # What ended before the last change is of no interest here: it is the newest answer that a burst spares.
        answer = Answer(epochs.current)
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
    assert become(epochs, Answer(epochs.current), BEGIN + SOON) is Freshness.FRESH
    assert epochs.ended == BURST_CHANGES + 1


def test_nobody_knows_of_changes_once_the_session_is_silent_for_too_long(listener: Listener) -> None:
    epochs = hearing(listener)
    become_of = partial(become, epochs, Answer(epochs.current))
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
    epoch = epochs.current
    listener.is_listening = False
    epochs.hear(LOST, BEGIN + 5)
    assert epoch.ended_at == BEGIN
    assert epochs.is_deaf(BEGIN + 5)


@pytest.mark.parametrize(("heard", "gone_at"), [(GONE, BEGIN + 1), (CHANGE, -math.inf), (UNTOLD, -math.inf)])
def test_when_something_was_taken_down_is_remembered(listener: Listener, heard: Heard, gone_at: float) -> None:
    epochs = hearing(listener)
    epochs.hear(heard, BEGIN + 1)
    assert epochs.gone_at == gone_at


@pytest.mark.parametrize(("snapshot", "is_current"), [("one 17", True), ("other 17", False)])
def test_what_another_server_rendered_belongs_to_no_epoch(listener: Listener, snapshot: str, is_current: bool) -> None:
    epochs = hearing(listener)
    listener.server = "one"
    assert epochs.is_of_current_server(snapshot, BEGIN) is is_current
    assert epochs.is_of_current_server(snapshot, BEGIN + 10)
