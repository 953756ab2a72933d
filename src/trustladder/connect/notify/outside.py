"""Posting to addresses that somebody typed: every address is checked, and the connection goes to the checked one.

Server-side request forgery is when a service is talked into calling its own network. So a name is resolved once, each
of its addresses must be public, the connection is made to that very address, and redirects are not followed.
"""

import ipaddress
import socket
from collections.abc import Collection, Iterable

import httpcore2
import httpx2

from trustladder.desk.outbox import DeliveryFailed

TIMEOUT_SECONDS = 10.0
_TRY_AGAIN = frozenset({408, 409, 423, 425, 429})
_MOST_WAIT_SECONDS = 3_600

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2002::/16",
        "fec0::/10",
    )
)
"""Networks that reach inside or nowhere, some of which ``is_global`` of older Pythons takes for public."""


class Refused(Exception):
    """An address is none that may be called."""


def is_public(text: str) -> bool:
    """Return whether an IP address is one of the public network."""
    address: _Address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if mapped is not None:
        address = mapped
    inside = any(address.version == network.version and address in network for network in _NOT_PUBLIC)
    return address.is_global and not address.is_multicast and not inside


class _CheckedNetwork(httpcore2.NetworkBackend):
    """Resolves a name itself, refuses one with an address that is not public, and connects to what it has checked."""

    def __init__(self, trusted: Collection[str]) -> None:
        self._real = httpcore2.SyncBackend()
        self._trusted = frozenset(name.lower() for name in trusted)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of a host; all of them must be public, unless the host is trusted."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore2.ConnectError(f"{host} is no known host") from error
        addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
        inside = [address for address in addresses if not is_public(address)]
        if inside and host.lower() not in self._trusted:
            raise Refused(f"{host} is {inside[0]}, an address inside a network")
        return self._real.connect_tcp(addresses[0], port, timeout, local_address, socket_options)


def post(url: str, content: bytes, headers: dict[str, str], trusted: Collection[str] = ()) -> None:
    """Post to an address, and return when it was accepted. Raises DeliveryFailed when it was not.

    ``trusted`` are hosts that may have addresses inside a network. Redirects are not followed.
    """
    if not url.startswith(("https://", "http://")):
        raise DeliveryFailed("the address does not begin with https://", for_good=True)
    try:
        # The answer's body is left unread: it says nothing that is asked for, and may have no end.
        with _client(trusted) as client, client.stream("POST", url, content=content, headers=headers) as response:
            _accepted(response)
    except Refused as refused:
        raise DeliveryFailed(
            f"{refused}; name the host in TRUSTLADDER_TRUSTED_HOSTS to allow it", for_good=True
        ) from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise DeliveryFailed(f"the receiver could not be reached ({type(error).__name__})") from error


def _client(trusted: Collection[str]) -> httpx2.Client:
    transport = httpx2.HTTPTransport(trust_env=False)
    transport._pool = httpcore2.ConnectionPool(
        ssl_context=httpx2.create_ssl_context(), network_backend=_CheckedNetwork(trusted)
    )
    return httpx2.Client(transport=transport, timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)


def _accepted(response: httpx2.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    asked = response.headers.get("retry-after", "")
    wait = min(int(asked), _MOST_WAIT_SECONDS) if asked.isascii() and asked.isdigit() else 0
    for_good = status < 500 and status not in _TRY_AGAIN
    raise DeliveryFailed(f"the receiver answered {status}", for_good=for_good, wait_seconds=wait)
