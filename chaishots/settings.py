"""Settings, read from the environment once, at the start. The one list of what can be set, its bounds and defaults."""

import os
import re
import socket
import unicodedata
from collections.abc import Mapping
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from chaishots.postgres_url import BecauseError, prepare_for_asyncpg
from chaishots.safe_text import is_safe
from chaishots.zones import canonical

_PUBLIC_URL: Final = re.compile(r"(?i:https?)://(?i:[a-z0-9._-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?/?")
_ORIGIN: Final = re.compile(r"(?i:[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?/?)")
_ADMIN_TOKEN: Final = re.compile(r"chai_([A-Za-z0-9_-]{32,95})")
_DIFFERENT_CHARACTERS: Final = 10
_SIGN_URLS: Final = re.compile(r"(?i:[a-z0-9.-]+) ([1-9][0-9]{1,5}) [\x21-\x7e]{8,200}")
_STORE: Final = re.compile(r"((s3|gs|az)://[A-Za-z0-9._-]+|file://)(/[^\x00]*)?|(?![a-zA-Z][a-zA-Z0-9+.-]*://)[^\x00]+")
# Postgres cuts application_name at 63 bytes, and `chaishots:<replica>:publisher` has to fit.
_REPLICA_LENGTH: Final = 40
_OPERATOR_LENGTH: Final = 64
_PREFIX: Final = "CHAISHOTS_"
# What Kubernetes puts into the environment of each pod beside a service of this name.
_OF_KUBERNETES: Final = re.compile(r"CHAISHOTS_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)")
_NEAR: Final = 0.75
# Letters by their category, and nothing to see.
_FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0")


class BadSetting(Exception):
    """A variable of the environment has a value that cannot be used; the text names it and what it accepts."""


