"""What the URL of a Postgres may say: hosts, ports and files that can be there, in words that asyncpg takes."""

import os
import re
import ssl
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_POSTGRES_URL: Final = re.compile(r"postgres(ql)?://[^\s\x00]+")
_FILES: Final = frozenset({"sslrootcert", "sslcert", "sslkey", "sslcrl"})
_LIBPQS_ALONE: Final = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "fallback_application_name",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "load_balance_hosts",
    "sslcompression",
    "sslsni",
    "tcp_user_timeout",
]
"""What a URL may tell libpq about connecting, and asyncpg has no name for; we have our own times and names."""
_SYSTEMS_AUTHORITIES: Final = ("sslrootcert", "system")
_LABEL_LENGTH: Final = 63


class BecauseError(ValueError):
    """Why a value cannot be used, in words that may be shown: others quote it, and with it a password."""


def prepare_for_asyncpg(url: str) -> str:
    """The URL in words of asyncpg's, without what libpq alone takes.

    Raises: ValueError for one that no Postgres can be found by.
    """
    if not _POSTGRES_URL.fullmatch(url):
        raise ValueError
    _refuse_unreadable(url)
    return _with_the_systems_authorities(_without_what_is_libpqs_alone(url))


def _refuse_unreadable(url: str) -> None:
    """Raises ValueError for a URL that no Postgres can be found by: its ports, its brackets, its escapes, its files."""
    parts = urlsplit(url)
    if parts.netloc.count("@") > 1:
        raise BecauseError("an @ in the password has to be written %40")
    hosts = parts.netloc.rpartition("@")[2].split(",")
    named = [host for name, value in parse_qsl(parts.query) if name == "host" for host in value.split(",")]
    for host in hosts if hosts != [""] else named:
        if not _may_be_host(unquote(host)):
            raise BecauseError("what stands for a host in it can be none")
    for host in hosts:
        if (port := urlsplit(f"//{host}").port) is not None and port == 0:
            raise ValueError
    if "\0" in unquote(url, errors="strict") or re.search(r"%(?![0-9A-Fa-f]{2})", url):
        raise ValueError
    for name, value in parse_qsl(parts.query):
        if name in _FILES and (name, value) != _SYSTEMS_AUTHORITIES and not os.access(value, os.R_OK):
            raise BecauseError(f"the file that {name} names cannot be read")
        if (name, value) == ("channel_binding", "require"):
            raise BecauseError("leave channel_binding out, the driver has none; sslmode=verify-full says more")


def _may_be_host(text: str) -> bool:
    """Whether a name server could be asked for it, or it is a socket's folder or an address."""
    if text.startswith(("/", "[")):
        return True
    name = text.partition(":")[0].removesuffix(".")
    try:
        return all(0 < len(label.encode("idna")) <= _LABEL_LENGTH for label in name.split("."))
    except UnicodeError:
        return False


def _without_what_is_libpqs_alone(url: str) -> str:
    # asyncpg would have Postgres itself set it, which refuses that.
    before, mark, query = url.partition("?")
    kept = [one for one in query.split("&") if one.partition("=")[0] not in _LIBPQS_ALONE]
    return before + mark * bool(kept) + "&".join(kept)


def _with_the_systems_authorities(url: str) -> str:
    """The URL with the system's file of authorities where it says sslrootcert=system, which libpq knows since 16.

    As libpq does, it then asks for nothing less than verify-full: anybody can get a certificate of such an authority.
    """
    before, _, query = url.partition("?")
    parts = query.split("&")
    if _SYSTEMS_AUTHORITIES not in parse_qsl(query):
        return url
    modes = {value for name, value in parse_qsl(query) if name == "sslmode"}
    if modes - {"verify-full"}:
        raise BecauseError("sslrootcert=system goes with sslmode=verify-full alone")
    if not (file := ssl.get_default_verify_paths().cafile):
        raise BecauseError(
            "this system has no file of authorities: install ca-certificates, or name a file as sslrootcert"
        )
    kept = [part for part in parts if not part.startswith(("sslrootcert=", "sslmode="))]
    return f"{before}?" + "&".join([*kept, "sslmode=verify-full", f"sslrootcert={quote(file)}"])
