"""Which addresses of the internet are public: what anybody may be sent to, as it leads into nobody's own network.

Python's `is_global` is not enough: it takes addresses that carry a private one inside (NAT64, 6to4, Teredo), IPv6's old
site-local and IPv4-compatible ones, multicast, and addresses at which clouds tell secrets to their own machines.
Knows numbers alone; must not resolve names.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

_NOT_PUBLIC_4: Final = tuple(
    map(
        IPv4Network,
        (
            "168.63.129.16/32",  # Azure's platform, on every machine of it
            "192.0.0.0/24",  # IETF's own; Oracle's metadata among them
            "192.88.99.0/24",  # relays of 6to4
        ),
    )
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All that is given out as public (RFC 4291, 2.4); the rest is private, multicast, or means something else."""
_NOT_PUBLIC_6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # IETF's own: Teredo, which has an IPv4 address inside, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which has an IPv4 address inside
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""How networks without IPv4 reach its addresses (RFC 6052): as public as the one inside."""


def is_public(address: str) -> bool:
    """Whether an address, in any of its spellings, is public; what is none is not."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return _is_public_4(found) if isinstance(found, IPv4Address) else _is_public_6(found)


def networks(text: str) -> tuple[Network, ...]:
    """The networks that a text lists, such as `10.1.0.0/16, fd00::/8`. Raises: ValueError when one of them is none."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address is in one of these networks; what is none is not."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


def _is_public_4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in network for network in _NOT_PUBLIC_4)


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    if address.ipv4_mapped is not None:
        return _is_public_4(address.ipv4_mapped)
    if address in _NAT64:
        return _is_public_4(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in _GLOBAL_UNICAST and address.is_global and not any(address in network for network in _NOT_PUBLIC_6)
