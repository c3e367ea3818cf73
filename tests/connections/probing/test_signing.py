"""Signatures, held against those that the vendors' own libraries make and check."""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime
from unittest import mock

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode
from hypothesis import example, given, settings
from hypothesis import strategies as st

from argosy.connections.probing.draft import Draft, UnsendableError, fill_url
from argosy.connections.probing.signing import sign
from tests.connections.fakes.google import NOW, key_file

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12)


@settings(deadline=None)
@given(
    secret=TEXT,
    token=st.none() | TEXT,
    query=st.dictionaries(NAMES, st.text(max_size=12).filter(str.isprintable), max_size=3),
    form=st.none() | st.dictionaries(NAMES, st.text(max_size=12), max_size=3),
    service=st.sampled_from(["s3", "sts"]),
)
def test_a_signature_for_aws_is_the_one_of_its_own_library(
    secret: str,
    token: str | None,
    query: dict[str, str],
    form: dict[str, str] | None,
    service: str,
) -> None:
    url = "https://s3.eu-west-1.amazonaws.com/bucket-one"
    draft = Draft("GET" if form is None else "POST", url, query, {}, form)
    if form is not None:
        draft.headers["Content-Type"] = "application/x-www-form-urlencoded"
    theirs = AWSRequest(
        draft.method,
        f"{url}?{draft.encoded_query}" if query else url,
        headers={
            **draft.headers,
            "X-Amz-Content-Sha256": hashlib.sha256(draft.body or b"").hexdigest(),
        },
        data=draft.body,
    )
    parameters = {"style": "aws-v4", "service": service, "region": "eu-west-1", "key": "AKIA"}
    sign(draft, {**parameters, "secret": secret, "token": token or ""}, NOW)

    auth = S3SigV4Auth if service == "s3" else SigV4Auth
    moment = datetime.fromtimestamp(NOW, UTC)
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment):
        auth(Credentials("AKIA", secret, token), service, "eu-west-1").add_auth(theirs)

    assert draft.headers["Authorization"] == theirs.headers["Authorization"]


KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@settings(deadline=None)
@given(key=KEYS, token=st.none() | TEXT)
@example(key="a b+c%20/../ü//", token=None)
@example(key="/", token=None)
def test_a_signature_for_an_object_is_the_one_of_aws_own_library_whatever_its_key(
    key: str, token: str | None
) -> None:
    url = fill_url("https://s3.eu-west-1.amazonaws.com/bucket-one/{/key}", {"key": key})
    draft = Draft("GET", url, {}, {"Range": "bytes=0-9"})
    parameters = {"style": "aws-v4", "service": "s3", "region": "eu-west-1", "key": "AKIA"}
    sign(draft, {**parameters, "secret": "secret", "token": token or ""}, NOW)

    # the address as botocore makes it of a key, and its signature of that
    path = f"/bucket-one/{percent_encode(key, safe='/~')}"
    theirs = AWSRequest("GET", f"https://s3.eu-west-1.amazonaws.com{path}")
    theirs.headers["X-Amz-Content-Sha256"] = hashlib.sha256(b"").hexdigest()
    moment = datetime.fromtimestamp(NOW, UTC)
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment):
        S3SigV4Auth(Credentials("AKIA", "secret", token), "s3", "eu-west-1").add_auth(theirs)

    assert url == theirs.url
    assert draft.headers["Authorization"] == theirs.headers["Authorization"]


def test_a_signature_for_sailthru_is_the_md5_of_secret_and_sorted_values() -> None:
    draft = Draft("GET", "https://api.sailthru.com/settings", {"b": "2", "a": "{}", "c": "1"})

    sign(draft, {"style": "sailthru-md5", "secret": "s3cret"}, NOW)

    assert draft.query["sig"] == hashlib.md5(b"s3cret12{}").hexdigest()


def test_without_the_extra_the_sign_in_to_google_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jwt", None)
    file = key_file()
    parameters = {"email": file["client_email"], "private_key": file["private_key"]}
    draft = Draft("POST", "https://oauth2.googleapis.com/token", form={})

    with pytest.raises(UnsendableError) as caught:
        sign(draft, {"style": "google-assertion", **parameters}, NOW)

    assert caught.value.reason == "not_installed"
    assert caught.value.hint == "Install it with: pip install 'argosy[server]'"
