"""The vendor's JavaScript client, unchanged, in a page (jsdom) that sends to the sandbox.

The page is of another site, so its requests are asked for beforehand, as in a browser. All of
the client's hosts are https only but the endpoint of records, so the sandbox speaks HTTPS.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from argosy.sandbox import Settings, start
from tests.clients.node import installed, node_program
from tests.sandbox.conftest import NOON, SEED, Client

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("td_js_page.cjs")
PAGE = "https://shop.example.com/sale?utm_source=mail#top"
HTML = """<!doctype html><html><head><title>Sale</title>
<meta name="description" content="All must go"></head>
<body><button id="buy" class="big red">Buy</button><p id="text">Text</p></body></html>"""
TOKEN = "1/1/" + "a" * 32
LOOKUP = "0b5a7d3e-3c55-4f0e-9d0a-9d6c2f3a1b77"
GLOBAL_ID = ["set", "$global", "td_global_id", "td_global_id"]


def _seed() -> dict[str, Any]:
    token = {
        "name": "Site",
        "token": LOOKUP,
        "keyColumn": "email",
        "attributeColumns": ["first_name"],
        "segments": ["301"],
    }
    personalization = {
        "name": "Page",
        "parentSegment": "101",
        "key": "email",
        "public": True,
        "tokens": [{"value": TOKEN}],
        "sections": [{"name": "banner", "segments": ["301"], "attributes": ["first_name"]}],
    }
    (parent,) = SEED["parentSegments"]
    seed: dict[str, Any] = SEED | {
        "parentSegments": [parent | {"tokens": [token]}],
        "personalizations": [personalization],
    }
    return seed


@dataclass(frozen=True)
class Page:
    """Pages of the shop, whose client sends to a sandbox."""

    client: Client
    modules: Path
    authority: Path
    version: str = "td-js-sdk"

    @property
    def host(self) -> str:
        """The sandbox's address without the scheme."""
        return self.client.url.partition("://")[2]

    def run(self, *steps: list[Any], **config: Any) -> dict[str, Any]:
        """Open a page, let its client do the steps, and give what came of it."""
        usual = {
            "database": "shop",
            "writeKey": "2/sandbox",
            "host": self.host,
            "cdpHost": self.host,
            "startInSignedMode": True,
        }
        job = {
            "modules": str(self.modules),
            "client": self.version,
            "page": PAGE,
            "html": HTML,
            "config": usual | config,
            "steps": steps,
        }
        ended = subprocess.run(
            [node_program(), str(SCRIPT)],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=os.environ | {"NODE_EXTRA_CA_CERTS": str(self.authority)},
        )
        assert ended.returncode == 0, ended.stderr
        given: dict[str, Any] = json.loads(ended.stdout)
        return given

    def did(self, *steps: list[Any], **config: Any) -> list[Any]:
        """Open a page whose steps must all succeed, and give their values."""
        given = self.run(*steps, **config)
        assert given["problems"] == []
        assert all("ok" in result for result in given["results"]), given["results"]
        return [result["ok"] for result in given["results"]]


@pytest.fixture(scope="module")
def modules(request: pytest.FixtureRequest) -> Path:
    """Give the folder of the installed packages."""
    return installed(request.config.cache.mkdir("td-js-sdk"))


@pytest.fixture(scope="module")
def secure_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Path]]:
    """Start a sandbox that speaks HTTPS, and name its authority."""
    data = tmp_path_factory.mktemp("sandbox")
    with start(Settings(now=NOON, seed=_seed(), tls=True, data=data)) as sandbox:
        client = Client(sandbox)
        client.session.verify = str(data / "ca.pem")
        yield client, data / "ca.pem"
        client.session.close()


@pytest.fixture
def page(secure_client: tuple[Client, Path], modules: Path) -> Page:
    """Give pages whose sandbox is as its seed makes it."""
    client, authority = secure_client
    client.control("POST", "reset", {})
    return Page(client, modules, authority)


