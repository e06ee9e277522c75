"""As much of Postgres as the election stands on: sessions and when they end, the publisher's lock, what is due, NOTIFY.

What it does is what Postgres' documentation and `election.py` say of it; that Postgres does so is for the real tests.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from tests.scheduler.simulation.driver import Link, Reply
from tests.scheduler.simulation.world import World

_STATEMENT_SECONDS: Final = (0.0002, 0.004)
_EDITOR: Final = 1
"""The process id of whoever edits."""
_GRACE_SECONDS: Final = 0.25
"""As in `hung_sessions.py`."""
_NOTE: Final = "lesson:00000000-0000-0000-0000-000000000001"
_GRANTED: Final = True

Answer = Callable[[Exception | None], None]


@dataclass
class Thing:
    """Something that falls due: when, by Postgres' clock, and each of its publishes: by whom, and whether that led."""

    due_at: float
    is_waiting: bool = True
    is_locked: bool = False
    publishes: list[tuple[float, str, bool]] = field(default_factory=list[tuple[float, str, bool]])


class Session:
    """One backend: what it is at, and what ends it."""

    def __init__(self, postgres: "Postgres", link: Link, pid: int, settings: dict[str, str]) -> None:
        self.pid = pid
        self.link = link
        self.name = settings["application_name"]
        self.ended_by: str | None = None
        self.is_half = False
        """Whether a statement has begun to come, and no more: then no timeout runs."""
        self.idle_s = _seconds(settings.get("idle_session_timeout", "0"))
        self.statement_s = _seconds(settings.get("statement_timeout", "0"))
        self._postgres = postgres
        self._world = postgres.world
        self._check_s = _seconds(settings.get("client_connection_check_interval", "0"))
        self._unheard_s = _seconds(settings.get("tcp_user_timeout", "0"))
        self._listens = self._is_busy = self._is_gone = False
        self._notes: list[tuple[int, str]] = []
        self._turn = 0
        self.since = self._world.now
        self._rest()

    @property
    def leads(self) -> bool:
        """Whether it holds the publisher's lock."""
        return self._postgres.holder is self

    def hear(self, sql: str, arguments: tuple[Any, ...], sent_at: float) -> None:  # Any: what a statement takes
        """A statement has come."""
        if self.ended_by is not None:
            self._reset()
            return
        self._is_busy, self.is_half, self._turn, self.since = True, False, self._turn + 1, self._world.now
        turn = self._turn

        def reply(value: Reply) -> None:
            if self.ended_by is None and self._turn == turn:
                self._finish(value, sent_at)

        self._postgres.run(self, sql, arguments, reply)

    def hear_half(self) -> None:
        """The first part of a statement has come."""
        if self.ended_by is None:
            self.is_half, self._turn, self.since = True, self._turn + 1, self._world.now

    def hear_end(self) -> None:
        """The other end has closed the socket: an idle session ends, one that is busy looks now and then."""
        self._is_gone = True
        if not self._is_busy:
            self.end("closed")
        elif self._check_s:
            self._world.after(self._world.chance.uniform(0, self._check_s), lambda: self.end("closed"))

    def note(self, pid: int, payload: str) -> None:
        """Tell it of a change: at once, or with the end of the statement that it is at."""
        if not self._listens:
            return
        self._notes.append((pid, payload))
        if not self._is_busy:
            notes, self._notes = self._notes, []
            self._send(lambda: self.link.take_notes(notes))

    def listen(self) -> None:
        """Have it told of changes from now on."""
        self._listens = True

    def end(self, reason: str) -> None:
        """End it, and free what it holds, first of all its lock."""
        if self.ended_by is not None:
            return
        self.ended_by = reason
        self._turn += 1
        self._postgres.forget(self)
        if not self._is_gone:
            self.link.send_back(self.link.take_farewell)
            self._reset()

    def _finish(self, value: Reply, sent_at: float) -> None:
        self._is_busy, self.since = False, self._world.now
        notes, self._notes = self._notes, []
        self._send(lambda: self.link.take_reply(value, notes, sent_at))
        if self._is_gone:
            self.end("closed")
        else:
            self._rest()

    def _rest(self) -> None:
        if not self.idle_s:
            return
        turn = self._turn

        def give_up() -> None:
            if self._turn == turn:
                self.end("lease")

        self._world.after(self.idle_s, give_up)

    def _reset(self) -> None:
        self.link.send_back(self.link.take_end)

    def _send(self, do: Callable[[], None]) -> None:
        is_heard = False

        def acknowledge() -> None:
            nonlocal is_heard
            is_heard = True

        def give_up() -> None:
            if not is_heard:
                self.end("unheard")

        self.link.send_back(do, on_arrival=acknowledge)
        if self._unheard_s:
            self._world.after(self._unheard_s, give_up)


