"""Look profiles up by a token and the value of its key column, without HTTP.

A token says which column is the key, which attributes may be seen, and which segments are told.
Limits of the vendor's documentation: 5 tokens a call. A profile that isn't known gives an
element with nothing in it (assumption). The key `td_global_id` comes from a browser's cookie
and may be given in the query here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from argosy.sandbox.profiles.errors import LookupRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.sandbox.cdp.models import Audiences, Profile, Token
    from argosy.sandbox.cdp.tokens import Tokens
    from argosy.sandbox.settings import Json

MOST_TOKENS: Final = 5


class Lookup:
    """Answer lookups from the seeded profiles."""

    def __init__(self, audiences: Audiences, tokens: Tokens) -> None:
        self._audiences = audiences
        self._tokens = tokens

    def look_up(self, uuids: Sequence[str], keys: Mapping[str, str]) -> list[Json]:
        """Give one element a token; raise the lookup's error if it can't be answered."""
        if not 1 <= len(uuids) <= MOST_TOKENS:
            text = f"1 to {MOST_TOKENS} tokens are needed, not {len(uuids)}."
            raise LookupRefusedError(400, text)
        return [self._element(self._token(uuid), keys) for uuid in uuids]

    def _token(self, uuid: str) -> Token:
        token = self._tokens.by_uuid(uuid)
        if token is None:
            raise LookupRefusedError(404, f"There is no token {uuid!r}.")
        return token

    def _element(self, token: Token, keys: Mapping[str, str]) -> Json:
        column = token.key_column
        value = keys.get(column, "")
        if not value:
            text = f"The key column 'key.{column}' of the token {token.token} is missing."
            raise LookupRefusedError(400, text)
        profile = self._profile(token.parent_segment, column, value)
        attributes = {} if profile is None else profile.attributes
        segments = () if profile is None else profile.segments
        return {
            "values": [segment for segment in segments if segment in token.segments],
            "attributes": {
                name: attributes[name] for name in token.attribute_columns if name in attributes
            },
            "audienceId": token.parent_segment,
            "key": {column: value},
        }

    def _profile(self, parent_segment: str, column: str, value: str) -> Profile | None:
        profiles = self._audiences.profiles(parent_segment)
        return next(
            (one for one in profiles if _as_text(one.attributes.get(column)) == value), None
        )


def _as_text(value: Json) -> str | None:
    """Give a value as a query writes it."""
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
