"""What an error of Postgres, or of the way to it, means, and what to do about it.

Total: there is no list of errors that are survived. Whatever is raised has a kind, a sentence and a next step, and the
kind alone decides what a part or a request does about it. Knows SQLSTATEs (appendix A of PostgreSQL's documentation)
and asyncpg's classes.
"""

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, Final, TypeVar

import asyncpg

T = TypeVar("T")


class Kind(StrEnum):
    """What is the matter, as programs and metrics are told.

    away: Postgres is not reached, or the connection was lost. login: it is reached, and lets nobody in with these
    credentials. crossed: another transaction was in the way, and the same again may succeed. slow: a time limit of the
    statement was reached. read_only, disk_full, permission, schema: Postgres answers, and refuses what was asked, above
    all writes, until somebody mends that. rule: a rule of the database (a constraint, a trigger) refuses these values.
    other: the rest.
    """

    AWAY = "away"
    LOGIN = "login"
    CROSSED = "crossed"
    SLOW = "slow"
    READ_ONLY = "read_only"
    DISK_FULL = "disk_full"
    PERMISSION = "permission"
    SCHEMA = "schema"
    RULE = "rule"
    OTHER = "other"


@dataclass(frozen=True)
class Trouble:
    """An error, explained.

    sqlstate: Postgres' code; None when the error came from the way to it.
    reason: the error's own words, in one line. text: a sentence for people. action: what to do about it.
    passes: waiting may mend it, as while Postgres starts; nothing that a person has to set right.
    """

    kind: Kind
    sqlstate: str | None
    reason: str
    text: str
    action: str
    passes: bool = False

    def __str__(self) -> str:
        return f"{self.text} {self.action}"

    @property
    def of_writes(self) -> str:
        """The sentence, as it is told of what writes: the publisher above all."""
        return self.text.replace("refuses it", "refuses writes", 1)


class DatabaseTrouble(Exception):
    """Postgres could not do what was asked. Unless the connection was lost in the commit, nothing was written."""

    def __init__(self, trouble: "Trouble | str") -> None:
        if isinstance(trouble, str):
            trouble = Trouble(self.default, None, trouble, trouble, _ACTIONS[self.default])
        super().__init__(trouble.text)
        self.trouble = trouble

    default: ClassVar[Kind] = Kind.OTHER


class DatabaseAway(DatabaseTrouble):
    """Postgres was not reached, or the connection to it was lost; what was asked may be asked again."""

    default = Kind.AWAY


class DatabaseBusy(DatabaseTrouble):
    """Another transaction was in the way, or a time limit was reached; what was asked may be asked again."""

    default = Kind.CROSSED


class Overloaded(DatabaseBusy):
    """We have more to do than we can at this moment, whatever Postgres does; what was asked may be asked again."""

    default = Kind.SLOW


class DatabaseRefuses(DatabaseTrouble):
    """Postgres answers, and refuses what was asked, until somebody mends what its trouble names."""

    default = Kind.OTHER


