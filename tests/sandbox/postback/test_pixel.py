"""Postback by GET: parameters become text, and the answer is JSON, a pixel or a redirect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.conftest import NOON

if TYPE_CHECKING:
    import requests

    from tests.sandbox.conftest import Client

PATH = "/postback/v3/event/shop/visits"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
KNOWN = "0b5a7d3e-3c55-4f0e-9d0a-9d6c2f3a1b77"


def get(
    client: Client, headers: dict[str, str] | None = None, /, **parameters: str
) -> requests.Response:
    """Ask for a pixel with the write-only key; redirects aren't followed, cookies not kept."""
    client.session.cookies.clear()
    answer = client.session.request(
        "GET",
        f"{client.url}{PATH}",
        params={"td_write_key": "2/sandbox"} | parameters,
        headers=headers or {},
        allow_redirects=False,
    )
    client.session.cookies.clear()
    return answer


def row(client: Client) -> Any:
    """Give the only row."""
    (one,) = client.rows("shop/visits")
    return one


def test_parameters_become_columns_of_text(client: Client) -> None:
    answer = get(client, page="/sale?x=ä", count="12", empty="")

    assert (answer.status_code, answer.content) == (200, b"{}")
    assert row(client) == {"time": NOON, "page": "/sale?x=ä", "count": "12", "empty": ""}


def test_the_time_of_a_query_is_a_number(client: Client) -> None:
    get(client, td_record_time=str(NOON - 60), a="1")

    assert row(client) == {"time": NOON - 60, "a": "1"}


def test_a_pixel_is_an_image_of_one_point(client: Client) -> None:
    answer = get(client, td_format="pixel", mail="spring")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/gif"
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.content[:6] == b"GIF89a"
    assert answer.content[6:10] == b"\x01\x00\x01\x00"
    assert answer.content[-1:] == b";"
    assert row(client) == {"time": NOON, "mail": "spring"}


def test_a_pixel_of_a_wrong_key_is_a_pixel(client: Client) -> None:
    answer = get(client, td_format="pixel", td_write_key="1/wrong")

    assert answer.headers["Content-Type"] == "image/gif"
    assert client.call("GET", "/_sandbox/rows/shop/visits").status_code == 404


def test_a_pixel_without_a_key_is_forbidden(client: Client) -> None:
    assert client.call("GET", f"{PATH}?td_format=pixel", key=None).status_code == 403


def test_the_server_fills_in_what_it_knows(client: Client) -> None:
    words = {name: name for name in ("td_ip", "td_ua", "td_global_id")}
    answer = get(client, {"User-Agent": "Test/1"}, **words)

    kept = row(client)
    assert (kept["td_ip"], kept["td_ua"]) == ("127.0.0.1", "Test/1")
    assert re.fullmatch(UUID, kept["td_global_id"])
    assert f"_td_global={kept['td_global_id']};" in answer.headers["Set-Cookie"]


def test_other_values_of_these_parameters_stay(client: Client) -> None:
    words = dict.fromkeys(("td_ip", "td_ua", "td_global_id"), "mine")
    answer = get(client, None, **words)

    assert row(client) == {"time": NOON} | words
    assert "Set-Cookie" not in answer.headers


def test_a_known_visitor_keeps_its_global_id(client: Client) -> None:
    answer = get(client, {"Cookie": f"_td_global={KNOWN}"}, td_global_id="td_global_id")

    assert row(client)["td_global_id"] == KNOWN
    assert "Set-Cookie" not in answer.headers


def test_a_cookie_that_no_collector_set_is_not_believed(client: Client) -> None:
    target = "https://example.com/?id=td_global_id"
    answer = get(client, {"Cookie": '_td_global="a&b=c/.."'}, td_redirect=target)

    (found,) = parse_qs(urlsplit(answer.headers["Location"]).query)["id"]
    assert re.fullmatch(UUID, found)


def test_a_redirect_carries_the_global_id(client: Client) -> None:
    answer = get(
        client,
        {"Cookie": f"_td_global={KNOWN}"},
        td_redirect="https://example.com/td_global_id?td_global_id=td_global_id&x=a%20b&y=a b",
        a="1",
    )

    assert answer.status_code == 302
    wanted = f"https://example.com/{KNOWN}?td_global_id={KNOWN}&x=a%20b&y=a%20b"
    assert answer.headers["Location"] == wanted
    assert row(client) == {"time": NOON, "a": "1"}


def test_a_redirect_to_a_new_visitor_sets_the_cookie(client: Client) -> None:
    answer = get(client, td_redirect="http://example.com/?id=td_global_id")

    (found,) = parse_qs(urlsplit(answer.headers["Location"]).query)["id"]
    assert f"_td_global={found};" in answer.headers["Set-Cookie"]


def test_a_redirect_that_wants_no_id_sets_no_cookie(client: Client) -> None:
    assert "Set-Cookie" not in get(client, td_redirect="https://example.com/").headers


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/local",
        "//example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.com/",
        "https:example.com",
        "https:///example.com",
        "https://",
        "https://?x",
        "https://[::1",
        "https:\\\\example.com",
        "https://example.com\\@other.example.com/",
        " https://example.com/",
        "https://example.com/\r\nSet-Cookie: a=b",
        "https://example.com/\x00",
        "https://example.com/" + "a" * 9000,
    ],
)
def test_a_redirect_to_what_is_no_web_address_is_refused(client: Client, target: str) -> None:
    answer = get(client, td_redirect=target, a="1")

    assert (answer.status_code, answer.content) == (400, b"{}")
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert client.call("GET", "/_sandbox/rows/shop/visits").status_code == 404


def test_a_redirect_target_beyond_ascii_is_encoded(client: Client) -> None:
    answer = get(client, td_redirect="https://example.com/ä?q=日")

    assert answer.headers["Location"] == "https://example.com/%C3%A4?q=%E6%97%A5"
