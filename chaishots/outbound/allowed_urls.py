"""Where may be posted to, told from a URL alone. Knows no connection, and loads no HTTP client."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from chaishots.outbound.public_addresses import Network, is_public, is_within

SECONDS: Final = 15
"""How long a post may take in all."""


class PrivateAddress(Exception):
    """A host has no public address."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(
            f"{host} is not public: nobody outside can open it."
            if address == host
            else f"Its host is at {address}, which is not public: nobody outside can open it."
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """Where may be posted to: to public addresses by https, and what is allowed beside.

    http: whether URLs without TLS are. allowed: networks that are although they are not public.
    """

    http: bool = False
    allowed: tuple[Network, ...] = ()

    def refusal(self, url: str) -> str | None:
        """What keeps a URL from being posted to, as a sentence, as far as it tells by itself; None when nothing does.

        A host that has a name is judged when it is connected to.
        """
        if not url.startswith("https://") and not (self.http and url.startswith("http://")):
            return "It is posted to https:// alone."
        host = urlsplit(url).hostname or ""
        try:
            ip_address(host)
        except ValueError:
            return None
        return None if is_public(host) or is_within(host, self.allowed) else str(PrivateAddress(host, host))