def row(page: Page, table: str) -> Any:
    """Give a table's only row."""
    (one,) = page.client.rows(f"shop/{table}")
    return one


def test_a_record_is_stored_with_its_types(page: Page) -> None:
    record = {"item": "mug", "price": 12.5, "count": 2, "gift": True, "tags": ["a"], "time": NOON}

    (answer,) = page.did(["addRecord", "sales", record])

    assert answer["receipts"][0]["success"] is True
    assert row(page, "sales") == record | {"utm_source": "mail"}
    assert page.client.types("shop/sales")["price"] == "DOUBLE"


def test_the_browser_asks_before_it_sends(page: Page) -> None:
    page.did(["addRecord", "sales", {"a": 1}])

    question, request = page.client.control("GET", "requests")["requests"]
    assert (question["method"], question["status"]) == ("OPTIONS", 204)
    assert (request["method"], request["status"]) == ("POST", 200)
    assert request["headers"]["origin"] == "https://shop.example.com"


def test_a_page_view_tells_of_the_page(page: Page) -> None:
    page.did(["trackPageview", None], ["trackPageview", "landings"], clientId="client-1")

    seen = row(page, "pageviews")
    assert seen == row(page, "landings")
    assert seen["time"] == NOON
    wanted = {
        "td_version": "4.4.3",
        "td_client_id": "client-1",
        "td_charset": "utf-8",
        "td_title": "Sale",
        "td_description": "All must go",
        "td_url": "https://shop.example.com/sale?utm_source=mail",
        "td_host": "shop.example.com",
        "td_path": "/sale",
    }
    assert {name: seen[name] for name in wanted} == wanted
    assert seen["td_user_agent"].endswith(";JSSDK/4.4.3")
    assert {"td_screen", "td_viewport", "td_color", "td_language", "td_platform"} <= seen.keys()


def test_an_event_carries_what_was_set(page: Page) -> None:
    page.did(
        ["set", "$global", "site", "shop"],
        ["set", "carts", "step", 1],
        ["trackEvent", "carts", {"item": "mug"}],
    )

    kept = row(page, "carts")
    assert (kept["site"], kept["step"], kept["item"]) == ("shop", 1, "mug")
    assert kept["td_title"] == "Sale"


def test_clicks_are_tracked(page: Page) -> None:
    page.did(["trackClicks"], ["click", "#text"], ["click", "#buy"])

    clicked = row(page, "clicks")
    assert (clicked["tag"], clicked["id"], clicked["class"]) == ("button", "buy", "big red")


def test_a_signed_visitor_with_a_global_id_is_known_to_the_server(page: Page) -> None:
    _, given, _ = page.did(GLOBAL_ID, ["fetchGlobalID"], ["trackEvent", "visits", {}])

    kept = row(page, "visits")
    assert kept["td_global_id"] == given
    assert kept["td_ip"] == "127.0.0.1"
    assert kept["td_client_id"]


def test_an_anonymous_visitor_is_not_known(page: Page) -> None:
    _, _, signed, _ = page.did(
        GLOBAL_ID, ["setAnonymousMode"], ["inSignedMode"], ["trackEvent", "visits", {}]
    )

    assert signed is False
    assert not {"td_global_id", "td_ip", "td_client_id"} & row(page, "visits").keys()


def test_signing_brings_the_identifiers_back(page: Page) -> None:
    page.did(["setSignedMode"], ["trackEvent", "visits", {}], startInSignedMode=False)

    kept = row(page, "visits")
    assert kept["td_client_id"]
    assert "td_ip" not in kept  # the client asks for it with the global id only


def test_blocked_events_are_not_sent(page: Page) -> None:
    page.did(["blockEvents"], ["click", "#buy"], ["unblockEvents"], ["addRecord", "sales", {}])

    assert [one["path"] for one in page.client.control("GET", "requests")["requests"]] == [
        "/shop/sales"
    ] * 2


