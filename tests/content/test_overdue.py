"""From when on something is overdue."""

from datetime import UTC, datetime, timedelta

import pytest

from chaishots.content.overdue import OVERDUE_AFTER_SECONDS, is_overdue

NOW = datetime(2030, 1, 31, 9, tzinfo=UTC)
LIMIT = timedelta(seconds=OVERDUE_AFTER_SECONDS)


@pytest.mark.parametrize(
    ("late_by", "overdue"),
    [
        pytest.param(-LIMIT, False, id="yet to come"),
        pytest.param(timedelta(0), False, id="due now"),
        pytest.param(LIMIT, False, id="as late as may be"),
        pytest.param(LIMIT + timedelta(microseconds=1), True, id="later"),
    ],
)
def test_what_is_later_than_may_be_is_overdue(late_by: timedelta, overdue: bool) -> None:
    assert is_overdue(NOW - late_by, NOW) is overdue
