"""Each capability's examples give exactly the requests and results that the goldens hold."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import orjson
import pytest
import responses

from argosy import Connection, Connector, Dispatcher, Ports, load
from argosy.connector import load_capability
from argosy.model import MASK, Example, example_body

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = Path(__file__).parent / "goldens"
KEY = "1/0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("capability", load(ROOT).capability_files)
def test_the_examples_give_the_golden_requests_and_results(
    connector: Connector, capability: str, golden: Callable[[Path, Any], None]
) -> None:
    examples = load_capability(connector, capability).examples
    connection = Connection(properties={"apiKey": KEY})
    ports = Ports(new_uuid=lambda: "00000000-0000-4000-8000-000000000001")
    with Dispatcher(connector, connection, ports) as dispatcher:
        exchanges = [_exchange(dispatcher, capability, example) for example in examples]

    golden(GOLDENS / f"{capability}.json", exchanges)


def _exchange(dispatcher: Dispatcher, capability: str, example: Example) -> dict[str, Any]:
    answer = example.response
    with responses.RequestsMock() as vendor:
        planned = dispatcher.prepare(capability, example.inputs)
        vendor.add(
            planned.method,
            planned.url.replace(MASK, quote_plus(KEY)),
            status=answer["status"],
            headers=answer.get("headers"),
            body=example_body(example.response),
        )
        for further in example.then:
            vendor.add(
                *_asked(dispatcher.connector, further["capability"]),
                status=further["status"],
                headers=further.get("headers"),
                body=example_body(further),
            )
        result = dispatcher.call(capability, example.inputs)
        first, *others = [_shown(dispatcher, call.request) for call in vendor.calls]
    assert result.error is None
    named = {n: v for n, v in result.outputs.items() if n not in {"rawResponse", "headers"}}
    named.pop("statusCode")
    for said in ("content", "hasMore", "next"):  # bytes, and what every list that pages says
        named.pop(said, None)
    assert named == example.outputs
    return {
        "title": example.title,
        "request": first,
        **({"then": others} if others else {}),
        "result": result.to_json(),
    }


def _asked(connector: Connector, capability: str) -> tuple[str, re.Pattern[str]]:
    """Return the method of a capability's request, and what its address looks like."""
    request = load_capability(connector, capability).request
    literal = re.split(r"\{[^{}]*\}", request.path)
    path = "[^/?]+".join(re.escape(part) for part in literal)
    return request.method, re.compile(rf"https://[^/]+{path}(\?.*)?$")


def _shown(dispatcher: Dispatcher, sent: Any) -> dict[str, Any]:
    headers = {name: dispatcher.redactor.text(value) for name, value in sent.headers.items()}
    return {
        "method": sent.method,
        "url": dispatcher.redactor.text(sent.url or ""),
        "headers": headers,
        "body": _readable(sent.body, sent.headers),
    }


def _readable(body: Any, headers: Mapping[str, str]) -> Any:
    """Return a body as a reader of the golden wants to see it."""
    if not body:
        return None
    media = headers["Content-Type"]
    if "json" in media:
        return orjson.loads(body)
    if media == "application/x-www-form-urlencoded":
        return body.decode()
    return {"base64": b64encode(body).decode()}


def test_the_goldens_hold_no_key() -> None:
    texts = [path.read_text(encoding="utf-8") for path in GOLDENS.glob("*.json")]

    assert texts
    assert not any(KEY in text or KEY.partition("/")[2] in text for text in texts)


def test_every_golden_belongs_to_a_capability(connector: Connector) -> None:
    assert {path.stem for path in GOLDENS.glob("*.json")} == set(connector.capability_files)
