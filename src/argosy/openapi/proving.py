"""Examples and anti-examples of a draft, made by running it: they are true from the start.

An example's inputs are what the document shows, or small values that fit. The outputs are those
that the engine reads from the answer, and the words of an anti-example are those it refuses with.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.dispatch.inputs import input_problems
from argosy.dispatch.normalise import check_outputs, decode, outputs_of
from argosy.dispatch.plan import compile_plan
from argosy.errors import ArgosyError
from argosy.model import Answer, Connector, Json, JsonObject, Redactor
from argosy.openapi.inputs import RESERVED
from argosy.openapi.samples import candidates, sample
from argosy.rendering import MISSING
from argosy.validation import Validator, bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.openapi.document import Notes
    from argosy.openapi.drafting import Draft
    from argosy.openapi.samples import Read
    from argosy.openapi.sharing import Shared

_BYTES = b"bytes"
_MOST_ANTI_EXAMPLES = 2
#: Keywords that are given up, one after the other, where no value is found that fits.
_LIMITS = ("pattern", "minLength", "maxLength", "anyOf", "uniqueItems", "properties", "required")


@dataclass(frozen=True, slots=True)
class Prover:
    """Completes drafts that stand as files of a connector."""

    connector: Connector
    shared: Shared
    notes: Notes

    def complete(self, draft: Draft, file: str) -> None:
        """Give a draft its examples and anti-examples; relax what has no value to show."""
        document = draft.document
        inputs = self._inputs(document["inputs"], file, draft.asked.operation.where)
        document["examples"] = [self._example(draft, inputs, self._answer(draft))]
        document["antiExamples"] = list(self._anti_examples(document, inputs, file))

    def _inputs(self, schema: JsonObject, file: str, where: str) -> JsonObject:
        """Return valid inputs: those that are required, and those that the document shows."""
        found: JsonObject = {}
        shown = {name for name, one in schema["properties"].items() if one.get("examples")}
        together = (schema.get("dependentRequired", {}).get(name, ()) for name in shown)
        required = {*schema.get("required", ()), *(one for names in together for one in names)}
        for name, one in schema["properties"].items():
            if name not in required and name not in shown:
                continue
            value = self._value(one, file)
            if value is MISSING and name not in required:
                continue
            if value is MISSING:
                value = self._relaxed(one, file)
                self.notes.add(where, f"no value fits the limits of {name!r}; they are left out")
            found[name] = value
        return found

    def _value(self, schema: JsonObject, file: str) -> Json:
        if schema.get("contentEncoding") == "base64":
            return base64.b64encode(_BYTES).decode()
        validator = Validator(bundle(schema, file, self.shared.read))
        tried = candidates(schema, self.shared.sample_source)
        return next((one for one in tried if validator.is_valid(one)), MISSING)

    def _relaxed(self, schema: JsonObject, file: str) -> Json:
        """Take limits away until a value fits; in the end anything does."""
        for keyword in (*_LIMITS, *(key for key in list(schema) if key not in _WORDS)):
            schema.pop(keyword, None)
            value = self._value(schema, file)
            if value is not MISSING:
                return value
        return "text"

    def _anti_examples(
        self, document: JsonObject, inputs: JsonObject, file: str
    ) -> Iterator[JsonObject]:
        schema = bundle(document["inputs"], file, self.shared.read)
        validator = Validator(schema)
        found = 0
        for title, wrong in _wrong_inputs(document["inputs"], inputs):
            problems = input_problems(validator, self.connector, wrong, Redactor(()))
            if problems and found < _MOST_ANTI_EXAMPLES:
                found += 1
                pointer, reason = problems[0].pointer, problems[0].message
                yield {"title": title, "inputs": wrong, "pointer": pointer, "reason": reason}

    def _answer(self, draft: Draft) -> JsonObject:
        answers = draft.asked.answers
        made: JsonObject = {"status": answers.status}
        if answers.format == "bytes":
            headers = {"Content-Type": answers.media}
            return {**made, "headers": headers, "base64": base64.b64encode(_BYTES).decode()}
        if not answers.outputs:
            return made
        made["headers"] = {"Content-Type": answers.media or "application/json"}
        whole = sample(_body_schema(draft), self.shared.sample_source, full=True)
        shown = next(iter(answers.shown), whole)
        if answers.format == "json-lines":
            listed = shown if isinstance(shown, list) else [shown]
            return {**made, "text": "".join(json.dumps(one) + "\n" for one in listed)}
        if "json" not in answers.media and answers.media != "*/*":
            return {**made, "text": shown if isinstance(shown, str) else "text"}
        return {**made, "body": shown}

    def _example(self, draft: Draft, inputs: JsonObject, answer: JsonObject) -> JsonObject:
        """Return an example with the outputs that the engine gives; its answer may be relaxed."""
        title = draft.document["summary"].rstrip(".")[:60]
        for tried in (answer, _made_anew(draft, answer, self.shared.sample_source)):
            outputs = self._outputs(draft, tried)
            if outputs is not None:
                return {"title": title, "inputs": inputs, "response": tried, "outputs": outputs}
        for one in draft.document["outputs"]["properties"].values():
            one.pop("type", None)  # what the document shows is not what it says
            one.pop("items", None)
            one.pop("properties", None)
            one.pop("examples", None)
        outputs = self._outputs(draft, answer, checked=False) or {}
        return {"title": title, "inputs": inputs, "response": answer, "outputs": outputs}

    def _outputs(
        self, draft: Draft, answer: JsonObject, *, checked: bool = True
    ) -> JsonObject | None:
        """Return what the engine reads from an answer; None where the outputs refuse it."""
        plan = compile_plan(self.connector, draft.asked.id)
        headers = {name.lower(): value for name, value in answer.get("headers", {}).items()}
        body = answer.get("text", json.dumps(answer["body"]) if "body" in answer else "").encode()
        data = base64.b64decode(answer["base64"]) if "base64" in answer else body
        given = Answer(answer["status"], headers, data)
        read = decode(given, plan.capability.response.format)
        try:
            named = outputs_of(plan, given, answer.get("body", read), MISSING)
            if checked and check_outputs(plan, named):
                return None
        except ArgosyError:
            return None
        named.pop("content", None)
        return named


_JUDGED = ("integer", "number", "boolean", "array")
_WORDS = {"title", "description", "type", "secret"}


def _made_anew(draft: Draft, answer: JsonObject, read: Read) -> JsonObject:
    """Return an answer made of the outputs' schema, where the document's own does not fit it."""
    if "body" not in answer:
        return answer
    return {**answer, "body": sample(_body_schema(draft), read, full=True)}


def _body_schema(draft: Draft) -> JsonObject:
    """Return the schema of the answer's body, as the outputs have it."""
    answers = draft.asked.answers
    if answers.whole:
        return dict(answers.properties[answers.whole])
    properties = {wire: answers.properties[name] for wire, name in answers.names.items()}
    return {"type": "object", "properties": properties}


def _wrong_inputs(schema: JsonObject, inputs: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for name in schema.get("required", ())[:1]:
        yield f"Without {name}", {key: one for key, one in inputs.items() if key != name}
    for name, one in schema["properties"].items():
        is_judged = "enum" in one or one.get("type") in _JUDGED
        if is_judged and name not in RESERVED:
            yield f"Another kind of {name}", {**inputs, name: {"no": "value"}}
    yield "An input there is not", {**inputs, "noSuchInput": True}
