"""Which addresses are public, by a table of every kind that is not."""

import pytest

from chaishots.outbound.public_addresses import is_public

PUBLIC = {
    "1.1.1.1": "a resolver",
    "93.184.215.14": "a host",
    "172.15.255.255": "before the private ones",
    "172.32.0.0": "after them",
    "100.63.255.255": "before those of carriers",
    "168.63.129.15": "beside Azure's platform",
    "223.255.255.255": "the last before multicast",
    "2606:4700:4700::1111": "a resolver",
    "2a00:1450:4001:81b::200e": "a host",
    "::ffff:1.1.1.1": "IPv4 as IPv6 maps it",
    "64:ff9b::1.1.1.1": "IPv4 through NAT64",
}
NOT_PUBLIC = {
    "": "nothing",
    "example.com": "a name",
    "2130706433": "a number",
    "127.1": "a spelling that libc knows",
    "0177.0.0.1": "octal",
    "0.0.0.0": "this host",
    "0.1.2.3": "this network",
    "10.0.0.1": "private",
    "100.64.0.1": "of carriers",
    "100.100.100.200": "metadata of Alibaba Cloud",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "Azure's platform",
    "169.254.169.254": "metadata of most clouds",
    "169.254.170.2": "credentials of containers",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.9": "IETF's, global by name",
    "192.0.0.192": "metadata of Oracle Cloud",
    "192.0.2.1": "documentation",
    "192.88.99.1": "relays of 6to4",
    "192.168.0.1": "private",
    "198.18.0.1": "benchmarks",
    "198.51.100.1": "documentation",
    "203.0.113.1": "documentation",
    "224.0.0.1": "multicast",
    "232.1.2.3": "multicast, global by name",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::127.0.0.1": "IPv4-compatible",
    "::1.1.1.1": "IPv4-compatible",
    "::ffff:127.0.0.1": "mapped loopback",
    "::ffff:7f00:1": "mapped loopback, in hex",
    "::ffff:169.254.169.254": "mapped metadata",
    "::ffff:168.63.129.16": "mapped platform",
    "::ffff:0:127.0.0.1": "IPv4-translated",
    "64:ff9b::127.0.0.1": "NAT64 of loopback",
    "64:ff9b::10.0.0.1": "NAT64 of a private one",
    "64:ff9b::169.254.169.254": "NAT64 of metadata",
    "64:ff9b:1::1": "NAT64 of one's own",
    "100::1": "discarded",
    "2001::1": "Teredo",
    "2001:0:a00:1::": "Teredo by a private server",
    "2001:2::1": "benchmarks",
    "2001:10::1": "ORCHID",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4 of loopback",
    "2002:a9fe:a9fe::": "6to4 of metadata",
    "2002:101:101::": "6to4",
    "3fff::1": "documentation",
    "5f00::1": "segments",
    "fc00::1": "unique local",
    "fd00:ec2::254": "metadata of EC2",
    "fd20:ce::254": "metadata of Google Cloud",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local, with its link",
    "2606:4700:4700::1111%eth0": "a link where there is none",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "ff0e::1": "multicast, global by name",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_it_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_it_is_not_public(address: str) -> None:
    assert not is_public(address)
