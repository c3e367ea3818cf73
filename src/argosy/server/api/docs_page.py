"""The OpenAPI document as a page that needs no script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from argosy.server.api.page import Page

if TYPE_CHECKING:
    from argosy.model import Json, JsonObject

_DEEPEST = 12


def docs_page(document: JsonObject) -> Page:
    """Return the page: operations by tag, each with its parameters, body and answers."""
    info = document["info"]
    parts = [
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
        *(f"<p>{_text(part)}</p>" for part in info["description"].split("\n\n")),
        '<p>The same for programs: <a href="/openapi.json">openapi.json</a>.</p>',
    ]
    for tag in document["tags"]:
        operations = list(_operations(document, tag["name"]))
        if operations:
            parts += [f"<h2>{escape(tag['name']).capitalize()}</h2>"]
            parts += [f"<p>{_text(tag['description'])}</p>", *operations]
    return Page(f"{escape(info['title'])} API", "\n".join(parts))


def _operations(document: JsonObject, tag: str) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation.get("tags", ()):
                yield _operation(document, path, method, operation)


def _operation(document: JsonObject, path: str, method: str, operation: JsonObject) -> str:
    old = ' class="old"' if operation.get("deprecated") else ""
    parts = [
        f'<details><summary><span class="method">{method.upper()}</span> '
        f"<code{old}>{escape(path)}</code> "
        f'<span class="quiet">{escape(operation.get("summary", ""))}</span></summary>',
        *(f"<p>{_text(part)}</p>" for part in operation.get("description", "").split("\n\n")),
    ]
    if not operation.get("security"):
        parts.append('<p class="quiet">Needs no token.</p>')
    if parameters := operation.get("parameters"):
        rows = "".join(_parameter(one) for one in parameters)
        parts.append(f"<table><tr><th>Parameter</th><th>In</th><th></th></tr>{rows}</table>")
    if body := operation.get("requestBody"):
        parts.append(_content(document, "Body", body))
    refused = []
    for status, response in operation["responses"].items():
        if status.startswith(("2", "3")):
            parts.append(_content(document, f"{status}: {response['description']}", response))
        else:
            refused.append(_refusal(status, _referred(document, response)))
    parts.append(f"<details><summary>Errors</summary><ul>{''.join(refused)}</ul></details>")
    return "\n".join([*parts, "</details>"])


def _referred(document: JsonObject, response: JsonObject) -> JsonObject:
    name = response.get("$ref", "").rpartition("/")[2]
    found: JsonObject = document["components"]["responses"][name] if name else response
    return found


def _refusal(status: str, response: JsonObject) -> str:
    examples = [one for of in response["content"].values() for one in of["examples"].values()]
    said = "".join(f"<li>{escape(one['value']['message'])} {_names(one)}</li>" for one in examples)
    return f"<li>{escape(status)}<ul>{said}</ul></li>"


def _names(example: JsonObject) -> str:
    value = example["value"]
    name = value["error_data"].get("name")
    shown = f"{value['error_code']} {value['error_name']}"
    return f"<code>{escape(f'{shown}, {name}' if name else shown)}</code>"


def _parameter(parameter: JsonObject) -> str:
    schema = {name: one for name, one in parameter["schema"].items() if name != "title"}
    said = escape(parameter.get("description", ""))
    shown = escape(json.dumps(schema, ensure_ascii=False))
    name = escape(parameter["name"])
    return (
        f"<tr><td><code>{name}</code></td><td>{parameter['in']}</td>"
        f"<td>{said} <code>{shown}</code></td></tr>"
    )


def _content(document: JsonObject, title: str, holder: JsonObject) -> str:
    parts = [f"<details><summary>{escape(title)}</summary>"]
    for media_type, content in holder.get("content", {}).items():
        parts.append(f'<p class="quiet">{escape(media_type)}</p>')
        for name, example in content.get("examples", {}).items():
            shown = example.get("value") if isinstance(example, dict) else example
            parts.append(f"<p>Example: {escape(str(name))}</p>{_pre(shown)}")
        schema = _resolved(document, content.get("schema", {}), _DEEPEST)
        parts.append(f"<p>Schema</p>{_pre(schema)}")
    return "\n".join([*parts, "</details>"])


def _resolved(document: JsonObject, schema: Json, levels: int) -> Any:
    """Return a schema with what it refers to in its place."""
    if isinstance(schema, list):
        return [_resolved(document, one, levels) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema and levels:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(document, document["components"]["schemas"][name], levels - 1)
    return {
        name: _resolved(document, one, levels)
        for name, one in schema.items()
        if name != "title" or not isinstance(one, str)
    }


def _pre(value: Json) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"


def _text(text: str) -> str:
    """Return a sentence as HTML, with what stands in back quotes as code."""
    parts = escape(" ".join(text.split())).split("`")
    return "".join(
        f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts)
    )
