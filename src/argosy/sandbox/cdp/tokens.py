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

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from argosy.sandbox.cdp.errors import NAME_TAKEN, JsonApiError, record_not_found
from argosy.sandbox.cdp.models import Audiences, Token
from argosy.sandbox.cdp.token_draft import DEFAULT_KEY_COLUMN, Draft

if TYPE_CHECKING:
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

    def create(self, resource: Json) -> Token:
        """Make a token; raise the vendor's answer if it can't be made."""
        now = self._clock.now()
        blank = Token("", "", "", "", "", DEFAULT_KEY_COLUMN, (), (), "", now, now)
        token = self._merged(blank, resource, is_new=True)
        token = replace(token, id=self._documents.new_id(), token=self._randomness.uuid())
        self.add(token)
        return token

    def change(self, key: str, resource: Json) -> Token:
        """Change what a resource object names; raise the vendor's answer if that can't be."""
        token = self._merged(self.token(key), resource, is_new=False)
        token = replace(token, updated_at=self._clock.now())
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