def test_a_global_id_is_kept_in_the_page_and_fetched_once(page: Page) -> None:
    given = page.run(GLOBAL_ID, ["fetchGlobalID"], ["fetchGlobalID"])

    first, again = (result["ok"] for result in given["results"][1:])
    assert first == again
    assert f"_td_global={first}" in given["cookie"]
    asked = page.client.control("GET", "requests")["requests"]
    assert [(one["method"], one["path"]) for one in asked] == [("OPTIONS", "/"), ("GET", "/")]


def test_a_region_may_be_part_of_the_host(page: Page) -> None:
    _, given, _ = page.did(
        GLOBAL_ID,
        ["fetchGlobalID"],
        ["addRecord", "sales", {"a": 1}],
        host=f"{page.host}/us01",
        pathname="/",
    )

    assert given
    assert row(page, "sales")["a"] == 1


def test_a_visitors_segments_are_looked_up(page: Page) -> None:
    keys = {"email": "ada@example.com"}

    (found,) = page.did(["fetchUserSegments", {"audienceToken": LOOKUP, "keys": keys}])

    assert found == [
        {
            "values": ["301"],
            "attributes": {"first_name": "Ada"},
            "audienceId": "101",
            "key": keys,
        }
    ]


def test_offers_are_fetched_and_the_event_is_stored(page: Page) -> None:
    config = {"endpoint": page.host, "database": "shop", "table": "visits", "token": TOKEN}

    member, other = page.did(
        ["fetchPersonalization", config, {"email": "ada@example.com"}],
        ["fetchPersonalization", config, None],
    )

    assert member["offers"]["banner"]["attributes"] == {"first_name": "Ada"}
    assert other == {"offers": {}}
    assert [one.get("email") for one in page.client.rows("shop/visits")] == [
        "ada@example.com",
        None,
    ]


def test_a_wrong_key_ends_in_the_error_callback(page: Page) -> None:
    given = page.run(["addRecord", "sales", {"a": 1}], writeKey="1/wrong")

    assert "error" in given["results"][0]
    assert page.client.control("GET", "requests")["requests"][-1]["status"] == 401


def test_a_fault_ends_in_the_error_callback(page: Page) -> None:
    page.client.fault(kind="status", status=503, times=1, match={"method": "POST"})

    given = page.run(["addRecord", "sales", {"a": 1}], ["addRecord", "sales", {"a": 2}])

    assert ["error" in result for result in given["results"]] == [True, False]
    assert row(page, "sales")["a"] == 2


def test_records_may_go_over_plain_http(modules: Path) -> None:
    with start(Settings(now=NOON, seed=SEED)) as sandbox:
        client = Client(sandbox)
        page = Page(client, modules, Path(os.devnull))

        page.did(["trackPageview", None], endpoint=f"{sandbox.url}/")

        assert row(page, "pageviews")["td_title"] == "Sale"
        client.session.close()


@pytest.fixture
def old_page(page: Page) -> Page:
    """Give pages with the client of the time before the records API, which asks by JSONP."""
    return replace(page, version="td-js-sdk-2")


def test_an_older_client_sends_by_jsonp(old_page: Page) -> None:
    (answer,) = old_page.did(["addRecord", "sales", {"item": "mug", "count": 2, "word": "ä"}])

    assert answer == {"created": True}
    assert row(old_page, "sales") == {"time": NOON, "item": "mug", "count": 2, "word": "ä"}
    assert old_page.client.types("shop/sales")["count"] == "BIGINT"


def test_an_older_clients_visitor_is_known(old_page: Page) -> None:
    given, _, _ = old_page.did(["fetchGlobalID"], GLOBAL_ID, ["trackPageview", None])

    kept = row(old_page, "pageviews")
    assert kept["td_global_id"] == given
    assert kept["td_ip"] == "127.0.0.1"
    assert kept["td_version"] == "2.5.1"


def test_an_older_client_is_told_of_errors(old_page: Page) -> None:
    given = old_page.run(["addRecord", "sales", {"": 1}], jsonpTimeout=1000)

    assert "error" in given["results"][0]
    assert old_page.client.control("GET", "requests")["requests"][-1]["status"] == 400
