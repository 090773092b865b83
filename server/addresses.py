"""Whose an address is: who may have any number of addresses is still one."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

_HOUSEHOLD_BITS: Final = 64  # of an IPv6 address; the other half is its owner's to choose


def whose(address: str) -> str:
    """What limits and bans count ``address`` as.

    An IPv6 address is its network of 64 bits, of which every household has one at least; an IPv4
    address written as one of IPv6 is itself. What is no address is left as it is.
    """
    try:
        read = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(read, IPv6Address):
        return str(read)
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    if read.is_loopback:
        return str(read)
    return str(ip_network((read, _HOUSEHOLD_BITS), strict=False))


class Proxies:
    """The addresses and networks that speak for others, as ``TRUSTED_PROXIES`` names them."""

    def __init__(self, named: frozenset[str]) -> None:
        self.are_all = "*" in named
        self._named = named
        self._networks = [network for network in map(_network, named) if network is not None]

    def __contains__(self, address: str) -> bool:
        """Whether ``address``, or one that counts as it, is one of them."""
        if address in self._named:
            return True
        read = _network(address)
        return read is not None and any(
            _is_within(read, each) or _is_within(each, read) for each in self._networks
        )


def _network(written: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(written, strict=False)
    except ValueError:
        return None


def _is_within(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    if isinstance(one, IPv4Network):
        return isinstance(other, IPv4Network) and one.subnet_of(other)
    return isinstance(other, IPv6Network) and one.subnet_of(other)
