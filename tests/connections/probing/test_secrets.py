"""No secret, no body and no proof of a secret leaves a test, whatever a vendor sends back."""

from __future__ import annotations

import json
import logging
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from argosy.connections.fields import secret_values
from argosy.connections.probing import ProbeResult
from argosy.connections.types import load_types
from tests.connections.fakes.aws import aws_error
from tests.connections.fakes.vendors import Vendors
from tests.connections.fakes.world import Vendor, World, body_of
from tests.connections.probing.cases import CASES, GOOD, Case
from tests.connections.probing.conftest import Probe
from tests.connections.probing.test_stores import EXAMPLE
from tests.servers import Raw, Received, Say, Scripted

SECRETS = {
    **GOOD,
    "S3": EXAMPLE | {"aws_session_token": "IQoJb3JpZ2luX2VjEXAMPLETOKEN//0123456789=="},
    "SHOPIFY_APP": {
        "shop": "acme",
        "client_id": "0123456789abcdef",
        "client_secret": "shpss_0123456789abcdef0123456789abcdef",
    },
}
#: What the fakes give out that nobody may see either.
GIVEN = (
    "ya29.example-access-token-0123456789",
    "mparticle-access-token-0123456789",
    "shpat_given-fedcba9876543210fedcba98",
    "00Dxx0000000001!AQcAQexampletoken0123456789",
)


def forms(secret: str) -> Iterator[str]:
    """Yield a secret as it may be written."""
    data = secret.encode()
    yield from (secret, secret.upper(), secret.lower(), quote(secret, safe=""), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], secret.replace("\n", "\\n"), secret.replace("\n", " "))
    for encoded in (b64encode(data), urlsafe_b64encode(data)):
        yield encoded.decode()
        yield encoded.decode().rstrip("=")


def assert_clean(type_: str, credentials: dict[str, Any], *texts: str) -> None:
    """Assert that no form of any secret, nor of a line of one, stands in the texts."""
    planted = {*secret_values(load_types()[type_], credentials), *GIVEN}
    assert len(planted) > len(GIVEN)
    for secret in planted:
        if len(secret) < 5 or secret.startswith("-----"):
            continue
        for form in forms(secret):
            for text in texts:
                assert form not in text, f"{form!r} in {text[:2000]!r}"


