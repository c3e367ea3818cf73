"""The declarations of the types hold together: schema, samples, templates, hosts and texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from argosy.connections.fields import validate_credentials
from argosy.connections.probing.plan import PLACEHOLDER, Plan
from argosy.connections.probing.result import REASONS
from argosy.connections.probing.signing import SIGNERS
from argosy.connections.types import load_types
from argosy.rendering import FILTERS, compile_template
from argosy.validation import Validator
from tests.connections.probing.cases import CASES

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "schemas" / "connection-types"
SCHEMA = json.loads((ROOT / "schemas" / "connection-type.schema.json").read_text())
FILES = sorted(FOLDER.glob("*.json"))
NAMES = {"credentials", "metadata", "vars", "hostnames", "endpoints", "answers", "checks", "title"}
NAMES |= {"body", "headers", "status", "code", "took", "retry_after", "host"}
#: What the readers of files give to the steps that read tables.
GIVEN = {"table", "key", "first", "last", "version", "prefix", "token"}
FILES_OF_OBJECTS = [path for path in FILES if path.stem in {"s3", "gcs"}]


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def failures(document: Any) -> Iterator[Any]:
    yield from document["probe"].get("failures", ())
    for step in document["probe"]["steps"]:
        yield from step.get("failures", ())
        if "unverifiable" in step:
            yield {"reason": "unverifiable", **step["unverifiable"]}


def failures_of_tables(document: Any) -> Iterator[Any]:
    yield from document["tables"].get("failures", ())
    for step in document["tables"].get("steps", ()):
        yield from step.get("failures", ())


def test_all_sixteen_types_are_there() -> None:
    assert sorted(load_types()) == [
        "BIGQUERY",
        "BRAZE",
        "GCS",
        "ITERABLE",
        "ITERABLE_FEED",
        "KLAVIYO",
        "LOCAL",
        "MOVABLE_INK",
        "M_PARTICLE",
        "S3",
        "SAILTHRU",
        "SALESFORCE",
        "SEGMENT",
        "SENDLANE",
        "SHOPIFY",
        "TREASURE_DATA",
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestDeclaration:
    def test_it_fits_its_schema_and_is_named_after_its_type(self, path: Path) -> None:
        document = read(path)

        assert list(Validator(SCHEMA).problems(document)) == []
        assert path.stem == document["type"].lower().replace("_", "-")

    def test_its_examples_are_fine(self, path: Path) -> None:
        type_ = load_types()[read(path)["type"]]

        for example in type_.credentials["examples"]:
            found = validate_credentials(type_, example)
            assert [one for one in found if one.severity == "error"] == []

    def test_its_anti_examples_are_refused_where_they_say(self, path: Path) -> None:
        type_ = load_types()[read(path)["type"]]

        for anti in type_.credentials["antiExamples"]:
            found = validate_credentials(type_, anti["value"])
            assert anti["pointer"] in [one.pointer for one in found if one.severity == "error"]
            assert anti["reason"]

    def test_its_templates_read_what_there_is(self, path: Path) -> None:
        document = read(path)
        declared = {
            "credentials": set(document["credentials"]["properties"]),
            "metadata": set(document["metadata"]["properties"]),
            "vars": set(document["probe"].get("variables", {})),
        }

        for text in texts(document["probe"]):
            named = [tuple(found[2].split(".")) for found in PLACEHOLDER.finditer(text)]
            for read_ in [*compile_template(text).paths, *named]:
                if text.startswith("{shop{"):
                    continue
                assert read_[0] in NAMES, text
                assert read_[0] not in declared or read_[1] in declared[read_[0]], text

    def test_its_advice_names_fields_that_there_are(self, path: Path) -> None:
        document = read(path)

        params = read(ROOT / "schemas" / "connections-table.schema.json")["properties"]
        parts = {**document, **params}
        for failure in [*failures(document), *failures_of_tables(document)]:
            assert failure["reason"] in REASONS
            part, _, name = failure.get("field", "").partition(".")
            assert not part or name in parts[part]["properties"]

    def test_what_comes_before_reading_is_a_step_of_the_test(self, path: Path) -> None:
        document = read(path)

        steps = {step["name"] for step in document["probe"]["steps"]}
        assert set(document["tables"].get("signIn", ())) <= steps
        read_by = Plan.of_tables(document["tables"], document["probe"]).steps
        assert len(read_by) == len(document["tables"].get("steps", ()))

    def test_its_texts_are_sentences(self, path: Path) -> None:
        document = read(path)
        told = [document["description"], document["tables"]["description"]]
        told += [document["probe"]["description"]]
        for failure in [*failures(document), *failures_of_tables(document)]:
            told += [failure["message"], *filter(None, [failure.get("hint")])]
        for field in document["credentials"]["properties"].values():
            told += [field["description"], *filter(None, [field.get("x-hint")])]

        for text in told:
            assert text.endswith("."), text
            assert text[0].isupper() or text.startswith(
                ("{{", "domain", "feed_url", "mParticle")
            ), text

    def test_its_calls_go_to_its_own_hosts(self, path: Path) -> None:
        document = read(path)

        for step in [*document["probe"]["steps"], *document["tables"].get("steps", ())]:
            host = re.match(r"https://([^/]*)/", step.get("url", ""))
            if host and "{" not in host[1]:
                assert any(re.fullmatch(one, host[1]) for one in document["hosts"])
        for pattern in document.get("hosts", ()):
            assert not re.search(r"(?<!\\)\.(?![*+?{])", pattern), "a dot stands for itself"

    def test_it_signs_only_in_ways_that_there_are(self, path: Path) -> None:
        document = read(path)
        for step in [*document["probe"]["steps"], *document["tables"].get("steps", ())]:
            if "sign" in step:
                assert step["sign"]["style"] in SIGNERS
        assert Plan.from_json(read(path)["probe"]).steps
        assert FILTERS


def test_every_way_to_fail_that_a_type_declares_is_provoked() -> None:
    """Each declared message is in a golden file or asserted by a test."""
    here = Path(__file__).parent
    seen = "".join(
        path.read_text(encoding="utf-8")
        for path in [*here.glob("goldens/**/*.json"), *here.glob("test_[ofs]*.py")]
    )
    unseen = []
    for path in FILES:
        document = read(path)
        for failure in failures(document):
            longest = max(re.split(r"\{\{.*?\}\}", failure["message"]), key=len).strip()
            if json.dumps(longest)[1:-1] not in seen and longest not in seen:
                unseen.append(f"{document['type']}: {failure['message']}")

    assert unseen == []
    assert CASES


@pytest.mark.parametrize("path", FILES_OF_OBJECTS, ids=lambda path: path.stem)
class TestTablesOfObjects:
    def test_templates_read_what_there_is(self, path: Path) -> None:
        tables = read(path)["tables"]

        for text in texts({"steps": tables["steps"], "failures": tables["failures"]}):
            named = [tuple(found[2].split(".")) for found in PLACEHOLDER.finditer(text)]
            for read_ in [*compile_template(text).paths, *named]:
                assert read_[0] in NAMES | GIVEN, text

    def test_every_way_to_fail_is_provoked(self, path: Path) -> None:
        folder = ROOT / "tests" / "tables" / "sources"
        tests = [*folder.glob("test_s*.py"), folder / "test_gcs.py"]
        # texts of tests are broken into lines, and begin in lower case behind a place
        read_ = "".join(one.read_text(encoding="utf-8") for one in tests)
        seen = re.sub(r'"\s*f?"', "", read_).lower()

        for failure in failures_of_tables(read(path)):
            longest = max(re.split(r"\{\{.*?\}\}", failure["message"]), key=len).strip()
            assert longest.lower() in seen, failure["message"]
            assert failure.get("hint", "").lower() in seen, failure["hint"]
