"""Connections: made, shown without secrets, changed, deleted; and opened for calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from argosy.connections.masking import masked, merge
from argosy.connections.settings import ANYWHERE
from argosy.connections.stored import StoredConnection, seal
from argosy.connections.types import load_types
from argosy.errors import ServiceNotFoundError, UndecryptableError
from argosy.model.secret import MASK
from argosy.store import KeyRing, rotate, tables
from tests.connections.bodies import SALESFORCE, USERS
from tests.connections.service.service import (
    KEY,
    ON_SQLITE,
    OTHER_KEY,
    REFUSED,
    ROOT,
    S3,
    SECRET,
    FakeProber,
    Service,
    error_of,
)

KEY_ID = S3["credentials"]["aws_access_key_id"]
VENDOR = "TREASURE_DATA"
API_KEY = "1/0123456789abcdef0123456789abcdef01234567"


class TestTheExamplesOfTheApi:
    def test_a_connection_is_made_and_shown_with_its_secret_masked(self, service: Service) -> None:
        body = {
            "credentials": {
                "aws_access_key_id": "my-user@test.com",
                "aws_secret_access_key": "PasSW0rD",
            }
        }

        service.connections.put(ROOT, "S3", body)

        shown = service.connections.get(ROOT, "S3")
        assert shown["connection"] == "S3"
        assert shown["credentials"] == {
            "aws_access_key_id": "my-user@test.com",
            "aws_secret_access_key": MASK,
        }
        assert shown["metadata"] == {}
        assert service.connections.list(ROOT) == {"connections": [{"warnings": [], **shown}]}

    def test_the_trio_of_salesforce(self, service: Service) -> None:
        service.connections.put(ROOT, "SALESFORCE", SALESFORCE)

        found = service.connections.test(ROOT, "SALESFORCE", SALESFORCE)

        assert found["ok"]
        assert service.prober.asked[0][:2] == ("SALESFORCE", SALESFORCE["credentials"])


def test_an_answer_says_name_type_and_times(service: Service) -> None:
    service.connections.put(ROOT, "archive", {**S3, "type": "S3", "metadata": {"bucket": "old"}})
    service.clock.time += 10
    service.connections.put(ROOT, "archive", {**S3, "metadata": {"bucket": "new"}})

    shown = service.connections.get(ROOT, "archive")

    assert (shown["connection"], shown["name"], shown["type"]) == ("S3", "archive", "S3")
    assert shown["metadata"] == {"bucket": "new"}
    assert shown["created_timestamp"] == 1_800_000_000
    assert shown["modified_timestamp"] == 1_800_000_010
    assert shown["last_tested_timestamp"] is None


def test_connections_are_listed_in_the_order_they_were_made(service: Service) -> None:
    for name in ("b", "a", "c"):
        service.connections.put(ROOT, name, {**S3, "type": "S3"})
        service.clock.time += 1

    listed = service.connections.list(ROOT)["connections"]

    assert [one["name"] for one in listed] == ["b", "a", "c"]


def test_two_keys_can_be_told_apart_and_not_read(service: Service) -> None:
    first = service.connections.put(ROOT, "S3", S3)
    other = {"credentials": {**S3["credentials"], "aws_secret_access_key": "another-secret"}}
    second = service.connections.put(ROOT, "S3", other)

    assert first["credentials_set"] == {"aws_secret_access_key": True}
    marks = [one["fingerprints"]["aws_secret_access_key"] for one in (first, second)]
    assert marks[0] != marks[1]
    assert all(len(mark) == 8 for mark in marks)


@ON_SQLITE
class TestASecret:
    @pytest.mark.parametrize("given", [{"aws_secret_access_key": MASK}, {}])
    def test_that_is_the_mask_or_absent_is_kept(
        self, service: Service, given: dict[str, Any]
    ) -> None:
        service.connections.put(ROOT, "S3", S3)

        body = {"credentials": {"aws_access_key_id": "AKIAIOSFODNN7CHANGED", **given}}
        service.connections.put(ROOT, "S3", body)

        stored = service.connections.open("acme", "S3").credentials
        assert stored == {
            "aws_access_key_id": "AKIAIOSFODNN7CHANGED",
            "aws_secret_access_key": SECRET,
        }

    def test_that_is_new_replaces(self, service: Service) -> None:
        service.connections.put(ROOT, "S3", S3)

        body = {"credentials": {**S3["credentials"], "aws_secret_access_key": "new-secret"}}
        service.connections.put(ROOT, "S3", body)

        stored = service.connections.open("acme", "S3").credentials
        assert stored["aws_secret_access_key"] == "new-secret"

    @pytest.mark.parametrize("cleared", [None, ""])
    def test_that_is_null_or_empty_is_cleared(self, service: Service, cleared: Any) -> None:
        token = {**S3["credentials"], "aws_session_token": "session-token"}
        service.connections.put(ROOT, "S3", {"credentials": token})

        body = {"credentials": {**S3["credentials"], "aws_session_token": cleared}}
        shown = service.connections.put(ROOT, "S3", body)

        assert "aws_session_token" not in service.connections.open("acme", "S3").credentials
        assert "aws_session_token" not in shown["credentials_set"]

    def test_that_is_needed_cannot_be_cleared(self, service: Service) -> None:
        service.connections.put(ROOT, "S3", S3)

        body = {"credentials": {**S3["credentials"], "aws_secret_access_key": None}}
        error = error_of(lambda: service.connections.put(ROOT, "S3", body))

        assert error["error_data"]["field"] == "credentials.aws_secret_access_key"
        pointers = [problem["pointer"] for problem in error["error_data"]["problems"]]
        assert pointers == ["/credentials/aws_secret_access_key"]
        assert service.connections.open("acme", "S3").credentials == S3["credentials"]

    def test_that_was_never_there_is_not_the_mask(self, service: Service) -> None:
        body = {"credentials": {**S3["credentials"], "aws_secret_access_key": MASK}}

        error = error_of(lambda: service.connections.put(ROOT, "S3", body))

        assert "Enter the secret again" in error["error_data"]["error"]

    @pytest.mark.parametrize("value", [MASK, {"token": MASK}, [{"token": MASK}]])
    def test_that_was_never_there_is_not_the_mask_in_a_field_that_nobody_declared_either(
        self, service: Service, value: Any
    ) -> None:
        body = {"credentials": {**S3["credentials"], "proxy_password": value}}

        error = error_of(lambda: service.connections.put(ROOT, "S3", body))

        assert "'proxy_password' is the mask ******" in error["error_data"]["error"]

    def test_in_a_field_that_nobody_declared_is_masked_by_its_name(self, service: Service) -> None:
        extra = {
            "proxy_password": "hunter2hunter2",
            "note": "for tests",
            "more": {"token": "t" * 9},
        }
        service.connections.put(ROOT, "S3", {"credentials": {**S3["credentials"], **extra}})

        shown = service.connections.get(ROOT, "S3")["credentials"]
        assert (shown["proxy_password"], shown["note"], shown["more"]) == (MASK, "for tests", MASK)

        service.connections.put(ROOT, "S3", {"credentials": shown})
        assert service.connections.open("acme", "S3").credentials == {**S3["credentials"], **extra}

    @pytest.mark.parametrize(
        "body",
        [
            {**S3, "metadata": {"note": f"the secret is {SECRET}"}},
            {**S3, "metadata": {SECRET: 1}},
            {"credentials": {**S3["credentials"], "aws_access_key_id": SECRET}},
            {"credentials": {**S3["credentials"], "note": [SECRET]}},
        ],
    )
    def test_in_a_place_that_all_can_read_is_refused(
        self, service: Service, body: dict[str, Any]
    ) -> None:
        error = error_of(lambda: service.connections.put(ROOT, "S3", body))

        assert "holds a secret of the connection" in error["message"]
        assert SECRET not in str(error)

    def test_that_is_short_may_stand_within_other_texts_and_is_none_of_them(
        self, service: Service
    ) -> None:
        arn = "arn:aws:iam::123456789012:role/acme-corp-reader"
        role = {**S3["credentials"], "role_arn": arn, "external_id": "acme-corp"}

        service.connections.put(
            ROOT, "S3", {"credentials": role, "metadata": {"bucket": "acme-corp-data"}}
        )

        same = {"credentials": role, "metadata": {"bucket": "acme-corp"}}
        error = error_of(lambda: service.connections.put(ROOT, "S3", same))
        assert error["error_data"]["field"] == "metadata"

    def test_as_the_name_is_refused(self, service: Service) -> None:
        body = {
            "type": "S3",
            "credentials": {**S3["credentials"], "aws_secret_access_key": "a-secret-as-a-name"},
        }

        error = error_of(lambda: service.connections.put(ROOT, "my-a-secret-as-a-name", body))

        assert error["error_data"]["field"] == "connection"
        assert "a-secret-as-a-name" not in str(error)


_VALUES = st.sampled_from(["", MASK, "one", "two", None])
_NAMES = st.sampled_from(
    ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "api_token", "note"]
)
_CREDENTIALS = st.dictionaries(_NAMES, _VALUES)
_STORED = st.dictionaries(_NAMES, st.sampled_from(["one", "two"]))


# a property is about values, not about how busy the machine is
@settings(deadline=None)
@given(_STORED)
def test_sending_back_what_is_shown_changes_nothing(stored: dict[str, Any]) -> None:
    type_ = load_types()["S3"]

    assert merge(type_, stored, masked(type_, stored)) == stored


@settings(deadline=None)
@given(_STORED, _CREDENTIALS)
def test_to_merge_twice_is_to_merge_once(stored: dict[str, Any], given_: dict[str, Any]) -> None:
    type_ = load_types()["S3"]
    once = merge(type_, stored, given_)

    assert merge(type_, once, given_) == once


@ON_SQLITE
class TestAName:
    def test_of_a_type_is_its_default_connection(self, service: Service) -> None:
        service.connections.put(ROOT, "S3", {**S3, "type": "S3"})

        assert service.connections.get(ROOT, "S3")["type"] == "S3"

    def test_of_ones_own_keeps_its_type(self, service: Service) -> None:
        service.connections.put(ROOT, "archive", {**S3, "type": "S3"})
        service.connections.put(ROOT, "archive", S3)

        error = error_of(
            lambda: service.connections.put(ROOT, "archive", {**SALESFORCE, "type": "SALESFORCE"})
        )

        assert error["error_data"]["field"] == "type"
        assert service.connections.get(ROOT, "archive")["type"] == "S3"

    def test_that_is_unknown_lists_what_there_is(self, service: Service) -> None:
        service.connections.put(ROOT, "archive", {**S3, "type": "S3"})

        error = error_of(lambda: service.connections.get(ROOT, "archiv"))

        assert "available: archive" in error["error_data"]["error"]
        assert {"archive", "S3", VENDOR} <= set(error["error_data"]["available"])
        assert "LOCAL" not in error["error_data"]["available"]


def test_what_is_shown_can_be_sent_back(service: Service) -> None:
    service.connections.put(ROOT, "S3", {**S3, "metadata": {"bucket": "first-bucket"}})

    answer = service.connections.put(ROOT, "S3", service.connections.get(ROOT, "S3"))

    assert service.connections.open("acme", "S3").credentials == S3["credentials"]
    assert answer["metadata"] == {"bucket": "first-bucket"}
    assert not any("left aside" in text for text in answer["warnings"])


@ON_SQLITE
def test_warnings_tell_what_is_doubtful(service: Service) -> None:
    body = {
        "credentials": {
            **S3["credentials"],
            "aws_access_key_id": "my-user@test.com",
            "regoin": "x",
        },
        "metadata": {"webhook_url": "https://example.com"},
        "colour": "red",
    }

    warnings = service.connections.put(ROOT, "S3", body)["warnings"]

    text = "\n".join(warnings)
    assert "'aws_access_key_id' does not look as such a value usually does" in text
    assert "'regoin' is not a field here; there is region_name" in text
    assert "'webhook_url' looks like a secret" in text
    assert (
        "colour is not known and left aside: there is credentials, metadata, settings, type."
        in text
    )
    assert "have not been tested" in text


@ON_SQLITE
def test_a_field_where_there_is_none_is_told_so(service: Service) -> None:
    body = {"credentials": {"apiKey": API_KEY, "region": "eu01"}, "metadata": {"endpoint": "x"}}

    warnings = service.connections.put(ROOT, VENDOR, body)["warnings"]

    assert "'endpoint' is not a field here; there are none." in warnings


LOOKALIKES = {
    "S3 ": "begins or ends with a space; write 'S3'.",
    "\u00a0eu": "begins or ends with a space; write 'eu'.",
    "\uff33\uff13": "has characters in another form than the usual one; write 'S3'.",
    "\U0001d412\U0001d7d1": "has characters in another form than the usual one; write 'S3'.",
    "cafe\u0301": "has characters in another form than the usual one; write 'café'.",
    "a\u00a0b": "has characters in another form than the usual one; write 'a b'.",
    "a\u200bb": "holds U+200B, which cannot be seen; write 'ab'.",
    "\u00ad": "holds U+00AD, which cannot be seen.",
    "a\ue000": "holds U+E000, which cannot be seen; write 'a'.",
}


@ON_SQLITE
@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_name_that_looks_like_another_is_not_taken(service: Service, name: str) -> None:
    body = {**S3, "type": "S3"}

    for call in (service.connections.put, service.connections.test):
        error = error_of(lambda call=call: call(ROOT, name, body))  # type: ignore[misc]
        assert error["error_data"]["error"] == f"the name of a connection {LOOKALIKES[name]}"
        assert error["error_data"]["field"] == "connection"
    assert service.connections.list(ROOT) == {"connections": []}


@ON_SQLITE
@pytest.mark.parametrize(
    "name", ["café", "наш склад", "東京", "eu-1.b (old)", "réseau nº 7", "½ ②"]
)
def test_a_name_may_be_of_any_letters(service: Service, name: str) -> None:
    assert service.connections.put(ROOT, name, {**S3, "type": "S3"})["name"] == name


@ON_SQLITE
def test_a_name_of_before_is_changed_and_deleted_by_what_it_is(service: Service) -> None:
    service.connections.put(ROOT, "S3", S3)
    with service.store.write() as connection:  # as an earlier release let it be made
        row = connection.execute(select(tables.connections)).one()._asdict()
        stored = StoredConnection("acme", "S3 ", "S3", S3["credentials"])
        old = {**row, "name": "S3 ", **seal(service.connections.ring, stored)}
        connection.execute(tables.connections.insert().values(old))

    service.connections.put(ROOT, "S3 ", {**S3, "metadata": {"bucket": "new"}})

    assert service.connections.get(ROOT, "S3 ")["metadata"] == {"bucket": "new"}
    assert service.connections.delete(ROOT, "S3 ") == {}


@ON_SQLITE
@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("metadata", {"a": "x" * 17 * 1024}, "16 KiB are allowed"),
        ("credentials", {"a": "x" * 65 * 1024}, "64 KiB are allowed"),
        ("metadata", {"a": float("nan")}, "that JSON cannot say"),
        ("metadata", {"a": 2**70}, "a number beyond 2^63"),
        ("metadata", {"a": "nul\0"}, "a character that cannot be stored"),
        ("metadata", {"a\ud800": 1}, "a character that cannot be stored"),
        ("metadata", {str(n): n for n in range(101)}, "has 101 members"),
        ("credentials", {str(n): n for n in range(101)}, "has 101 members"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    service: Service, part: str, value: dict[str, Any], words: str
) -> None:
    error = error_of(lambda: service.connections.put(ROOT, "S3", {**S3, part: value}))

    assert error["http"] == 400
    assert words in error["message"]


@ON_SQLITE
def test_what_is_nested_too_deeply_is_refused(service: Service) -> None:
    deep: Any = 1
    for _ in range(1000):
        deep = [deep]

    error = error_of(lambda: service.connections.put(ROOT, "S3", {**S3, "metadata": {"a": deep}}))

    assert "nested more than 20 levels deep" in error["message"]


def test_an_organization_has_only_so_many(service: Service) -> None:
    few = service.having(most_connections=1)
    few.connections.put(ROOT, "S3", S3)

    error = error_of(lambda: few.connections.put(ROOT, "other", {**S3, "type": "S3"}))

    assert "has 1 connections, which is the most" in error["message"]
    assert few.connections.put(ROOT, "S3", S3)["name"] == "S3"


class TestADeletedConnection:
    def test_is_gone(self, service: Service) -> None:
        service.connections.put(ROOT, "S3", S3)

        assert service.connections.delete(ROOT, "S3") == {}
        assert error_of(lambda: service.connections.get(ROOT, "S3"))["http"] == 404

    def test_leaves_its_tables_in_all_databases(self, service: Service) -> None:
        service.connections.put(ROOT, "S3", S3)
        service.tables.patch(ROOT, "S3", "users", USERS)
        service.tables.patch(replace(ROOT, database="acme-blog"), "S3", "users", USERS)

        answer = service.connections.delete(ROOT, "S3")

        assert answer == {
            "warnings": [
                "2 tables are kept, with the status wrong_credentials until the connection is made "
                "again."
            ]
        }
        table = service.tables.get(ROOT, "S3", "users")
        assert table["status"] == "wrong_credentials"
        assert table["warnings"] == ["The connection S3 was deleted."]

    def test_comes_back_for_its_tables(self, service: Service) -> None:
        service.connections.put(ROOT, "archive", {**S3, "type": "S3"})
        service.tables.patch(ROOT, "archive", "users", USERS)
        service.connections.delete(ROOT, "archive")

        orphan = service.tables.get(ROOT, "archive", "users")
        assert orphan["connection_type"] is None
        refused = error_of(lambda: service.tables.test(ROOT, "archive", "users"))
        assert refused["error_data"]["status"] == "wrong_credentials"
        assert service.tables.filter(ROOT, connection="archive")["tables"] == [
            {"warnings": orphan["warnings"], **orphan}
        ]

        service.connections.put(ROOT, "archive", {**S3, "type": "S3"})
        assert service.tables.test(ROOT, "archive", "users")["ok"]
        service.tables.delete(ROOT, "archive", "users")


class TestAnUndecryptableConnection:
    @pytest.fixture
    def broken(self, service: Service) -> Service:
        """A service that has lost the key of one connection of two."""
        service.connections.put(ROOT, "S3", S3)
        service.tables.patch(ROOT, "S3", "users", USERS)
        changed = replace(service, ring=KeyRing([OTHER_KEY]))
        changed.connections.put(ROOT, "SALESFORCE", SALESFORCE)
        return changed

    def test_is_listed_with_a_warning_beside_the_others(self, broken: Service) -> None:
        listed = broken.connections.list(ROOT)["connections"]

        by_name = {one["name"]: one for one in listed}
        assert "cannot be decrypted" in by_name["S3"]["warnings"][0]
        assert by_name["S3"]["credentials"] == {}
        assert by_name["SALESFORCE"]["warnings"] == []
        assert broken.connections.get(ROOT, "S3")["warnings"] == by_name["S3"]["warnings"]

    def test_tests_as_wrong_credentials(self, broken: Service) -> None:
        error = error_of(lambda: broken.connections.test(ROOT, "S3"))

        assert error["error_data"]["reason"] == "undecryptable"
        assert error["error_data"]["status"] == "wrong_credentials"
        assert broken.prober.asked == [("S3", S3["credentials"], {}, "")]  # by patch, before
        assert broken.connections.get(ROOT, "S3")["last_result"]["ok"] is False

    def test_gives_its_tables_wrong_credentials(self, broken: Service) -> None:
        error = error_of(lambda: broken.tables.test(ROOT, "S3", "users"))

        assert error["error_data"]["status"] == "wrong_credentials"
        assert broken.tables.get(ROOT, "S3", "users")["status"] == "wrong_credentials"

    def test_is_replaced_whole(self, broken: Service) -> None:
        masked_ = {"credentials": {**S3["credentials"], "aws_secret_access_key": MASK}}

        error = error_of(lambda: broken.connections.put(ROOT, "S3", masked_))
        assert "Enter the secret again" in error["message"]

        broken.connections.put(ROOT, "S3", S3)
        assert broken.connections.open("acme", "S3").credentials == S3["credentials"]

    def test_is_not_opened_for_calls(self, broken: Service) -> None:
        with pytest.raises(UndecryptableError):
            broken.connections.open("acme", "S3")

    def test_can_be_deleted(self, broken: Service) -> None:
        broken.connections.delete(ROOT, "S3")

        assert len(broken.connections.list(ROOT)["connections"]) == 1


class TestOpening:
    def test_gives_a_connection_for_calls(self, service: Service) -> None:
        local = service.having(allow_endpoints=(ANYWHERE,))
        settings = {
            "endpoint": "http://127.0.0.1:8080",
            "allowHosts": ["10.0.0.0/8"],
            "transport": {"maxAttempts": 3},
        }
        body = {"credentials": {"apiKey": API_KEY, "region": "ap01"}, "settings": settings}
        shown = local.connections.put(ROOT, VENDOR, body)

        opened = local.connections.open("acme", VENDOR)
        made = opened.for_calls()

        assert shown["settings"] == settings
        assert made.properties == {"apiKey": API_KEY, "region": "ap01"}
        assert (made.name, made.endpoint) == (VENDOR, "http://127.0.0.1:8080")
        assert made.allow_hosts == ("10.0.0.0/8",)
        assert made.transport.max_attempts == 3
        assert API_KEY not in repr(opened) + repr(made)

    def test_what_is_not_there_is_an_error(self, service: Service) -> None:
        with pytest.raises(ServiceNotFoundError):
            service.connections.open("acme", VENDOR)


@ON_SQLITE
class TestSettingsOfCalls:
    BODY: ClassVar = {"credentials": {"apiKey": API_KEY}}

    @pytest.mark.parametrize(
        ("settings", "field", "words"),
        [
            ({"endpoint": "https://sandbox.example.com"}, "settings.endpoint", "Only the operator"),
            ({"endpoint": "ftp://x"}, "settings.endpoint", "is not a base URL"),
            ({"endpoint": "http://sandbox.example.com"}, "settings.endpoint", "unencrypted"),
            ({"endpoint": "https://u:p@example.com"}, "settings.endpoint", "a user name"),
            ({"allowHosts": ["10.0.0.0/8"]}, "settings.allowHosts.0", "not a public name"),
            ({"allowHosts": ["ok.example.com", "localhost"]}, "settings.allowHosts.1", "entry 2"),
            ({"allowHosts": ["0.0.0.0/0"]}, "settings.allowHosts.0", "not a public name"),
            ({"allowHosts": ["93.184.216.34"]}, "settings.allowHosts.0", "not a public name"),
            ({"allowHosts": ["http://example.com"]}, "settings.allowHosts.0", "not a public name"),
            ({"allowHosts": ["db.internal"]}, "settings.allowHosts.0", "not a public name"),
            ({"transport": {"caBundle": "/etc/passwd"}}, "settings.transport.caBundle", "caBundle"),
            ({"transport": {"environmentProxies": True}}, "settings.transport", "environmentP"),
            ({"transport": {"deadline": 0}}, "settings.transport.deadline", "0"),
            ({"colour": "red"}, "settings.colour", "colour"),
            ([], "settings", "is not an object"),
        ],
    )
    def test_that_a_server_does_not_allow_are_refused(
        self, service: Service, settings: Any, field: str, words: str
    ) -> None:
        body = {**self.BODY, "settings": settings}

        error = error_of(lambda: service.connections.put(ROOT, VENDOR, body))

        assert error["http"] == 400
        assert error["error_data"]["field"].startswith(field)
        assert words in error["message"]

    def test_of_a_type_that_is_never_called_are_refused(self, service: Service) -> None:
        body = {**S3, "settings": {"transport": {"maxAttempts": 2}}}

        error = error_of(lambda: service.connections.put(ROOT, "S3", body))

        assert "has no settings of calls" in error["message"]

    def test_that_the_operator_names_are_allowed(self, service: Service) -> None:
        named = service.having(allow_endpoints=("https://sandbox.example.com", "10.0.0.0/8"))
        settings = {
            "endpoint": "https://Sandbox.example.com/base",
            "allowHosts": ["files.example.com", "10.0.0.0/8"],
        }

        shown = named.connections.put(ROOT, VENDOR, {**self.BODY, "settings": settings})

        assert shown["settings"] == settings

    @pytest.mark.parametrize("part", ["settings", "metadata"])
    def test_are_replaced_as_all_is_where_they_are_left_out(
        self, service: Service, part: str
    ) -> None:
        local = service.having(allow_endpoints=(ANYWHERE,))
        body = {
            **self.BODY,
            "settings": {"endpoint": "http://127.0.0.1:8080"},
            "metadata": {"owner": "data"},
        }
        local.connections.put(ROOT, VENDOR, body)
        without = {name: value for name, value in body.items() if name != part}
        gone = f"The {part} of before are gone, since the body leaves them out; only secrets stay."

        replaced = local.connections.put(ROOT, VENDOR, without)
        again = local.connections.put(ROOT, VENDOR, without)

        assert {**replaced, "warnings": [], part: body[part]} == {
            **local.connections.put(ROOT, VENDOR, body),
            "warnings": [],
        }
        assert replaced[part] == {}
        assert gone in replaced["warnings"]
        assert gone not in again["warnings"]

    def test_that_are_null_are_none_without_a_word(self, service: Service) -> None:
        local = service.having(allow_endpoints=(ANYWHERE,))
        settings = {"endpoint": "http://127.0.0.1:8080"}
        local.connections.put(ROOT, VENDOR, {**self.BODY, "settings": settings})

        cleared = local.connections.put(ROOT, VENDOR, {**self.BODY, "settings": None})

        assert cleared["settings"] == {}
        assert "of before" not in str(cleared["warnings"])

    def test_that_are_left_out_of_a_test_are_those_that_are_stored(self, service: Service) -> None:
        body = {**S3, "metadata": {"bucket": "old"}}
        service.connections.put(ROOT, "S3", body)

        service.connections.test(ROOT, "S3", S3)

        assert service.prober.asked[-1][2] == {"bucket": "old"}

    @pytest.mark.parametrize("given", [{"apiKey": MASK}, {}])
    def test_do_not_send_a_kept_secret_elsewhere(
        self, service: Service, given: dict[str, Any]
    ) -> None:
        local = service.having(allow_endpoints=(ANYWHERE,))
        local.connections.put(ROOT, VENDOR, self.BODY)
        thief = {"credentials": given, "settings": {"endpoint": "https://thief.example.com"}}

        for call in (local.connections.put, local.connections.test):
            error = error_of(lambda call=call: call(ROOT, VENDOR, thief))  # type: ignore[misc]
            assert "a new endpoint takes the secrets anew: give apiKey" in error["message"]
        error = error_of(
            lambda: local.connections.test(ROOT, VENDOR, {"settings": thief["settings"]})
        )
        assert error["error_data"]["field"] == "settings.endpoint"
        assert local.prober.asked == []

    def test_lead_the_test_to_the_endpoint(self, service: Service) -> None:
        local = service.having(allow_endpoints=(ANYWHERE,))
        settings = {"endpoint": "http://127.0.0.1:8080"}
        local.connections.put(ROOT, VENDOR, {**self.BODY, "settings": settings})

        local.connections.test(ROOT, VENDOR)

        assert [one[3] for one in local.prober.asked] == ["http://127.0.0.1:8080"]


class TestTheAudit:
    def _rows(self, service: Service) -> list[Any]:
        table = tables.audit
        with service.store.read() as connection:
            return list(connection.execute(select(table).order_by(table.c.id)).all())

    def test_tells_who_changed_which_fields(self, service: Service) -> None:
        service.connections.put(ROOT, "S3", {**S3, "metadata": {"bucket": "first-bucket"}})
        service.clock.time += 5
        changed = {**S3["credentials"], "aws_secret_access_key": "new-secret", "odd": "x"}
        service.connections.put(ROOT, "S3", {"credentials": changed})
        service.connections.delete(ROOT, "S3")

        found = [(row.action, row.target, row.fields, row.at) for row in self._rows(service)]

        assert found == [
            (
                "put-connection",
                "connection S3",
                ["credentials.aws_access_key_id", "credentials.aws_secret_access_key", "metadata"],
                1_800_000_000.25,
            ),
            (
                "put-connection",
                "connection S3",
                ["credentials.*", "credentials.aws_secret_access_key", "metadata"],
                1_800_000_005.25,
            ),
            ("remove-connection", "connection S3", [], 1_800_000_005.25),
        ]
        assert {row.account_name for row in self._rows(service)} == {"root@example.com"}

    def test_has_no_row_of_what_was_refused(self, service: Service) -> None:
        error_of(lambda: service.connections.put(ROOT, "S3", SALESFORCE))
        error_of(lambda: service.connections.delete(ROOT, "S3"))

        assert self._rows(service) == []


class TestTwoOrganizations:
    def test_have_connections_of_the_same_name(self, service: Service) -> None:
        other = replace(ROOT, organization="other", database="other-shop")
        service.connections.put(ROOT, "S3", S3)
        service.connections.put(other, "S3", {"credentials": {**S3["credentials"], "note": "x"}})

        assert "note" not in service.connections.get(ROOT, "S3")["credentials"]
        service.connections.delete(other, "S3")
        assert service.connections.get(ROOT, "S3")["name"] == "S3"

    @pytest.mark.parametrize(
        "moved", [{"organization": "other"}, {"name": "renamed"}, {"type": "SALESFORCE"}]
    )
    def test_cannot_use_a_row_that_was_moved(self, service: Service, moved: dict[str, str]) -> None:
        service.connections.put(ROOT, "S3", S3)
        with service.store.write() as connection:
            connection.execute(update(tables.connections).values(**moved))
        who = replace(ROOT, organization=moved.get("organization", "acme"))
        name = moved.get("name", "S3")

        listed = service.connections.list(who)["connections"]

        assert "cannot be decrypted" in listed[0]["warnings"][0]
        with pytest.raises(UndecryptableError):
            service.connections.open(who.organization, name)
        assert SECRET not in str(listed)

    def test_share_no_result_of_a_test(self, service: Service) -> None:
        other = replace(ROOT, organization="other", database="other-shop")
        service.connections.put(ROOT, "S3", S3)
        service.connections.put(other, "S3", S3)
        service.connections.test(ROOT, "S3")

        refusing = replace(service, prober=FakeProber(REFUSED))
        assert error_of(lambda: refusing.connections.test(other, "S3"))["http"] == 400


def test_a_rotation_of_keys_keeps_everything(service: Service) -> None:
    local = service.having(allow_endpoints=(ANYWHERE,))
    settings_ = {"endpoint": "http://127.0.0.1:8080"}
    body = {"credentials": {"apiKey": API_KEY}, "settings": settings_}
    local.connections.put(ROOT, VENDOR, body)
    both = KeyRing([OTHER_KEY, KEY])

    assert rotate(service.store, both).done == 1

    after = replace(local, ring=KeyRing([OTHER_KEY]))
    opened = after.connections.open("acme", VENDOR)
    assert (opened.credentials, opened.settings) == ({"apiKey": API_KEY}, settings_)


def test_a_restart_keeps_everything(service: Service) -> None:
    service.connections.put(ROOT, "S3", {**S3, "metadata": {"bucket": "first-bucket"}})
    service.connections.test(ROOT, "S3")
    before = service.connections.list(ROOT)

    again = replace(service)

    assert again.connections.list(ROOT) == before
    assert again.connections.open("acme", "S3").credentials == S3["credentials"]


STORE = "https://store.example.com:9000"


def test_a_store_that_the_operator_has_not_allowed_is_refused(service: Service) -> None:
    body = {"credentials": {**S3["credentials"], "endpoint_url": STORE}}

    error = error_of(lambda: service.connections.put(ROOT, "S3", body))
    allowed = service.having(allow_endpoints=(STORE + "/",))

    assert (error["http"], error["error_data"]["reason"]) == (400, "blocked_host")
    assert error["error_data"]["field"] == "credentials.endpoint_url"
    assert allowed.connections.put(ROOT, "S3", body)["credentials"]["endpoint_url"] == STORE


def test_another_store_takes_the_secrets_anew(service: Service) -> None:
    allowed = service.having(allow_endpoints=(STORE, "https://other.example.com"))
    allowed.connections.put(ROOT, "S3", S3)
    moved = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "endpoint_url": STORE}

    error = error_of(lambda: allowed.connections.put(ROOT, "S3", {"credentials": moved}))

    assert error["error_data"]["field"] == "credentials.endpoint_url"
    assert (
        "a new endpoint takes the secrets anew: give aws_secret_access_key"
        in (error["error_data"]["error"])
    )
