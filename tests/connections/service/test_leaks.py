"""Planted secrets, looked for everywhere after everything was done and every error provoked."""

from __future__ import annotations

import json
import logging
import traceback
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select

from argosy.accounts import audit
from argosy.connections.fields import secret_fields
from argosy.connections.probing import Prober, ProbeSettings
from argosy.connections.types import load_types
from argosy.errors import ArgosyError
from argosy.model.secret import MASK
from argosy.store import KeyRing, tables
from tests.connections.bodies import USERS
from tests.connections.service.service import (
    DOWN,
    MISSING,
    OTHER_KEY,
    REFUSED,
    ROOT,
    S3,
    FakeProber,
    Service,
)
from tests.databases import postgres

#: With characters that escape differently in JSON, addresses and base64.
PLANTED = "Planted/Secret+With=Signs~9f8e7d6c"
PEM = "-----BEGIN PRIVATE KEY-----\nUGxhbnRlZExpbmVPbmU1Njc4OTA=\n-----END PRIVATE KEY-----\n"
LINE = "UGxhbnRlZExpbmVPbmU1Njc4OTA="
CREDENTIALS = {**S3["credentials"], "aws_secret_access_key": PLANTED, "aws_session_token": "T" * 40}
BODY = {"credentials": CREDENTIALS}
WRONG_PLACES: list[dict[str, Any]] = [
    {**BODY, "metadata": {"bucket": PLANTED}},
    {**BODY, "metadata": {"note": {"deep": [f"x{PLANTED}"]}}},
    {**BODY, "settings": {"endpoint": f"https://{PLANTED}@example.com"}},
    {**BODY, "type": PLANTED},
    {"credentials": {**CREDENTIALS, "region_name": PLANTED}},
    {"credentials": {**CREDENTIALS, "endpoint_url": f"https://user:{PLANTED}@example.com"}},
    {"credentials": {**CREDENTIALS, PLANTED: "x"}},
    {"credentials": {**CREDENTIALS, "aws_secret_access_key": f" {PLANTED}\n"}},
    {"credentials": PLANTED},
    {"credentials": {**CREDENTIALS, "aws_secret_access_key": [PLANTED]}},
    {"credentials": {**CREDENTIALS, "aws_secret_access_key": {"value": PLANTED}}},
    {"credentials": {"aws_secret_access_key": PLANTED}},
    {"credentials": {**CREDENTIALS, "aws_access_key_id": None}},
    {**BODY, "metadata": PLANTED},
    {**BODY, PLANTED: 1},
]
WRONG_TABLES: list[Any] = [
    {"resource": PLANTED},
    {"resource": "user", "resource_params": {"columns_mapping": {"user_id": PLANTED}}},
    {"resource": "user", "connection_table_params": {"file_format": PLANTED}},
    {"resource": "user", "connection_table_params": {"options": {"delimiter": PLANTED}}},
    {"resource": "user", "connection_table_params": {"path": f"a/{PLANTED}"}},
    {"resource": "user", "connection_table_metadata": {"description": f"use {PLANTED}"}},
    {"resource": "user", "connection_table_metadata": {PLANTED: 1}},
    {"resource": "user", "status": PLANTED},
]


def _forms(secret: str) -> set[str]:
    """Return how a secret looks as it is, in JSON, in addresses and in base64."""
    return {
        secret,
        json.dumps(secret)[1:-1],
        quote(secret, safe=""),
        b64encode(secret.encode()).decode(),
    }


FORMS = {form for secret in (PLANTED, LINE, "T" * 40) for form in _forms(secret)}


