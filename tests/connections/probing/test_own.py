"""The types whose other side is ours: uploaded files, feeds, the connector's own vendor."""

from __future__ import annotations

import errno
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from argosy import Connector
from argosy.connections.probing import Prober, ProbeSettings
from argosy.connections.types import load_types
from argosy.sandbox import RunningSandbox, Settings, start
from tests.connections.fakes.world import World
from tests.connections.probing.conftest import Probe
from tests.connections.probing.test_stores import told
from tests.servers import Received, Say, Scripted, ScriptedServer, Silence, closed_port

TOKEN = "feed-token-0123456789"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with start(Settings()) as running:
        # its first answer takes longer than a test of credentials waits
        requests.get(f"{running.url}/v3/user/apikey/validate", timeout=60)
        yield running


class TestFolder:
    def test_a_folder_that_takes_files_is_fine(self, probe: Probe, tmp_path: Path) -> None:
        result = probe("LOCAL", {})

        assert (result.verified, result.status) == (True, "available")
        assert [check.message for check in result.checks] == [
            "Files can be written to the upload folder."
        ]
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("number", "words"),
        [
            (errno.EACCES, "this server may not write there"),
            (errno.EROFS, "it can only be read"),
            (errno.ENOSPC, "the disk is full"),
            (errno.EIO, "writing failed"),
        ],
    )
    def test_a_folder_that_takes_none_is_told(
        self, probe: Probe, monkeypatch: pytest.MonkeyPatch, number: int, words: str
    ) -> None:
        def refuse(**_options: Any) -> None:
            raise OSError(number, "no")

        monkeypatch.setattr(tempfile, "TemporaryFile", refuse)

        result = probe("LOCAL", {})

        assert (result.reason, result.status) == ("not_writable", "unknown_error")
        assert told(result)[1] == f"Files cannot be written to the upload folder: {words}."

    def test_a_missing_folder_is_told(self, probe: Probe, tmp_path: Path) -> None:
        result = probe("LOCAL", {}, upload_folder=tmp_path / "gone")

        assert told(result)[1] == "Files cannot be written to the upload folder: it is not there."
        assert told(result)[2] == "The operator of this server can mend that."

    def test_a_server_without_a_folder_says_so(self, probe: Probe) -> None:
        result = probe("LOCAL", {}, upload_folder=None)

        assert (result.reason, told(result)[1]) == (
            "not_writable",
            "This server has no folder for uploads.",
        )


class TestFeed:
    @pytest.fixture
    def feed(self) -> Iterator[ScriptedServer]:
        def answer(request: Received) -> Scripted:
            if request.headers.get("authorization") != TOKEN:
                return Say(401, {"error": request.headers.get("authorization")})
            return Say(200, {"items": []}) if request.path == "/feeds/shop" else Say(404)

        with ScriptedServer(answer) as running:
            yield running

    @pytest.fixture
    def ask(self, probe: Probe, feed: ScriptedServer) -> Any:
        def run(path: str = "/feeds/shop", token: str = TOKEN, **changes: Any) -> Any:
            terms: dict[str, Any] = {
                "own_origins": (feed.url,),
                "allow_networks": (),
                "resolve": socket.getaddrinfo,
            }
            credentials = {"feed_url": feed.url + path, "token": token}
            return probe("ITERABLE_FEED", credentials, **(terms | changes))

        return run

    def test_a_feed_that_answers_is_measured(self, ask: Any, feed: ScriptedServer) -> None:
        result = ask()

        assert result.verified
        assert result.checks[-1].message.startswith("The feed answered with an object within ")
        assert [check.status for check in result.checks] == ["passed"] * 3
        assert feed.last.method == "GET"
        first, second = (one.headers.get("authorization") for one in feed.received)
        assert (first, second) == (None, TOKEN)

    def test_a_feed_that_answers_without_the_token_is_not_verified(
        self, ask: Any, feed: ScriptedServer
    ) -> None:
        feed.answers(Say(200, {"items": []}))

        result = ask()

        assert (result.ok, result.verified, result.reason) == (True, False, "unverifiable")
        assert result.warnings == (
            "The feed answers without the token too, so whoever knows its address reads it.",
        )
        (received,) = feed.received
        assert "authorization" not in received.headers

    @pytest.mark.parametrize(
        "refusal", [Say(404), Say(302, headers={"Location": "/login"}), Say(200, "<html></html>")]
    )
    def test_what_gives_nothing_without_the_token_is_verified(
        self, ask: Any, feed: ScriptedServer, refusal: Say
    ) -> None:
        feed.answers(refusal, Say(200, {"items": []}))

        assert ask().verified
        assert len(feed.received) == 2

    @pytest.mark.parametrize(
        ("answer", "reason", "field", "words"),
        [
            (Say(401), "refused", "token", "The feed does not take the token."),
            (Say(403), "forbidden", "token", "The feed may not be read with this token."),
            (Say(404), "not_found", "feed_url", "There is no feed at this address."),
            (
                Say(200, [1]),
                "unreadable",
                "feed_url",
                "The feed does not answer with a JSON object.",
            ),
            (
                Say(200, "<html></html>"),
                "unreadable",
                "feed_url",
                "The feed does not answer with a JSON object.",
            ),
            (Say(500), "remote_unavailable", "", "it answered 500"),
            (Say(302, headers={"Location": "https://example.com/"}), "redirected", "", "elsewhere"),
        ],
    )
    def test_a_feed_that_does_not_work_is_told(
        self, ask: Any, feed: ScriptedServer, answer: Say, reason: str, field: str, words: str
    ) -> None:
        feed.answers(Say(401), answer)

        result = ask()

        assert result.reason == reason
        assert told(result)[3] == (f"credentials.{field}" if field else "")
        assert words in told(result)[1]

    @pytest.mark.parametrize("path", ["/feeds/shop?id=1", "/feeds/shop/", "/feeds/shop//"])
    def test_the_address_is_called_as_it_is_written(
        self, ask: Any, feed: ScriptedServer, path: str
    ) -> None:
        feed.answers(Say(401), Say(200, {}))

        assert ask(path).verified
        assert feed.last.target == path

    def test_another_token_is_refused(self, ask: Any) -> None:
        result = ask(token="another-token-0123456789")

        assert told(result)[1:] == (
            "The feed does not take the token.",
            "Use the same token here and in Iterable.",
            "credentials.token",
        )

    def test_a_slow_feed_is_told(self, ask: Any, feed: ScriptedServer) -> None:
        feed.answers(Silence())

        result = ask(total=0.2)

        assert told(result)[1:] == (
            "The feed did not answer within the time of a test.",
            "Iterable waits 10 seconds at most; make the feed quicker.",
            "credentials.feed_url",
        )

    def test_a_server_that_is_down_is_told(self, ask: Any, probe: Probe) -> None:
        url = f"http://127.0.0.1:{closed_port()}"
        credentials = {"feed_url": f"{url}/feeds/shop", "token": TOKEN}

        result = probe("ITERABLE_FEED", credentials, own_origins=(url,), resolve=socket.getaddrinfo)

        assert (result.reason, told(result)[3]) == ("unreachable", "credentials.feed_url")
        assert told(result)[1].startswith("This server cannot be reached at 127.0.0.1:")

    @pytest.mark.parametrize("origins", [(), ("https://argosy.example.com",)])
    def test_only_this_servers_own_feeds_are_called(
        self, ask: Any, feed: ScriptedServer, origins: tuple[str, ...]
    ) -> None:
        result = ask(own_origins=origins)

        assert (result.reason, told(result)[3]) == ("blocked_host", "credentials.feed_url")
        assert told(result)[1] == "The feed is not at an address of this server."
        assert feed.received == []


