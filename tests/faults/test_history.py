"""Each rule of the checker can fail: histories made by hand, each with one fault in it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.history import EVERYWHERE, SILENCE, Bounds, Fault, History, Leaders, Life, Look, Publish, faults_of

BOUNDS = Bounds(late_of_a_hundred=0, hangs_s=3)
ONCE = Publish(10.004, "A", 1, led=True)


def _good() -> History:
    """One lesson, due at 10 and taken down at 20, that two replicas showed as they should."""
    history = History()
    history.lessons["L"] = Life(10, 19.99, 20, [ONCE], {"10.004"}, 1, is_public=True)
    for tenth in range(90, 220):
        at = tenth / 10
        shown = frozenset({"L"} if 10 < at <= 20 else ())
        history.looks += [Look(replica, at, at + 0.01, shown) for replica in ("A", "B")]
        history.leaders.append(Leaders(at, ("A",)))
    return history


def _look(replica: str, at: float, *shown: str, is_stale: bool = False) -> Callable[[History], None]:
    def change(history: History) -> None:
        history.looks.append(Look(replica, at, at + 0.01, frozenset(shown), is_stale))

    return change


def _life(**values: object) -> Callable[[History], None]:
    def change(history: History) -> None:
        history.lessons["L"] = replace(history.lessons["L"], **values)  # pyright: ignore[reportArgumentType]

    return change


def _fault(replica: str, began_at: float, ended_at: float, kind: str = "cut") -> Callable[[History], None]:
    return lambda history: history.faults.append(Fault(replica, kind, began_at, ended_at))


def _leads(*names: str, since: float, until: float) -> Callable[[History], None]:
    def change(history: History) -> None:
        history.leaders = [Leaders(seen.at, names) if since <= seen.at < until else seen for seen in history.leaders]

    return change


def _two_leaders(history: History) -> None:
    history.leaders.append(Leaders(12.34, ("A", "B")))


@pytest.mark.parametrize(
    ("told", "changes"),
    [
        ("early", [_look("A", 9.97, "L")]),
        ("vanished", [_look("B", 15.05)]),
        ("kept", [_look("A", 20.2, "L")]),
        ("kept", [_look("A", 21.2, "L"), _fault("A", 19, 21)]),
        ("kept", [_look("A", 20.2, "L"), _fault("B", 19, 21)]),
        ("behind", [_life(due_at=9.5), _look("A", 9.7, "L"), _look("A", 9.8, "L"), _look("A", 9.9, "L")]),
        ("two lead", [_two_leaders]),
        ("hangs", [_fault("A", 12, 15.5)]),
        ("leads on", [_fault("A", 5, 9, "pause"), _life(publishes=[ONCE])]),
        ("nobody follows", [_fault("A", 12, 16, SILENCE), _leads(since=13, until=22)]),
        ("not published", [_life(is_public=False)]),
        ("not once", [_life(publishes=[ONCE, ONCE])]),
        ("not once", [_life(publishes=[])]),
        ("not led", [_life(publishes=[replace(ONCE, led=False)])]),
        ("not one line", [_life(lines=2)]),
        ("not one line", [_life(lines=0)]),
        ("moved", [_life(published_ats={"10.004", "10.005"})]),
    ],
)
def test_each_rule_can_fail(told: str, changes: list[Callable[[History], None]]) -> None:
    history = _good()
    for change in changes:
        change(history)
    assert told in {line.partition(":")[0] for line in faults_of(history, BOUNDS)}


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [_look("A", 10.0, "L")],
        [_look("A", 20.1, "L")],
        [_look("A", 21.9, "L", is_stale=True)],
        [_look("A", 20.9, "L"), _fault("A", 19, 20.5)],
        [_look("A", 20.9, "L"), _fault(EVERYWHERE, 18, 19)],
        [_look("B", 19.995)],
        [_fault("A", 12, 14.9), _fault("B", 12, 19)],
        [_fault("A", 5, 9, "pause"), _life(publishes=[replace(ONCE, session_began_at=9.1)])],
        [_fault("A", 5, 9, "pause"), _life(publishes=[replace(ONCE, replica="B")])],
        [_fault("A", 12, 16, SILENCE), _leads(since=13, until=16), _leads("B", since=16, until=22)],
        [_fault("A", 12, 16, SILENCE), _leads(since=13, until=22), _fault(EVERYWHERE, 17, 22)],
    ],
)
def test_what_is_allowed_is_no_fault(changes: list[Callable[[History], None]]) -> None:
    history = _good()
    for change in changes:
        change(history)
    assert faults_of(history, BOUNDS) == []


def test_one_of_a_hundred_may_be_later_than_the_99th_and_none_later_than_the_bound_of_all() -> None:
    history = _good()
    for number in range(100):
        history.lessons[f"L{number}"] = Life(10, 19.99, 20, [ONCE], {"10.004"}, 1, is_public=True)
    _look("A", 20.2, *history.lessons)(history)
    assert len(faults_of(history, Bounds())) == len(history.lessons) - 3  # of 202, on two replicas
    history = _good()
    _look("A", 21.2, "L")(history)
    assert len(faults_of(history, Bounds(late_of_a_hundred=100))) == 1
