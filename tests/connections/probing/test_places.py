"""A test goes to the type's own hosts and to public addresses, whatever is typed into a field."""

from __future__ import annotations

import logging
import socket
from typing import Any

import pytest

from argosy.connections.probing import ProbeSettings
from argosy.connections.probing.draft import Draft, UnsendableError
from tests.connections.fakes.google import key_file
from tests.connections.fakes.vendors import Vendors
from tests.connections.fakes.world import World
from tests.connections.probing.cases import GOOD
from tests.connections.probing.conftest import Probe
from tests.connections.probing.test_stores import EXAMPLE
from tests.servers import ScriptedServer

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "not an address",
]


def leading_to(*addresses: str, port: int = 443) -> Any:
    """Return a resolver that leads every name to these addresses."""

    def resolve(_host: str, _port: int, **_options: Any) -> Any:
        return [(_family(ip), socket.SOCK_STREAM, 6, "", (ip, port)) for ip in addresses]

    return resolve


def _family(ip: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in ip else socket.AF_INET


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused(probe: Probe, address: str) -> None:
    resolve = leading_to(address)

    result = probe("KLAVIYO", GOOD["KLAVIYO"], resolve=resolve, allow_networks=())

    assert result.reason == "blocked_host"
    assert result.failure is not None
    assert result.failure.message == (
        "a.klaviyo.com leads to a private or reserved address, and a test goes to public ones only."
    )
    assert result.failure.hint == "The operator of this server can allow the network."
    assert not result.retryable


def test_a_network_that_the_operator_allows_is_called(probe: Probe, world: World) -> None:
    assert probe("KLAVIYO", GOOD["KLAVIYO"], allow_networks=("127.0.0.1/32",)).verified
    assert not probe("KLAVIYO", GOOD["KLAVIYO"], allow_networks=("10.0.0.0/8",)).ok
    assert len(world.received) == 1


def test_what_is_no_network_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 network"):
        ProbeSettings(allow_networks=("localhost",))


def test_a_name_that_changes_its_address_between_look_ups_gains_nothing(
    probe: Probe, world: World
) -> None:
    with ScriptedServer() as victim:
        answers = iter(["93.184.215.14", "127.0.0.1", "127.0.0.1"])
        asked: list[str] = []

        def resolve(host: str, _port: int, **_options: Any) -> Any:
            asked.append(host)
            return leading_to(next(answers), port=victim.port)(host, 0)

        def refuse(sock: socket.socket, address: Any) -> None:
            connected.append(address[0])
            raise ConnectionRefusedError

        connected: list[str] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket.socket, "connect", refuse)
            result = probe("KLAVIYO", GOOD["KLAVIYO"], resolve=resolve, allow_networks=())

        assert victim.received == []
    assert asked == ["a.klaviyo.com"], "the name is looked up once"
    assert connected == ["93.184.215.14"], "the address that was allowed is the one called"
    assert result.reason == "unreachable"


def test_only_the_allowed_one_of_several_addresses_is_called(probe: Probe, world: World) -> None:
    resolve = leading_to("10.0.0.1", "127.0.0.1", port=world.port)

    assert probe("KLAVIYO", GOOD["KLAVIYO"], resolve=resolve).verified


BREAKING_OUT = [
    ("SALESFORCE", "domain", "evil.example/#"),
    ("SALESFORCE", "domain", "evil.example"),
    ("SALESFORCE", "domain", "acme.my.salesforce.com.evil.example"),
    ("SALESFORCE", "domain", "acme@evil"),
    ("SALESFORCE", "domain", "acme:443"),
    ("SALESFORCE", "domain", "acme\\evil"),
    ("SALESFORCE", "domain", "acme\u3002evil"),
    ("SALESFORCE", "domain", "127.0.0.1"),
    ("SHOPIFY", "shop", "acme/admin"),
    ("SHOPIFY", "shop", "../acme"),
    ("SHOPIFY", "shop", "acme?x="),
    ("SHOPIFY", "shop", "acme%2fadmin"),
    ("SHOPIFY", "shop", "{vars.host}"),
    ("SHOPIFY", "shop", "{{ credentials.access_token }}"),
    ("BRAZE", "instance", "iad-01.braze.com.evil.example"),
    ("BRAZE", "instance", "rest.evil.example"),
    ("BIGQUERY", "project_id", "a/../../evil"),
    ("BIGQUERY", "dataset", "shop/tables"),
    ("S3", "region_name", "evil.example/"),
    ("S3", "endpoint_url", "https://169.254.169.254/latest"),
    ("S3", "endpoint_url", "https://s3.example.com@evil.example"),
    ("S3", "endpoint_url", "file:///etc/passwd"),
    ("MOVABLE_INK", "endpoint_url", "https://collector.micpn.com.evil.example/behavioral/a"),
    ("MOVABLE_INK", "endpoint_url", "http://collector.micpn.com/behavioral/a"),
    ("MOVABLE_INK", "endpoint_url", "https://collector.micpn.com/behavioral/../a"),
    ("M_PARTICLE", "account_id", "1&x=2"),
    ("M_PARTICLE", "pod", "EVIL"),
    ("SEGMENT", "region", "evil.example"),
    ("ITERABLE", "region", "evil.example/#"),
]