# By the longest beginning of the SQLSTATE that stands here; what stands nowhere is OTHER.
_KINDS: Final[dict[str, Kind]] = {
    "08": Kind.AWAY,
    "22": Kind.RULE,
    "23": Kind.RULE,
    "25006": Kind.READ_ONLY,
    "25P03": Kind.AWAY,
    "25P04": Kind.AWAY,
    "28": Kind.LOGIN,
    "3D": Kind.LOGIN,
    "3F": Kind.SCHEMA,
    "40": Kind.CROSSED,
    "42": Kind.SCHEMA,
    "42501": Kind.PERMISSION,
    "44": Kind.RULE,
    "53100": Kind.DISK_FULL,
    "53300": Kind.AWAY,
    "55P03": Kind.CROSSED,
    "57014": Kind.SLOW,
    "57P": Kind.AWAY,
    "P0": Kind.RULE,
}
# What Postgres has beside the classes of the SQL standard, which begin with 0 to 4 (its documentation's appendix A).
_OWN_CLASSES: Final = frozenset({"", "53", "54", "55", "57", "58", "72", "F0", "HV", "P0", "XX"})
_CAUSES: Final[dict[Kind, str]] = {
    Kind.READ_ONLY: "read-only",
    Kind.DISK_FULL: "its disk is full",
    Kind.PERMISSION: "permission is missing",
    Kind.SCHEMA: "its schema is not the one that this version needs",
}
_TLS: Final = (
    "If a Postgres listens there, either it takes no TLS (then set sslmode=disable in DATABASE_URL), or its "
    "certificate is not the one that sslmode and sslrootcert ask for."
)
_RENEW: Final = (
    "Renew the certificate of that Postgres, and have it read (as a superuser, by its socket or in a session that is "
    "still there: select pg_reload_conf()); or see that the clock of this host is right."
)
_NAME_AS_CERTIFIED: Final = (
    "Name the host in DATABASE_URL as its certificate does, or have a certificate made for this name; "
    "sslmode=verify-ca asks for no name."
)
_NAME_ISSUER: Final = (
    "Name the certificate of who issued that of Postgres in DATABASE_URL (sslrootcert=FILE); or see that it is your "
    "Postgres that is met there."
)
# OpenSSL's numbers (x509_vfy.h): not yet valid, expired; another host's or address'; of an issuer that is unknown.
_OF_CERTIFICATE: Final = {
    **dict.fromkeys((9, 10), _RENEW),
    **dict.fromkeys((62, 64), _NAME_AS_CERTIFIED),
    **dict.fromkeys((2, 18, 19, 20, 21), _NAME_ISSUER),
}
_NO_SUCH_HOST: Final = "Check the host in DATABASE_URL, and that its name is found from here (DNS)."
_NOBODY_LISTENS: Final = (
    "Check host and port in DATABASE_URL, and that Postgres runs there: the end of its own log says why it does not."
)
_NO_PRIMARY: Final = (
    "See that one of its hosts is a primary (select pg_is_in_recovery()) and not read-only by its settings "
    "(show default_transaction_read_only), or name that one there, too."
)
_SILENT: Final = (
    "Check host and port in DATABASE_URL, that a Postgres listens there and does not hang (its disk, its processes), "
    "and that no firewall lies in between. If `chaishots status` reaches it, that tells what Postgres waits for."
)
_NOT_LET_IN: Final = (
    "Check the user in DATABASE_URL, and that pg_hba.conf lets it in from here: one that takes encrypted connections "
    "alone needs sslmode=require in DATABASE_URL."
)
_POOLER: Final = "A pooler stands in between: name Postgres itself in CHAISHOTS_DIRECT_DATABASE_URL."
_POOLERS_WORDS: Final = {
    "startup parameter": _POOLER,
    "no such database": "Name a database in DATABASE_URL that the pooler there has ([databases] in pgbouncer.ini).",
    "no such user": "Check the user in DATABASE_URL, and that the pooler there knows it (auth_file, auth_query).",
    "authentication failed": "Check the user and the password in DATABASE_URL, and those that the pooler there has.",
    "does not exist": "Check that what the pooler there leads to exists, the user and the database in DATABASE_URL.",
}
_NO_LOGIN: Final = "Let it log in (alter role … login), or name another user in DATABASE_URL."
_NO_LOCKS_LEFT: Final = (
    "See which sessions hold most locks (select pid, count(*) from pg_locks group by pid order by 2 desc limit 5) and "
    "end what can go (select pg_terminate_backend(pid)), or raise max_locks_per_transaction and restart Postgres."
)
_UNKNOWN_PARAMETER: Final = "Leave that parameter out of DATABASE_URL: it goes to Postgres as a setting."
_BREAKS_OFF: Final = (
    "Check that Postgres runs, and in its log who or what ended the session; what was asked may be asked again."
)
# Ended by Postgres or by the way to it, once it was had; the other codes of AWAY are of one that lets nobody in.
_BROKEN_OFF: Final = frozenset({"08003", "08006", "25P03", "25P04", "57P01", "57P02", "57P04", "57P05"})
_NO_DATABASE: Final = "Create that database, or name another one in DATABASE_URL."
_NO_CONNECTION_LEFT: Final = (
    "End sessions that nobody needs (as a superuser, who is still let in: select application_name, count(*) from "
    "pg_stat_activity group by 1 order by 2 desc; a replica that still has its own session logs it: database.full), "
    "raise max_connections or the limit of the role or database, or start fewer replicas."
)
# Of what the kind alone would say too little, or the wrong thing: by the longest beginning of the SQLSTATE, too.
_CLOSER_ACTIONS: Final[dict[str, str]] = {
    "28": _NOT_LET_IN,
    "28P01": "Check the user and the password in DATABASE_URL.",
    "3D": _NO_DATABASE,
    "53300": _NO_CONNECTION_LEFT,
}
_ACTIONS: Final[dict[Kind, str]] = {
    Kind.AWAY: "Check DATABASE_URL, and that Postgres runs.",
    Kind.LOGIN: "Check the user, the password and the database in DATABASE_URL.",
    Kind.CROSSED: "Try again.",
    Kind.SLOW: "Try again; if it stays, look in pg_stat_activity for what Postgres waits for.",
    Kind.READ_ONLY: (
        "Name the primary in DATABASE_URL. If it is named: set default_transaction_read_only = off in a session of "
        "your own, and take it off there, where it was set (alter database … reset default_transaction_read_only; "
        "or of the role, or the system); the replicas follow by themselves."
    ),
    Kind.DISK_FULL: "Make room on the disk of Postgres' data.",
    Kind.PERMISSION: "Grant the user in DATABASE_URL what it lacks, best by making it the owner of the tables.",
    Kind.SCHEMA: (
        "To bring it up to date, run `chaishots migrate`; what was taken out by hand, `chaishots migrate --mend` names "
        "and brings back as far as it can."
    ),
    Kind.RULE: "Put right what the rule names.",
    Kind.OTHER: "See Postgres' own log.",
}


