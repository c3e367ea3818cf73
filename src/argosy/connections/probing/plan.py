"""The test that a type declares, compiled: steps, and the ways in which one may fail.

Texts are templates over the scope: `credentials` and `metadata` (with defaults), `vars` (the
probe's `variables`), `hostnames` (of each credential that is a URL), `endpoints` (of the region,
by API family), `answers` (bodies of earlier steps, by name), `checks` (their statuses), and for
what comes after an answer `body`, `headers`, `status`, `code`, `took` and `retry_after`. The
steps that read tables know the `table` too, and what they are called with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.rendering import compile_template, compile_value

if TYPE_CHECKING:
    from argosy.model import Json, JsonObject
    from argosy.rendering import Scope, Template

Render = Callable[["Scope"], "Json"]

#: `{name}` becomes one percent-encoded part, `{/name}` a path of such parts with its slashes, and
#: `{+name}` stands as it is.
PLACEHOLDER = re.compile(r"\{([+/]?)([a-z_.A-Z0-9]+)\}")


@dataclass(frozen=True, slots=True)
class Case:
    """A way to fail, and what to tell about it.

    It is met where the answer has one of `statuses`, one of `codes`, the text `contains`, or
    the time is off (`skewed`), each where given; or, where `failure` is given, where no answer
    came for that reason. `proves` makes a warning of it: the credentials are right all the same.
    """

    statuses: tuple[int, ...]
    codes: tuple[str, ...]
    contains: str
    skewed: bool
    failure: str
    reason: str
    message: Template
    hint: Template
    field: str
    proves: bool

    @property
    def is_specific(self) -> bool:
        """Whether it looks at more than the status."""
        return bool(self.codes or self.contains or self.skewed)

    @classmethod
    def from_json(cls, document: JsonObject) -> Case:
        """Read a case that has passed its schema."""
        status, code = document.get("status", []), document.get("code", [])
        return cls(
            statuses=tuple(status if isinstance(status, list) else [status]),
            codes=tuple(code if isinstance(code, list) else [code]),
            contains=document.get("contains", "").lower(),
            skewed=document.get("skewed", False),
            failure=document.get("failure", ""),
            reason=document["reason"],
            message=compile_template(document["message"]),
            hint=compile_template(document.get("hint", "")),
            field=document.get("field", ""),
            proves=document.get("proves", False),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a test, or for what cannot be tested a sentence about that.

    `when` says whether the step is for these credentials; `otherwise` is told where it is not.
    `answer` is the form that the body must have, `has` and `lacks` are JSON Pointers into it.
    `secrets` are pointers of what the answer gives and nobody may see.
    """

    name: str
    description: str
    when: Template | None
    otherwise: str
    unverifiable: Case | None
    folder: bool
    method: str
    url: str
    query: Render
    headers: Render
    form: Render
    json: Render
    sign: Render
    statuses: tuple[int, ...]
    answer: str
    has: tuple[str, ...]
    lacks: tuple[str, ...]
    secrets: tuple[str, ...]
    passed: Template
    identity: Mapping[str, Template]
    cases: tuple[Case, ...]

    @classmethod
    def from_json(cls, document: JsonObject) -> Step:
        """Read a step that has passed its schema; a case that names more than a status is first."""
        success: JsonObject = document.get("success", {})
        cases = map(Case.from_json, document.get("failures", ()))
        given = document.get("unverifiable")
        cannot = given and Case.from_json({"reason": "unverifiable", **given})
        return cls(
            name=document["name"],
            description=document["description"],
            when=compile_template(document["when"]) if "when" in document else None,
            otherwise=document.get("otherwise", ""),
            unverifiable=cannot or None,
            folder=document.get("folder", False),
            method=document.get("method", "GET"),
            url=document.get("url", ""),
            query=compile_value(document.get("query", {})),
            headers=compile_value(document.get("headers", {})),
            form=compile_value(document.get("form")),
            json=compile_value(document.get("json")),
            sign=compile_value(document.get("sign")),
            statuses=tuple(success.get("status", [200])),
            answer=success.get("answer", "json"),
            has=tuple(success.get("has", ())),
            lacks=tuple(success.get("lacks", ())),
            secrets=tuple(document.get("secrets", ())),
            passed=compile_template(document.get("passed", "It works.")),
            identity={
                name: compile_template(text) for name, text in document.get("identity", {}).items()
            },
            cases=tuple(sorted(cases, key=lambda case: not case.is_specific)),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """A type's test. `codes` and `texts` say where its answers have their code and message."""

    variables: Mapping[str, Render]
    codes: tuple[str, ...]
    texts: tuple[str, ...]
    steps: tuple[Step, ...]

    @classmethod
    def from_json(cls, document: JsonObject) -> Plan:
        """Read a probe that has passed its schema; a case of the probe counts for every step."""
        shared = tuple(document.get("failures", ()))
        steps = (
            Step.from_json({**step, "failures": [*step.get("failures", ()), *shared]})
            for step in document.get("steps", ())
        )
        variables: JsonObject = document.get("variables", {})
        return cls(
            variables={name: compile_value(text) for name, text in variables.items()},
            codes=tuple(document.get("codes", ())),
            texts=tuple(document.get("texts", ())),
            steps=tuple(steps),
        )

    @classmethod
    def of_tables(cls, tables: JsonObject, probe: JsonObject) -> Plan:
        """Read the steps that read tables; what the probe shares, they share too."""
        return cls.from_json(
            {
                "variables": {**probe.get("variables", {}), **tables.get("variables", {})},
                "codes": probe.get("codes", ()),
                "texts": probe.get("texts", ()),
                "failures": [*tables.get("failures", ()), *probe.get("failures", ())],
                "steps": tables.get("steps", ()),
            }
        )

    def step(self, name: str) -> Step:
        """Return the step of a name. Raises KeyError."""
        found = next((step for step in self.steps if step.name == name), None)
        if found is None:
            raise KeyError(name)
        return found