class Settings(BaseSettings):
    """Every setting; a field's alias is the variable's name, its description what the variable accepts."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    database_url: str | None = Field(
        default=None,
        alias="DATABASE_URL",
        description="a Postgres URL such as postgresql://user:password@host:5432/name, or nothing for an embedded one",
    )
    direct_database_url: str | None = Field(
        default=None,
        alias="CHAISHOTS_DIRECT_DATABASE_URL",
        description="the Postgres URL past the pooler, when DATABASE_URL goes through a transaction pooler",
    )
    data_dir: Path = Field(
        default=Path(".chaishots"),
        alias="CHAISHOTS_DATA_DIR",
        description="a folder for the embedded Postgres, pictures and the terminal view's logs, made when missing",
    )
    host: Annotated[str, StringConstraints(min_length=1, pattern=r"^[A-Za-z0-9.:_-]+$")] = Field(
        default="127.0.0.1", alias="CHAISHOTS_HOST", description="an address or host name to listen on"
    )
    port: int = Field(default=8000, ge=1, le=65535, alias="PORT", description="a whole number from 1 to 65535")
    lease_seconds: float = Field(
        default=5,
        ge=1,
        le=3600,
        alias="CHAISHOTS_LEASE_SECONDS",
        description="seconds from 1 to 3600: how long a leader that hangs keeps the lead",
    )
    poll_seconds: float = Field(
        default=60,
        ge=1,
        le=3600,
        alias="CHAISHOTS_POLL_SECONDS",
        description="seconds from 1 to 3600: the longest the leader sleeps without looking",
    )
    cache_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=0,
        le=2**40,
        alias="CHAISHOTS_CACHE_BYTES",
        description="bytes from 0 to 1099511627776: the most that rendered answers may take in memory; 0 keeps none",
    )
    cache_max_age: int = Field(
        default=10,
        ge=0,
        le=86400,
        alias="CHAISHOTS_CACHE_MAX_AGE",
        description="whole seconds from 0 to 86400: the longest that caches downstream may show what was taken down",
    )
    stale_if_error: int = Field(
        default=60,
        ge=0,
        le=86400,
        alias="CHAISHOTS_STALE_IF_ERROR",
        description="whole seconds from 0 to 86400: how long the catalog is served on while the database is away",
    )
    feed_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        alias="CHAISHOTS_FEED_DAYS",
        description="whole days from 1 to 3650: how long the feed tells what went away, and its cursors are good",
    )
    activity_days: int | None = Field(
        default=None,
        ge=1,
        le=36500,
        alias="CHAISHOTS_ACTIVITY_DAYS",
        description="whole days from 1 to 36500: how long the history is kept; nothing keeps it for ever",
    )
    webhooks_http: bool = Field(
        default=False,
        alias="CHAISHOTS_WEBHOOKS_HTTP",
        description="true or false: whether webhooks may lead to http:// too",
    )
    webhooks_networks: str | None = Field(
        default=None,
        alias="CHAISHOTS_WEBHOOKS_NETWORKS",
        description="networks that are not public and webhooks may lead to, such as 10.1.0.0/16, separated by commas",
    )
    public_url: str | None = Field(
        default=None,
        alias="CHAISHOTS_PUBLIC_URL",
        description="where readers find us, such as https://catalog.example.com, or nothing: as each request came",
    )
    named_cors_origins: str | None = Field(
        default=None,
        alias="CHAISHOTS_CORS_ORIGINS",
        description="origins whose pages may use /cms, such as https://editors.example.com, separated by commas; no *",
    )
    sign_urls: str | None = Field(
        default=None,
        alias="CHAISHOTS_SIGN_URLS",
        description="a CDN's host, seconds from 60 to 604800 and its key, such as 'media.example.com 3600 KEY'",
    )
    admin_token: str | None = Field(
        default=None,
        alias="CHAISHOTS_ADMIN_TOKEN",
        description="chai_ and 32 to 95 letters, digits, _ and - made at random: echo chai_$(openssl rand -hex 32)",
        repr=False,
    )
    pictures_url: str | None = Field(
        default=None,
        alias="CHAISHOTS_PICTURES_URL",
        description="where pictures are kept, by all replicas: a folder, or s3://bucket, gs://bucket, az://account/container",
    )
    operator: str | None = Field(
        default=None,
        alias="CHAISHOTS_OPERATOR",
        description="who acts at this terminal, a name of 1 to 64 characters on one line, or nothing: the login's",
    )
    zone: str | None = Field(
        default=None,
        alias="CHAISHOTS_ZONE",
        description="the team's time zone, such as Asia/Kolkata, or nothing: the machine's own",
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto",
        alias="CHAISHOTS_LOG_FORMAT",
        description="auto, json or console; auto is console on a terminal, json elsewhere",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", alias="CHAISHOTS_LOG_LEVEL", description="debug, info, warning or error"
    )

    @field_validator("log_format", "log_level", mode="before")
    @classmethod
    def _in_small_letters(cls, value: Any) -> Any:  # Any: pydantic hands over whatever was given
        return value.lower() if isinstance(value, str) else value

    @field_validator("database_url", "direct_database_url")
    @classmethod
    def _names_a_postgres(cls, value: str | None) -> str | None:
        return None if value is None else prepare_for_asyncpg(value)

    @field_validator("data_dir")
    @classmethod
    def _has_a_home(cls, value: Path) -> Path:
        try:
            return value.expanduser()
        except RuntimeError:
            raise BecauseError(f"nobody is called {value.parts[0]}") from None

    @field_validator("public_url")
    @classmethod
    def _names_a_host(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if not _PUBLIC_URL.fullmatch(value) or parts.port == 0:
            raise ValueError
        return value.rstrip("/").lower()

    @field_validator("named_cors_origins")
    @classmethod
    def _names_origins(cls, value: str | None) -> str | None:
        for origin in _listed(value):
            if not _ORIGIN.fullmatch(origin):
                raise ValueError
        return value

    @field_validator("webhooks_networks")
    @classmethod
    def _names_networks(cls, value: str | None) -> str | None:
        for network in _listed(value):
            ip_network(network)
        return value

    @field_validator("sign_urls")
    @classmethod
    def _names_a_host_seconds_and_a_key(cls, value: str | None) -> str | None:
        if value is not None:
            named = _SIGN_URLS.fullmatch(value)
            if not named or not 60 <= int(named[1]) <= 604_800:
                raise ValueError
        return value

    @field_validator("admin_token")
    @classmethod
    def _is_made_at_random(cls, value: str | None) -> str | None:
        if value is not None:
            named = _ADMIN_TOKEN.fullmatch(value)
            # Not a measure of chance: it keeps out what somebody typed, such as change-me-change-me.
            if not named or len(set(named[1])) < _DIFFERENT_CHARACTERS:
                raise ValueError
        return value

    @field_validator("operator")
    @classmethod
    def _names_somebody(cls, value: str | None) -> str | None:
        if value is None:
            return None
        name = unicodedata.normalize("NFC", value.strip(" "))
        if len(name) > _OPERATOR_LENGTH or not is_safe(name) or not _has_letters(name):
            raise ValueError
        return name

    @field_validator("zone")
    @classmethod
    def _names_a_zone(cls, value: str | None) -> str | None:
        return value and canonical(value)

    @field_validator("pictures_url")
    @classmethod
    def _names_a_store(cls, value: str | None) -> str | None:
        if value is not None and not _STORE.fullmatch(value):
            raise ValueError
        return value

    @property
    def cors_origins(self) -> list[str]:
        """The origins whose pages may use the CMS, as browsers write them."""
        return [origin.rstrip("/").lower() for origin in _listed(self.named_cors_origins)]

    @cached_property
    def replica(self) -> str:
        """This process's name among the replicas: host name and process id, at most 40 characters."""
        return replica_name(os.getpid())

    @property
    def address(self) -> str:
        """Where it listens, as a URL."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def faces(self) -> dict[str, str]:
        """What there is to look at, and where, for whoever started it."""
        return {"pages": f"{self.address}/", "api": f"{self.address}/catalog/programs", "docs": f"{self.address}/docs"}

    @property
    def postgres_folder(self) -> Path:
        """Where the embedded Postgres keeps its data and its socket."""
        return self.data_dir.absolute() / "postgres"

    @property
    def pictures(self) -> str:
        """Where pictures are kept: a path, or a URL."""
        return self.pictures_url or str(self.data_dir.absolute() / "pictures")

    @property
    def logs_folder(self) -> Path:
        """Where logs go while the operator's terminal is drawn where they would be written."""
        return self.data_dir.absolute() / "logs"