@pytest.mark.parametrize(("type_", "field", "value"), BREAKING_OUT)
def test_a_value_that_would_break_out_of_an_address_is_refused_by_its_field(
    probe: Probe, world: World, type_: str, field: str, value: str
) -> None:
    good = EXAMPLE if type_ == "S3" else GOOD[type_]

    result = probe(type_, good | {field: value})

    assert (result.reason, result.status) == ("bad_shape", "wrong_credentials")
    assert result.failure is not None
    assert (result.failure.name, result.failure.field) == ("fields", f"credentials.{field}")
    assert value not in str(result)
    assert world.resolved == []


@pytest.mark.parametrize(
    ("type_", "field"),
    [
        (type_, field)
        for type_, good in sorted(GOOD.items())
        for field, value in good.items()
        if isinstance(value, str) and field != "private_key"
    ],
)
@pytest.mark.parametrize("tail", ["\r\nX-Evil: 1", "\n", "\x00", "\x7f", "\u2028", "\x85"])
def test_a_line_end_in_a_field_is_refused(
    probe: Probe, world: World, type_: str, field: str, tail: str
) -> None:
    result = probe(type_, GOOD[type_] | {field: GOOD[type_][field] + tail})

    assert result.reason == "bad_shape"
    assert result.failure is not None
    assert result.failure.field == f"credentials.{field}"
    assert world.resolved == []


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\n", "a\x00", "ä", "a\u2028", "a\x7f"])
def test_a_header_that_would_break_out_of_its_line_is_not_sent(value: str) -> None:
    draft = Draft("GET", "https://api.example.com/", headers={"Api-Key": value})

    with pytest.raises(UnsendableError, match="The header Api-Key would hold a letter") as caught:
        draft.outgoing()

    assert value not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "url",
    [
        "https://[::1/feeds",
        "https://argosy.example.com:99999/feeds",
        "https://argosy.example.com.evil.example/feeds",
        "https://argosy.example.com:8443/feeds",
        "http://argosy.example.com/feeds",
        "https://ARGOSY.example.com.:443/feeds",
    ],
)
def test_a_feed_that_is_elsewhere_is_not_called(probe: Probe, world: World, url: str) -> None:
    credentials = {"feed_url": url, "token": "feed-token-0123456789"}

    result = probe("ITERABLE_FEED", credentials, own_origins=("https://argosy.example.com",))

    assert result.reason == "blocked_host"
    assert result.failure is not None
    assert result.failure.field == "credentials.feed_url"
    assert world.resolved == []


@pytest.mark.parametrize("bucket", ["a", "../etc", "bucket/one", "Bucket", "a b", "bucket\n"])
def test_a_bucket_that_is_no_name_is_refused(probe: Probe, world: World, bucket: str) -> None:
    for type_, good in (("S3", EXAMPLE), ("GCS", key_file())):
        result = probe(type_, good, {"bucket": bucket})

        assert result.reason == "bad_shape"
        assert result.failure is not None
        assert result.failure.field == "metadata.bucket"
    assert world.resolved == []


@pytest.mark.parametrize(
    "instance",
    [
        "https://evil.example.com",
        "http://acme.my.salesforce.com",
        "https://acme.my.salesforce.com:8443",
        "https://user@acme.my.salesforce.com",
        "https://acme.my.salesforce.com\\@evil.example.com",
        "https://[::1",
        "//acme.my.salesforce.com",
        "",
        {"a": 1},
    ],
)
def test_a_vendor_cannot_send_the_test_elsewhere(
    probe: Probe, world: World, vendors: Vendors, instance: Any
) -> None:
    vendors.salesforce.instance = instance

    result = probe("SALESFORCE", GOOD["SALESFORCE"])

    assert not result.ok
    assert result.reason in {"wrong_region", "bad_shape", "unreadable"}
    assert len(world.received) == 1
    assert "evil" not in str(result)


def test_proxies_of_the_environment_are_not_used(
    probe: Probe, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with ScriptedServer() as proxy, caplog.at_level(logging.DEBUG):
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)

        assert probe("KLAVIYO", GOOD["KLAVIYO"]).verified
        assert proxy.received == []
