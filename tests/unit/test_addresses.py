"""Addresses: which of this machine and of private networks a call may reach, and by which name."""

from __future__ import annotations

import pytest

from argosy.dispatch.hosts import HostPolicy
from argosy.errors import HostRefusedError
from argosy.model import Connection, Connector


def policy(connector: Connector, endpoint: str = "", *allow: str) -> HostPolicy:
    return HostPolicy(connector, Connection(endpoint=endpoint, allow_hosts=allow))


class TestAddresses:
    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "127.1",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "2130706433",
            "0x7f000001",
            "017700000001",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:ffff:169.254.169.254]",
            "[64:ff9b::7f00:1]",
            "169.254.169.254",
            "metadata",
            "metadata.google.internal",
            "instance-data",
            "localhost",
            "localhost.localdomain",
            "0.0.0.0",
            "0",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.0.1",
            "100.64.0.1",
            "[fe80::1]",
            "[fd00::1]",
        ],
    )
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_of_this_machine_and_private_networks_are_refused(
        self, connector: Connector, scheme: str, host: str
    ) -> None:
        with pytest.raises(HostRefusedError):
            policy(connector).admit(f"{scheme}://{host}/latest/meta-data")

    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1",
            "127.8.9.10",
            "10.1.2.3",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.254",
            "0.0.0.0",
            "0.1.2.3",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "::7f00:1",
            "::a00:1",
            "fec0::1",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::7f00:1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "no address",
            "",
        ],
    )
    def test_a_name_may_not_be_re_pointed_to_a_reserved_one(
        self, connector: Connector, address: str
    ) -> None:
        hosts = policy(connector, "", "hooks.example.com")

        assert not hosts.allows_address("hooks.example.com", address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
    def test_a_public_one_may_be_reached(self, connector: Connector, address: str) -> None:
        assert policy(connector, "", "hooks.example.com").allows_address(
            "hooks.example.com", address
        )

    def test_a_network_that_is_allowed_may_be_reached_by_any_name(
        self, connector: Connector
    ) -> None:
        hosts = policy(connector, "", "hooks.example.com", "10.1.0.0/16")

        assert hosts.allows_address("hooks.example.com", "10.1.2.3")
        assert hosts.allows_address("hooks.example.com", "::ffff:10.1.2.3")
        assert not hosts.allows_address("hooks.example.com", "10.2.0.1")

    def test_the_endpoint_may_be_anywhere(self, connector: Connector) -> None:
        hosts = policy(connector, "http://sandbox:8080")

        assert hosts.allows_address("sandbox", "10.0.0.1")
        assert not hosts.allows_address("other", "10.0.0.1")

    def test_localhost_is_this_machine_and_no_other_name_is(self, connector: Connector) -> None:
        hosts = policy(connector, "", "http://localhost:8080", "http://local.example:8080")

        assert hosts.allows_address("localhost", "127.0.0.1")
        assert not hosts.allows_address("localhost", "10.0.0.1")
        assert not hosts.allows_address("local.example", "127.0.0.1")