def replica_name(process_id: int) -> str:
    """What a process of this host is called among the replicas."""
    process = f"-{process_id}"
    host = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())
    return host[: _REPLICA_LENGTH - len(process)] + process


def _listed(value: str | None) -> list[str]:
    return [each.strip() for each in (value or "").split(",") if each.strip()]


def _has_letters(name: str) -> bool:
    return any(letter.isalnum() and letter not in _FILLERS for letter in name)


def read_settings(**given: Any) -> Settings:  # Any: options of the command line, checked by pydantic like the rest
    """Read the environment; what the command line gave, by variable name, goes before it.

    Raises: BadSetting with one line that names the first variable that cannot be used.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise BadSetting(_first_line(error)) from None


def set_names(environment: Mapping[str, str]) -> list[str]:
    """Which settings the environment has."""
    return [name for field in Settings.model_fields.values() if environment.get(name := str(field.alias))]


def unknown_names(environment: Mapping[str, str]) -> dict[str, str | None]:
    """The names that begin as ours do and that nobody reads, each with the setting that may be meant."""
    known = {str(field.alias) for field in Settings.model_fields.values()}
    return {
        name: _nearest(name, known)
        for name in sorted(environment)
        if name.startswith(_PREFIX) and name not in known and not _OF_KUBERNETES.fullmatch(name) and environment[name]
    }


def _nearest(name: str, known: set[str]) -> str | None:
    import difflib  # most have none to be looked for

    if (short := name.removeprefix(_PREFIX)) in known:
        return short
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=_NEAR)), None)


def _first_line(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    variable = str(first["loc"][0])
    accepted = next(field.description for field in Settings.model_fields.values() if field.alias == variable)
    # It may hold a password or a key, and this line goes to a log.
    value = "" if variable.endswith(("DATABASE_URL", "SIGN_URLS", "ADMIN_TOKEN")) else f" {str(first['input'])[:80]!r}"
    error_met = first.get("ctx", {}).get("error")
    why = str(error_met) if isinstance(error_met, BecauseError) else ""
    return f"{variable}{value} cannot be used{f' ({why})' if why else ''}: it accepts {accepted}."
