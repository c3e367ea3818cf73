"""A document's security as settings of a connection and as credentials of its requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from argosy.openapi.document import Document, items, members, text
from argosy.openapi.names import camel, label, plain, words_of
from argosy.openapi.servers import Site, address_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.model import Json, JsonObject

_HEADER = "Authorization"
_TOKEN = re.compile(r"[A-Za-z0-9_.-]+")
_NAMES = {"query": re.compile(r"[^{}\x00-\x20]+")}
_SET_BY_THE_HOST = {
    *("host", "content-length", "content-type", "connection", "transfer-encoding", "te"),
    *("upgrade", "expect", "accept-encoding", "cookie"),
}
#: HTTP schemes that answer a challenge of the server, which a fixed header cannot.
_CHALLENGES = {"digest", "hoba", "mutual", "negotiate", "ntlm", "scram-sha-1", "scram-sha-256"}


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to authenticate: the settings it needs, and what a request carries."""

    settings: JsonObject
    credential: JsonObject


class Security:
    """The schemes of a document, as far as they can be used."""

    def __init__(self, document: Document, sites: Sequence[Site]) -> None:
        self._document = document
        self._sites = sites
        components = members(document.root.get("components"))
        self._given = {
            name: document.follow(one)
            for name, one in members(components.get("securitySchemes")).items()
        }
        self._schemes: dict[str, Scheme | None] = {}
        self._owners = {"region": "", "authorization": ""}
        self.settings: JsonObject = {}

    def authentication(self, requirements: Json) -> Json:
        """Return the `auth` of a list of alternatives: the first that can be used; false for none.

        The settings that it needs are added to `settings`.
        """
        alternatives = [members(one) for one in items(requirements)]
        for alternative in sorted(alternatives, key=lambda one: not one):
            schemes = [self._scheme(name) for name in alternative]
            usable = [scheme for scheme in schemes if scheme]
            if len(usable) == len(schemes):
                return self._together(usable)
        if alternatives:
            known = ", ".join(dict.fromkeys(name for one in alternatives for name in one))
            self._document.notes.add("security", f"{known} cannot be used; requests carry no key")
        return False

    def _together(self, schemes: list[Scheme]) -> Json:
        """Return the credentials of schemes that a request carries all: cookies in one header."""
        made: dict[tuple[str, str], JsonObject] = {}
        for scheme in schemes:
            one = scheme.credential
            place = "query" if "query" in one else "header"
            key = (place, one[place].lower())
            if key in made and key != ("header", "cookie"):
                note = f"two schemes set the {place} {one[place]!r}; the first is used"
                self._document.notes.add("security", note)
                continue
            self.settings |= scheme.settings
            if key in made:
                made[key]["value"] += f"; {one['value']}"
            else:
                made[key] = dict(one)
        credentials = list(made.values())
        return credentials[0] if len(credentials) == 1 else credentials or False

    def of_header(self) -> JsonObject:
        """Return the `auth` of operations that declare the header as if it were an input."""
        told = f"What requests carry as {_HEADER}, with the word before the key if there is one."
        self.settings["authorization"] = _secret("authorization", told)
        return {"header": _HEADER, "value": "{{ connection.authorization }}"}

    def _scheme(self, name: str) -> Scheme | None:
        if name not in self._schemes:
            self._schemes[name] = self._made(name, self._given.get(name, {}))
        return self._schemes[name]

    def _made(self, name: str, given: JsonObject) -> Scheme | None:
        kind = text(given.get("type"))
        if kind == "apiKey":
            return self._key(name, given)
        if kind == "http":
            return self._http(name, given)
        if kind == "oauth2":
            return self._oauth(name, given)
        if kind == "openIdConnect":
            return self._bearer(name, "accessToken", "An access token of the identity provider.")
        what = f"{name!r} is of the type {kind or 'none'!r}, which is not known"
        self._document.notes.add("security", what)
        return None

    def _setting(self, scheme: str, name: str) -> str:
        """Return a setting's name: the short one for the first scheme that needs it."""
        if self._owners.setdefault(name, scheme) == scheme:
            return name
        longer = camel(scheme)
        is_told = set(words_of(name)) & set(words_of(longer))
        longer = longer if is_told else camel(f"{longer} {name}")
        number, wanted = 1, longer
        while self._owners.setdefault(wanted, scheme) != scheme:
            number += 1
            wanted = f"{longer}{number}"
        return wanted

    def _key(self, name: str, given: JsonObject) -> Scheme | None:
        setting = self._setting(name, "apiKey")
        carrier, place = text(given.get("name")), text(given.get("in"))
        is_name = _NAMES.get(place, _TOKEN).fullmatch(carrier)
        if not is_name or (place == "header" and carrier.lower() in _SET_BY_THE_HOST):
            note = f"{name!r} has no name that a {place or 'request'} can carry: {carrier[:40]!r}"
            self._document.notes.add("security", note)
            return None
        value = f"{{{{ connection.{setting} }}}}"
        told = plain(text(given.get("description")), 200) or f"The key that goes as {carrier}."
        settings = {setting: _secret(setting, told)}
        if place == "query":
            return Scheme(settings, {"query": carrier, "value": value})
        if place == "header":
            return Scheme(settings, {"header": carrier, "value": value})
        if place == "cookie":
            return Scheme(settings, {"header": "Cookie", "value": f"{carrier}={value}"})
        self._document.notes.add("security", f"{name!r} says no place for its key")
        return None

    def _http(self, name: str, given: JsonObject) -> Scheme | None:
        kind = text(given.get("scheme")).lower()
        if kind == "bearer":
            return self._bearer(name, "token", plain(text(given.get("description")), 200))
        if kind != "basic":
            return self._own_scheme(name, text(given.get("scheme")))
        user, password = self._setting(name, "username"), self._setting(name, "password")
        pair = f"connection.{user} ~ ':' ~ (connection.{password} | default(''))"
        settings = {
            user: {"title": label(user), "description": "The user's name.", "type": "string"},
            password: _secret(password, "The user's password; some APIs take a key alone."),
        }
        return Scheme(settings, {"header": _HEADER, "value": f"Basic {{{{ ({pair}) | base64 }}}}"})

    def _own_scheme(self, name: str, kind: str) -> Scheme | None:
        """Return a scheme of the vendor's own: the header holds its name and a key."""
        if kind.lower() in _CHALLENGES or not re.fullmatch(r"[A-Za-z0-9!$&*+.^_|~-]+", kind):
            self._document.notes.add("security", f"{name!r} needs HTTP {kind}, which is not there")
            return None
        setting = self._setting(name, "apiKey")
        settings = {setting: _secret(setting, f"The key that goes behind the word {kind}.")}
        value = f"{kind} {{{{ connection.{setting} }}}}"
        return Scheme(settings, {"header": _HEADER, "value": value})

    def _bearer(self, name: str, wanted: str, told: str) -> Scheme:
        setting = self._setting(name, wanted)
        settings = {setting: _secret(setting, told or "The token that each request carries.")}
        return Scheme(
            settings, {"header": _HEADER, "value": f"Bearer {{{{ connection.{setting} }}}}"}
        )

    def _oauth(self, name: str, given: JsonObject) -> Scheme:
        flow = members(members(given.get("flows")).get("clientCredentials"))
        url = text(flow.get("tokenUrl"))
        try:
            address = self._token_address(name, url) if url else ""
        except ValueError as error:
            self._document.notes.add("security", f"{name!r}: {url!r}: {error}")
            address = ""
        if not address:
            note = f"{name!r} lets people log in; fetch an access token and set it"
            self._document.notes.add("security", note)
            return self._bearer(name, "accessToken", "An OAuth access token, fetched elsewhere.")
        client, secret = self._setting(name, "clientId"), self._setting(name, "clientSecret")
        scope = " ".join(self._scopes(name))
        grant = {
            "url": address,
            "clientId": f"{{{{ connection.{client} }}}}",
            "clientSecret": f"{{{{ connection.{secret} }}}}",
            **({"scope": scope} if scope else {}),
            "clientIn": "either",  # a document does not say
        }
        settings = {
            client: {
                "title": label(client),
                "description": "The id of the client that asks for access tokens.",
                "type": "string",
            },
            secret: _secret(secret, "The secret of that client."),
        }
        bearer = {"header": _HEADER, "value": "Bearer {{ token }}", "token": grant}
        return Scheme(settings, bearer)

    def _token_address(self, name: str, url: str) -> str:
        """Return where tokens are fetched, as the document writes it, with a slash at its end."""
        base = self._sites[0].url
        whole = urljoin(base + "/", url)
        if len(self._sites) > 1 and not urlsplit(url).netloc:
            note = f"{name!r}: tokens of every region are fetched at {urlsplit(base).netloc}"
            self._document.notes.add("security", note)
        return address_of(whole) + ("/" if whole.endswith("/") else "")

    def _scopes(self, name: str) -> Sequence[str]:
        """Return the scopes that any operation asks of a scheme, each once."""
        given = [self.requirements_of_all()]
        given += [one.node.get("security") for one in self._document.operations()]
        found = (
            str(scope)
            for requirements in given
            for requirement in items(requirements)
            for scope in items(members(requirement).get(name))
        )
        return list(dict.fromkeys(found))

    def requirements_of_all(self) -> Json:
        """Return the alternatives that hold where an operation names none."""
        return self._document.root.get("security")


def _secret(name: str, told: str) -> JsonObject:
    return {"title": label(name), "description": told, "type": "string", "secret": True}
