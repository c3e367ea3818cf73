"""Hosts: where a full URL may go, whether the key goes along, and to which addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.dispatch.hosts import Destination, HostPolicy
from argosy.errors import HostRefusedError, InvalidConnectionError
from argosy.model import Connection, Connector

# This file is about the checkout's connector, so that the vendor's real hosts are what is tried.
VENDOR = "api.treasuredata.com"


def policy(connector: Connector, endpoint: str = "", *allow: str) -> HostPolicy:
    return HostPolicy(connector, Connection(endpoint=endpoint, allow_hosts=allow))


def is_admitted(hosts: HostPolicy, url: str) -> bool:
    try:
        hosts.admit(url)
    except HostRefusedError:
        return False
    return True


class TestTheVendorsHosts:
    @pytest.mark.parametrize(
        ("url", "sent"),
        [
            (f"https://{VENDOR}/v3/x?a=1&b=2", f"https://{VENDOR}/v3/x?a=1&b=2"),
            ("HTTPS://API.TreasureData.com/v3", "https://API.TreasureData.com/v3"),
            (f"https://{VENDOR}:443/v3", f"https://{VENDOR}:443/v3"),
            (f"https://{VENDOR}./v3", f"https://{VENDOR}./v3"),
            (f"https://{VENDOR}/v3#fragment", f"https://{VENDOR}/v3"),
            (f"https://{VENDOR}/a%2Fb/c?x=%26", f"https://{VENDOR}/a%2Fb/c?x=%26"),
            (f"https://{VENDOR}#@evil.example/", f"https://{VENDOR}/"),
            (f"https://{VENDOR}?@evil.example/", f"https://{VENDOR}/?@evil.example/"),
            ("https://eu01.records.in.treasuredata.com/", None),
            ("https://api-cdp.treasuredata.co.jp/", None),
        ],
    )
    def test_get_the_key(self, connector: Connector, url: str, sent: str | None) -> None:
        assert policy(connector).admit(url) == Destination(sent or url, send_auth=True)

    def test_get_the_key_only_where_their_api_takes_one(self, connector: Connector) -> None:
        hosts = policy(connector)

        for region in connector.regions.values():
            for family, base in region.endpoints.items():
                takes_key = bool(connector.families[family].auth)
                assert hosts.admit(f"{base}/x").send_auth is takes_key

    @pytest.mark.parametrize(
        "url",
        [
            f"https://{VENDOR}.evil.example/",
            f"https://evil.example/{VENDOR}",
            f"https://evil.example/https://{VENDOR}/",
            f"https://evil.example?{VENDOR}",
            f"https://evil.example#{VENDOR}",
            f"https://evil-{VENDOR}/",
            f"https://x.{VENDOR}/",
            "https://treasuredata.com/",
            "https://apiXtreasuredata.com/",
            f"https://{VENDOR}@evil.example/",
            f"https://{VENDOR}:443@evil.example/",
            f"https://user@{VENDOR}/",
            f"https://user:pass@{VENDOR}/",
            f"https://evil.example@{VENDOR}/",
            f"https://{VENDOR}\\@evil.example/",
            f"https://evil.example\\@{VENDOR}/",
            f"https://{VENDOR}\\.evil.example/",
            f"https:\\\\{VENDOR}/",
            f"https://{VENDOR}/\\x",
            f"https://{VENDOR}\t/",
            f"https://{VENDOR}/\n",
            f"https://{VENDOR}/a b",
            f"https://{VENDOR}/\u3000x",
            f"https://{VENDOR}/\x00",
            f"https://{VENDOR}/\x7f",
            f" https://{VENDOR}/",
            f"\thttps://{VENDOR}/",
            f"ht\ntps://{VENDOR}/",
            f"https://{VENDOR}:8443/",
            f"https://{VENDOR}:80/",
            f"https://{VENDOR}:0/",
            f"https://{VENDOR}:99999/",
            f"https://{VENDOR}:x/",
            f"http://{VENDOR}/",
            f"http://{VENDOR}:443/",
            f"ftp://{VENDOR}/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            f"//{VENDOR}/",
            f"/{VENDOR}/",
            f"https:{VENDOR}/",
            f"https:/{VENDOR}/",
            "https:///x",
            "https://",
            "",
            "https://\u0430pi.treasuredata.com/",
            "https://api.treasuredata\u3002com/",
            "https://api.treasuredata.\u217dom/",
            "https://xn--pi-7kc.treasuredata.com/",
            "https://api%2etreasuredata.com/",
            f"https://{VENDOR}%2f.evil.example/",
            f"https://{VENDOR}%00.evil.example/",
            f"https://{VENDOR};.evil.example/",
            f"https://[{VENDOR}]/",
            "https://[::1]/",
            "https://[::1",
        ],
    )
    def test_have_look_alikes_that_are_refused(self, connector: Connector, url: str) -> None:
        with pytest.raises(HostRefusedError):
            policy(connector).admit(url)

    @given(st.text(alphabet=f"/\\@#?:.%[]\t\n {VENDOR}", max_size=12), st.integers(0, 40))
    def test_never_share_the_key_with_another_host(
        self, connector: Connector, noise: str, place: int
    ) -> None:
        url = f"https://{VENDOR}/"
        url = url[:place] + noise + "evil.example" + url[place:]

        try:
            destination = policy(connector).admit(url)
        except HostRefusedError:
            return

        origin = destination.url.split("/", 3)[2].partition("?")[0]
        assert origin.lower().rstrip(".").removesuffix(":443").rstrip(".:") == VENDOR


class TestAllowHosts:
    @pytest.mark.parametrize(
        ("entry", "url"),
        [
            ("hooks.example.com", "https://hooks.example.com/x?y=1"),
            ("hooks.example.com", "https://HOOKS.example.com:443/"),
            ("HOOKS.example.com", "https://hooks.example.com/"),
            ("hooks.example.com:8443", "https://hooks.example.com:8443/"),
            ("https://hooks.example.com", "https://hooks.example.com/"),
            ("http://localhost:8080", "http://localhost:8080/"),
            ("10.0.0.0/8", "https://10.1.2.3/"),
            ("10.0.0.0/8", "http://10.1.2.3:8080/"),
            ("192.168.1.5", "https://192.168.1.5/"),
            ("[::1]:8080", "https://[::1]:8080/"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("127.0.0.1:8080", "https://127.0.0.1:8080/"),
            ("fd00::/8", "https://[fd00::1]/"),
            ("::1", "https://[::1]/"),
            ("::1/128", "http://[::1]:8080/"),
        ],
    )
    def test_names_where_a_call_may_go_without_the_key(
        self, connector: Connector, entry: str, url: str
    ) -> None:
        destination = policy(connector, "", entry).admit(url)

        assert destination.send_auth is False

    @pytest.mark.parametrize(
        ("entry", "url"),
        [
            ("hooks.example.com", "http://hooks.example.com/"),
            ("hooks.example.com", "https://hooks.example.com:8443/"),
            ("hooks.example.com", "https://x.hooks.example.com/"),
            ("hooks.example.com", "https://hooks.example.com.evil.example/"),
            ("hooks.example.com", "https://hooks.example.com@evil.example/"),
            ("hooks.example.com:8443", "https://hooks.example.com/"),
            ("https://hooks.example.com", "http://hooks.example.com/"),
            ("http://localhost:8080", "https://localhost:8080/"),
            ("http://localhost:8080", "http://localhost:8081/"),
            ("127.0.0.1:8080", "https://127.0.0.1:22/"),
            ("127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:22/"),
            ("http://127.0.0.1:8080", "https://127.0.0.1:8080/"),
            ("[::1]:8080", "https://[::1]:22/"),
            ("10.0.0.7:8080", "https://10.0.0.7/"),
            ("10.0.0.0/8", "https://11.0.0.1/"),
            ("10.0.0.0/8", "https://10.example.com/"),
            ("*.example.com", "https://hooks.example.com/"),
            ("example.com", "https://hooks.example.com/"),
        ],
    )
    def test_names_nothing_else(self, connector: Connector, entry: str, url: str) -> None:
        assert not is_admitted(policy(connector, "", entry), url)

    @pytest.mark.parametrize("entry", ["host:abc", "host:99999", "http://[::1", "https://host:x"])
    def test_with_an_entry_that_is_none_is_refused(self, connector: Connector, entry: str) -> None:
        with pytest.raises(InvalidConnectionError) as caught:
            policy(connector, "", entry)

        assert entry in caught.value.problems[0].message

    def test_does_not_take_the_key_from_the_vendors_hosts(self, connector: Connector) -> None:
        assert policy(connector, "", VENDOR).admit(f"https://{VENDOR}/").send_auth is True

    def test_a_refusal_names_the_host_and_the_way_to_allow_it(self, connector: Connector) -> None:
        with pytest.raises(HostRefusedError) as caught:
            policy(connector).admit("https://hooks.example.com/x")

        assert caught.value.facts["host"] == "hooks.example.com"
        assert str(caught.value) == (
            "A call to hooks.example.com is refused: neither the connector nor the connection's "
            "allowHosts names it."
        )
        assert "allowHosts" in caught.value.hint


class TestTheEndpoint:
    @pytest.mark.parametrize(
        ("endpoint", "sent"),
        [
            ("http://localhost:8080", "http://localhost:8080/v3/x?a=1&b=%26"),
            ("http://localhost:8080/", "http://localhost:8080/v3/x?a=1&b=%26"),
            ("http://localhost:8080/td/", "http://localhost:8080/td/v3/x?a=1&b=%26"),
            ("https://sandbox.example.com/a/b", "https://sandbox.example.com/a/b/v3/x?a=1&b=%26"),
            ("http://[::1]:8080", "http://[::1]:8080/v3/x?a=1&b=%26"),
        ],
    )
    def test_takes_the_vendors_place_with_path_and_query(
        self, connector: Connector, endpoint: str, sent: str
    ) -> None:
        destination = policy(connector, endpoint).admit(f"https://{VENDOR}/v3/x?a=1&b=%26#f")

        assert destination == Destination(sent, send_auth=True)

    def test_gets_the_key_when_it_is_named_itself(self, connector: Connector) -> None:
        hosts = policy(connector, "http://localhost:8080")

        assert hosts.admit("http://localhost:8080/x").send_auth is True
        assert not is_admitted(hosts, "http://localhost:8081/x")

    def test_does_not_open_the_way_to_the_vendor(self, connector: Connector) -> None:
        hosts = policy(connector, "http://localhost:8080", VENDOR)

        assert hosts.admit(f"https://{VENDOR}/x").url == "http://localhost:8080/x"

    @pytest.mark.parametrize(
        "endpoint",
        [
            "http://localhost:1",
            "http://127.0.0.1:1",
            "http://[::1]:1",
            "http://10.0.0.1",
            "http://192.168.0.1",
            "http://sandbox:8080",
            "http://td.internal",
            "http://td.test",
            "http://td.local",
            "https://sandbox.example.com",
        ],
    )
    def test_may_be_private_or_encrypted(self, connector: Connector, endpoint: str) -> None:
        policy(connector, endpoint)

    @pytest.mark.parametrize(
        ("endpoint", "words"),
        [
            ("http://sandbox.example.com", "unencrypted"),
            ("http://8.8.8.8:8080", "unencrypted"),
            ("http://[2606:4700::1111]", "unencrypted"),
            ("http://[::ffff:8.8.8.8]", "unencrypted"),
            ("http://localhost.example.com", "unencrypted"),
            ("http://134744072", "unencrypted"),
            ("http://0x08080808", "unencrypted"),
            ("http://01002004010", "unencrypted"),
            ("http://[::1", "is not a base URL"),
            ("http://localhost:99999", "is not a base URL"),
            ("http://localhost:x", "is not a base URL"),
            ("http://localhost:8080\n", "is not a base URL"),
            ("http://local host", "is not a base URL"),
            ("http://a\\b", "is not a base URL"),
            ("http://@localhost", "is not a base URL"),
            ("localhost:8080", "is not a base URL"),
            ("ftp://localhost", "is not a base URL"),
            ("https://", "is not a base URL"),
            ("https://host/?a=1", "is not a base URL"),
            ("https://host/#a", "is not a base URL"),
            ("https://user:pass@host/", "is not a base URL"),
        ],
    )
    def test_that_would_give_the_key_away_is_refused(
        self, connector: Connector, endpoint: str, words: str
    ) -> None:
        with pytest.raises(InvalidConnectionError) as caught:
            policy(connector, endpoint)

        (problem,) = caught.value.problems
        assert (problem.code, problem.pointer) == ("connection-endpoint", "/endpoint")
        assert words in problem.message


@pytest.mark.parametrize(
    "path", ["/../etc", "/a/../b", "/%2e%2e/etc", "/a/.%2E/b", "/..%2Fetc", "/a/./b"]
)
def test_a_path_that_leads_upwards_is_refused(connector: Connector, path: str) -> None:
    with pytest.raises(HostRefusedError, match=r"its path holds \. or \.\."):
        policy(connector).admit(f"https://api.treasuredata.com{path}")


@pytest.mark.parametrize(
    ("path", "is_own"), [("/td", True), ("/td/x", True), ("/tda/x", False), ("/other/x", False)]
)
def test_the_key_stays_below_the_path_of_the_endpoint(
    connector: Connector, path: str, is_own: bool
) -> None:
    hosts = policy(connector, "http://gateway.internal/td/")

    if is_own:
        assert hosts.admit(f"http://gateway.internal{path}").send_auth
    else:
        with pytest.raises(HostRefusedError):
            hosts.admit(f"http://gateway.internal{path}")
