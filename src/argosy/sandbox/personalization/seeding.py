"""The personalizations of a seed.

    {"personalizations": [
      {"name": "Shop", "parentSegment": "101", "key": "td_client_id",
       "database": "shop", "tables": ["page_views"], "public": false, "sensitive": ["email"],
       "tokens": [{"value": "1/1/0123456789abcdef0123456789abcdef",
                   "allowedIps": ["203.0.113.0/24"], "origins": ["https://shop.example.com"]}],
       "sections": [{"name": "homepage_banner", "segments": ["301"], "when": {"page": "/"},
                     "payload": {"headline": "Ten percent off today"},
                     "attributes": ["first_name"], "includeSensitive": false}]}]}

`name`, `parentSegment`, `key` and at least one section are needed. `key` names the member of an
event and the attribute of a profile that must be equal; where their names differ it is
`{"event": …, "attribute": …}`. A token of a `public` personalization is for browsers, another
one for servers. Who gets an offer, and what is in it, is told in `models`.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final

from argosy.sandbox.personalization.models import (
    VALUE_PATTERN,
    Personalization,
    Personalizations,
    Section,
    Token,
)
from argosy.sandbox.reading import Node
from argosy.sandbox.records.models import NAME

if TYPE_CHECKING:
    from collections.abc import Collection

    from argosy.sandbox.documents import Documents

_MEMBERS: Final = (
    *("name", "parentSegment", "key", "database", "tables"),
    *("public", "sensitive", "tokens", "sections"),
)
_SECTION: Final = ("name", "segments", "when", "payload", "attributes", "includeSensitive")
_NAME: Final = (NAME, f"a name that matches ^{NAME}$")


class Planter:
    """Read personalizations into the model."""

    def __init__(
        self, documents: Documents, model: Personalizations, parent_segments: Collection[str]
    ) -> None:
        self._documents = documents
        self._model = model
        self._parent_segments = parent_segments

    def plant(self, node: Node) -> None:
        """Plant one personalization with its tokens; raise ShapeError where it is wrong."""
        members = node.members(*_MEMBERS)
        event_key, profile_key = _keys(node.required("key"))
        sections = tuple(_section(one) for one in node.required("sections").items(least=1))
        if len({section.name for section in sections}) < len(sections):
            members["sections"].refuse("two sections have one name.")
        made = Personalization(
            id=self._documents.new_id("personalization"),
            name=node.required("name").text(),
            parent_segment=node.required("parentSegment").choice(self._parent_segments),
            event_key=event_key,
            profile_key=profile_key,
            database=members["database"].text(*_NAME) if "database" in members else None,
            tables=tuple(one.text(*_NAME) for one in _items(members, "tables")),
            is_public=_truth(members, "public"),
            sensitive=_texts(members, "sensitive"),
            sections=sections,
        )
        self._model.add(made)
        for token in _items(members, "tokens"):
            self._plant_token(made.id, token)

    def _plant_token(self, personalization: str, node: Node) -> None:
        members = node.members("value", "allowedIps", "origins")
        value = node.required("value")
        name = value.text(VALUE_PATTERN, "an account number, an index and 32 hexadecimal digits")
        if self._model.token(name) is not None:
            value.refuse("there is such a token already.")
        for address in _items(members, "allowedIps"):
            _check_network(address)
        self._model.add_token(
            Token(
                id=self._documents.new_id("personalization-token"),
                name=name,
                personalization=personalization,
                allowed_ips=_texts(members, "allowedIps"),
                origins=_texts(members, "origins"),
            )
        )


def _keys(node: Node) -> tuple[str, str]:
    if isinstance(node.value, str):
        return node.value, node.value
    node.members("event", "attribute")
    return node.required("event").text(), node.required("attribute").text()


def _section(node: Node) -> Section:
    members = node.members(*_SECTION)
    return Section(
        name=node.required("name").text(),
        payload=_values(members.get("payload", Node({}))),
        attributes=_texts(members, "attributes"),
        segments=tuple(one.digits() for one in _items(members, "segments")),
        when=_values(members.get("when", Node({}))),
        include_sensitive=_truth(members, "includeSensitive"),
    )


def _check_network(node: Node) -> None:
    try:
        ipaddress.ip_network(node.text())
    except ValueError:
        node.refuse(f"{node.value!r} is neither an IP address nor a network.")


def _items(members: dict[str, Node], name: str) -> list[Node]:
    return members[name].items() if name in members else []


def _texts(members: dict[str, Node], name: str) -> tuple[str, ...]:
    return tuple(item.text() for item in _items(members, name))


def _values(node: Node) -> dict[str, Any]:
    return {name: member.value for name, member in node.members().items()}


def _truth(members: dict[str, Node], name: str) -> bool:
    if name not in members:
        return False
    if not isinstance(members[name].value, bool):
        members[name].refuse("true or false is needed here.")
    return bool(members[name].value)
