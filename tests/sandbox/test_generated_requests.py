"""Requests made from the vendor's documents: none gets a 5xx, and no answer is undocumented.

Schemathesis makes the requests of every operation, right and wrong ones, with a fixed seed. Ids
in paths are made known ones half of the time, so that more than "not found" is seen.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from argosy.sandbox import Settings, start
from tests.contracts import CONTRACTS, needs_contracts
from tests.sandbox.contract_watch import Watch

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.core.errors import SerializationNotPossible

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs_contracts

DOCUMENTS = {
    "cdp-api": "",
    "td-api-v3": "/v3",
    "workflow-api": "",
    "postback-api": "",
    "postback-api-v2": "",
    "personalization-api": "",
}
HEADERS = {"Authorization": "TD1 1/sandbox"}
EXAMPLES = 4
KNOWN: dict[str, list[Any]] = {
    "audienceId": [101],
    "parentSegmentId": [101],
    "segmentId": [301, 302, 303],
    "folderId": [201],
    "segmentFolderId": [201],
    "database_name": ["shop"],
    "table_name": ["customers", "orders"],
    "job_id": [1],
    "id": [1, 101, 201, 301],
}


@cache
def document(name: str) -> dict[str, Any]:
    """Read one of the vendor's documents."""
    text = (CONTRACTS / f"{name}.openapi.yml").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return read


@cache
def schema(name: str) -> Any:
    """Give what schemathesis makes of a document."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return schemathesis.openapi.from_dict(document(name))


def operations() -> list[tuple[str, str, str]]:
    """Name every operation of the documents: document, method and path."""
    if not CONTRACTS.is_dir():
        return []
    methods = {"get", "put", "post", "patch", "delete", "head"}
    return [
        (name, method, path)
        for name in DOCUMENTS
        for path, item in document(name)["paths"].items()
        for method in item
        if method in methods
    ]


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="module")
def url(watch: Watch) -> Iterator[str]:
    with start(Settings(observer=watch, random_seed=1)) as sandbox:
        control(sandbox.url, "snapshots", {"name": "start"})
        yield sandbox.url


def control(url: str, path: str, body: Any) -> None:
    """Call a control route."""
    requests.post(f"{url}/_sandbox/{path}", json=body, timeout=30).raise_for_status()


@pytest.mark.parametrize(("name", "method", "path"), operations())
def test_no_request_gets_more_than_the_document_has(
    name: str, method: str, path: str, url: str, watch: Watch
) -> None:
    control(url, "snapshots/start/restore", {})  # what other tests left is none of this one's
    operation = schema(name)[path][method.upper()]
    session = requests.Session()
    session.trust_env = False

    @seed(20_260_101)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def send(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        try:
            case = data.draw(operation.as_strategy(generation_mode=mode))
        except Unsatisfiable:
            return  # the document has nothing that could be made wrong
        except SerializationNotPossible:  # the one operation that takes an archive
            arguments: dict[str, Any] = {
                "method": method.upper(),
                "url": f"{url}{path}",
                "params": {"project": "generated", "revision": "1"},
                "data": data.draw(st.binary(max_size=200)),
            }
        else:
            for parameter in case.path_parameters or {}:
                if parameter in KNOWN and data.draw(st.booleans()):
                    case.path_parameters[parameter] = data.draw(st.sampled_from(KNOWN[parameter]))
            arguments = case.as_transport_kwargs(base_url=f"{url}{DOCUMENTS[name]}")
        arguments["headers"] = {**(arguments.get("headers") or {}), **HEADERS}
        answer = session.request(**arguments, allow_redirects=False, timeout=30)
        assert answer.status_code < 500 or answer.status_code == 501, answer.text
        watch.check()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        send()
    session.close()
