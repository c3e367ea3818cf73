"""Profiles API tokens: make, change, delete and find them by the vendor's rules, without HTTP.

A write is a resource object (`type`, `attributes`, `relationships`), not wrapped in `data`. A
change merges: what it leaves out stays. Either way the outcome is checked as a whole, and all
that is wrong with it is reported at once.

From the vendor's specification: the name's pattern, at most 5 attribute columns, the default
key column, and that the parent folder is needed. From its console: at most 15 segments. Known
from client software only: an `id` in a create is ignored. Not documented, so assumed: a name is
unique in its parent segment, and a token can't move to another parent segment's folder.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec.structs import asdict, replace

from argosy.sandbox.cdp.errors import (
    NAME_TAKEN,
    AbsentError,
    InvalidError,
    JsonApiError,
    record_not_found,
)
from argosy.sandbox.cdp.fields import Fields
from argosy.sandbox.cdp.models import OWNER, Audiences, ParentSegment, Token
from argosy.sandbox.cdp.token_draft import DEFAULT_KEY_COLUMN, Draft
from argosy.sandbox.records.plain import UUID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.sandbox.clock import Clock, Randomness
    from argosy.sandbox.documents import Documents
    from argosy.sandbox.settings import Json


class Tokens:
    """The tokens of all parent segments."""

    def __init__(
        self, documents: Documents, audiences: Audiences, clock: Clock, randomness: Randomness
    ) -> None:
        self._documents = documents
        self._audiences = audiences
        self._clock = clock
        self._randomness = randomness

    def create(self, resource: Json, user: str = OWNER) -> Token:
        """Make a token; raise the vendor's answer if it can't be made."""
        now = self._clock.now()
        blank = Token("", "", "", "", "", DEFAULT_KEY_COLUMN, (), (), "", now, now, user, user)
        token = self._merged(blank, resource, is_new=True)
        token = replace(token, id=self._documents.new_id(), token=self._randomness.uuid())
        self.add(token)
        return token

    def create_flat(self, parent: ParentSegment, body: Json, user: str) -> Token:
        """Make a token as REST does, in the root folder; raise the vendor's answer.

        There a token has no name and may bring its UUID; the name given to it is our own.
        """
        key = self._documents.new_id()
        fields, resource = self._flat(body, f"Token_{key}", parent, is_new=True)
        now = self._clock.now()
        uuid = (fields.text("token") or self._randomness.uuid()).lower()
        if not re.fullmatch(UUID, uuid):
            fields.wrong("/token", "Must be a UUID")
        elif self.by_uuid(uuid) is not None:
            fields.wrong("/token", "Is taken", "VIOLATES_UNIQUENESS_CONSTRAINT")
        fields.check()
        blank = Token("", "", "", "", "", DEFAULT_KEY_COLUMN, (), (), "", now, now, user, user)
        with _rest_problems():
            token = replace(self._merged(blank, resource, is_new=True), id=key, token=uuid)
        self.add(token)
        return token

    def change_flat(self, parent: ParentSegment, key: str, body: Json, user: str) -> Token:
        """Change a token as REST does; raise the vendor's answer."""
        token = self.of_parent(parent, key)
        _, resource = self._flat(body, token.name, parent, is_new=False)
        with _rest_problems():
            return self.change(token.id, resource, user)

    def of_parent(self, parent: ParentSegment, key: str) -> Token:
        """Give a token of a parent segment; raise AbsentError."""
        document = self._documents.find("token", key)
        if document is None or document["parent_segment"] != parent.id:
            raise AbsentError("token", key)
        return Token(**document)

    def _flat(
        self, body: Json, name: str, parent: ParentSegment, *, is_new: bool
    ) -> tuple[Fields, Json]:
        """Read REST's members into a resource object; raise InvalidError."""
        fields = Fields(body)
        members = fields.members
        for needed in ("keyColumn", "attributeColumns"):
            if is_new and members.get(needed) is None:
                fields.wrong(f"/{needed}", "Can't be blank", "CANNOT_BE_BLANK")
        kept = ("description", "keyColumn", "attributeColumns")
        attributes = {one: members[one] for one in kept if one in members}
        relationships: Json = {}
        if is_new:
            relationships["parentFolder"] = {
                "data": {"id": parent.root_folder, "type": "folder-segment"}
            }
        if fields.given("segments"):
            relationships["segments"] = {"data": self._segments(fields)}
        fields.check()
        resource = {"type": "token", "attributes": {"name": name, **attributes}}
        return fields, {**resource, "relationships": relationships}

    def _segments(self, fields: Fields) -> list[Json]:
        found = []
        for index, one in enumerate(fields.items("segments")):
            key = str(one.get("id")) if isinstance(one, dict) else ""
            segment = self._audiences.segment(key)
            if segment is None:
                fields.wrong(f"/segments/{index}", "Segment does not exist in the parent segment")
            else:
                found.append({"id": segment.id, "type": f"segment-{segment.kind}"})
        return found

    def change(self, key: str, resource: Json, user: str = OWNER) -> Token:
        """Change what a resource object names; raise the vendor's answer if that can't be."""
        token = self._merged(self.token(key), resource, is_new=False)
        token = replace(token, updated_at=self._clock.now(), updated_by=user)
        self._documents.replace("token", token.id, token.parent_segment, asdict(token))
        return token

    def delete(self, key: str) -> Token:
        """Delete a token and give it a last time; raise the 404 answer if there is none."""
        token = self.token(key)
        self._documents.remove("token", token.id)
        return token

    def token(self, key: str) -> Token:
        """Give a token by its id; raise the 404 answer if there is none."""
        document = self._documents.find("token", key)
        if document is None:
            raise record_not_found()
        return Token(**document)

    def of(self, parent_segment: str) -> list[Token]:
        """Give the tokens of a parent segment."""
        return [Token(**document) for document in self._documents.every("token", parent_segment)]

    def by_uuid(self, uuid: str) -> Token | None:
        """Give the token that a lookup names."""
        tokens = (Token(**document) for document in self._documents.every("token"))
        return next((token for token in tokens if token.token == uuid.lower()), None)

    def add(self, token: Token) -> None:
        """Keep a new token as it is."""
        self._documents.add("token", token.parent_segment, {token.id: asdict(token)})

    def _merged(self, token: Token, resource: Json, *, is_new: bool) -> Token:
        """Give a token with a resource's values, checked as a whole."""
        draft = Draft(token, self._audiences, is_new=is_new)
        draft.read(resource)
        merged = draft.token
        others = self.of(merged.parent_segment) if merged.parent_segment else []
        if any(other.name == merged.name and other.id != merged.id for other in others):
            draft.invalid("/attributes/name", "VIOLATES_UNIQUENESS_CONSTRAINT", NAME_TAKEN)
        if draft.problems:
            raise JsonApiError(400, draft.problems)
        return merged


@contextmanager
def _rest_problems() -> Iterator[None]:
    """Give a resource's problems without a style, pointing into REST's flat body."""
    try:
        yield
    except JsonApiError as error:
        found = [
            (
                one["source"]["pointer"].removeprefix("/attributes"),
                one["meta"].get("validationCode", "INVALID_FORMAT_OR_ASSOCIATION"),
                one["detail"],
            )
            for one in error.body["errors"]
        ]
        raise InvalidError(*found) from error