def echo(request: Received, status: int) -> Say:
    """Answer all that was asked, as text, as JSON, encoded, and in headers."""
    asked = request.body.decode(errors="replace")
    heads = [f"{value}" for value in request.headers.values()]
    texts = [asked, request.target, *heads, *(part for head in heads for part in head.split(" "))]
    encoded = [b64encode(text.encode()).decode() for text in texts]
    quoted = [quote(text, safe="") for text in texts]
    every = " ".join([*texts, *encoded, *quoted])
    plain = re.sub(r"[^ -~]", "", every)
    words = {"message": every, "error": plain[:300], "error_description": every}
    errors = [{"code": head[-60:], "reason": head[-60:], "message": every} for head in heads]
    body = {**words, "errors": errors, "code": heads[0][-60:], "Code": every, "texts": texts}
    leak = {"X-Echo": plain[:4000], "Location": f"https://example.com/{quote(plain[:2000])}"}
    return Say(status, body, leak)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Return all that was logged, with the texts of exceptions."""
    caplog.set_level(logging.DEBUG)

    def text() -> str:
        formatter = logging.Formatter("%(name)s %(message)s")
        return "\n".join(map(formatter.format, caplog.records))

    return text


def shown(result: ProbeResult) -> str:
    return f"{result!r}\n{result.to_json()}\n{json.dumps(result.to_json())}"


@pytest.mark.parametrize("name", sorted(SECRETS))
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 418, 429, 500, 503])
def test_what_a_vendor_echoes_is_not_shown(
    probe: Probe, world: World, logged: Callable[[], str], name: str, status: int
) -> None:
    type_ = name.removesuffix("_APP")
    metadata = {"bucket": "bucket-one"} if type_ in {"S3", "GCS"} else {}

    for healthy in (0, 1, 2):
        world.reset(Vendors().by_host())
        world.fault, world.healthy = lambda request: echo(request, status), healthy
        result = probe(type_, SECRETS[name], metadata)

        assert_clean(type_, SECRETS[name], shown(result), logged())
        assert "example.com/" not in shown(result)


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_bytes_that_are_no_answer_are_not_shown(
    probe: Probe, world: World, logged: Callable[[], str], name: str
) -> None:
    type_ = name.removesuffix("_APP")

    def babble(request: Received) -> Scripted:
        heads = " ".join(request.headers.values())
        return Raw(f"HTTP/1.1 {heads} {request.body!r}\r\n\r\n".encode(errors="replace"))

    world.fault = babble
    result = probe(type_, SECRETS[name])

    if type_ != "MOVABLE_INK":
        assert not result.ok
    assert_clean(type_, SECRETS[name], shown(result), logged())


def parasite(vendor: Vendor) -> Vendor:
    """Return a vendor that adds what it was asked to every text that it answers."""

    def answer(request: Received) -> Scripted:
        said = vendor(request)
        if not isinstance(said, Say) or isinstance(said.body, str | bytes):
            return said
        body = request.body.decode(errors="replace")
        heads = " ".join([request.target, *request.headers.values(), body])
        kept = {"access_token", "instance_url", "code", "error"}

        def grow(value: Any, key: str = "") -> Any:
            if isinstance(value, dict):
                return {name: grow(inner, name) for name, inner in value.items()}
            if isinstance(value, list):
                return [grow(item) for item in value]
            return f"{heads} {value}" if isinstance(value, str) and key not in kept else value

        return Say(said.status, grow(said.body), said.headers)

    return answer


def proofs(received: list[Received]) -> Iterator[str]:
    """Yield what proved a secret without being it: signatures and signed texts."""
    for request in received:
        yield from (value for name, value in request.query if name == "sig")
        yield request.headers.get("authorization", "=no signature").rpartition("=")[2]
        if request.headers.get("content-type") == "application/x-www-form-urlencoded":
            yield body_of(request).get("assertion", "no assertion")


def test_a_signature_for_aws_is_masked(probe: Probe, world: World) -> None:
    def sts(request: Received) -> Scripted:
        return Say(200, f"<R><Arn>{request.headers['authorization']}</Arn></R>")

    world.vendors = {r"sts\..*": sts}

    result = probe("S3", EXAMPLE)

    assert result.identity == {"arn": "******"}
    proof = next(proofs(world.received))
    assert re.fullmatch("[0-9a-f]{64}", proof)
    assert proof not in shown(result)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_a_vendor_tells_is_masked(
    case: Case, probe: Probe, world: World, vendors: Vendors, logged: Callable[[], str]
) -> None:
    case.steer(vendors)
    world.vendors = {hosts: parasite(vendor) for hosts, vendor in vendors.by_host().items()}

    result = probe(case.type, case.credentials, case.metadata, **case.changes)

    assert_clean(case.type, case.credentials, shown(result), logged())
    for proof in proofs(world.received):
        assert proof not in shown(result) + logged()
    for value in [*result.identity.values(), *(check.message for check in result.checks)]:
        assert len(value) <= 300
        assert value.isprintable()


def test_a_token_that_a_role_gives_is_masked(probe: Probe, world: World) -> None:
    secret, token = "rolesecret0123456789", "roletoken0123456789"

    def sts(request: Received) -> Scripted:
        if b"GetCallerIdentity" in request.body:
            return Say(200, "<R><Arn>arn:aws:iam::1:user/a</Arn></R>")
        keys = f"<SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}</SessionToken>"
        return Say(200, f"<R><AccessKeyId>ASIA1</AccessKeyId>{keys}</R>")

    world.vendors = {
        r"sts\..*": sts,
        r"s3\..*": lambda _: aws_error(301, "PermanentRedirect", x_amz_bucket_region=token),
    }
    role = EXAMPLE | {"role_arn": "arn:aws:iam::123456789012:role/reader"}

    result = probe("S3", role, {"bucket": "bucket-one"})

    assert result.failure is not None
    assert result.failure.message == "The bucket is in the region ******, not in us-east-1."
    assert secret not in shown(result)


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_secret_in_the_wrong_field_or_form_is_not_shown(
    probe: Probe, logged: Callable[[], str], name: str
) -> None:
    type_ = name.removesuffix("_APP")
    good = SECRETS[name]
    planted = "planted-secret-0123456789"
    every = [{**good, field: f"{planted}\n"} for field in good]
    every += [{**good, field: [planted]} for field in good]
    every += [{planted: planted, **good}, {**good, "note": {"password": planted}}]

    for credentials in every:
        result = probe(type_, credentials)
        if planted not in credentials:
            assert planted not in shown(result) + logged(), credentials


@pytest.mark.parametrize("credentials", ["planted-secret", ["planted-secret"], 7, None])
def test_what_are_no_credentials_is_told_without_them(probe: Probe, credentials: Any) -> None:
    result = probe("KLAVIYO", credentials)

    assert result.reason == "bad_shape"
    assert result.failure is not None
    assert result.failure.message == "The credentials are not an object."
    assert "planted" not in shown(result)


def test_the_mask_is_not_sent_as_a_secret(probe: Probe, world: World) -> None:
    result = probe("KLAVIYO", {"api_key": "******"})

    assert result.failure is not None
    assert result.failure.message == "'api_key' is the mask ******, not the secret itself."
    assert world.received == []
