"""Fakes of services for messages and commerce, as their documentation describes their answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.connections.fakes.listing import (
    Rows,
    UnknownFieldError,
    by_cursor,
    by_number,
    select,
    selection_of,
)
from tests.connections.fakes.world import body_of
from tests.servers import Received, Say, Scripted

#: What a vendor's web server answers to a caller that it takes for a browser.
PAGE = Say(401, "<!DOCTYPE html><html>Unauthorized</html>", {"Content-Type": "text/html"})


def _named(count: int, **more: Any) -> Rows:
    return [{"id": f"{at:03}", "name": f"name {at}", **more} for at in range(1, count + 1)]


def _profiles(count: int) -> Rows:
    return [
        {
            "type": "profile",
            "id": f"01H{at:04}",
            "attributes": {
                "email": f"user{at}@example.com",
                "first_name": None,
                "created": "2024-05-01T10:00:00+00:00",
                "location": {"city": "Berlin", "zip": "00501"},
                "properties": {"size": at if at % 2 else "L", "type": "vip"},
            },
            "relationships": {"lists": {"links": {"self": "https://a.klaviyo.com/"}}},
            "links": {"self": f"https://a.klaviyo.com/api/profiles/01H{at:04}/"},
        }
        for at in range(1, count + 1)
    ]


def _events() -> Rows:
    def one(at: int) -> dict[str, Any]:
        kin = {"profile": {"data": {"type": "profile", "id": "01H0001"}}}
        kin["metric"] = {"data": {"type": "metric", "id": "MPlaced"}}
        about = {"timestamp": 1700000000 + at, "event_properties": {"$value": at * 1.5}}
        return {"type": "event", "id": f"ev{at}", "attributes": about, "relationships": kin}

    return [one(at) for at in (1, 2, 3)]


def _of_type(type_: str, *attributes: dict[str, Any]) -> Rows:
    return [
        {"type": type_, "id": f"{type_[:1].upper()}{at}", "attributes": one}
        for at, one in enumerate(attributes, 1)
    ]


@dataclass
class Klaviyo:
    """`Authorization: Klaviyo-API-Key KEY` and `revision`; errors as JSON:API; cursors in links."""

    key: str = "pk_0123456789abcdef0123456789abcdef01"
    scopes: set[str] = field(
        default_factory=lambda: {
            "accounts", "profiles", "lists", "segments", "events", "metrics", "catalog",
        }
    )  # fmt: skip
    is_retired: bool = False
    data: dict[str, Rows] = field(
        default_factory=lambda: {
            "profiles": _profiles(230),
            "lists": _of_type("list", *({"name": f"List {at}"} for at in range(1, 13))),
            "lists/L1/profiles": _profiles(3),
            "segments": _of_type("segment", {"name": "VIP", "is_active": True}),
            "segments/S1/profiles": _profiles(2),
            "events": _events(),
            "metrics": _of_type("metric", {"name": "Placed Order"}),
            "catalog-items": _of_type("item", {"price": 5, "title": "Shirt"}),
            "catalog-variants": _of_type("variant", {"price": 5.5, "sku": "0042"}),
        }
    )
    most: Mapping[str, int] = field(default_factory=lambda: {"lists": 10, "segments": 10})

    def __call__(self, request: Received) -> Scripted:  # noqa: PLR0911 - one a refusal
        if request.headers.get("authorization") != f"Klaviyo-API-Key {self.key}":
            return self._error(401, "authentication_failed", "Incorrect authentication credentials")
        if not request.headers.get("revision"):
            return self._error(400, "missing_revision", "a revision is needed")
        if self.is_retired:
            return self._error(410, "revision_retired", "This revision is retired.")
        name = request.path.removeprefix("/api/")
        if request.method != "GET" or (name != "accounts" and name not in self.data):
            return self._error(404, "not_found", "Not found")
        if name.split("/")[0].split("-")[0] not in self.scopes:
            return self._error(403, "permission_denied", "The key lacks a scope.")
        if name != "accounts":
            return self._page(name, dict(request.query))
        contact = {"organization_name": "Example Shop"}
        data = {"type": "account", "id": "XyZ123", "attributes": {"contact_information": contact}}
        return Say(200, {"data": [data]})

    def _page(self, name: str, query: dict[str, str]) -> Say:
        most = self.most.get(name, 100)
        size = int(query.pop("page[size]", most))
        cursor = query.pop("page[cursor]", "")
        if query or not 1 <= size <= most:
            return self._error(400, "invalid", "Page size must be an integer in range.")
        rows, following = by_cursor(self.data[name], cursor, size)
        more = urlencode({"page[cursor]": following})
        link = f"https://a.klaviyo.com/api/{name}/?{more}" if following else None
        return Say(200, {"data": rows, "links": {"self": "https://a.klaviyo.com", "next": link}})

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
    lists: Rows = field(
        default_factory=lambda: [
            {"list_id": f"58e6{at}", "name": "!! a/b", "email_count": at, "type": "smart"}
            for at in range(3)
        ]
    )
    content: Rows = field(
        default_factory=lambda: [
            {"url": f"https://shop.example.com/{at}", "title": "Shirt", "tags": ["red"]}
            for at in range(30)
        ]
    )

    def __call__(self, request: Received) -> Scripted:  # noqa: PLR0911 - one a refusal
        given = dict(request.query)
        signature = given.pop("sig", "")
        known = {"/settings", "/list", "/content"}
        if request.path not in known or given.get("format") != "json":
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
        asked = json.loads(given["json"])
        if request.path == "/list":
            assert asked == {}
            return Say(200, {"lists": self.lists})
        if request.path == "/content":
            return Say(200, {"content": self.content[: asked["items"]]})
        return Say(200, {"name": "Example Shop", "domain": "shop.example.com"})


@dataclass
class Iterable:
    """`Api-Key`; keys are known in their own data center only."""

    key: str = "0123456789abcdef0123456789abcdef"
    host: str = "api.iterable.com"
    kind: str = "server"
    lists: Rows = field(
        default_factory=lambda: [
            {"id": 34, "name": "Newsletter", "listType": "Standard"},
            {"id": 35, "name": "all", "listType": "Dynamic"},
        ]
    )
    users: dict[str, list[str]] = field(
        default_factory=lambda: {"34": [f"user{at}@example.com" for at in range(50)]}
    )
    catalogs: dict[str, Rows] = field(
        default_factory=lambda: {
            "restaurants": [
                {
                    "catalogName": "restaurants",
                    "itemId": f"r{at}",
                    "size": 12,
                    "value": {"name": "Bar", "seats": at, "size": "small"},
                }
                for at in range(250)
            ],
            "hotels": [],
        }
    )

    def __call__(self, request: Received) -> Scripted:
        is_known = request.headers.get("api-key") == self.key
        if not is_known or request.headers["host"] != self.host:
            params = {"ip": "192.0.2.1", "apiKey": request.headers.get("api-key")}
            return Say(401, {"msg": "Invalid API key", "code": "BadApiKey", "params": params})
        if self.kind != "server":
            return Say(403, {"msg": "Wrong kind of key", "code": "Forbidden"})
        return self._read(request.path.removeprefix("/api/"), dict(request.query))

    def _read(self, path: str, query: dict[str, str]) -> Say:
        if path == "lists":
            return Say(200, {"lists": self.lists})
        if path in {"lists/getUsers", "lists/previewUsers"}:
            users = self.users.get(query["listId"])
            if users is None:
                return Say(400, {"msg": "no such list", "code": "BadParams"})
            users = users[: int(query.get("size", len(users)))]
            return Say(200, "".join(f"{user}\n" for user in users))
        if path == "catalogs":
            names = [{"name": name} for name in self.catalogs]
            return self._page("catalogNames", names, query)
        items = self.catalogs.get(path.removeprefix("catalogs/").removesuffix("/items"))
        if items is None:
            return Say(404, {"msg": "no", "code": "NotFound"})
        return self._page("catalogItemsWithProperties", items, query)

    def _page(self, member: str, rows: Rows, query: dict[str, str]) -> Say:
        number = int(query["page"])
        page, is_more = by_number(rows, number, int(query["pageSize"]))
        link = {"nextPageUrl": f"https://{self.host}/?page={number + 1}"} if is_more else {}
        return Say(200, {member: page, "totalItemsCount": len(rows), **link})


@dataclass
class Sendlane:
    """A bearer token; being refused is a web page, unless JSON is asked for."""

    token: str = "sendlane-token-0123456789abcdef"
    has_plan: bool = True
    data: dict[str, Rows] = field(
        default_factory=lambda: {
            "contacts": [{"id": at, "email": f"user{at}@example.com"} for at in range(205)],
            "lists": [{"id": 7, "name": "Newsletter"}, {"id": 8, "name": "Shop"}],
            "lists/7/contacts": [{"id": 1, "email": "user1@example.com", "subscribed": True}],
            "tags": [{"id": 3, "name": "vip", "audience_count": 5}],
            "tags/3/contacts": [{"id": 2, "email": "user2@example.com"}],
        }
    )

    def __call__(self, request: Received) -> Scripted:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return PAGE
        if not self.has_plan:
            return Say(403, {"message": "This action is unauthorized."})
        rows = self.data.get(request.path.removeprefix("/v2/"))
        if rows is None:
            return Say(404, {"message": "Not found"})
        query = dict(request.query)
        number, size = int(query.get("page", 1)), int(query["limit"])
        page, is_more = by_number(rows, number, size)
        link = f"https://api.sendlane.com{request.path}?page={number + 1}" if is_more else None
        return Say(200, {"data": page, "links": {"next": link}, "meta": {"current_page": number}})


@dataclass
class Braze:
    """A bearer token of one instance; permissions are per call; errors are prose."""

    key: str = "01234567-89ab-cdef-0123-456789abcdef"
    host: str = "rest.fra-01.braze.eu"
    permissions: set[str] = field(
        default_factory=lambda: {
            "/catalogs", "/catalogs/*/items", "/segments/list", "/campaigns/list",
        }
    )  # fmt: skip
    catalogs: Rows = field(
        default_factory=lambda: [
            {
                "name": "restaurants",
                "num_items": 120,
                "fields": [
                    {"name": "id", "type": "string"},
                    {"name": "Rating", "type": "number"},
                    {"name": "Open_Time", "type": "time"},
                    {"name": "Geo", "type": "object"},
                ],
            },
            {"name": "empty", "num_items": 0, "fields": [{"name": "id", "type": "string"}]},
        ]
    )
    items: dict[str, Rows] = field(
        default_factory=lambda: {
            "restaurants": [
                {"id": f"r{at}", "Rating": 5, "Open_Time": "2022-11-02T09:03:19.967Z"}
                for at in range(120)
            ],
            "empty": [],
        }
    )
    segments: Rows = field(default_factory=lambda: _named(100, tags=[]))
    campaigns: Rows = field(default_factory=lambda: _named(130, is_api_campaign=False))
    all_calls: tuple[str, ...] = (
        "/catalogs", "/catalogs/*/items", "/segments/list", "/campaigns/list",
    )  # fmt: skip

    def __call__(self, request: Received) -> Scripted:
        is_known = request.headers.get("authorization") == f"Bearer {self.key}"
        if not is_known or request.headers["host"] != self.host:
            return Say(401, {"message": "Invalid API Key"})
        items = self.items.get(request.path.removeprefix("/catalogs/").removesuffix("/items"))
        kind = "/catalogs/*/items" if request.path.endswith("/items") else request.path
        if kind not in self.all_calls:
            return Say(404, {"message": "Invalid URL"})
        if kind not in self.permissions:
            return Say(403, {"message": "This API key lacks the permission"})
        query = dict(request.query)
        if kind == "/catalogs":
            return Say(200, {"catalogs": self.catalogs, "message": "success"})
        if kind == "/catalogs/*/items":
            return self._items(request.path, items, query.get("cursor", ""))
        name = kind.split("/")[1]
        page, _ = by_number(getattr(self, name), int(query["page"]) + 1, 100)
        return Say(200, {name: page, "message": "success"})

    def _items(self, path: str, items: Rows | None, cursor: str) -> Say:
        if items is None:
            error = {"id": "catalog-not-found", "message": "Could not find catalog"}
            return Say(404, {"errors": [error], "message": "Invalid Request"})
        page, following = by_cursor(items, cursor, 50)
        link = f'<{path}?cursor=cHJldg==>; rel="prev",' if cursor else ""
        link += f'<{path}?{urlencode({"cursor": following})}>; rel="next"' if following else ""
        return Say(200, {"items": page, "message": "success"}, {"Link": link} if link else {})


@dataclass
class MovableInk:
    """Takes events at `/behavioral/KEY`; the root says nothing of use."""

    def __call__(self, request: Received) -> Scripted:
        assert request.method == "HEAD", "a test sends no event"
        assert request.path == "/"
        assert "authorization" not in request.headers
        return Say(404)


def _shop() -> dict[str, Rows]:
    money = {"amount": "19.99", "currencyCode": "EUR"}
    times = {"createdAt": "2026-01-01T10:00:00Z", "updatedAt": "2026-01-02T10:00:00Z"}
    image = {"preview": {"image": {"url": "https://shop.example.com/1.png"}}}
    product = {
        "handle": "shirt", "title": "Shirt", "descriptionHtml": "<p>Red</p>", "vendor": "Example",
        "productType": "", "status": "ACTIVE", "tags": ["red"], "publishedAt": None,
        "totalInventory": 3, "onlineStoreUrl": None, "featuredMedia": image,
        "priceRangeV2": {"minVariantPrice": money, "maxVariantPrice": money}, **times,
    }  # fmt: skip
    variant = {
        "sku": "0042", "barcode": None, "title": "M", "price": "19.99", "compareAtPrice": None,
        "inventoryQuantity": 3, "product": {"id": "gid://shopify/Product/1", "handle": "shirt"},
        **times,
    }  # fmt: skip
    customer: dict[str, Any] = {
        "displayName": "A B", "firstName": "A", "lastName": "B", "defaultPhoneNumber": None,
        "defaultEmailAddress": {"emailAddress": "a@example.com", "marketingState": "SUBSCRIBED"},
        "numberOfOrders": "2", "amountSpent": money, "state": "ENABLED", "locale": "de",
        "tags": [], **times,
    }  # fmt: skip
    order: dict[str, Any] = {
        "name": "#1001", "processedAt": "2026-01-01T10:00:00Z", "cancelledAt": None,
        "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "FULFILLED", "tags": [],
        "currencyCode": "EUR", "totalPriceSet": {"shopMoney": money},
        "customer": {"id": "gid://shopify/Customer/1"}, **times,
    }  # fmt: skip
    collection = {"handle": "new", "title": "New", "descriptionHtml": "", "sortOrder": "MANUAL"}

    def several(kind: str, node: dict[str, Any], count: int) -> Rows:
        return [{"id": f"gid://shopify/{kind}/{at}", **node} for at in range(1, count + 1)]

    return {
        "products": several("Product", product, 130),
        "productVariants": several("ProductVariant", variant, 2),
        "collections": several("Collection", {**collection, "updatedAt": times["updatedAt"]}, 1),
        "customers": several("Customer", customer, 3),
        "orders": several("Order", order, 2),
    }


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
    data: dict[str, Rows] = field(default_factory=_shop)

    def __call__(self, request: Received) -> Scripted:  # noqa: PLR0911 - one a refusal
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
        if "variables" in request.json:
            return self._page(request.json["query"], request.json["variables"])
        app = {"accessScopes": [{"handle": "read_products"}]}
        return Say(200, {"data": {"shop": {"name": "Acme"}, "currentAppInstallation": app}})

    def _page(self, query: str, variables: dict[str, Any]) -> Say:
        name, selection = selection_of(query)
        assert 1 <= variables["first"] <= 250
        try:
            nodes = select(self.data[name], selection)
        except UnknownFieldError as error:
            unknown = {"message": str(error), "extensions": {"code": "undefinedField"}}
            return Say(200, {"errors": [unknown]})
        page, following = by_cursor(nodes, variables.get("after", ""), variables["first"])
        info = {"hasNextPage": bool(following), "endCursor": following or None}
        cost = {"throttleStatus": {"currentlyAvailable": 1990}}
        body = {"data": {name: {"nodes": page, "pageInfo": info}}, "extensions": {"cost": cost}}
        return Say(200, body)

    def _grant(self, form: dict[str, str]) -> Say:
        if form["grant_type"] != "client_credentials" or form["client_id"] != self.client_id:
            return Say(400, {"error": "invalid_client"})
        if form["client_secret"] != self.secret:
            return Say(401, {"error": "invalid_client", "error_description": form["client_secret"]})
        if not self.is_installed:
            return Say(400, {"error": "shop_not_permitted"})
        return Say(200, {"access_token": self.given, "scope": "read_products", "expires_in": 86399})
