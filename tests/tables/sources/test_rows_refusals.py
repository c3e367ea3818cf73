"""What a vendor refuses, and what a type's declaration makes of it: reason, status, advice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from argosy.connections.probing.result import REASONS
from argosy.connections.types import load_types
from argosy.errors import TableError
from tests.connections.fakes.world import World
from tests.servers import Say
from tests.tables.sources.rows_world import Reading, running_world


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[World, str]]:
    with running_world() as running:
        yield running


@pytest.fixture
def reading(running: tuple[World, str]) -> Reading:
    return Reading(*running)


#: The calls that fail, with what is answered and a word of what is told.
REFUSED: list[tuple[str, str, int, Say, str, str]] = [
    ("BRAZE", "catalogs", 1, Say(403, {"message": "no"}), "forbidden", "catalogs.get."),
    ("BRAZE", "catalogs/empty", 2, Say(403, {}), "forbidden", "catalogs.get_items"),
    ("BRAZE", "segments", 1, Say(403, {}), "forbidden", "segments.list"),
    ("BRAZE", "campaigns", 1, Say(403, {}), "forbidden", "campaigns.list"),
    ("BRAZE", "catalogs", 1, Say(401, {"message": "Invalid API Key"}), "refused", "instance"),
    ("ITERABLE", "lists", 1, Say(401, {"code": "BadApiKey"}), "refused", "US data center"),
    ("ITERABLE", "lists", 1, Say(403, {"code": "Forbidden"}), "forbidden", "server-side"),
    ("KLAVIYO", "profiles", 1, Say(401, {}), "refused", "pk_"),
    ("KLAVIYO", "profiles", 1, Say(403, {}), "forbidden", "profiles:read"),
    ("KLAVIYO", "lists/L1", 1, Say(403, {}), "forbidden", "lists:read and profiles:read"),
    ("KLAVIYO", "segments/S1", 1, Say(403, {}), "forbidden", "segments:read and profiles:read"),
    ("KLAVIYO", "lists", 1, Say(403, {}), "forbidden", "lists:read"),
    ("KLAVIYO", "segments", 1, Say(403, {}), "forbidden", "segments:read"),
    ("KLAVIYO", "events", 1, Say(403, {}), "forbidden", "events:read"),
    ("KLAVIYO", "metrics", 1, Say(403, {}), "forbidden", "metrics:read"),
    ("KLAVIYO", "catalog-items", 1, Say(403, {}), "forbidden", "catalogs:read"),
    ("KLAVIYO", "catalog-variants", 1, Say(403, {}), "forbidden", "variants"),
    ("KLAVIYO", "profiles", 1, Say(410, {}), "outdated", "Update Argosy"),
    ("SAILTHRU", "lists", 1, Say(401, {"error": 3}), "refused", "api_key"),
    ("SAILTHRU", "lists", 1, Say(401, {"error": 5}), "refused", "signature"),
    ("SAILTHRU", "lists", 1, Say(403, {"error": 4}), "forbidden", "address of this server"),
    ("SAILTHRU", "content", 1, Say(429, {"error": 43}), "rate_limited", "Try again in a minute"),
    ("SENDLANE", "tags", 1, Say(401, "<html>"), "refused", "version 2"),
    ("SENDLANE", "tags", 1, Say(403, {}), "forbidden", "plan"),
    ("SHOPIFY", "orders", 1, Say(401, {"errors": "no"}), "refused", "Shopify refused the token"),
    ("SHOPIFY", "orders", 1, Say(403, {"errors": "no"}), "forbidden", "may not use the API"),
    ("SHOPIFY", "orders", 1, Say(402, {"errors": "no"}), "forbidden", "not paid (402)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "name", "at", "answer", "reason", "word"),
    REFUSED,
    ids=[f"{one[0]}-{one[1]}-{one[4]}-{at}" for at, one in enumerate(REFUSED)],
)
def test_a_refusal_says_what_to_change(
    reading: Reading, type_: str, name: str, at: int, answer: Say, reason: str, word: str
) -> None:
    reading.interrupt(at, answer)

    error = reading.failure(type_, object=name)

    assert error.reason == reason
    assert error.status == REASONS[reason]
    assert word in error.message


@pytest.mark.parametrize("name", ["products", "variants", "collections", "customers", "orders"])
def test_a_scope_that_lacks_is_found_in_an_answer_200(reading: Reading, name: str) -> None:
    denied: dict[str, object] = {
        "message": "Access denied",
        "extensions": {"code": "ACCESS_DENIED"},
    }
    reading.vendors.shopify.errors = (denied,)

    error = reading.failure("SHOPIFY", object=name)

    scope = {"customers": "read_customers", "orders": "read_orders"}.get(name, "read_products")
    assert error.message == (
        f"The app may not read {name}. Give the app the scope {scope}, and install it again."
    )
    assert error.status == "wrong_credentials"


def test_throttling_is_told_to_whoever_previews(reading: Reading) -> None:
    throttled: dict[str, object] = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    reading.vendors.shopify.errors = (throttled,)

    error = reading.failure("SHOPIFY", object="products")

    assert error.message == "Shopify has been called too often. Try again in a minute."
    assert error.passes


def ways_to_fail() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each way to fail that a type declares for its tables, and a step that meets it."""
    for type_ in load_types().values():
        steps: list[Any] = type_.tables.get("steps", []) if "rows" in type_.tables else []
        for step in steps:
            for failure in step.get("failures", ()):
                yield type_.id, step["name"], failure
        for failure in type_.tables.get("failures", ()) if steps else ():
            yield type_.id, steps[0]["name"], failure


