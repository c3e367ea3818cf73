"""What is wrong with the fields of a connection, which are secrets, and how a type is described."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.connections.fields import (
    describe,
    secret_fields,
    secret_values,
    validate_credentials,
    validate_metadata,
    with_defaults,
)
from argosy.connections.types import load_types
from argosy.model import Problem
from tests.connections.fakes.google import key_file
from tests.connections.probing.cases import GOOD

TYPES = load_types()


def errors(type_: str, credentials: Any) -> list[tuple[str, str, str]]:
    """Return place, text and hint of each error."""
    found = validate_credentials(TYPES[type_], credentials)
    return [(one.pointer, one.message, one.hint) for one in found if one.severity == "error"]


def test_what_is_missing_is_named_with_what_it_is() -> None:
    assert errors("SALESFORCE", {"domain": "acme"}) == [
        ("/client_id", "'client_id' is missing", "The consumer key of the connected app."),
        (
            "/client_secret",
            "'client_secret' is missing",
            "The consumer secret of the connected app.",
        ),
    ]


@pytest.mark.parametrize("empty", ["", None])
def test_what_is_empty_is_missing(empty: Any) -> None:
    assert errors("KLAVIYO", {"api_key": empty}) == [
        ("/api_key", "'api_key' is missing", "A private key of the account.")
    ]


def test_one_of_several_groups_is_asked_for() -> None:
    assert errors("SHOPIFY", {"shop": "acme"}) == [
        (
            "/client_id",
            "either 'client_id' and 'client_secret' or 'access_token' is needed",
            "The client id of the app, from the Dev Dashboard.",
        )
    ]
    assert [text for _, text, _ in errors("SHOPIFY", {"shop": "acme", "client_id": "a"})] == [
        "'client_secret' is missing"
    ]
    assert [place for place, _, _ in errors("M_PARTICLE", {"secret": "a"})] == ["/key"]


def test_a_wrong_form_is_told_with_the_right_one() -> None:
    assert errors("SHOPIFY", {"shop": "acme.myshopify.com", "access_token": "shpat_1"}) == [
        (
            "/shop",
            "'shop' does not have the right form",
            "Write acme for https://acme.myshopify.com.",
        )
    ]
    assert errors("SEGMENT", {"public_api_token": "a", "region": "JP"}) == [
        ("/region", '\'region\' is not "US" or "EU"', "")
    ]
    assert errors("KLAVIYO", {"api_key": 5})[0][1] == "'api_key' is not a string"


def test_what_is_merely_unusual_is_a_warning() -> None:
    sample = {"aws_access_key_id": "my-user@test.com", "aws_secret_access_key": "PasSW0rD"}

    (problem,) = validate_credentials(TYPES["S3"], sample)

    assert problem == Problem(
        "unusual-value",
        "'aws_access_key_id' does not look as such a value usually does",
        "/aws_access_key_id",
        "An id of AWS is AKIA or ASIA and 16 capital letters and digits.",
        severity="warning",
    )


def test_an_unknown_field_is_a_warning_that_lists_what_there_is() -> None:
    (problem,) = validate_credentials(TYPES["SENDLANE"], {"api_token": "a", "apiToken": "b"})

    assert (problem.code, problem.severity, problem.pointer) == (
        "unknown-field",
        "warning",
        "/apiToken",
    )
    assert problem.message == "'apiToken' is not a field here; there is api_token"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("abc\ndef", "invisible-character"),
        ("abc\r\nX: y", "invisible-character"),
        (" abc", "surrounding-space"),
        ("******", "masked-secret"),
    ],
)
def test_a_value_that_was_not_copied_well_is_told(value: str, code: str) -> None:
    problems = validate_credentials(TYPES["KLAVIYO"], {"api_key": value})

    assert code in [problem.code for problem in problems]
    assert {problem.pointer for problem in problems} == {"/api_key"}


def test_a_private_key_may_have_lines() -> None:
    assert errors("GCS", key_file()) == []
    assert errors("GCS", key_file(client_email="a@example.com\n"))


def test_metadata_are_judged_and_no_place_for_secrets() -> None:
    problems = validate_metadata(TYPES["S3"], {"bucket": "A", "webhook-url": "x", "note": "fine"})

    assert [(one.code, one.pointer, one.severity) for one in problems] == [
        ("schema-pattern", "/bucket", "error"),
        ("unknown-field", "/webhook-url", "warning"),
        ("unknown-field", "/note", "warning"),
        ("secret-metadata", "/webhook-url", "warning"),
    ]
    assert [one.message for one in validate_metadata(TYPES["S3"], "x")] == [
        "the metadata are not an object"
    ]


def test_secrets_are_those_of_the_schema_and_what_sounds_like_one() -> None:
    given_ = {
        "aws_access_key_id": "a",
        "client_secret": "b",
        "apiKey": "c",
        "X-Auth-Token": "d",
        "note": {"inner": [{"Password": "e"}]},
        "colour": "red",
    }

    assert secret_fields(TYPES["S3"], given_) == {
        "aws_secret_access_key",
        "aws_session_token",
        "external_id",
        "client_secret",
        "apiKey",
        "X-Auth-Token",
        "note",
    }
    assert secret_values(TYPES["S3"], given_) == {"b", "c", "d", "e"}
    assert secret_fields(TYPES["GCS"], key_file()) == {"private_key"}


def test_a_secret_of_several_lines_is_secret_by_line() -> None:
    found = secret_values(TYPES["GCS"], key_file())

    lines = key_file()["private_key"].splitlines()
    assert set(lines[1:-1]) - {line for line in lines if len(line) < 16} <= found


def test_defaults_are_filled_in_for_what_is_empty() -> None:
    schema = TYPES["ITERABLE"].credentials

    assert with_defaults(schema, {"api_key": "a", "region": ""}) == {"api_key": "a", "region": "US"}
    assert with_defaults(schema, {"region": "EU"}) == {"region": "EU"}


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_a_type_is_described_for_a_form(type_: str) -> None:
    found = describe(TYPES[type_])

    assert found["type"] == type_
    assert found["test"]["steps"]
    assert all(step["description"].endswith(".") for step in found["test"]["steps"])
    assert found["secret_fields"] == sorted(
        name for name, field in found["credentials"]["properties"].items() if field.get("secret")
    )


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.sampled_from(sorted(GOOD)), st.data())
def test_any_values_are_judged_without_being_shown(type_: str, data: st.DataObject) -> None:
    names = st.sampled_from(sorted(TYPES[type_].credentials["properties"])) | st.text(max_size=5)
    credentials = data.draw(st.dictionaries(names, ANY, max_size=4))

    for problem in validate_credentials(TYPES[type_], credentials):
        assert problem.message
        assert problem.pointer.startswith("/")
    secret_values(TYPES[type_], credentials)


def test_a_planted_value_stands_in_no_problem() -> None:
    for type_ in TYPES.values():
        for name in type_.credentials["properties"]:
            for value in ("planted\n", ["planted"], {"a": "planted"}, "planted" * 2000):
                found = validate_credentials(type_, {name: value})
                assert "planted" not in str(found)
