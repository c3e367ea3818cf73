"""Look profiles up by a token and the value of its key column, without HTTP.

A token says which column is the key, which attributes may be seen, and which segments are told.
Limits of the vendor's documentation: 5 tokens a call. A profile that isn't known gives an
element with nothing in it (assumption). The key `td_global_id` comes from a browser's cookie
and may be given in the query here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.cdp.rules.catalogue import matrix_name
from argosy.sandbox.profiles.errors import LookupRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.sandbox.cdp.models import Token
    from argosy.sandbox.cdp.populations import Populations
    from argosy.sandbox.cdp.tokens import Tokens
    from argosy.sandbox.settings import Json

MOST_TOKENS: Final = 5


class Lookup:
    """Answer lookups from the built parent segments."""

    def __init__(self, populations: Populations, tokens: Tokens) -> None:
        self._populations = populations
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
        profile = self._populations.profile(token.parent_segment, column, value, token.segments)
        attributes = {} if profile is None else profile.attributes
        named = {
            name: attributes.get(name, attributes.get(matrix_name(name)))
            for name in token.attribute_columns
        }
        return {
            "values": [] if profile is None else profile.segments,
            "attributes": {name: one for name, one in named.items() if one is not None},
            "audienceId": token.parent_segment,
            "key": {column: value},
        }
