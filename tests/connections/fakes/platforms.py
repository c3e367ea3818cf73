"""Fakes of Salesforce, mParticle and Segment, as their documentation describes their answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

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
    batch: int = 2000
    objects: dict[str, dict[str, str]] = field(
        default_factory=lambda: {
            "Contact": {
                "Id": "id", "Email": "email", "Age__c": "double", "Visits__c": "int",
                "Active__c": "boolean", "Birthdate": "date", "CreatedDate": "datetime",
                "MailingAddress": "address",
            },
            "Order__c": {"Id": "id", "Photo__c": "base64"},
        }
    )  # fmt: skip
    records: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {
            "Contact": [
                {
                    "Id": f"003{at}", "Email": f"user{at}@example.com", "Age__c": 30,
                    "Visits__c": at, "Active__c": True, "Birthdate": "1990-01-01",
                    "CreatedDate": "2024-01-01T00:00:00.000+0000",
                }
                for at in range(5)
            ],
            "Order__c": [],
        }
    )  # fmt: skip

    def __call__(self, request: Received) -> Scripted:  # noqa: PLR0911 - one a refusal
        if request.headers["host"] != self.host:
            return Say(404, "<!DOCTYPE html><html></html>", {"Content-Type": "text/html"})
        if request.path == "/services/oauth2/token":
            return self._grant(body_of(request))
        if not request.path.startswith("/services/data/v60.0/"):
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
        return self._read(request.path.removeprefix("/services/data/v60.0/"), dict(request.query))

    def _read(self, path: str, query: dict[str, str]) -> Say:
        if path == "limits":
            return Say(200, {"DailyApiRequests": {"Max": 15000, "Remaining": 14998}})
        if path == "sobjects":
            known = [{"name": name, "label": f"{name}s", "urls": {}} for name in self.objects]
            return Say(200, {"encoding": "UTF-8", "sobjects": known})
        if path.endswith("/describe"):
            fields = self.objects.get(path.split("/")[1])
            if fields is None:
                text = "The requested resource does not exist"
                return Say(404, [{"errorCode": "NOT_FOUND", "message": text}])
            told = [
                {"name": name, "type": type_, "nillable": name != "Id"}
                for name, type_ in fields.items()
            ]
            return Say(200, {"name": path.split("/")[1], "queryable": True, "fields": told})
        if path == "query":
            return self._query(query["q"])
        name, _, start = path.removeprefix("query/01g").partition("-")
        return self._records(name, list(self.objects[name]), int(start), None)

    def _query(self, soql: str) -> Say:
        found = re.fullmatch(r"SELECT (.+?) FROM (\w+)(?: LIMIT (\d+))?", soql)
        if found is None:
            text = "unexpected token: 'SELEC'"
            return Say(400, [{"errorCode": "MALFORMED_QUERY", "message": text}])
        fields, known = found[1].split(", "), self.objects[found[2]]
        unknown = [one for one in fields if one not in known]
        if unknown:
            text = f"No such column '{unknown[0]}' on entity '{found[2]}'."
            return Say(400, [{"errorCode": "INVALID_FIELD", "message": text}])
        return self._records(found[2], fields, 0, int(found[3]) if found[3] else None)

    def _records(self, name: str, fields: list[str], start: int, limit: int | None) -> Say:
        records = self.records[name][:limit]
        page = [
            {"attributes": {"type": name, "url": "/"}, **{f: one.get(f) for f in fields}}
            for one in records[start : start + self.batch]
        ]
        end = start + self.batch
        link = {"nextRecordsUrl": f"/services/data/v60.0/query/01g{name}-{end}"}
        more = link if end < len(records) else {}
        return Say(200, {"totalSize": len(records), "done": not more, "records": page, **more})

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
