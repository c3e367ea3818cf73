"""Tokens: the signed one of each request, and random ones that the store knows by their hash.

A request's token is a JWT with HS256 under a key derived for this alone; `kid` says from which key
of the ring, so that a new key in front logs nobody out. It names account, session and database;
what the account may do is looked up, so that a role that is taken away is gone at once.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import jwt

from argosy.errors import AuthError, JwtTokenExpiredError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwt.types import Options

    from argosy.store import KeyRing

_ALGORITHM = "HS256"
_PURPOSE = "jwt"
_ISSUER = "argosy"
_TOKEN_BYTES = 32
_ID_BYTES = 16
_LONGEST_JWT = 4096


@dataclass(frozen=True, slots=True)
class Claims:
    """What a request's token says."""

    account: str
    session: str
    database: str | None


def new_token(random: Callable[[int], bytes], prefix: str) -> str:
    """Return a token of 256 random bits; the prefix tells people and scanners what it is."""
    return f"{prefix}_{_text(random(_TOKEN_BYTES))}"


def new_id(random: Callable[[int], bytes]) -> str:
    """Return a random id of 22 characters."""
    return _text(random(_ID_BYTES))


def hash_token(token: str) -> str:
    """Return what the store keeps of a token; 256 random bits need no slow hash."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def sign(ring: KeyRing, claims: Claims, *, now: float, life: float) -> str:
    """Return a signed token that ends `life` seconds after `now`."""
    said: dict[str, Any] = {
        "iss": _ISSUER,
        "sub": claims.account,
        "sid": claims.session,
        "iat": int(now),
        "exp": int(now + life),
    }
    if claims.database is not None:
        said["db"] = claims.database
    return jwt.encode(
        said, ring.sign_key(_PURPOSE), algorithm=_ALGORITHM, headers={"kid": ring.ids[0]}
    )


def verify(ring: KeyRing, token: str, *, now: float) -> Claims:
    """Return what a token says.

    Raises AuthError where this ring did not sign it, JwtTokenExpiredError where its time is over.
    """
    try:
        said = _read(ring, token)
        claims = Claims(str(said["sub"]), str(said["sid"]), said.get("db"))
        end = float(said["exp"])
    except (jwt.InvalidTokenError, ValueError, TypeError):
        detail = "the token is not one of this service."
        raise AuthError(detail=detail, name="INCORRECT_JWT_TOKEN") from None
    if now >= end:
        raise JwtTokenExpiredError
    return claims


def _read(ring: KeyRing, token: str) -> dict[str, Any]:
    if len(token) > _LONGEST_JWT:
        raise jwt.InvalidTokenError
    id_ = jwt.get_unverified_header(token).get("kid")
    if id_ not in ring.ids:
        raise jwt.InvalidTokenError
    # times are looked at by the clock that was given, not by the machine's
    options: Options = {
        "require": ["iss", "sub", "sid", "exp"],
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
    }
    key = ring.sign_key(_PURPOSE, id_)
    return jwt.decode(token, key, algorithms=[_ALGORITHM], issuer=_ISSUER, options=options)


def _text(random: bytes) -> str:
    return urlsafe_b64encode(random).rstrip(b"=").decode()
