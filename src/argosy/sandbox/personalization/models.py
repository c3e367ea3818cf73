"""Which offers a visitor gets for an event: the personalizations, their tokens and sections.

A seed's token leads to a personalization of one parent segment. One that the CDP API made leads
to all those of its service's parent segment that are public just as the service is (that these
belong together is an assumption); where two have a section of one name, the older one's counts.
What the CDP API keeps as a "realtime personalization" makes no offers.

The event's key member is looked for in the profiles' key attribute. Then each section whose
criteria fit makes an offer: its `segments` are ones of which the profile must be in at least one
(none: everyone gets it, known or not), and `when` holds members the event must have. An offer's
`attributes` are the section's payload and the profile's attributes that it names;
`batch_segments` are all segments the profile is in. A personalization may be for one database,
or some tables, and has no offers elsewhere.

The offers' outer shape is all that the vendor tells. That segments are told by id, and that a
browser doesn't get `sensitive` attributes unless the section says so, are assumptions.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson
from msgspec import Struct
from msgspec.structs import asdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.sandbox.documents import Documents
    from argosy.sandbox.settings import Json

ACCOUNT: Final = "1"
"""The account that the sandbox's keys belong to."""
VALUE_PATTERN: Final = r"[0-9]{1,18}/[0-9]{1,18}/[0-9a-f]{32}"
_NO_PARENT: Final = "0"


class Section(Struct, frozen=True):
    """One place of a page, and what it shows to whom."""

    name: str
    payload: dict[str, Json]
    attributes: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    when: dict[str, Json] | None = None
    include_sensitive: bool = False


class Personalization(Struct, frozen=True):
    """What is offered to the visitors of one parent segment.

    `event_key` is the member of an event that is compared with the profiles' `profile_key`. No
    `database` and no `tables` mean any.
    """

    id: str
    name: str
    parent_segment: str
    event_key: str
    profile_key: str
    database: str | None
    tables: tuple[str, ...]
    is_public: bool
    sensitive: tuple[str, ...]
    sections: tuple[Section, ...]


class Token(Struct, frozen=True):
    """A token of a personalization; `name` is its value. Empty lists allow everyone.

    One that the CDP API made has a parent segment instead, and the service's `is_public`.
    """

    id: str
    name: str
    personalization: str
    allowed_ips: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    parent_segment: str | None = None
    is_public: bool = False

    @property
    def account(self) -> str:
        """The account the token is of."""
        return self.name.partition("/")[0]

    def allows(self, address: str) -> bool:
        """Say whether a request may come from an address."""
        if not self.allowed_ips:
            return True
        try:
            one = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(one in ipaddress.ip_network(network) for network in self.allowed_ips)


class Known(Struct, frozen=True):
    """What is known of a visitor: attributes, and the ids of the segments the visitor is in."""

    attributes: Mapping[str, Json]
    segments: Sequence[str]


class Profiles(Protocol):
    """Where visitors are looked up."""

    def find(self, parent_segment: str, column: str, value: str) -> Known | None:
        """Give the profile with a value, as text, in a column of a parent segment."""


class Services(Protocol):
    """Where the tokens are that the CDP API made."""

    def token(self, value: str) -> Token | None:
        """Give such a token by its value."""


class Personalizations:
    """The personalizations and tokens of the sandbox, and the offers they make."""

    def __init__(self, documents: Documents, profiles: Profiles, services: Services) -> None:
        self._documents = documents
        self._profiles = profiles
        self._services = services

    def add(self, personalization: Personalization) -> None:
        """Keep a personalization."""
        document = {personalization.id: asdict(personalization)}
        self._documents.add("personalization", _NO_PARENT, document)

    def add_token(self, token: Token) -> None:
        """Keep a token, whose value no other may have."""
        self._documents.add(
            "personalization-token", token.personalization, {token.id: asdict(token)}
        )

    def token(self, value: str) -> Token | None:
        """Give a token by its value."""
        document = self._documents.named("personalization-token", value)
        return self._services.token(value) if document is None else Token(**document)

    def is_public(self, token: Token) -> bool:
        """Say whether a token is for browsers."""
        if token.parent_segment is not None:
            return token.is_public
        return all(one.is_public for one in self._of(token))

    def _of(self, token: Token) -> list[Personalization]:
        """Give the personalizations that a token leads to."""
        if token.parent_segment is None:
            document = self._documents.find("personalization", token.personalization)
            assert document is not None  # noqa: S101 - tokens are made for one that is there
            return [_personalization(document)]
        every = map(_personalization, self._documents.every("personalization"))
        wanted = (token.parent_segment, token.is_public)
        return [one for one in every if (one.parent_segment, one.is_public) == wanted]

    def offers(
        self, token: Token, where: tuple[str, str], event: Mapping[str, Json]
    ) -> dict[str, Json]:
        """Give the offers for an event that came to a database and table, by section."""
        offers: dict[str, Json] = {}
        for one in self._of(token):
            for name, offer in self._offers(one, where, event).items():
                offers.setdefault(name, offer)
        return offers

    def _offers(
        self, personalization: Personalization, where: tuple[str, str], event: Mapping[str, Json]
    ) -> dict[str, Json]:
        if not _is_for(personalization, *where):
            return {}
        profile = self._profile(personalization, event.get(personalization.event_key))
        return {
            section.name: _offer(personalization, section, profile)
            for section in personalization.sections
            if _fits(section, profile, event)
        }

    def _profile(self, personalization: Personalization, value: Json) -> Known | None:
        wanted = as_text(value)
        if not wanted:
            return None
        parent, column = personalization.parent_segment, personalization.profile_key
        return self._profiles.find(parent, column, wanted)


def _is_for(personalization: Personalization, database: str, table: str) -> bool:
    in_database = personalization.database in {None, database}
    return in_database and (not personalization.tables or table in personalization.tables)


def _fits(section: Section, profile: Known | None, event: Mapping[str, Json]) -> bool:
    segments: Sequence[str] = () if profile is None else profile.segments
    if section.segments and not set(section.segments) & set(segments):
        return False
    return all(
        name in event and event[name] == value for name, value in (section.when or {}).items()
    )


def _offer(
    personalization: Personalization, section: Section, profile: Known | None
) -> dict[str, Json]:
    known = {} if profile is None else profile.attributes
    hides = personalization.is_public and not section.include_sensitive
    hidden = personalization.sensitive if hides else ()
    attributes = {
        name: known[name] for name in section.attributes if name in known and name not in hidden
    }
    segments = [] if profile is None else list(profile.segments)
    return {"attributes": section.payload | attributes, "batch_segments": segments}


def as_text(value: Json) -> str | None:
    """Give a value as a browser and as a profile may both write it."""
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _personalization(document: Any) -> Personalization:
    sections = tuple(_section(section) for section in document["sections"])
    return Personalization(**(document | {"sections": sections}))


def _section(document: Any) -> Section:
    lists = {name: tuple(document[name]) for name in ("attributes", "segments")}
    return Section(**(document | lists))
