"""What may be called and what not: addresses, names, redirects."""

import socket

import pytest
from tests.connect.notify.receivers import web_receiver

from trustladder.connect.notify.outside import is_public, post
from trustladder.desk.outbox import DeliveryFailed

INSIDE = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "198.18.0.1",
    "192.0.0.192",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001::1",
    "fec0::1",
    "100::1",
)


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_a_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_nothing_inside_is_called_however_it_is_written(host: str) -> None:
    with web_receiver() as inbox:
        port = inbox.url.rsplit(":", 1)[1].split("/")[0]
        with pytest.raises(DeliveryFailed):
            post(f"http://{host}:{port}/", b"{}", {})
        assert inbox.got == []


def test_a_name_that_also_has_an_address_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(DeliveryFailed, match=r"10\.0\.0\.1, an address inside a network") as failed:
        post("http://rebinding.example/", b"{}", {})
    assert failed.value.for_good


def test_a_trusted_host_may_be_inside_and_a_redirect_is_not_followed() -> None:
    with web_receiver() as inbox, web_receiver() as elsewhere:
        post(inbox.url, b"{}", {}, ("127.0.0.1",))
        inbox.answers, inbox.headers = [307], {"location": elsewhere.url}
        with pytest.raises(DeliveryFailed, match="answered 307"):
            post(inbox.url, b"{}", {}, ("127.0.0.1",))
        assert (len(inbox.got), elsewhere.got) == (2, [])


@pytest.mark.parametrize("url", ["ftp://example.org/", "file:///etc/passwd", "//example.org", "http://", "http://["])
def test_another_kind_of_address_is_refused(url: str) -> None:
    with pytest.raises(DeliveryFailed):
        post(url, b"", {})


@pytest.mark.parametrize(
    ("status", "for_good", "wait"), [(404, True, 0), (410, True, 0), (429, False, 7), (500, False, 0), (503, False, 7)]
)
def test_what_cannot_be_mended_by_waiting_is_given_up(status: int, for_good: bool, wait: int) -> None:
    with web_receiver() as inbox:
        inbox.answers = [status]
        inbox.headers = {"retry-after": "7"} if wait else {}
        with pytest.raises(DeliveryFailed) as failed:
            post(inbox.url, b"{}", {}, ("127.0.0.1",))
        assert (failed.value.for_good, failed.value.wait_seconds) == (for_good, wait)
