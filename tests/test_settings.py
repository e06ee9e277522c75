"""The environment as settings: what is accepted, and the one line that a bad value gets."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

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
        ("DATABASE_URL", " postgresql://db/chai", "Postgres URL"),
        ("DATABASE_URL", "postgresql+asyncpg://db/chai", "Postgres URL"),
        ("DATABASE_URL", "postgresql://me:p@ss@db/chai", "%40"),
        ("DATABASE_URL", "postgresql://db..example.com/chai", "what stands for a host"),
        ("DATABASE_URL", "postgresql://db,,other/chai", "what stands for a host"),
        ("DATABASE_URL", f"postgresql:///chai?host={'a' * 64}.example.com", "what stands for a host"),
        ("DATABASE_URL", "postgresql://db/chai?sslmode=verify-ca&sslrootcert=/no/such", "sslrootcert"),
        ("DATABASE_URL", "postgresql://db/chai?sslmode=require&sslrootcert=system", "sslmode=verify-full"),
        ("DATABASE_URL", "postgresql://db/chai?channel_binding=require", "leave channel_binding out"),
        ("CHAISHOTS_CACHE_BYTES", "64MB", "bytes from 0"),
        ("CHAISHOTS_CORS_ORIGINS", "*", "no *"),
        ("CHAISHOTS_CORS_ORIGINS", "null", "no *"),
        ("CHAISHOTS_CORS_ORIGINS", "https://a.example.com/editors", "origins"),
        ("CHAISHOTS_CORS_ORIGINS", "https://a.example.com https://b.example.com", "separated by commas"),
        ("CHAISHOTS_SIGN_URLS", "media.example.com secretkey", "host, seconds"),
        ("CHAISHOTS_SIGN_URLS", "media.example.com 59 secretkey", "60 to 604800"),
        ("CHAISHOTS_SIGN_URLS", "https://media.example.com 3600 secretkey", "host, seconds"),
        ("CHAISHOTS_SIGN_URLS", "media.example.com 3600 short", "key"),
        ("CHAISHOTS_ADMIN_TOKEN", "secretkey", "made at random"),
        ("CHAISHOTS_ADMIN_TOKEN", "chai_" + "secretkey-" * 4, "made at random"),
        ("CHAISHOTS_ADMIN_TOKEN", "chai_secretkey-0123456789abcdefghijklmnopqr\n", "openssl rand -hex 32"),
        ("CHAISHOTS_ADMIN_TOKEN", "chai_secretkey-0123456789abcdefghijklmnopqrస్త్", "digits, _ and -"),
        ("CHAISHOTS_OPERATOR", " ", "1 to 64 characters"),
        ("CHAISHOTS_OPERATOR", "a" * 65, "1 to 64 characters"),
        ("CHAISHOTS_OPERATOR", "asha\nravi", "on one line"),
        ("CHAISHOTS_OPERATOR", "asha\x1b[2J", "on one line"),
        ("CHAISHOTS_OPERATOR", "a\u202esha", "on one line"),
        ("CHAISHOTS_OPERATOR", "\u3164", "1 to 64 characters"),
        ("CHAISHOTS_OPERATOR", "as\udcffha", "on one line"),
        ("CHAISHOTS_DATA_DIR", "~nobody-of-this-name/x", "nobody is called"),
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
    assert "secretkey" not in line


def test_what_a_url_tells_libpq_alone_does_not_go_to_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://db/chai?connect_timeout=10&sslmode=require&channel_binding=prefer&keepalives=1&options=-cx%3Dy"
    monkeypatch.setenv("DATABASE_URL", url)
    assert read_settings().database_url == "postgresql://db/chai?sslmode=require&options=-cx%3Dy"
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/chai?connect_timeout=10")
    assert read_settings().database_url == "postgresql://db/chai"


def test_the_systems_own_authorities_are_asked_where_the_url_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authorities = tmp_path / "its authorities.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://me@db/chai?options=-cx%3Dy&sslrootcert=system")
    with pytest.raises(BadSetting, match="install ca-certificates"):
        read_settings()
    authorities.touch()
    url = read_settings().database_url
    assert url is not None
    assert parse_qs(urlsplit(url).query) == {
        "options": ["-cx=y"],
        "sslmode": ["verify-full"],
        "sslrootcert": [str(authorities)],
    }


@pytest.mark.parametrize("url", ["mysql://me:secret@localhost/x", "postgresql://me:secret/s@db/x"])
def test_a_database_url_that_cannot_be_used_is_not_repeated_for_it_may_hold_a_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(BadSetting) as refused:
        read_settings()
    assert "secret" not in str(refused.value)


def test_the_replicas_name_fits_into_the_name_of_a_connection() -> None:
    assert len(f"chaishots:{read_settings().replica}:publisher") <= 63


def test_origins_are_read_as_browsers_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "CHAISHOTS_CORS_ORIGINS", "https://Editors.example.com/, capacitor://localhost,http://[::1]:5173"
    )
    assert read_settings().cors_origins == ["https://editors.example.com", "capacitor://localhost", "http://[::1]:5173"]


def test_the_operator_may_be_called_anything_that_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, kept in ((" ఆశా రావు ", "ఆశా రావు"), ("क्‍ष", "क्‍ष"), ("Jose\u0301", "Jos\xe9"), ("asha 🫖", "asha 🫖")):
        monkeypatch.setenv("CHAISHOTS_OPERATOR", given)
        assert read_settings().operator == kept


def test_the_teams_zone_is_one_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAISHOTS_ZONE", "asia/kolkata")
    assert read_settings().zone == "Asia/Kolkata"
    monkeypatch.setenv("CHAISHOTS_ZONE", "IST")
    with pytest.raises(BadSetting, match="CHAISHOTS_ZONE 'IST' cannot be used: it accepts the team's time zone"):
        read_settings()


def test_a_secret_is_not_shown_where_settings_are(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "chai_0123456789abcdef0123456789abcdef"
    monkeypatch.setenv("CHAISHOTS_ADMIN_TOKEN", secret)
    assert read_settings().admin_token == secret
    assert secret not in repr(read_settings())
