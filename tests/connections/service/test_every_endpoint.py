"""The twelve endpoints: who may call them, and every error that is documented for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from argosy.connections.settings import ConnectionsSettings
from argosy.store import KeyRing, Store, open_store
from tests.connections.bodies import SALESFORCE, USERS
from tests.connections.service.service import (
    ALLOWED,
    DATABASES,
    DOWN,
    KEY,
    MISSING,
    REFUSED,
    ROLES,
    ROOT,
    S3,
    STRANGER,
    Clock,
    FakeProber,
    Service,
    error_of,
    found_organizations,
)
from tests.databases import KINDS, ready_database

Call = Callable[[Service, Any], Any]

CONNECTIONS: dict[str, Call] = {
    "list connections": lambda s, who: s.connections.list(who),
    "get connection": lambda s, who: s.connections.get(who, "S3"),
    "put connection": lambda s, who: s.connections.put(who, "S3", S3),
    "delete connection": lambda s, who: s.connections.delete(who, "S3"),
    "test connection": lambda s, who: s.connections.test(who, "S3", S3),
}
TABLES: dict[str, Call] = {
    "list tables": lambda s, who: s.tables.list(who, "S3"),
    "patch table": lambda s, who: s.tables.patch(who, "S3", "users", USERS),
    "get table": lambda s, who: s.tables.get(who, "S3", "users"),
    "delete table": lambda s, who: s.tables.delete(who, "S3", "users"),
    "preview table": lambda s, who: s.tables.preview(who, "S3", "users", USERS),
    "test table": lambda s, who: s.tables.test(who, "S3", "users"),
    "filter tables": lambda s, who: s.tables.filter(who),
}
ENDPOINTS = {**CONNECTIONS, **TABLES}


@pytest.fixture(scope="module", params=KINDS)
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """One store for all cases: none of them minds what another has left."""
    with (
        ready_database(str(request.param), tmp_path_factory.mktemp("shared")) as url,
        open_store(url) as opened,
    ):
        found_organizations(opened)
        yield opened


@pytest.fixture
def filled(shared: Store) -> Service:
    """A service in which everything that the endpoints ask for is there."""
    service = Service(shared, KeyRing([KEY]), Clock(), FakeProber(), ConnectionsSettings())
    service.connections.put(ROOT, "S3", S3)
    service.tables.patch(ROOT, "S3", "users", USERS)
    return service


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoint_is_for_three_roles(filled: Service, endpoint: str, role: str) -> None:
    who = replace(ROOT, role=role)

    if role in ALLOWED:
        assert isinstance(ENDPOINTS[endpoint](filled, who), dict)
    else:
        error = error_of(lambda: ENDPOINTS[endpoint](filled, who))
        assert (error["http"], error["error_code"], error["error_name"]) == (
            403,
            50,
            "ForbiddenError",
        )
        assert role in error["error_data"]["error"]


@pytest.mark.parametrize("database", [None, "gone", DATABASES["other"][0]])
@pytest.mark.parametrize("endpoint", TABLES)
def test_tables_want_a_database_of_the_organization(
    filled: Service, endpoint: str, database: str | None
) -> None:
    error = error_of(lambda: TABLES[endpoint](filled, replace(ROOT, database=database)))

    assert (error["http"], error["error_data"]["name"]) == (403, "DATABASE_NOT_SELECTED")


@pytest.mark.parametrize("endpoint", CONNECTIONS)
def test_connections_want_no_database(filled: Service, endpoint: str) -> None:
    assert isinstance(CONNECTIONS[endpoint](filled, replace(ROOT, database=None)), dict)


def _wrong(field: str, *words: str, **data: Any) -> tuple[int, int, str, dict[str, Any]]:
    return 400, 40, " ".join(words), {"name": "WRONG_DATA_TYPE", "field": field, **data}


def _missing(name: str, type_: str, key: str, **data: Any) -> tuple[int, int, str, dict[str, Any]]:
    return 404, 60, "does not exist", {"name": name, "type": type_, "key": key, **data}


_NO_CONNECTION = _missing("CONNECTION_NOT_FOUND", "connection", "GCS")
_NO_TABLE = _missing("TABLE_NOT_FOUND", "table", "nothing")
_UNKNOWN = _wrong("connection", "unknown connection 'S4'; available: S3")
_LOCAL = _wrong("connection", "LOCAL is not allowed here")
_NO_OBJECT = _missing(
    "RESOURCE_NOT_FOUND", "object", "s3://users", status="resource_not_found", reason="not_found"
)
_FAILED = _wrong(
    "credentials.aws_secret_access_key",
    "S3 refused the secret key. Check it.",
    reason="refused",
    retryable=False,
    status="wrong_credentials",
)
_VENDOR_DOWN = _wrong(
    "credentials.aws_secret_access_key",
    "S3 refused",
    reason="remote_unavailable",
    retryable=True,
    status="unknown_error",
)

ERRORS: dict[str, tuple[Call, tuple[int, int, str, dict[str, Any]]]] = {
    "get: no such id": (lambda s, w: s.connections.get(w, "S4"), _UNKNOWN),
    "get: not allowed": (lambda s, w: s.connections.get(w, "LOCAL"), _LOCAL),
    "get: not set up": (lambda s, w: s.connections.get(w, "GCS"), _NO_CONNECTION),
    "put: no such id": (
        lambda s, w: s.connections.put(w, "S4", S3),
        _wrong("connection", "A connection of another name is made with its type."),
    ),
    "put: not allowed": (lambda s, w: s.connections.put(w, "LOCAL", S3), _LOCAL),
    "put: no credentials": (
        lambda s, w: s.connections.put(w, "S3", {}),
        _wrong("credentials", "credentials are missing"),
    ),
    "put: not an object": (
        lambda s, w: s.connections.put(w, "S3", [S3]),
        _wrong("the body", "the body is not an object"),
    ),
    "put: credentials are no object": (
        lambda s, w: s.connections.put(w, "S3", {"credentials": "x"}),
        _wrong("credentials", "credentials is not an object"),
    ),
    "put: wrong parameters": (
        lambda s, w: s.connections.put(w, "GCS", SALESFORCE),
        _wrong("credentials.type", "is missing"),
    ),
    "put: an unknown type": (
        lambda s, w: s.connections.put(w, "mine", {**S3, "type": "S5"}),
        _wrong("type", "type is not one of S3"),
    ),
    "put: another type": (
        lambda s, w: s.connections.put(w, "S3", {**S3, "type": "GCS"}),
        _wrong("type", "the connection 'S3' is of the type S3, and keeps it"),
    ),
    "put: like a type": (
        lambda s, w: s.connections.put(w, "s3", {**S3, "type": "S3"}),
        _wrong("connection", "too like that of the type S3"),
    ),
    "delete: no such id": (lambda s, w: s.connections.delete(w, "S4"), _UNKNOWN),
    "delete: not allowed": (lambda s, w: s.connections.delete(w, "LOCAL"), _LOCAL),
    "delete: not set up": (lambda s, w: s.connections.delete(w, "GCS"), _NO_CONNECTION),
    "test: no such id": (lambda s, w: s.connections.test(w, "S4", S3), _wrong("connection", "S4")),
    "test: not allowed": (lambda s, w: s.connections.test(w, "LOCAL"), _LOCAL),
    "test: not set up": (lambda s, w: s.connections.test(w, "GCS"), _NO_CONNECTION),
    "test: wrong parameters": (
        lambda s, w: s.connections.test(w, "S3", {"credentials": []}),
        _wrong("credentials", "credentials is not an object"),
    ),
    "test: refused": (lambda s, w: _with(s, REFUSED).connections.test(w, "S3"), _FAILED),
    "test: vendor down": (lambda s, w: _with(s, DOWN).connections.test(w, "S3", S3), _VENDOR_DOWN),
    "list tables: no such id": (lambda s, w: s.tables.list(w, "S4"), _UNKNOWN),
    "patch: no such id": (lambda s, w: s.tables.patch(w, "S4", "users", USERS), _UNKNOWN),
    "patch: not set up": (lambda s, w: s.tables.patch(w, "GCS", "users", USERS), _NO_CONNECTION),
    "patch: no resource": (
        lambda s, w: s.tables.patch(w, "S3", "new", {}),
        _wrong("resource", "a new table needs one of item, user"),
    ),
    "patch: wrong resource": (
        lambda s, w: s.tables.patch(w, "S3", "new", {"resource": "users"}),
        _wrong("resource", 'resource: "users" is not one of item, user'),
    ),
    "patch: wrong status": (
        lambda s, w: s.tables.patch(w, "S3", "users", {"status": "fine"}),
        _wrong("status", '"fine" is not one of available'),
    ),
    "patch: not an object": (
        lambda s, w: s.tables.patch(w, "S3", "users", "x"),
        _wrong("the body", "the body is not an object"),
    ),
    "patch: null for an object": (
        lambda s, w: s.tables.patch(w, "S3", "users", {"resource_params": None}),
        _wrong("resource_params", "resource_params is not an object"),
    ),
    "get table: no such id": (lambda s, w: s.tables.get(w, "S4", "users"), _UNKNOWN),
    "get table: none": (lambda s, w: s.tables.get(w, "S3", "nothing"), _NO_TABLE),
    "get table: not set up": (lambda s, w: s.tables.get(w, "GCS", "nothing"), _NO_TABLE),
    "delete table: no such id": (lambda s, w: s.tables.delete(w, "S4", "users"), _UNKNOWN),
    "delete table: none": (lambda s, w: s.tables.delete(w, "S3", "nothing"), _NO_TABLE),
    "preview: no such id": (lambda s, w: s.tables.preview(w, "S4", "users", USERS), _UNKNOWN),
    "preview: not set up": (
        lambda s, w: s.tables.preview(w, "GCS", "users", USERS),
        _NO_CONNECTION,
    ),
    "preview: wrong parameters": (
        lambda s, w: s.tables.preview(w, "S3", "new", {"resource": "x"}),
        _wrong("resource", "is not one of"),
    ),
    "preview: refused": (
        lambda s, w: _with(s, REFUSED).tables.preview(w, "S3", "users", USERS),
        _FAILED,
    ),
    "preview: no object": (
        lambda s, w: _with(s, MISSING).tables.preview(w, "S3", "users", USERS),
        _NO_OBJECT,
    ),
    "preview: vendor down": (
        lambda s, w: _with(s, DOWN).tables.preview(w, "S3", "users", USERS),
        _VENDOR_DOWN,
    ),
    "test table: no such id": (lambda s, w: s.tables.test(w, "S4", "users"), _UNKNOWN),
    "test table: none": (lambda s, w: s.tables.test(w, "S3", "nothing"), _NO_TABLE),
    "test table: refused": (lambda s, w: _with(s, REFUSED).tables.test(w, "S3", "users"), _FAILED),
    "test table: no object": (
        lambda s, w: _with(s, MISSING).tables.test(w, "S3", "users"),
        _NO_OBJECT,
    ),
    "filter: no such id": (lambda s, w: s.tables.filter(w, connection="S4"), _UNKNOWN),
    "filter: wrong resource": (
        lambda s, w: s.tables.filter(w, resource="users"),
        _wrong("resource", "is not one of item, user"),
    ),
    "filter: page 0": (
        lambda s, w: s.tables.filter(w, page="0"),
        _wrong("page", "page goes from 1 to 1000000000, and is 0"),
    ),
    "filter: page in words": (
        lambda s, w: s.tables.filter(w, page="two"),
        _wrong("page", "page is not a whole number"),
    ),
    "filter: amt 65": (
        lambda s, w: s.tables.filter(w, amt=65),
        _wrong("amt", "amt goes from 1 to 64, and is 65"),
    ),
    "filter: amt as a truth": (
        lambda s, w: s.tables.filter(w, amt=True),
        _wrong("amt", "amt is not a whole number"),
    ),
}


def _with(service: Service, result: Any) -> Service:
    """The same service, whose tests come to something else."""
    return replace(service, prober=FakeProber(result))


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_is_the_documented_one(filled: Service, case: str) -> None:
    call, (http, code, words, data) = ERRORS[case]

    error = error_of(lambda: call(filled, ROOT))

    assert (error["http"], error["error_code"]) == (http, code)
    assert words in f"{error['message']}"
    assert data.items() <= error["error_data"].items()
    if code == 40:
        assert error["error_data"]["error"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a/b",
        ".",
        "..",
        "x" * 257,
        "tab\there",
        "nul\0",
        "\ud800",
        "right\u202eleft",
        "\x85",
    ],
)
@pytest.mark.parametrize("endpoint", ["connection", "table"])
def test_a_name_that_cannot_stand_in_an_address_is_refused(
    filled: Service, endpoint: str, name: str
) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: filled.connections.put(ROOT, name, {**S3, "type": "S3"}),
        lambda: filled.connections.test(ROOT, name, {**S3, "type": "S3"}),
        lambda: filled.connections.get(ROOT, name),
        lambda: filled.connections.delete(ROOT, name),
        lambda: filled.tables.patch(ROOT, name, "users", USERS),
        lambda: filled.tables.list(ROOT, name),
        lambda: filled.tables.filter(ROOT, connection=name),
    ]
    if endpoint == "table":
        calls = [
            lambda: filled.tables.patch(ROOT, "S3", name, USERS),
            lambda: filled.tables.preview(ROOT, "S3", name, USERS),
            lambda: filled.tables.get(ROOT, "S3", name),
            lambda: filled.tables.test(ROOT, "S3", name),
            lambda: filled.tables.delete(ROOT, "S3", name),
        ]

    for call in calls:
        error = error_of(call)
        assert (error["http"], error["error_data"]["field"]) == (400, endpoint)


@pytest.mark.parametrize("name", ["a b.csv", "ü", "100%", "x?y#z", "x" * 256, "日本", "'; DROP"])
def test_any_other_name_is_one(filled: Service, name: str) -> None:
    filled.connections.put(ROOT, name, {**S3, "type": "S3"})
    filled.tables.patch(ROOT, name, name, USERS)

    assert filled.connections.get(ROOT, name)["name"] == name
    assert filled.tables.get(ROOT, name, name)["name"] == name


@pytest.mark.parametrize("endpoint", ["put connection", "delete connection"])
def test_writes_can_be_taken_from_the_role_backend(filled: Service, endpoint: str) -> None:
    strict = filled.having(backend_writes=False)

    error = error_of(lambda: ENDPOINTS[endpoint](strict, replace(ROOT, role="backend")))

    assert error["http"] == 403
    assert isinstance(strict.connections.get(replace(ROOT, role="backend"), "S3"), dict)
    assert isinstance(ENDPOINTS[endpoint](strict, replace(ROOT, role="manager")), dict)


def test_a_database_of_ones_own_is_chosen_by_the_login(filled: Service) -> None:
    other = replace(ROOT, database=DATABASES["acme"][1])

    assert filled.tables.filter(other)["tables"] == []
    assert error_of(lambda: filled.tables.get(other, "S3", "users"))["http"] == 404
    assert error_of(lambda: filled.connections.get(STRANGER, "S3"))["http"] == 404
