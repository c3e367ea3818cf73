"""Google's sign-in, BigQuery's six routes, and a guard before an emulator of Cloud Storage."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.connections.fakes.world import body_of
from tests.servers import Received, Say, Scripted

NOW = 1_800_000_000
EMAIL = "reader@example-project.iam.gserviceaccount.com"
TOKEN = "ya29.example-access-token-0123456789"


@cache
def key_pair(which: str) -> tuple[str, Any]:
    """Return a private key in PEM form and its public key; one is made for each name."""
    del which
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode(), private.public_key()


def key_file(which: str = "good", **more: str) -> dict[str, Any]:
    """Return the key file of the service account."""
    return {
        "type": "service_account",
        "project_id": "example-project",
        "private_key_id": "0123456789abcdef",
        "private_key": key_pair(which)[0],
        "client_email": EMAIL,
        "token_uri": "https://oauth2.googleapis.com/token",
        **more,
    }


@dataclass
class GoogleSignIn:
    """Verifies the assertion with the public key, as Google does, on Google's own clock."""

    now: float = NOW

    def __call__(self, request: Received) -> Scripted:
        assert (request.method, request.path) == ("POST", "/token")
        form = body_of(request)
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        claims = jwt.decode(form["assertion"], options={"verify_signature": False})
        assert jwt.get_unverified_header(form["assertion"])["kid"] == "0123456789abcdef"
        if claims["iss"] != EMAIL:
            return self._refuse("Invalid grant: account not found")
        try:
            jwt.decode(
                form["assertion"],
                key_pair("good")[1],
                algorithms=["RS256"],
                audience="https://oauth2.googleapis.com/token",
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.InvalidSignatureError:
            return self._refuse("Invalid JWT Signature.")
        if abs(claims["iat"] - self.now) > 600 or claims["exp"] - claims["iat"] > 3600:
            return self._refuse(
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
                "timeframe. Check your iat and exp values in the JWT claim."
            )
        return Say(200, {"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"})

    @staticmethod
    def _refuse(description: str) -> Say:
        return Say(400, {"error": "invalid_grant", "error_description": description})


def google_error(status: int, reason: str, message: str = "no") -> Say:
    """Return an error in the shape of Google's APIs."""
    errors = [{"reason": reason, "domain": "global", "message": message}]
    return Say(status, {"error": {"code": status, "message": message, "errors": errors}})


@dataclass
class BigQuery:
    """Datasets, tables and dry runs of queries."""

    datasets: set[str] = field(default_factory=lambda: {"shop"})
    permissions: set[str] = field(default_factory=lambda: {"datasets", "tables", "queries"})
    location: str = "EU"
    is_enabled: bool = True

    def __call__(self, request: Received) -> Scripted:  # noqa: PLR0911 - one a refusal
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return google_error(401, "authError")
        if not self.is_enabled:
            return google_error(403, "accessNotConfigured")
        parts = request.path.removeprefix("/bigquery/v2/projects/").split("/")
        if parts[0] != "example-project":
            return google_error(404, "notFound")
        if parts[-1] not in self.permissions:
            return google_error(403, "accessDenied")
        if parts[-1] == "queries":
            return self._query(request.json)
        if parts[-1] == "tables" and parts[2] not in self.datasets:
            return google_error(404, "notFound")
        assert dict(request.query) == {"maxResults": "1"}
        return Say(200, {"kind": f"bigquery#{parts[-1]}List"})

    def _query(self, asked: Any) -> Say:
        assert asked["dryRun"] is True, "a test reads nothing"
        if asked.get("location", self.location) != self.location:
            return google_error(404, "notFound")
        return Say(200, {"jobComplete": True, "totalBytesProcessed": "0"})


@dataclass
class GuardedStorage:
    """Lets calls with the right token through to an emulator of Cloud Storage."""

    emulator: str = ""
    is_permitted: bool = True

    def __call__(self, request: Received) -> Scripted:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return google_error(401, "authError")
        if not self.is_permitted:
            return google_error(403, "forbidden")
        parts = urlsplit(self.emulator)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        try:
            connection.request(request.method, request.target)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        return Say(answer.status, body, {"Content-Type": "application/json"})
