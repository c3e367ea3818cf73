"""What authenticates the requests of one connection, and the access tokens it holds.

A credential's value is rendered once and kept. One that needs an access token fetches it before
the first request and keeps it until shortly before it ends; where the vendor refuses it earlier,
`forget` lets the next request fetch another. Values made from secrets, and tokens, are secrets
themselves: the redactor learns them.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote_plus, urlencode, urlsplit

from argosy.dispatch.properties import missing_property
from argosy.errors import UnauthorizedError, UnreadableAnswerError
from argosy.model import (
    MASK,
    Answer,
    Authentication,
    Connector,
    Credential,
    Json,
    JsonObject,
    MaskedText,
    OutgoingRequest,
    Redactor,
    TokenGrant,
)
from argosy.rendering import MISSING, compile_template, to_text

if TYPE_CHECKING:
    from argosy.dispatch.hosts import HostPolicy

#: Tokens are fetched anew this many seconds before they end.
_MARGIN = 30.0
#: How long a token is kept whose answer does not say, in seconds.
_USUAL_LIFE = 300.0

#: How a server answers that does not know the client, or not where its id and secret are.
_REFUSED = (400, 401)

#: Sends a request for a token: the request, and the moment by which it must be done.
Fetch = Callable[[OutgoingRequest, float], Answer]


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    ends: float


class CredentialStore:
    """The credentials of one connection, rendered; threads may share it."""

    def __init__(
        self,
        connector: Connector,
        properties: JsonObject,
        redactor: Redactor,
        hosts: HostPolicy,
        fetch: Fetch,
        clock: Callable[[], float],
    ) -> None:
        self._connector = connector
        self._properties = properties
        self._redactor = redactor
        self._hosts = hosts
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._ready: dict[tuple[Credential, ...], Authentication] = {}
        self._tokens: dict[TokenGrant, _Token] = {}

    def authentication(
        self, credentials: tuple[Credential, ...], deadline: float
    ) -> Authentication:
        """Return what a request adds; its values do not show in `repr`.

        Raises MissingPropertyError where the connection lacks a value, and an ApiError or
        TransportError where an access token cannot be had.
        """
        ready = self._ready.get(credentials)
        if ready is None:
            is_lasting = all(credential.token is None for credential in credentials)
            ready = self._render(credentials, lambda grant: self._token(grant, deadline))
            if is_lasting:
                self._ready[credentials] = ready
        return ready

    def masked(self, credentials: tuple[Credential, ...]) -> Authentication:
        """Return the same with every secret masked; what is not there is masked too."""
        absent = dict.fromkeys(self._connector.settings.get("properties", {}), MASK)
        secrets = dict.fromkeys(self._connector.secret_settings, MASK)
        properties = {**absent, **self._properties, **secrets}
        headers, query = {}, []
        for credential in credentials:
            value = _rendered(credential.value, {"connection": properties, "token": MASK})
            if "base64" in credential.value:  # what is encoded shows nothing of the mask
                value = f"{value.partition(' ')[0]} {MASK}"
            if credential.in_query:
                query.append((credential.name, value))
            else:
                headers[credential.name] = value
        return Authentication(headers, urlencode(query, safe="*"))

    def forget(self, credentials: tuple[Credential, ...]) -> bool:
        """Let go of the access tokens of these credentials; True where there were any."""
        grants = [one.token for one in credentials if one.token]
        with self._lock:
            found = [self._tokens.pop(grant, None) for grant in grants]
        return any(found)

    def _render(
        self, credentials: tuple[Credential, ...], token_of: Callable[[TokenGrant], str]
    ) -> Authentication:
        headers: dict[str, str] = {}
        query = []
        for credential in credentials:
            scope: JsonObject = {"connection": self._properties}
            if credential.token:
                scope["token"] = token_of(credential.token)
            value = self._value(credential.value, scope)
            if credential.in_query:
                query.append((credential.name, str(value)))
            else:
                headers[credential.name] = MaskedText(value)
        return Authentication(headers, MaskedText(urlencode(query)))

    def _value(self, source: str, scope: Mapping[str, Json]) -> str:
        """Render one template; a property that is empty is as good as absent."""
        given = {name: one for name, one in self._properties.items() if one not in (None, "")}
        try:
            value = _rendered(source, {**scope, "connection": given})
        except ValueError:  # a part of the text has no value
            value = ""
        paths = [path for path in compile_template(source).paths if path[0] == "connection"]
        absent = next((name for _, name, *_ in paths if name not in given), "")
        if absent and not value:
            raise missing_property(self._connector, absent)
        if self._redactor.text(value) == value:  # the secrets in it have become another text
            self._redactor.learn(value, value.rpartition(" ")[2])
        return value

    def _token(self, grant: TokenGrant, deadline: float) -> str:
        with self._lock:
            token = self._tokens.get(grant)
            if token is None or token.ends <= self._clock():
                token = self._tokens[grant] = self._fetched(grant, deadline)
            return token.text

    def _fetched(self, grant: TokenGrant, deadline: float) -> _Token:
        places = {"header": [True], "body": [False], "either": [True, False]}[grant.client_in]
        for in_header in places:
            request = self._grant_request(grant, in_header=in_header)
            answer = self._fetch(request, deadline)
            if answer.status not in _REFUSED:
                break
        host = urlsplit(request.url).netloc
        found = _object(answer.body)
        if not 200 <= answer.status < 300:
            told = found.get("error_description") or found.get("error") or "no message"
            note = "The address that gives access tokens refused; check the client's id and secret."
            facts = {"vendor_message": self._redactor.text(to_text(told)), "note": note}
            raise UnauthorizedError(host=host, status=answer.status, request_id="", **facts)
        text = found.get("access_token")
        if not isinstance(text, str) or not text:
            raise UnreadableAnswerError(host=host, detail="it holds no access_token")
        self._redactor.learn(text)
        life = found.get("expires_in")
        seconds = float(life) if isinstance(life, int | float) else _USUAL_LIFE
        return _Token(text, self._clock() + max(seconds - _MARGIN, seconds / 2))

    def _grant_request(self, grant: TokenGrant, *, in_header: bool) -> OutgoingRequest:
        """Build the request of RFC 6749, section 4.4.2."""
        scope = {"connection": self._properties}
        client = self._value(grant.client_id, scope)
        secret = self._value(grant.client_secret, scope)
        form = {"grant_type": "client_credentials", **dict(grant.parameters)}
        if grant.scope:
            form["scope"] = grant.scope
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if in_header:
            pair = f"{quote_plus(client)}:{quote_plus(secret)}".encode()
            basic = base64.b64encode(pair).decode()
            self._redactor.learn(basic)
            headers["Authorization"] = MaskedText(f"Basic {basic}")
        else:
            form |= {"client_id": client, "client_secret": secret}
        url = self._hosts.token_url(grant.url)
        return OutgoingRequest("POST", url, headers, urlencode(form).encode(), send_auth=False)


def _rendered(source: str, scope: Mapping[str, Json]) -> str:
    value = compile_template(source).render(scope)
    return "" if value is MISSING else to_text(value)


def _object(body: bytes) -> JsonObject:
    """Return a body that is a JSON object; an empty one for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
