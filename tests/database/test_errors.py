"""What is told of an error says what happened: who was never reached is told apart from who was lost."""

import socket
import ssl

import asyncpg
import pytest

from chaishots.database.connection import Connection, session
from chaishots.database.errors import Kind, trouble_of, trouble_of_state
from tests.conftest import Database

BROKE_OFF = "The session with the database broke off ("
NOT_REACHED = "The database was not reached ("


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
        asyncpg.ProtocolError("unexpected message"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        ConnectionResetError(104, "Connection reset by peer"),
        BrokenPipeError(32, "Broken pipe"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_connection_that_was_had_and_lost_is_told_as_broken_off(error: Exception) -> None:
    told = trouble_of(error)
    assert (told.kind, told.passes) == (Kind.AWAY, True)
    assert told.text.startswith(BROKE_OFF)
    assert "log" in told.action


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.TargetServerAttributeNotMatched("None of the hosts match the target attribute requirement"),
        ConnectionRefusedError(111, "Connection refused"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_one_that_was_never_had_is_told_as_not_reached(error: Exception) -> None:
    told = trouble_of(error)
    assert (told.kind, told.passes) == (Kind.AWAY, True)
    assert told.text.startswith(NOT_REACHED)


@pytest.mark.parametrize("sqlstate", ["57P01", "57P05", "25P03"])
def test_a_session_that_postgres_ended_is_told_by_its_code_alone(sqlstate: str) -> None:
    assert trouble_of_state(sqlstate).text == f"{BROKE_OFF}SQLSTATE {sqlstate})."


async def test_a_session_that_somebody_ended_is_told_as_broken_off(fresh_database: Database, sql: Connection) -> None:
    async with session(fresh_database.dsn, application_name="tests") as connection:
        await sql.execute("select pg_terminate_backend($1, 10000)", connection.get_server_pid())
        with pytest.raises(Exception) as ended:  # noqa: PT011  # which of asyncpg's classes it is, the moment decides
            await connection.execute("select 1")
    assert trouble_of(ended.value).kind is Kind.AWAY
    assert NOT_REACHED not in trouble_of(ended.value).text


def _of_certificate(number: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = number
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (_of_certificate(10), "Renew the certificate"),
        (_of_certificate(62), "sslmode=verify-ca"),
        (_of_certificate(20), "sslrootcert=FILE"),
        (_of_certificate(3), "sslmode and sslrootcert"),
        (ssl.SSLError(1, "wrong version number"), "takes no TLS"),
        (socket.gaierror(-2, "Name or service not known"), "DNS"),
        (ConnectionRefusedError(111, "Connection refused"), "its own log"),
        (TimeoutError(), "does not hang"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_way_to_postgres_is_told_with_what_mends_it(error: Exception, told: str) -> None:
    assert told in trouble_of(error).action
