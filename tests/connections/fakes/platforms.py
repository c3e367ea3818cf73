"""Fakes of Salesforce, mParticle and Segment, as their documentation describes their answers."""

from __future__ import annotations

from dataclasses import dataclass

from tests.connections.fakes.world import body_of
from tests.servers import Received, Say, Scripted


@dataclass
class Salesforce:
    """Client credentials on the organization's own host; the API wants the scope `api`."""

    host: str = "acme.my.salesforce.com"
    client_id: str = "3MVG9example"
    secret: str = "0123456789ABCDEF0123456789ABCDEF"
    token: str = "00Dxx0000000001!AQcAQexampletoken0123456789"
    instance: str = "https://acme.my.salesforce.com"
    has_flow: bool = True
    has_api_scope: bool = True
    may_use_api: bool = True
    is_used_up: bool = False

    def __call__(self, request: Received) -> Scripted:  # noqa: PLR0911 - one a refusal
        if request.headers["host"] != self.host:
            return Say(404, "<!DOCTYPE html><html></html>", {"Content-Type": "text/html"})
        if request.path == "/services/oauth2/token":
            return self._grant(body_of(request))
        if not request.path.endswith("/limits"):
            return Say(404, [{"errorCode": "NOT_FOUND", "message": "gone"}])
        if request.headers.get("authorization") != f"Bearer {self.token}" or not self.has_api_scope:
            text = "Session expired or invalid"
            return Say(401, [{"errorCode": "INVALID_SESSION_ID", "message": text}])
        if not self.may_use_api:
            text = "The REST API is not enabled"
            return Say(403, [{"errorCode": "API_DISABLED_FOR_ORG", "message": text}])
        if self.is_used_up:
            text = "TotalRequests Limit exceeded."
            return Say(403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": text}])
        return Say(200, {"DailyApiRequests": {"Max": 15000, "Remaining": 14998}})

    def _grant(self, form: dict[str, str]) -> Say:
        assert form["grant_type"] == "client_credentials"
        if form["client_id"] != self.client_id:
            text = "client identifier invalid"
            return Say(400, {"error": "invalid_client_id", "error_description": text})
        if form["client_secret"] != self.secret:
            return Say(400, {"error": "invalid_client", "error_description": "invalid credentials"})
        if not self.has_flow:
            text = "no client credentials user enabled"
            return Say(400, {"error": "invalid_grant", "error_description": text})
        answer = {"access_token": self.token, "instance_url": self.instance, "signature": "c2ln"}
        identity = "https://login.salesforce.com/id/00Dxx0000000001/005xx0000000001"
        return Say(200, {**answer, "id": identity, "token_type": "Bearer"})


@dataclass
class MParticle:
    """A token for client credentials sent as JSON, then the accounts; events go elsewhere."""

    client_id: str = "example-client"
    secret: str = "mparticle-secret-0123456789"
    token: str = "mparticle-access-token-0123456789"
    account: str = "4321"
    may_sign_in: bool = True
    may_read: bool = True

    def __call__(self, request: Received) -> Scripted:
        host = request.headers["host"]
        if host.startswith("s2s"):
            assert request.method == "HEAD", "a test sends no event"
            assert "authorization" not in request.headers
            return Say(404)
        return self._grant(request) if host.startswith("sso") else self._accounts(request)

    def _grant(self, request: Received) -> Say:
        assert request.headers["content-type"] == "application/json"
        given = request.json
        assert request.path == "/oauth/token"
        assert given["grant_type"] == "client_credentials"
        assert given["audience"] == "https://api.mparticle.com"
        if (given["client_id"], given["client_secret"]) != (self.client_id, self.secret):
            return Say(401, {"error": "access_denied", "error_description": "Unauthorized"})
        if not self.may_sign_in:
            return Say(403, {"error": "access_denied", "error_description": "not allowed"})
        return Say(200, {"access_token": self.token, "expires_in": 28800, "token_type": "Bearer"})

    def _accounts(self, request: Received) -> Say:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Say(401, {"errors": [{"code": "UNAUTHORIZED", "message": "no"}]})
        if not self.may_read:
            return Say(403, {"errors": [{"code": "FORBIDDEN", "message": "no"}]})
        assert request.path == "/v1/accounts"
        if dict(request.query).get("accountId", self.account) != self.account:
            return Say(404, {"errors": [{"code": "NOT_FOUND", "message": "no"}]})
        return Say(200, {"data": [{"id": int(self.account), "name": "Example Shop"}]})


@dataclass
class Segment:
    """The public API with a bearer token of one region; the tracking API answers 200 to all."""

    token: str = "sgp_0123456789abcdef0123456789abcdef"
    host: str = "api.segmentapis.com"
    may_read: bool = True

    def __call__(self, request: Received) -> Scripted:
        if request.headers["host"] in {"api.segment.io", "events.eu1.segmentapis.com"}:
            assert request.method == "HEAD", "a test sends no event"
            assert "authorization" not in request.headers
            return Say(301, headers={"Location": "https://segment.example.com/docs"})
        assert request.headers["accept"] == "application/vnd.segment.v1+json"
        is_known = request.headers.get("authorization") == f"Bearer {self.token}"
        if not is_known or request.headers["host"] != self.host:
            return Say(401, {"errors": [{"type": "unauthorized", "message": "Unauthorized"}]})
        if not self.may_read:
            return Say(403, {"errors": [{"type": "forbidden", "message": "Forbidden"}]})
        workspace = {"id": "9aQ1Lj62S4bomZKLF4DPqW", "slug": "example", "name": "Example Shop"}
        return Say(200, {"data": {"workspace": workspace}})