class Postgres:
    """The server, its clock, and the one table."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.is_up = True
        self.clock_off_s = 0.0
        self.slowness = 1.0
        self.things: list[Thing] = []
        self.sessions: list[Session] = []
        self.holder: Session | None = None
        self._queue: list[tuple[Session, Callable[[], None]]] = []
        self._last_pid = 100

    @property
    def clock(self) -> float:
        """What Postgres takes for the time."""
        return self.world.now + self.clock_off_s

    def accept(self, link: Link, settings: dict[str, str], answer: Answer) -> None:
        """Let a client in."""
        if not self.is_up:
            link.send_back(lambda: answer(ConnectionRefusedError("nobody listens")))
            return
        self._last_pid += 1
        link.session = Session(self, link, self._last_pid, settings)
        self.sessions.append(link.session)
        link.send_back(lambda: answer(None))

    def schedule(self, due_in: float, *, silently: bool = False) -> Thing:
        """Have something fall due: told, or (as a restored dump) not."""
        thing = Thing(self.clock + due_in)
        self.things.append(thing)
        if not silently:
            self._tell(_EDITOR)
        return thing

    def stop(self) -> None:
        """End every session, and listen no more."""
        self.is_up = False
        for session in [*self.sessions]:
            session.end("stopped")

    def forget(self, session: Session) -> None:
        """A session has ended: whoever waits for its lock has it."""
        self.sessions.remove(session)
        self._queue = [(waiting, have) for waiting, have in self._queue if waiting is not session]
        if self.holder is session:
            self.holder = None
            self._grant()

    def run(self, session: Session, sql: str, arguments: tuple[Any, ...], reply: Callable[[Reply], None]) -> None:
        """Carry a statement out, and reply when it is."""
        if "chaishots_campaign" in sql:
            self._wait_for_lock(session, arguments[1] / 1000, reply)
            return
        seconds = self.world.chance.uniform(*_STATEMENT_SECONDS)
        if "chaishots_publish_due" in sql:
            self._publish(session, seconds * self.slowness, arguments, reply)
            return
        self.world.after(seconds, lambda: reply(self._value(session, sql, arguments)))

    def _value(self, session: Session, sql: str, arguments: tuple[Any, ...]) -> Reply:
        if "pg_backend_pid() = " in sql:
            return "SELECT 1"
        if "pg_advisory_lock_shared" in sql:
            return {"lock": arguments[0], "is_read_only": False, "is_in_recovery": False}
        if "set_config('application_name'" in sql:
            session.name = arguments[0]
            session.link.send_back(lambda: session.link.take_name(arguments[0]))
        elif "set_config('statement_timeout'" in sql:
            session.statement_s = arguments[0] / 1000
            return {"statement_timeout": f"{arguments[0]}ms", "lock_timeout": f"{arguments[1]}ms"}
        elif sql == "listen":
            session.listen()
        elif sql == "select extract(epoch from clock_timestamp())::float8":
            return self.clock
        elif "silent as materialized" in sql:
            return self._end_silent()
        elif "chaishots_number_changes" in sql:
            return {"is_held": False, "is_full": False, "head": 1}
        elif "select exists (select from lesson" in sql:
            return any(self._due())
        return [] if "chaishots_" in sql else None

    def _wait_for_lock(self, session: Session, seconds: float, reply: Callable[[Reply], None]) -> None:
        is_over = False

        def have() -> None:
            nonlocal is_over
            is_over, self.holder = True, session
            self.world.after(0.0001, lambda: reply(_GRANTED))

        def give_up() -> None:
            if not is_over:
                self._queue = [(waiting, have) for waiting, have in self._queue if waiting is not session]
                reply(not _GRANTED)

        self._queue.append((session, have))
        self._grant()
        self.world.after(seconds, give_up)

    def _grant(self) -> None:
        if self.holder is None and self._queue:
            _, have = self._queue.pop(0)
            have()

    def _publish(
        self, session: Session, seconds: float, arguments: tuple[Any, ...], reply: Callable[[Reply], None]
    ) -> None:
        """One transaction: what is due, and not locked by another, is locked now, and public when it commits."""
        actor, limit = arguments
        began_at = self.clock
        mine = [thing for thing in self._due() if not thing.is_locked][:limit]
        is_held = any(thing.is_locked for thing in self._due())
        for thing in mine:
            thing.is_locked = True

        def commit() -> None:
            for thing in mine:
                thing.is_locked = False
            if session.ended_by is not None:
                return
            if session.statement_s and seconds > session.statement_s:
                reply(asyncpg.QueryCanceledError("canceling statement due to statement timeout"))
                return
            for thing in mine:
                thing.is_waiting = False
                thing.publishes.append((self.world.now, actor, session.leads))
            if mine:
                self._tell(session.pid)
            lines = self._lines(mine, began_at, is_full=bool(limit) and len(mine) == limit, is_held=is_held)
            # What is committed while this is written to the disk is in no line; it is told with the reply.
            self.world.after(self.world.chance.uniform(*_STATEMENT_SECONDS), lambda: reply(lines))

        self.world.after(min(seconds, session.statement_s or seconds), commit)

    def _lines(self, done: list[Thing], began_at: float, *, is_full: bool, is_held: bool) -> list[dict[str, Any]]:
        # What is scheduled after the statement began it does not see: it is told of, as of every change.
        to_come = [thing.due_at for thing in self.things if thing.is_waiting and thing.due_at > began_at]
        facts = {
            "is_full": is_full,
            "is_held": is_held,
            "are_noted": True,
            "took_s": self.clock - began_at,
            "seconds_to_next": min(to_come) - self.clock if to_come else None,
        }
        lines = [
            {
                "what": "published",
                "id": UUID(int=1),
                "title": "A thing",
                "moment": _moment(thing.due_at),
                "version": 1,
                "facts": None,
            }
            for thing in done
        ]
        return [*lines, {"what": "next", "moment": _moment(self.clock), "facts": json.dumps(facts)}]

    def _end_silent(self) -> float | None:
        left: list[float] = []
        for session in [one for one in self.sessions if one.is_half]:
            most_s = (session.idle_s or 60.0) + _GRACE_SECONDS
            silent_s = self.world.now - session.since
            if silent_s >= most_s:
                session.end("silent")
            else:
                left.append(most_s - silent_s)
        return min(left, default=None)

    def _due(self) -> list[Thing]:
        return [thing for thing in self.things if thing.is_waiting and thing.due_at <= self.clock]

    def _tell(self, pid: int) -> None:
        for session in self.sessions:
            session.note(pid, _NOTE)


def _seconds(setting: str) -> float:
    if setting.endswith("ms"):
        return float(setting[:-2]) / 1000
    return float(setting.removesuffix("s"))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
