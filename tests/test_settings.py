"""The environment as settings: what is accepted, and the one line that a bad value gets."""

import pytest

from chaishots.settings import BadSetting, Settings, read_settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)


def test_nothing_has_to_be_set() -> None:
    settings = read_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.lease_seconds, settings.poll_seconds) == (5, 60)
    assert settings.database_url is None


def test_what_the_command_line_gave_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8001")
    assert read_settings(PORT=8002).port == 8002
    assert read_settings(PORT=None).port == 8001


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert read_settings().database_url is None


@pytest.mark.parametrize(
    ("variable", "value", "accepts"),
    [
        ("PORT", "abc", "1 to 65535"),
        ("PORT", "0", "1 to 65535"),
        ("PORT", "65536", "1 to 65535"),
        ("PORT", "80.5", "1 to 65535"),
        ("CHAISHOTS_LEASE_SECONDS", "0", "1 to 3600"),
        ("CHAISHOTS_LEASE_SECONDS", "nan", "1 to 3600"),
        ("CHAISHOTS_LEASE_SECONDS", "inf", "1 to 3600"),
        ("CHAISHOTS_POLL_SECONDS", "soon", "1 to 3600"),
        ("CHAISHOTS_LOG_FORMAT", "xml", "auto, json or console"),
        ("CHAISHOTS_LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("CHAISHOTS_HOST", "a b", "address or host name"),
        ("DATABASE_URL", "mysql://root@localhost/x", "Postgres URL"),
        ("DATABASE_URL", "postgresql://", "Postgres URL"),
        ("CHAISHOTS_DIRECT_DATABASE_URL", "localhost", "Postgres URL"),
    ],
)
def test_a_bad_value_is_told_in_one_line_that_names_the_variable_and_what_it_accepts(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, accepts: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadSetting) as refused:
        read_settings()
    line = str(refused.value)
    assert line.startswith(variable)
    assert accepts in line
    assert "\n" not in line


def test_a_database_url_that_cannot_be_used_is_not_repeated_for_it_may_hold_a_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://me:secret@localhost/x")
    with pytest.raises(BadSetting) as refused:
        read_settings()
    assert "secret" not in str(refused.value)


def test_the_replicas_name_fits_into_the_name_of_a_connection() -> None:
    assert len(f"chaishots:{read_settings().replica}:publisher") <= 63
