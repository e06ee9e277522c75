"""Which errors tell of a database that is away, and who asks it then."""

import pytest

from chaishots.api.delivery.circuit_breaker import RETRY_SECONDS, CircuitBreaker, tells_of_outage
from chaishots.database.errors import DatabaseAway, DatabaseBusy, trouble_of


def _late(error: Exception) -> Exception:
    error.__cause__ = TimeoutError()
    return error


@pytest.mark.parametrize(
    ("error", "is_cut_off", "expected"),
    [
        pytest.param(DatabaseAway("no route"), False, True, id="not reached"),
        pytest.param(ConnectionRefusedError(), False, True, id="refused, as it was raised"),
        pytest.param(_late(DatabaseAway("no answer in time")), False, False, id="late, while Postgres replies"),
        pytest.param(_late(DatabaseAway("no answer in time")), True, True, id="late, and Postgres does not reply"),
        pytest.param(DatabaseBusy(trouble_of(OSError())), True, False, id="somebody has locked what was asked for"),
        pytest.param(ValueError("ours"), True, False, id="no error of the database"),
    ],
)
def test_an_outage_is_what_all_who_ask_would_meet(error: Exception, is_cut_off: bool, expected: bool) -> None:
    assert tells_of_outage(error, is_cut_off=is_cut_off) is expected


def test_while_it_is_open_one_in_a_while_asks() -> None:
    breaker = CircuitBreaker()
    assert breaker.may_ask(10)
    breaker.open(10)
    assert not breaker.may_ask(10 + RETRY_SECONDS / 2)
    assert breaker.may_ask(10 + RETRY_SECONDS)
    assert not breaker.may_ask(10 + RETRY_SECONDS)
    breaker.close()
    assert breaker.may_ask(10 + RETRY_SECONDS)
