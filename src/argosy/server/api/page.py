"""Pages for people: all in one piece, and the browser is told to load nothing else."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from string import Template

from fastapi.responses import Response

_STYLE = """
:root { color-scheme: light dark; --line: #8885; --quiet: #777; --accent: #2a6fb0; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { overflow: auto; padding: .75rem; border: 1px solid var(--line); border-radius: 6px; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: 0 .75rem; }
details details { margin: .5rem 0 .75rem; }
summary { cursor: pointer; padding: .5rem 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: top; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 600; color: var(--accent); }
.quiet { color: var(--quiet); }
.old { text-decoration: line-through; }
form { max-width: 26rem; }
label { display: block; margin: 1rem 0 .25rem; }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem .5rem; }
button { font: inherit; margin: 1.5rem 0; padding: .5rem 1.25rem; }
"""
_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>$style</style>
</head>
<body>
$body
$script</body>
</html>
""")


@dataclass(frozen=True, slots=True)
class Page:
    """A page: `body` is HTML, `script` runs at its end."""

    title: str
    body: str
    script: str = ""


def page_response(page: Page) -> Response:
    """Return the answer that shows a page."""
    script = f"<script>{page.script}</script>\n" if page.script else ""
    html = _PAGE.substitute(title=page.title, style=_STYLE, body=page.body, script=script)
    allowed = [
        "default-src 'none'",
        f"style-src '{_hash(_STYLE)}'",
        *([f"script-src '{_hash(page.script)}'", "connect-src 'self'"] if page.script else []),
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
    headers = {"content-security-policy": "; ".join(allowed), "cache-control": "no-store"}
    return Response(html, media_type="text/html", headers=headers)


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
