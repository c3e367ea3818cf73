"""What each type's credentials may come to, one case each: how the vendor stands, what is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.connections.fakes.aws import aws_error
from tests.connections.fakes.google import NOW, google_error, key_file
from tests.connections.fakes.vendors import Vendors
from tests.servers import Say

Steer = Callable[[Vendors], object]


def _as_it_is(_vendors: Vendors) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Case:
    """One set of credentials before a vendor that is steered, and the reason that is found.

    An empty reason is a success. `changes` are settings of the probe. Where there is an `answer`,
    it is all that is answered once `healthy` calls were answered well.
    """

    type: str
    name: str
    reason: str
    credentials: dict[str, Any]
    metadata: dict[str, Any] = field(default_factory=dict)
    steer: Steer = _as_it_is
    changes: dict[str, Any] = field(default_factory=dict)
    answer: Say | None = None
    healthy: int = 0

    @property
    def id(self) -> str:
        return f"{self.type.lower().replace('_', '-')}-{self.name}"


def steered(which: str, **values: Any) -> Steer:
    """Return a function that sets members of one of the vendors."""

    def steer(vendors: Vendors) -> None:
        for name, value in values.items():
            assert hasattr(getattr(vendors, which), name)
            setattr(getattr(vendors, which), name, value)

    return steer


#: Credentials that are right, by type; those of the types that are tested elsewhere are not here.
GOOD: dict[str, dict[str, Any]] = {
    "BIGQUERY": key_file(location="EU"),
    "BRAZE": {
        "api_key": "01234567-89ab-cdef-0123-456789abcdef",
        "instance": "rest.fra-01.braze.eu",
    },
    "GCS": key_file(),
    "ITERABLE": {"api_key": "0123456789abcdef0123456789abcdef"},
    "KLAVIYO": {"api_key": "pk_0123456789abcdef0123456789abcdef01"},
    "MOVABLE_INK": {
        "endpoint_url": "https://collector.micpn.com/behavioral/tenant-0123456789",
        "access_key": "shop",
        "access_secret": "movable-password-0123456789",
    },
    "M_PARTICLE": {
        "client_id": "example-client",
        "client_secret": "mparticle-secret-0123456789",
        "account_id": "4321",
    },
    "SAILTHRU": {
        "api_key": "00112233445566778899aabbccddeeff",
        "api_secret": "ffeeddccbbaa99887766554433221100",
    },
    "SALESFORCE": {
        "domain": "acme",
        "client_id": "3MVG9example",
        "client_secret": "0123456789ABCDEF0123456789ABCDEF",
    },
    "SEGMENT": {"public_api_token": "sgp_0123456789abcdef0123456789abcdef"},
    "SENDLANE": {"api_token": "sendlane-token-0123456789abcdef"},
    "SHOPIFY": {"shop": "acme", "access_token": "shpat_0123456789abcdef0123456789abcdef"},
}


def _cases() -> Iterator[Case]:
    def case(name: str, reason: str, steer: Steer = _as_it_is, **changed: Any) -> Case:
        return Case(type_, name, reason, GOOD[type_] | changed, steer=steer)

    type_ = "KLAVIYO"
    yield case("good", "")
    yield case("refused", "refused", api_key="pk_ffffffffffffffffffffffffffffffffff")
    yield case("unusual", "refused", api_key="XyZ123")
    yield case("without-scope", "", steered("klaviyo", scopes={"profiles"}))
    yield case("forbidden", "forbidden", steered("klaviyo", scopes=set()))
    yield case("outdated", "outdated", steered("klaviyo", is_retired=True))

    type_ = "SAILTHRU"
    yield case("good", "")
    yield case("unknown-key", "refused", api_key="ff112233445566778899aabbccddeeff")
    yield case("refused", "refused", api_secret="00eeddccbbaa99887766554433221100")
    yield case("forbidden", "forbidden", steered("sailthru", is_allowed=False))
    yield case("busy", "rate_limited", steered("sailthru", is_busy=True))

    type_ = "ITERABLE"
    yield case("good", "")
    yield case("good-in-eu", "", steered("iterable", host="api.eu.iterable.com"), region="EU")
    yield case("refused", "refused", api_key="ffffffffffffffffffffffffffffffff")
    yield case("other-data-center", "refused", region="EU")
    yield case("forbidden", "forbidden", steered("iterable", kind="mobile"))

    type_ = "SENDLANE"
    yield case("good", "")
    yield case("refused", "refused", api_token="another-token-0123456789")
    yield case("forbidden", "forbidden", steered("sendlane", has_plan=False))

    type_ = "BRAZE"
    yield case("good", "")
    yield case("good-without-rest", "", instance="fra-01.braze.eu")
    yield case("refused", "refused", api_key="ffffffff-89ab-cdef-0123-456789abcdef")
    yield case("other-instance", "refused", instance="rest.iad-01.braze.com")
    yield case("without-catalogs", "", steered("braze", permissions={"/segments/list"}))
    yield case("forbidden", "forbidden", steered("braze", permissions=set()))

    yield from _commerce()
    yield from _platforms()
    yield from _google()


def _commerce() -> Iterator[Case]:
    def case(name: str, reason: str, steer: Steer = _as_it_is, **changed: Any) -> Case:
        return Case(type_, name, reason, GOOD[type_] | changed, steer=steer)

    type_ = "SHOPIFY"
    app = {"shop": "acme", "client_id": "0123456789abcdef"}
    app["client_secret"] = "shpss_0123456789abcdef0123456789abcdef"
    wrong = app | {"client_secret": "shpss_ffffffffffffffffffffffffffffffff"}
    denied = {"message": "Access denied for shop", "extensions": {"code": "ACCESS_DENIED"}}
    throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    yield case("good", "")
    yield Case(type_, "good-app", "", app)
    yield case("refused", "refused", access_token="shpat_ffffffffffffffffffffffffffffffff")
    yield Case(type_, "refused-app", "refused", wrong)
    yield Case(type_, "unknown-app", "refused", app | {"client_id": "ffff"})
    yield Case(type_, "not-installed", "forbidden", app, {}, steered("shopify", is_installed=False))
    yield case("forbidden", "forbidden", steered("shopify", errors=(denied,)))
    yield case("throttled", "rate_limited", steered("shopify", errors=(throttled,)))
    yield case("frozen", "forbidden", steered("shopify", is_frozen=True))
    yield case("not-found", "not_found", shop="acme-two")

    type_ = "MOVABLE_INK"
    yield case("good", "unverifiable")


def _platforms() -> Iterator[Case]:
    def case(name: str, reason: str, steer: Steer = _as_it_is, **changed: Any) -> Case:
        return Case(type_, name, reason, GOOD[type_] | changed, steer=steer)

    type_ = "SALESFORCE"
    sandbox = "acme--test.sandbox.my.salesforce.com"
    yield case("good", "")
    yield case("good-with-my", "", domain="Acme.my")
    yield case(
        "good-sandbox",
        "",
        steered("salesforce", host=sandbox, instance=f"https://{sandbox}"),
        domain="acme--test.sandbox",
    )
    yield case("unknown-app", "refused", client_id="3MVG9other")
    yield case("refused", "refused", client_secret="FEDCBA9876543210FEDCBA9876543210")
    yield case("without-flow", "forbidden", steered("salesforce", has_flow=False))
    yield case("without-scope", "forbidden", steered("salesforce", has_api_scope=False))
    yield case("forbidden", "forbidden", steered("salesforce", may_use_api=False))
    yield case("used-up", "rate_limited", steered("salesforce", is_used_up=True))
    yield case("other-host", "wrong_region", domain="login")
    elsewhere = steered("salesforce", instance="https://evil.example.com")
    yield case("instance-elsewhere", "wrong_region", elsewhere)

    type_ = "M_PARTICLE"
    feed: dict[str, Any] = {
        "key": "us1-0123456789abcdef",
        "secret": "mparticle-feed-secret-0123456789",
    }
    yield case("good", "")
    yield case("good-with-feed", "", **feed)
    yield Case(type_, "feed-alone", "unverifiable", feed | {"pod": "EU1"})
    yield case("refused", "refused", client_secret="another-secret-0123456789")
    yield case("may-not-sign-in", "forbidden", steered("mparticle", may_sign_in=False))
    yield case("forbidden", "forbidden", steered("mparticle", may_read=False))
    yield case("not-found", "not_found", account_id="999")

    type_ = "SEGMENT"
    key: dict[str, Any] = {"write_key": "abcdefghijklmnopqrstuvwxyz012345"}
    yield case("good", "")
    yield case("good-with-write-key", "", **key)
    yield Case(type_, "write-key-alone", "unverifiable", dict(key))
    yield Case(type_, "write-key-alone-in-eu", "unverifiable", key | {"region": "EU"})
    yield case("refused", "refused", public_api_token="sgp_ffffffffffffffffffffffffffffffff")
    yield case("other-region", "refused", region="EU")
    yield case("forbidden", "forbidden", steered("segment", may_read=False))


def _google() -> Iterator[Case]:
    def case(name: str, reason: str, steer: Steer = _as_it_is, **changed: Any) -> Case:
        return Case(type_, name, reason, GOOD[type_] | changed, steer=steer)

    def ours(seconds: int) -> dict[str, Any]:
        return {"now": lambda: float(NOW + seconds)}

    for type_ in ("GCS", "BIGQUERY"):
        pem = GOOD[type_]["private_key"]
        yield case("refused", "refused", private_key=key_file("other")["private_key"])
        yield case("unknown-account", "refused", client_email="gone@example.com")
        yield case("cut-off-key", "bad_shape", private_key=pem[:200])
        yield case("escaped-key", "", private_key=pem.replace("\n", "\\n"))
        yield Case(type_, "clock", "clock", GOOD[type_], changes=ours(-3600))

    type_ = "BIGQUERY"
    yield case("good", "")
    yield case("good-dataset", "", dataset="shop")
    yield case("not-found", "not_found", dataset="gone")
    yield case("forbidden", "forbidden", steered("bigquery", permissions={"queries"}))
    yield case(
        "dataset-forbidden",
        "forbidden",
        steered("bigquery", permissions={"queries"}),
        dataset="shop",
    )
    yield case("without-queries", "", steered("bigquery", permissions={"datasets"}))
    yield case("not-switched-on", "forbidden", steered("bigquery", is_enabled=False))
    yield case("other-project", "not_found", project_id="another-project")
    yield case("other-location", "not_found", location="US")


def _answered() -> Iterator[Case]:
    """Yield what vendors may answer and the fakes do not."""

    def case(name: str, reason: str, answer: Say, healthy: int = 0, **changed: Any) -> Case:
        good = GOOD[type_] | changed
        return Case(type_, name, reason, good, metadata, answer=answer, healthy=healthy)

    metadata = {"bucket": "bucket-one"}
    for type_ in ("GCS", "BIGQUERY"):  # noqa: B007 - `case` reads it
        used_up = google_error(403, "rateLimitExceeded")
        yield case("token-refused", "refused", google_error(401, "authError"), 1)
        yield case("used-up", "rate_limited", used_up, 1)
        yield case("other-grant", "refused", Say(400, {"error": "unauthorized_client"}))
    metadata = {}
    no_place = google_error(400, "invalid", "Invalid value for location")
    yield case("no-location", "wrong_region", no_place, 2, location="MARS")

    missing = Say(404, {"message": "Not found"})
    for type_ in ("BRAZE", "ITERABLE", "KLAVIYO", "SEGMENT", "SENDLANE"):
        reason = "wrong_region" if type_ == "BRAZE" else "not_found"
        yield case("answered-404", reason, missing)
    type_ = "M_PARTICLE"
    yield case("token-refused", "refused", Say(401), 1)
    type_ = "SAILTHRU"
    yield case("answered-99", "not_found", Say(400, {"error": 99, "errormsg": "other"}))
    yield case("answered-200-and-5", "refused", Say(200, {"error": 5, "errormsg": "signature"}))
    type_ = "SHOPIFY"
    yield case("token-forbidden", "forbidden", Say(403, {"errors": "no"}))


def _of_aws_and_ours() -> Iterator[Case]:
    def case(name: str, reason: str, answer: Say, **changed: Any) -> Case:
        return Case(type_, name, reason, good | changed, answer=answer)

    type_ = "S3"
    good: dict[str, Any] = {
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    }
    early = "Signature not yet current: 20270115T080000Z is still later than"
    late = "Signature expired: 20270115T080000Z is now earlier than"
    yield case("too-skewed", "clock", aws_error(403, "RequestTimeTooSkewed"))
    yield case("too-early", "clock", aws_error(403, "SignatureDoesNotMatch", early))
    yield case("too-late", "clock", aws_error(403, "SignatureDoesNotMatch", late))
    elsewhere = good | {"endpoint_url": "https://store.example.com"}
    yield Case(type_, "endpoint-not-allowed", "blocked_host", elsewhere)
    yield Case(
        type_, "endpoint-with-bucket-not-allowed", "blocked_host", elsewhere, {"bucket": "one-two"}
    )

    type_ = "TREASURE_DATA"
    good = {"apiKey": "1/0123456789abcdef0123456789abcdef01234567"}
    yield case("refused", "refused", Say(401, {"error": "Failed to Login"}))
    yield case("answered-404", "wrong_region", Say(404))
    yield case("may-do-nothing", "", Say(403, {"message": "not authorized"}), region="ap01")


CASES = tuple(_cases())

#: Cases in which an answer is scripted.
ANSWERED = (*_answered(), *_of_aws_and_ours())