class Ear:
    """Hears everything that a caller could be shown."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.errors = 0

    def call(self, work: Callable[[], Any]) -> None:
        try:
            answer = work()
        except ArgosyError as error:
            self.errors += 1
            told = [error.to_json(), getattr(error, "envelope", dict)(), repr(error), error.facts]
            self.heard.append(json.dumps(told, default=repr))
            self.heard.append("".join(traceback.format_exception(error)))
        else:
            self.heard.append(json.dumps(answer, default=repr))
            self.heard.append(repr(answer))


def _all_calls(service: Service, name: str, body: Any, table: Any) -> list[Callable[[], Any]]:
    connections, data = service.connections, service.tables
    return [
        lambda: connections.put(ROOT, name, body),
        lambda: connections.test(ROOT, name, body),
        lambda: connections.test(ROOT, name),
        lambda: connections.get(ROOT, name),
        lambda: connections.list(ROOT),
        lambda: data.patch(ROOT, name, "users", table),
        lambda: data.preview(ROOT, name, "users", table),
        lambda: data.test(ROOT, name, "users"),
        lambda: data.get(ROOT, name, "users"),
        lambda: data.list(ROOT, name),
        lambda: data.filter(ROOT, connection=name),
        lambda: data.filter(ROOT, page="x"),
        lambda: connections.put(replace(ROOT, role="frontend"), name, body),
        lambda: data.patch(replace(ROOT, database=None), name, "users", table),
        lambda: data.delete(ROOT, name, "nothing"),
    ]


def _everything(service: Service, ear: Ear) -> None:
    """Do all there is, rightly and wrongly, with a stored secret and with a new one."""
    # the stored secret is there from the first call on
    ear.call(lambda: service.connections.put(ROOT, "S3", BODY))
    for result in (REFUSED, MISSING, DOWN):
        failing = replace(service, prober=FakeProber(result))
        for call in _all_calls(failing, "S3", BODY, USERS):
            ear.call(call)
    for body in WRONG_PLACES:
        ear.call(lambda body=body: service.connections.put(ROOT, "S3", body))  # type: ignore[misc]
        ear.call(lambda body=body: service.connections.test(ROOT, "S3", body))  # type: ignore[misc]
        ear.call(lambda body=body: service.connections.put(ROOT, "new", {"type": "S3", **body}))  # type: ignore[misc]
    for table in WRONG_TABLES:
        ear.call(lambda table=table: service.tables.patch(ROOT, "S3", "new", table))  # type: ignore[misc]
        ear.call(lambda table=table: service.tables.preview(ROOT, "S3", "new", table))  # type: ignore[misc]
    ear.call(lambda: service.connections.put(ROOT, "my-UGxhbnRlZ", {**BODY, "type": "S3"}))
    account = {
        "type": "service_account",
        "project_id": "p",
        "client_email": "svc@p.iam.gserviceaccount.com",
        "private_key": PEM,
        "private_key_id": "k",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    ear.call(lambda: service.connections.put(ROOT, "GCS", {"credentials": account}))
    ear.call(lambda: service.connections.put(ROOT, "GCS", {"credentials": {**account, "x": LINE}}))
    for call in _all_calls(service, "GCS", {"credentials": account}, USERS):
        ear.call(call)
    lost = replace(service, ring=KeyRing([OTHER_KEY]))
    for call in _all_calls(lost, "S3", {"credentials": {}}, USERS)[1:]:
        ear.call(call)
    ear.call(lambda: lost.connections.open("acme", "S3"))
    ear.call(lambda: service.connections.delete(ROOT, "GCS"))
    ear.call(lambda: audit.read(service.store, ROOT, amt=64))


def _stored(service: Service, url: str, folder: Path) -> bytes:
    """Return all bytes that the store has written."""
    if service.store.database == "postgresql":
        return postgres().dump(url)
    return b"".join(path.read_bytes() for path in sorted(folder.glob("argosy-*")))


def test_a_planted_secret_is_nowhere(
    service: Service, url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear()

    with caplog.at_level(logging.DEBUG):
        _everything(service, ear)

    said = "\n".join([*ear.heard, caplog.text])
    stored = _stored(service, url, tmp_path)
    assert ear.errors > 60
    assert len(stored) > 10_000
    assert [form for form in FORMS if form in said] == []
    assert [form for form in FORMS if form.encode() in stored] == []
    assert service.connections.open("acme", "S3").credentials["aws_secret_access_key"] == PLANTED


def test_an_answer_to_the_test_tells_nothing_where_it_would_leak_by_a_real_prober(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """The real prober against an address where nobody answers."""
    settings = ProbeSettings(
        base_urls={"S3": "http://127.0.0.1:9"}, allow_networks=("127.0.0.0/8",)
    )
    real = replace(service, prober=Prober(settings))  # type: ignore[arg-type]
    ear = Ear()

    with caplog.at_level(logging.DEBUG):
        ear.call(lambda: real.connections.put(ROOT, "S3", BODY))
        ear.call(lambda: real.connections.test(ROOT, "S3"))
        ear.call(lambda: real.tables.patch(ROOT, "S3", "users", USERS))
        ear.call(lambda: real.tables.test(ROOT, "S3", "users"))

    assert ear.errors == 2
    said = "\n".join([*ear.heard, caplog.text])
    assert "unreachable" in said
    assert [form for form in FORMS if form in said] == []


@pytest.mark.parametrize("type_", sorted(set(load_types()) - {"LOCAL"}))
def test_every_secret_of_every_type_is_masked(service: Service, type_: str) -> None:
    declared = load_types()[type_]
    for example in declared.credentials["examples"]:
        service.connections.put(ROOT, type_, {"credentials": example})

        shown = service.connections.get(ROOT, type_)

        secrets = secret_fields(declared, example) & set(example)
        assert {name for name, value in shown["credentials"].items() if value == MASK} == secrets
        assert set(shown["credentials_set"]) == set(shown["fingerprints"]) == secrets
        opened = service.connections.open("acme", type_)
        assert opened.credentials == example
        with service.store.read() as connection:
            row = connection.execute(select(tables.connections)).one()
        assert row.key_id == service.ring.ids[0]
        assert not any(str(example[name]) in str(tuple(row)) for name in secrets)
        service.connections.delete(ROOT, type_)
