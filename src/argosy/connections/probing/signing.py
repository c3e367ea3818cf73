"""Signatures that a declaration cannot say: of AWS, of Sailthru, of a Google service account.

Each signer takes a draft, the parameters that the step declares, and the time in epoch seconds,
and adds to the draft what proves the secret. Nothing is logged: the string that AWS signs holds
the session's token.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from argosy.connections.probing.draft import Draft, UnsendableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Signer = Callable[[Draft, Mapping[str, str], float], None]

_ASSERTION_SECONDS = 300


def sign(draft: Draft, parameters: Mapping[str, str], now: float) -> None:
    """Sign a draft in the style that the parameters name. Raises UnsendableError."""
    SIGNERS[parameters["style"]](draft, parameters, now)


def sign_for_aws(draft: Draft, parameters: Mapping[str, str], now: float) -> None:
    """Add the headers of AWS's Signature Version 4: `service`, `region`, `key`, `secret`, `token`.

    The path must be encoded already, every letter but the unreserved ones and the slashes; that is
    how S3 signs it. Other services would encode it once more: theirs must need no encoding.
    """
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    parts = urlsplit(draft.url)
    digest = hashlib.sha256(draft.body or b"").hexdigest()
    draft.headers["X-Amz-Date"] = moment
    draft.headers["X-Amz-Content-Sha256"] = digest
    if parameters.get("token"):
        draft.headers["X-Amz-Security-Token"] = parameters["token"]
    signed = {"host": parts.netloc.lower()} | {
        name.lower(): value.strip()
        for name, value in draft.headers.items()
        if name.lower().startswith("x-amz-") or name == "Content-Type"
    }
    names = ";".join(sorted(signed))
    lines = [draft.method, parts.path or "/", draft.encoded_query]
    lines += [f"{name}:{signed[name]}" for name in sorted(signed)]
    canonical = "\n".join([*lines, "", names, digest])
    scope = f"{moment[:8]}/{parameters['region']}/{parameters['service']}/aws4_request"
    text = "\n".join(
        ["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()]
    )
    key = f"AWS4{parameters['secret']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    draft.headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={parameters['key']}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )


def sign_for_sailthru(draft: Draft, parameters: Mapping[str, str], _now: float) -> None:
    """Add `sig` to the query: the MD5 of the secret and all the values, sorted and joined."""
    text = parameters["secret"] + "".join(sorted(draft.query.values()))
    draft.query["sig"] = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def sign_for_google(draft: Draft, parameters: Mapping[str, str], now: float) -> None:
    """Add `assertion` to the form: a JWT of the service account for the token's address.

    Raises UnsendableError where the key is none, or the library for JWTs is not installed.
    """
    try:
        import jwt  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        raise UnsendableError(
            "This installation cannot sign in to Google: the extra `server` is not installed.",
            hint="Install it with: pip install 'argosy[server]'",
            reason="not_installed",
        ) from None
    issued = int(now)
    claims = {
        "iss": parameters["email"],
        "scope": parameters["scope"],
        "aud": parameters["recipient"],
        "iat": issued,
        "exp": issued + _ASSERTION_SECONDS,
    }
    headers = {"kid": parameters["kid"]} if parameters.get("kid") else None
    pem = parameters["private_key"].replace("\\n", "\n")
    try:
        assertion = jwt.encode(claims, pem, algorithm="RS256", headers=headers)
    except (ValueError, TypeError, jwt.PyJWTError):
        raise UnsendableError(
            "The private key cannot be read as an RSA key in PEM form.",
            hint="Copy `private_key` whole from the key file, from BEGIN to END.",
            field="credentials.private_key",
        ) from None
    draft.form = {**(draft.form or {}), "assertion": assertion}


SIGNERS: Mapping[str, Signer] = {
    "aws-v4": sign_for_aws,
    "google-assertion": sign_for_google,
    "sailthru-md5": sign_for_sailthru,
}