def trouble_of(error: BaseException) -> Trouble:
    """What an error means; of whatever kind it is, ours included."""
    error = beneath(error)
    if isinstance(error, DatabaseTrouble):
        return error.trouble
    said = error.strerror if isinstance(error, OSError) and isinstance(error.strerror, str) else str(error)
    reason = " ".join(said.split()) or type(error).__name__
    if isinstance(error, asyncpg.PostgresError):
        sqlstate: str | None = getattr(error, "sqlstate", None)
        return _told(_kind_of(sqlstate or ""), sqlstate, reason)
    return _of_the_way(error, reason) or _told(Kind.OTHER, None, reason)


def trouble_of_state(sqlstate: str, reason: str | None = None) -> Trouble:
    """What an error means of which nothing is known but Postgres' code, and its own words where those are."""
    return _told(_kind_of(sqlstate), sqlstate, reason or f"SQLSTATE {sqlstate}")


def exception_for(error: BaseException) -> DatabaseTrouble | None:
    """What a caller is to be raised for an error met while talking to Postgres.

    None: it is none of Postgres', or a rule that refuses the values, and goes on as it is.
    """
    error = beneath(error)
    if isinstance(error, DatabaseTrouble | asyncpg.exceptions.ClientConfigurationError):
        return None
    if not isinstance(error, OSError | asyncpg.PostgresError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return None
    trouble = trouble_of(error)
    match trouble.kind:
        case Kind.RULE:
            return None
        case Kind.AWAY | Kind.LOGIN:
            return DatabaseAway(trouble)
        case Kind.CROSSED | Kind.SLOW:
            return DatabaseBusy(trouble)
        case _:
            return DatabaseRefuses(trouble)


def beneath(error: BaseException) -> BaseException:
    """Postgres' own error, where Tortoise raises one of its own that carries it; else the error itself."""
    within = error.args[0] if error.args else None
    return within if isinstance(within, asyncpg.PostgresError | OSError) and not isinstance(error, OSError) else error


def _of_the_way(error: BaseException, reason: str) -> Trouble | None:
    # asyncpg has no class for a server that answers the question for TLS with anything but yes.
    is_refused = isinstance(error, ConnectionError) and "rejected SSL upgrade" in reason
    if is_refused or isinstance(error, ssl.SSLError):
        number = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else 0
        return replace(_told(Kind.AWAY, None, reason), action=_OF_CERTIFICATE.get(number, _TLS), passes=False)
    if isinstance(error, TimeoutError):
        return replace(_told(Kind.AWAY, None, "no reply in time"), action=_SILENT, passes=False)
    # InternalClientError: asyncpg lost track of a connection that went at a bad moment, unless it never had one.
    is_unmatched = isinstance(error, asyncpg.TargetServerAttributeNotMatched)
    is_lost_track_of = isinstance(error, asyncpg.InternalClientError) and not is_unmatched
    if isinstance(error, ConnectionResetError | BrokenPipeError) or is_lost_track_of:
        return _broken_off(_told(Kind.AWAY, None, reason))
    if is_unmatched:
        return replace(_told(Kind.AWAY, None, "no host in DATABASE_URL takes writes"), action=_NO_PRIMARY)
    if isinstance(error, socket.gaierror):
        return replace(_told(Kind.AWAY, None, reason), action=_NO_SUCH_HOST)
    if isinstance(error, ConnectionRefusedError):
        return replace(_told(Kind.AWAY, None, reason), action=_NOBODY_LISTENS)
    if isinstance(error, OSError):
        return _told(Kind.AWAY, None, reason)
    if isinstance(error, asyncpg.InterfaceError):
        told = replace(_told(Kind.AWAY, None, reason), passes=False)
        return _broken_off(told) if "closed" in reason else told
    return None


def _broken_off(trouble: Trouble) -> Trouble:
    text = f"The session with the database broke off ({trouble.reason})."
    return replace(trouble, text=text, action=_BREAKS_OFF)


def _kind_of(sqlstate: str) -> Kind:
    # A code of a class that Postgres does not have is raised by somebody's own function.
    is_known = sqlstate[:2] in _OWN_CLASSES or sqlstate[0] in "01234"
    return _by_beginning(_KINDS, sqlstate) or (Kind.OTHER if is_known else Kind.RULE)


def _by_beginning(table: Mapping[str, T], sqlstate: str) -> T | None:
    return next((table[sqlstate[:length]] for length in (5, 3, 2) if sqlstate[:length] in table), None)


def _told(kind: Kind, sqlstate: str | None, reason: str) -> Trouble:
    if kind in _CAUSES:
        text = f"Postgres refuses it: {_CAUSES[kind]} ({reason})."
    elif kind is Kind.LOGIN or sqlstate == "53300":
        text = f"The database lets nobody in ({reason})."
    elif kind is Kind.AWAY:
        text = f"The database was not reached ({reason})."
    elif kind is Kind.CROSSED:
        text = f"Somebody else was changing the same things at this moment ({reason})."
    elif kind is Kind.SLOW:
        text = f"Postgres took too long ({reason})."
    else:
        text = f"Postgres refuses it: {reason.rstrip('.')}."
    action = _by_beginning(_CLOSER_ACTIONS, sqlstate or "") or _ACTIONS[kind]
    if sqlstate == "42704" and "configuration parameter" in reason:
        text = f"The database lets nobody in ({reason})."
        return Trouble(Kind.LOGIN, sqlstate, reason, text, _UNKNOWN_PARAMETER)
    if sqlstate == "28000" and "not permitted to log in" in reason:
        return Trouble(kind, sqlstate, reason, text, _NO_LOGIN)
    if sqlstate == "53200" and "max_locks_per_transaction" in reason:
        return Trouble(kind, sqlstate, reason, text, _NO_LOCKS_LEFT)
    # PgBouncer's words; it has one SQLSTATE for all that it refuses, and for a Postgres that it does not reach.
    if sqlstate == "08P01" and (said := next((part for part in _POOLERS_WORDS if part in reason), None)):
        return Trouble(kind, sqlstate, reason, text, _POOLERS_WORDS[said])
    trouble = Trouble(kind, sqlstate, reason, text, action, passes=kind is Kind.AWAY)
    return _broken_off(trouble) if sqlstate in _BROKEN_OFF else trouble
