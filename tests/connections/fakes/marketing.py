"""Fakes of services for messages and commerce, as their documentation describes their answers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from tests.connections.fakes.world import body_of
from tests.servers import Received, Say, Scripted

#: What a vendor's web server answers to a caller that it takes for a browser.
PAGE = Say(401, "<!DOCTYPE html><html>Unauthorized</html>", {"Content-Type": "text/html"})


@dataclass
class Klaviyo:
    """`Authorization: Klaviyo-API-Key KEY` and `revision`; errors as JSON:API."""

    key: str = "pk_0123456789abcdef0123456789abcdef01"
    scopes: set[str] = field(default_factory=lambda: {"accounts", "profiles"})
    is_retired: bool = False

    def __call__(self, request: Received) -> Scripted:  # noqa: PLR0911 - one a refusal
        if request.headers.get("authorization") != f"Klaviyo-API-Key {self.key}":
            return self._error(401, "authentication_failed", "Incorrect authentication credentials")
        if not request.headers.get("revision"):
            return self._error(400, "missing_revision", "a revision is needed")
        if self.is_retired:
            return self._error(410, "revision_retired", "This revision is retired.")
        name = request.path.removeprefix("/api/")
        if request.method != "GET" or name not in {"accounts", "profiles"}:
            return self._error(404, "not_found", "Not found")
        if name not in self.scopes:
            return self._error(403, "permission_denied", "The key lacks a scope.")
        if name == "profiles":
            assert dict(request.query) == {"page[size]": "1"}
            return Say(200, {"data": [], "links": {}})
        contact = {"organization_name": "Example Shop"}
        data = {"type": "account", "id": "XyZ123", "attributes": {"contact_information": contact}}
        return Say(200, {"data": [data]})

    @staticmethod
    def _error(status: int, code: str, detail: str) -> Say:
        return Say(status, {"errors": [{"code": code, "title": code, "detail": detail}]})


@dataclass
class Sailthru:
    """Calls signed with the MD5 of the secret and the sorted values; errors have a number."""

    key: str = "00112233445566778899aabbccddeeff"
    secret: str = "ffeeddccbbaa99887766554433221100"
    is_allowed: bool = True
    is_busy: bool = False

    def __call__(self, request: Received) -> Scripted:
        given = dict(request.query)
        signature = given.pop("sig", "")
        if request.path != "/settings" or given.get("format") != "json":
            return Say(404, {"error": 99, "errormsg": "no such call"})
        if given.get("api_key") != self.key:
            return Say(401, {"error": 3, "errormsg": f"Invalid API key: {given.get('api_key')}"})
        text = self.secret + "".join(sorted(given.values()))
        if signature != hashlib.md5(text.encode()).hexdigest():
            return Say(401, {"error": 5, "errormsg": f"Invalid signature: {signature}"})
        if not self.is_allowed:
            return Say(403, {"error": 4, "errormsg": "Access denied for this IP address"})
        if self.is_busy:
            return Say(429, {"error": 43, "errormsg": "Too many calls"}, {"Retry-After": "7"})
        return Say(200, {"name": "Example Shop", "domain": "shop.example.com"})


@dataclass
class Iterable:
    """`Api-Key`; keys are known in their own data center only."""

    key: str = "0123456789abcdef0123456789abcdef"
    host: str = "api.iterable.com"
    kind: str = "server"

    def __call__(self, request: Received) -> Scripted:
        is_known = request.headers.get("api-key") == self.key
        if not is_known or request.headers["host"] != self.host:
            params = {"ip": "192.0.2.1", "apiKey": request.headers.get("api-key")}
            return Say(401, {"msg": "Invalid API key", "code": "BadApiKey", "params": params})
        if self.kind != "server":
            return Say(403, {"msg": "Wrong kind of key", "code": "Forbidden"})
        if request.path != "/api/lists":
            return Say(404, {"msg": "no", "code": "NotFound"})
        return Say(200, {"lists": [{"id": 1, "name": "all"}]})


@dataclass
class Sendlane:
    """A bearer token; being refused is a web page, unless JSON is asked for."""

    token: str = "sendlane-token-0123456789abcdef"
    has_plan: bool = True

    def __call__(self, request: Received) -> Scripted:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return PAGE
        if not self.has_plan:
            return Say(403, {"message": "This action is unauthorized."})
        if request.path != "/v2/lists" or dict(request.query) != {"limit": "1"}:
            return Say(404, {"message": "Not found"})
        return Say(200, {"data": [], "pagination": {}})


@dataclass
class Braze:
    """A bearer token of one instance; permissions are per call; errors are prose."""

    key: str = "01234567-89ab-cdef-0123-456789abcdef"
    host: str = "rest.fra-01.braze.eu"
    permissions: set[str] = field(default_factory=lambda: {"/catalogs", "/segments/list"})

    def __call__(self, request: Received) -> Scripted:
        is_known = request.headers.get("authorization") == f"Bearer {self.key}"
        if not is_known or request.headers["host"] != self.host:
            return Say(401, {"message": "Invalid API Key"})
        if request.path not in {"/catalogs", "/segments/list"}:
            return Say(404, {"message": "Invalid URL"})
        if request.path not in self.permissions:
            return Say(403, {"message": "This API key lacks the permission"})
        name = {"/catalogs": "catalogs", "/segments/list": "segments"}[request.path]
        return Say(200, {name: [], "message": "success"})


@dataclass
class MovableInk:
    """Takes events at `/behavioral/KEY`; the root says nothing of use."""

    def __call__(self, request: Received) -> Scripted:
        assert request.method == "HEAD", "a test sends no event"
        assert request.path == "/"
        assert "authorization" not in request.headers
        return Say(404)


@dataclass
class Shopify:
    """Client credentials for tokens; GraphQL answers 200 with `errors` for what it refuses."""

    shop: str = "acme"
    client_id: str = "0123456789abcdef"
    secret: str = "shpss_0123456789abcdef0123456789abcdef"
    token: str = "shpat_0123456789abcdef0123456789abcdef"
    given: str = "shpat_given-fedcba9876543210fedcba98"
    is_installed: bool = True
    is_frozen: bool = False
    errors: tuple[dict[str, object], ...] = ()

    def __call__(self, request: Received) -> Scripted:
        if request.headers["host"] != f"{self.shop}.myshopify.com":
            return Say(404, "<!DOCTYPE html><html>Not found</html>", {"Content-Type": "text/html"})
        if self.is_frozen:
            return Say(402, {"errors": "Unavailable Shop"})
        if request.path == "/admin/oauth/access_token":
            return self._grant(body_of(request))
        if request.headers.get("x-shopify-access-token") not in {self.token, self.given}:
            return Say(401, {"errors": "[API] Invalid API key or access token"})
        assert request.path.startswith("/admin/api/20")
        assert "query" in request.json
        if self.errors:
            return Say(200, {"errors": list(self.errors), "data": None})
        app = {"accessScopes": [{"handle": "read_products"}]}
        return Say(200, {"data": {"shop": {"name": "Acme"}, "currentAppInstallation": app}})

    def _grant(self, form: dict[str, str]) -> Say:
        if form["grant_type"] != "client_credentials" or form["client_id"] != self.client_id:
            return Say(400, {"error": "invalid_client"})
        if form["client_secret"] != self.secret:
            return Say(401, {"error": "invalid_client", "error_description": form["client_secret"]})
        if not self.is_installed:
            return Say(400, {"error": "shop_not_permitted"})
        return Say(200, {"access_token": self.given, "scope": "read_products", "expires_in": 86399})