class TestConnectorsOwnVendor:
    @pytest.fixture
    def ask(self, probe: Probe, sandbox: RunningSandbox) -> Any:
        def run(key: str, region: str = "us01") -> Any:
            terms: dict[str, Any] = {
                "base_urls": {"TREASURE_DATA": sandbox.url},
                "allow_networks": (),
                "resolve": socket.getaddrinfo,
            }
            return probe("TREASURE_DATA", {"apiKey": key, "region": region}, **terms)

        return run

    def test_a_master_key_is_known(self, ask: Any) -> None:
        result = ask("1/sandbox")

        assert result.verified, result
        assert result.checks[-1].message == "Databases can be listed."
        assert result.identity["account"]

    def test_a_write_only_key_is_known_and_told(self, ask: Any) -> None:
        result = ask("2/sandbox")

        assert result.verified, result
        text = "The key may not list databases; a write-only key can insert records and nothing"
        assert result.warnings[-1].startswith(text)

    def test_an_unknown_key_is_refused(self, ask: Any) -> None:
        result = ask("1/ffffffffffffffffffffffffffffffffffffffff")

        assert (result.reason, result.status) == ("refused", "wrong_credentials")
        assert told(result)[1:] == (
            "The key is not known in the region us01.",
            "Check apiKey for missing characters, and region: a key is known in its own region "
            "only.",
            "credentials.apiKey",
        )

    def test_an_unknown_region_is_told(self, ask: Any) -> None:
        result = ask("1/sandbox", "mars01")

        assert result.reason == "bad_shape"
        assert len(result.checks) == 1
        assert told(result) == (
            "fields",
            "'region' does not name a region.",
            "There is us01, ap01, eu01, ap02, ap03.",
            "credentials.region",
        )

    def test_the_address_is_the_regions_own(self, probe: Probe, world: World) -> None:
        world.fault = Say(503)

        result = probe("TREASURE_DATA", {"apiKey": "1/sandbox", "region": "aws"})

        assert result.reason == "remote_unavailable"
        assert world.calls == ["GET api.treasuredata.com/v3/user/apikey/validate"]

    def test_a_prober_can_be_sent_elsewhere(
        self, sandbox: RunningSandbox, connector: Connector
    ) -> None:
        type_ = load_types()["TREASURE_DATA"]
        first = Prober(ProbeSettings(), connector)

        second = first.sending_to("TREASURE_DATA", sandbox.url)

        assert second.probe(type_, {"apiKey": "1/sandbox"}).verified
        assert first.settings.base_urls == {}

    def test_without_a_connector_there_is_none_to_ask(self) -> None:
        result = Prober(ProbeSettings()).probe(
            load_types()["TREASURE_DATA"], {"apiKey": "1/sandbox"}
        )

        assert result.reason == "not_installed"