def written(pointers: list[str], text: str | int) -> Any:
    """Return a body that has a text where the first of the pointers leads."""
    body: Any = text
    for part in reversed(pointers[0].split("/")[1:]):
        body = [body] if part == "0" else {part: body}
    return body


def merged(left: Any, right: Any) -> Any:
    if isinstance(left, list):
        return [merged(left[0], right[0])]
    return {**left, **{n: merged(left[n], v) if n in left else v for n, v in right.items()}}


WAYS = list(ways_to_fail())


@pytest.mark.parametrize(
    ("type_", "step", "failure"),
    WAYS,
    ids=[f"{one[0]}-{one[1]}-{at}" for at, one in enumerate(WAYS)],
)
def test_every_way_to_fail_is_told_in_whole_sentences(
    reading: Reading, type_: str, step: str, failure: dict[str, Any]
) -> None:
    probe = load_types()[type_].probe
    code, status = failure.get("code", ""), failure.get("status", 400)
    code = code[0] if isinstance(code, list) else code
    body: Any = {"unknown": True}
    if code:
        texts = [
            one
            for one in probe["texts"]
            if one.split("/")[1:2] == probe["codes"][0].split("/")[1:2]
        ]
        body = written(probe["codes"], int(code) if code.isdigit() else code)
        body = merged(body, written(texts, "the vendor's own words")) if texts else body
    elif "body.error.message" in failure["message"]:
        body = {"error": {"message": "the vendor's own words"}}
    answer = Say(status[0] if isinstance(status, list) else status, body)
    if "failure" in failure:
        assert failure["failure"] == "too_large"
        answer = Say(200, "x" * (17 * 1024 * 1024))
    values = {"name": "x1", "size": 10, "query": "q", "project": "p", "dataset": "d", "job": "j"}
    session = reading.session(type_, {})
    session.sign_in()
    reading.interrupt(1 + len(reading.world.calls), answer)

    with pytest.raises(TableError) as caught:
        session.call(step, **values, fields=["Id"], most="1", request="r")

    error = caught.value
    assert (error.reason, error.status) == (failure["reason"], REASONS[failure["reason"]])
    longest = max(re.split(r"\{\{.*?\}\}", failure["message"]), key=len).strip()
    assert longest in error.message
    assert error.message.endswith(".")
    assert error.remedy[0].isupper()
    assert error.field == failure.get("field", "")
