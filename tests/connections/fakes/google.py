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
class Answered:
    """What BigQuery makes of a query; `polls` is how often it is asked before it has ended."""

    fields: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    bytes: int = 1_500_000
    kind: str = "SELECT"
    polls: int = 0


@dataclass
class BigQuery:
    """Datasets, tables and their rows, dry runs, queries: the routes that are called.

    It stands for bqemulator, which is not installed here and asks for no credentials.
    """

    datasets: set[str] = field(default_factory=lambda: {"shop"})
    permissions: set[str] = field(
        default_factory=lambda: {"datasets", "tables", "queries", "jobs", "data"}
    )
    location: str = "EU"
    is_enabled: bool = True
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    queries: dict[str, Answered] = field(default_factory=dict)
    most_rows: int = 1000
    requests: set[str] = field(default_factory=set)
    polled: int = 0

    def __call__(self, request: Received) -> Scripted:  # noqa: PLR0911 - one a refusal
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return google_error(401, "authError")
        if not self.is_enabled:
            return google_error(403, "accessNotConfigured")
        parts = request.path.removeprefix("/bigquery/v2/projects/").split("/")
        if parts[0] != "example-project":
            return google_error(404, "notFound")
        kind = parts[-1] if parts[-1] in self._kinds else parts[-2]
        if kind not in self.permissions:
            return google_error(403, "accessDenied", "Access Denied: no permission")
        query = dict(request.query)
        if kind == "queries":
            if request.method == "GET":
                return self._results(parts[-1], query)
            return self._query(request.json)
        if kind == "jobs":
            return self._check(request.json)
        if kind == "data" or parts[-1] != kind:
            return self._table(kind, ".".join(parts[2:5:2]), query)
        if kind == "tables" and parts[2] not in self.datasets:
            return google_error(404, "notFound")
        return self._list(kind, query)

    _kinds = frozenset({"datasets", "tables", "queries", "jobs", "data"})

    def _list(self, kind: str, query: dict[str, str]) -> Say:
        if query == {"maxResults": "1"}:
            return Say(200, {"kind": f"bigquery#{kind}List"})
        names = self.datasets if kind == "datasets" else {n.split(".")[1] for n in self.tables}
        one = kind[:-1]
        told = [{f"{one}Reference": {f"{one}Id": name}} for name in sorted(names)]
        return Say(200, {"kind": f"bigquery#{one}List", kind: told} if told else {})

    def _table(self, kind: str, name: str, query: dict[str, str]) -> Say:
        found = self.tables.get(name)
        if found is None:
            return google_error(404, "notFound", f"Not found: Table {name}")
        if kind != "data":
            return Say(200, {"location": self.location, **found})
        assert found["type"] == "TABLE"
        return Say(200, self._page(self.rows[name], query))

    def _page(self, rows: list[dict[str, Any]], query: dict[str, Any]) -> dict[str, Any]:
        start = int(query.get("pageToken", "at-0").removeprefix("at-"))
        end = start + min(int(query["maxResults"]), self.most_rows)
        page = {"rows": rows[start:end]} if rows[start:end] else {}
        more = {"pageToken": f"at-{end}"} if end < len(rows) else {}
        return {"totalRows": str(len(rows)), **page, **more}

    def _check(self, asked: Any) -> Say:
        assert asked["configuration"]["dryRun"] is True, "only dry runs are inserted"
        sql = asked["configuration"]["query"]["query"]
        found = self._find(sql, asked["jobReference"].get("location"))
        if isinstance(found, Say):
            return found
        about = {"statementType": found.kind, "totalBytesProcessed": str(found.bytes)}
        about |= {"schema": {"fields": found.fields}}  # type: ignore[dict-item]
        return Say(200, {"statistics": {"query": about}, "status": {"state": "DONE"}})

    def _find(self, sql: str, location: str | None) -> Answered | Say:
        found = next((one for start, one in self.queries.items() if sql.startswith(start)), None)
        if location not in {None, self.location}:
            return google_error(404, "notFound", "Not found: Table shop.gone in location US")
        if found is None:
            return google_error(400, "invalidQuery", "Syntax error: Unexpected end at [1:8]")
        return found

    def _query(self, asked: Any) -> Say:
        if asked.get("dryRun"):
            if asked.get("location", self.location) != self.location:
                return google_error(404, "notFound")
            return Say(200, {"jobComplete": True, "totalBytesProcessed": "0"})
        found = self._find(asked["query"], asked.get("location"))
        if isinstance(found, Say):
            return found
        assert int(asked["maximumBytesBilled"]) >= found.bytes
        self.requests.add(asked["requestId"])
        start = next(one for one in self.queries if asked["query"].startswith(one))
        limit = int(asked["query"].removeprefix(start).removeprefix(" LIMIT ") or 10**9)
        job = f"job_{list(self.queries).index(start)}_{limit}"
        return self._results(job, {"maxResults": asked["maxResults"]})

    def _results(self, job: str, query: dict[str, Any]) -> Say:
        _, at, limit = job.split("_")
        found = list(self.queries.values())[int(at)]
        reference = {"jobId": job, "projectId": "example-project", "location": self.location}
        assert query.get("location", self.location) == self.location
        if self.polled < found.polls:
            self.polled += 1
            return Say(200, {"jobReference": reference, "jobComplete": False})
        page = self._page(found.rows[: int(limit)], query)
        return Say(200, {"jobReference": reference, "jobComplete": True, **page})


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
            kept = {name: request.headers[name] for name in _FORWARDED & request.headers.keys()}
            connection.request(request.method, request.target, headers=kept)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        told = {name: value for name, value in answer.getheaders() if name.lower() in _ANSWERED}
        return Say(answer.status, body, told)


_FORWARDED = frozenset({"range", "accept-encoding"})
_ANSWERED = frozenset({"content-type", "content-range", "content-encoding", "x-goog-generation"})
