"""URLs of content: http or https, whatever script they are written in, stored in one form of plain ASCII.

So that what is stored can be put into any client's request as it is. The host is stored in lower case, an international
one as its xn-- form (IDNA 2008 after UTS 46), the rest percent-encoded (RFC 3987, 3.1). The database takes the stored
form alone: `chaishots_is_url` says what PATTERN, LENGTH, the lengths of hosts and their numbers say.
"""

import re
import unicodedata
from ipaddress import IPv6Address
from typing import Final

LENGTH: Final = 2_000
"""Characters of a stored URL at most."""
_HOST_LENGTH: Final = 253
_LABEL_LENGTH: Final = 63  # both RFC 1035, 2.3.4
_HIGHEST_PORT: Final = 65_535

PATTERN: Final = (
    r"^https?://([a-z0-9_]+((-+|[.])[a-z0-9_]+)*|\[[0-9a-f:]{2,39}\])"
    r"(:(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
    r"([/?#]([!#-$&-;=?-\[\]-~]|%[0-9A-Fa-f]{2})*)?$"
)
"""The form of a stored URL; how long its parts may be, and that a host of numbers is an address, it does not say."""

_PARTS: Final = re.compile(r"(?i:(https?)://)([^/?#]*)(.*)", re.DOTALL)
_AUTHORITY: Final = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::(.*))?", re.DOTALL)
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_IPV4: Final = re.compile(r"((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])([.]|$)){4}")
_IPV4_END: Final = re.compile(r"[0-9]+([.][0-9]+){3}$")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
# Indic words are spelled with joiners, flags with tags.
_HIDDEN_BUT_SPELLED: Final = re.compile(r"[\u200c\u200d\U000e0020-\U000e007f]")


class BadUrl(ValueError):
    """What is no URL of content; the text says why."""


def stored(url: str) -> str:
    """The URL as it is stored; one that is stored comes back as it is. Raises: BadUrl, with what is wrong with it."""
    _require_readable(url)
    parts = _PARTS.fullmatch(url)
    if parts is None:
        raise BadUrl("Start the URL with http:// or https://.")
    scheme, authority, rest = parts.groups()
    if "@" in authority:
        raise BadUrl("Leave out the user name before the @ of the URL's host.")
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        raise BadUrl("Write an IPv6 address as https://[2001:db8::1]/, and a port after a colon.")
    host, port = found.groups()
    address = f"{scheme.lower()}://{_host(host)}{_port(port)}{_encoded(rest)}"
    if len(address) > LENGTH:
        raise BadUrl(f"Keep the URL within {LENGTH:,} characters; it has {len(address):,} as it is sent.")
    return address


def _require_readable(url: str) -> None:
    for character in url:
        if character in ' "<>\\':
            name = "a space" if character == " " else f"the character {character}"
            raise BadUrl(f"Write %{ord(character):02X} for {name} in the URL.")
        category = unicodedata.category(character)
        # Controls, formats, surrogates, and what separates.
        if category in ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp") and not _HIDDEN_BUT_SPELLED.match(character):
            raise BadUrl(f"Leave out U+{ord(character):04X} of the URL: it cannot be seen.")


def _host(host: str) -> str:
    if not host:
        raise BadUrl("Give the URL a host, such as example.com.")
    if host.startswith("["):
        return f"[{_ipv6(host[1:-1])}]"
    # A dot at the end, for the root, leads to the same host.
    name = (host if host.isascii() else _international(host)).lower().removesuffix(".")
    labels = name.split(".")
    if "" in labels:
        raise BadUrl("The URL's host has an empty part: look for two dots in a row, or one at its start.")
    if not all(map(_LABEL.fullmatch, labels)):
        raise BadUrl("The parts of the URL's host are letters and digits, and hyphens between them.")
    if any(len(label) > _LABEL_LENGTH for label in labels) or len(name) > _HOST_LENGTH:
        raise BadUrl(f"The URL's host is too long: {_HOST_LENGTH} characters at most, {_LABEL_LENGTH} between dots.")
    # Clients take one that ends in a number for an address of IPv4 (WHATWG's URL Standard, 3.5), in one way or another.
    if _NUMBER.fullmatch(labels[-1]) and not _IPV4.fullmatch(name):
        raise BadUrl("The URL's host ends in a number and is no IPv4 address: four numbers of 0 to 255, between dots.")
    return name


def _international(host: str) -> str:
    import idna  # its tables take some 20 ms to load, and few hosts need them

    try:
        mapped = idna.uts46_remap(host, std3_rules=False, transitional=False)
        return ".".join(part if part.isascii() else idna.alabel(part).decode() for part in mapped.split("."))
    except (idna.IDNAError, UnicodeError):
        raise BadUrl("The URL's host is no name that IDNA 2008 allows: look at its characters.") from None


def _ipv6(text: str) -> str:
    try:
        if "%" in text:
            raise ValueError
        number = int(IPv6Address(text))
    except ValueError:
        raise BadUrl("What stands in brackets in the URL is no IPv6 address.") from None
    # One that ends as IPv4 does is the same in hexadecimal.
    return _IPV4_END.sub(f"{number >> 16 & 0xFFFF:x}:{number & 0xFFFF:x}", text.lower())


def _port(port: str | None) -> str:
    if port is None:
        return ""
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and int(port) <= _HIGHEST_PORT):
        raise BadUrl(f"Give a port of {_HIGHEST_PORT:,} at most after the URL's host, or leave the colon out.")
    return f":{int(port)}"


def _encoded(rest: str) -> str:
    if wrong := _BAD_ESCAPE.search(rest):
        raise BadUrl(f"Write %25 for a percent sign in the URL: {wrong[0]} stands for no character.")
    return _BEYOND_ASCII.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), rest)
