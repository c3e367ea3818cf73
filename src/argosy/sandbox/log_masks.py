"""Leave what is secret out of what the request log keeps of a request.

Bodies come as forms, JSON, multipart, and as JSON or URLs inside each other, and the log keeps
only their beginning, so they are masked as text, not read. Every pattern has limits on what it
repeats, which keeps masking linear whatever is sent. Rather too much is masked than too little.
"""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "***"

_NAME: Final = (
    r"[\w.\-]{0,64}?(?:passw(?:or)?d|passphrase|secret|api_?key|access_?key|private_?key"
    r"|write_?key|credential|(?:access|refresh|auth)_?token)[\w.\-]{0,64}"
)
_SPACE: Final = r"(?:\s|%20|\+){0,20}"
_MEMBER: Final = re.compile(
    rf"((?P<quote>\\{{0,3}}\"|%5C%22|%22){_NAME}(?P=quote){_SPACE}(?::|%3A){_SPACE})"
    r"(?:(?P=quote)(?:(?!(?P=quote))(?:\\.|[^\\]))*(?P=quote)?|[\w.\-]+)",
    re.IGNORECASE | re.DOTALL,
)
_FIELD: Final = re.compile(
    rf"((?:^|[?&]|%3F|%26){_NAME}(?:=(?P<plain>)|%3D))"
    r"(?(plain)[^&\"\s]*|(?:(?!%26|%22)[^&\"\s])*)",
    re.IGNORECASE,
)
_PART: Final = re.compile(
    rf"(name=\"{_NAME}\"(?:[^\r\n]|\r\n(?!\r\n)){{0,500}}\r\n\r\n).*?(?=\r\n--|$)",
    re.IGNORECASE | re.DOTALL,
)
# the owner of a URL: a user with a password, which may have any character, or a key alone
_OWNER: Final = re.compile(
    r"(://|%3A%2F%2F)(?:(?:(?!%3A|%40|%2F)[^\s:\"/?&@]){0,256}(?::|%3A)"
    r"(?!\d{1,5}(?:[/?\"]|%2F|%3F))[^\s\"]{0,1024}"
    r"|\d{1,9}(?:/|%2F)\w{1,64}|(?:(?!%2F|%3F)[^\s:\"/?&@]){1,256})(@|%40)",
    re.IGNORECASE,
)
_SECRETS_PATH: Final = re.compile(r"/projects/[^/]{1,256}/secrets/")


def masked_text(text: str) -> str:
    """Give a query or a body without the values of secret fields and the owners of URLs."""
    text = _MEMBER.sub(rf"\g<1>\g<quote>{MASK}\g<quote>", text)
    text = _FIELD.sub(rf"\g<1>{MASK}", text)
    text = _PART.sub(rf"\g<1>{MASK}", text)
    return _OWNER.sub(rf"\g<1>{MASK}\g<2>", text)


def masked_body(path: str, text: str) -> str:
    """Give a request's body as the log may keep it; that of a workflow's secret not at all."""
    return MASK if text and _SECRETS_PATH.search(path) else masked_text(text)
