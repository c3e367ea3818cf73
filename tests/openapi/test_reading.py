"""What a document may be: JSON or YAML, bounded; everything else is refused, in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from argosy.errors import InvalidDocumentError
from argosy.openapi.reading import LARGEST, parse_document, read_document

HEAD = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"


def _refusal(tmp_path: Path, text: str | bytes) -> str:
    file = tmp_path / "given.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidDocumentError) as found:
        read_document(file)
    assert found.value.message.startswith(f"{file} cannot be imported: ")
    return found.value.message.removeprefix(f"{file} cannot be imported: ")


class TestYaml:
    def test_values_are_those_of_the_core_schema(self) -> None:
        text = (
            "{a: no, b: yes, c: 2026-01-01, d: 012, e: 0x1F, f: 1e3, g: .5, h: ~, i: true, "
            "j: 12:30:45, k: '1', l: !!str 5, m: 1_000, n: null, o: off, p: -7, q: 0o17}"
        )

        assert parse_document(f"--- {text}") == {
            "a": "no",
            "b": "yes",
            "c": "2026-01-01",
            "d": 12,
            "e": 31,
            "f": 1000.0,
            "g": 0.5,
            "h": None,
            "i": True,
            "j": "12:30:45",
            "k": "1",
            "l": "5",
            "m": "1_000",
            "n": None,
            "o": "off",
            "p": -7,
            "q": 15,
        }

    def test_keys_are_texts(self) -> None:
        assert parse_document("200: a\ntrue: b\n~: c\n") == {"200": "a", "true": "b", "~": "c"}

    def test_an_alias_is_what_it_names(self) -> None:
        assert parse_document("a: &x [1]\nb: *x\n") == {"a": [1], "b": [1]}

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("a: 1\na: 2\n", "line 2: the key 'a' stands twice in one object"),
            ("a: {b: 1, b: 2}\n", "line 1: the key 'b' stands twice"),
            ("base: &b {x: 1}\nc: {<<: *b}\n", "line 2: merge keys (<<) are not read"),
            ("? [a]\n: 1\n", "line 1: a key is no text"),
            ("a: !!python/object/apply:os.system [ls]\n", "line 1, column 4: "),
            ("a: !!timestamp 2026-01-01\n", "it holds a date, which JSON does not have"),
            ("a: !!binary aGk=\n", "it holds a bytes"),
            ("a: !!set {x}\n", "it holds a set"),
            ("a: .nan\nb: !!float .nan\n", "line 2: '.nan' is no number of JSON"),
            ("a: 1e999\n", "line 1: '1e999' is no number of JSON"),
            ("a: !!int x\n", "line 1: 'x' is no number of JSON"),
            ("a: [1, 2\n", "line 2, column 1: "),
            ("a: &x [*x]\n", "an alias stands within what it names"),
            ("a: " + "[" * 200 + "]" * 200, "it is nested more than 100 deep"),
            ("a: " + "{a: " * 100_000, "it is nested more than 100 deep"),
        ],
    )
    def test_what_is_more_than_json_is_refused(self, text: str, words: str) -> None:
        with pytest.raises(ValueError) as found:
            parse_document(text)

        assert words in str(found.value)

    def test_a_small_text_that_stands_for_a_huge_one_is_refused(self) -> None:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

        with pytest.raises(ValueError, match="more than 2,000,000 values"):
            parse_document("\n".join(lines))


class TestJson:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ('{"a": 1,}', "line 1, column 9"),
            ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
            ('{"a": NaN}', "NaN has no form in JSON"),
            ('{"a": "\\ud800"}', "half a character"),
            ('{"a":' * 150 + "1" + "}" * 150, "nested more than 100 deep"),
            ('{"a":' * 100_000, "nested too deeply"),
        ],
    )
    def test_what_is_no_plain_json_is_refused(self, text: str, words: str) -> None:
        with pytest.raises(ValueError) as found:
            parse_document(text)

        assert words in str(found.value)


class TestDocuments:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "it is no object."),
            ("[]", "it is no object."),
            ("a: 1", "it does not say `openapi: 3…`; OpenAPI 3.0 or 3.1 is read."),
            ("swagger: '2.0'\npaths: {}", "it is Swagger 2.0; OpenAPI 3.0 or 3.1 is read"),
            ("openapi: 4.0.0\npaths: {/a: {}}", "'4.0.0' is its version; OpenAPI 3.0"),
            (HEAD, "it has no paths."),
            (HEAD + "paths: {}", "it has no paths."),
            (HEAD + "paths: [a]", "it has no paths."),
            (b"\xff\xfe", "it is not UTF-8 (byte 0)."),
        ],
    )
    def test_what_is_no_document_is_refused(
        self, tmp_path: Path, text: str | bytes, words: str
    ) -> None:
        assert _refusal(tmp_path, text).startswith(words)

    def test_a_file_that_is_too_large_is_refused(self, tmp_path: Path) -> None:
        assert _refusal(tmp_path, b" " * (LARGEST + 1)) == "it has more than 32 MiB."

    def test_a_folder_is_no_document(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidDocumentError, match="Is a directory"):
            read_document(tmp_path)

    def test_json_and_yaml_of_one_document_are_the_same(self, tmp_path: Path) -> None:
        found = {"openapi": "3.0.3", "paths": {"/a": {"get": {"responses": {"200": {}}}}}}
        (tmp_path / "a.json").write_text("\ufeff" + json.dumps(found), encoding="utf-8")
        (tmp_path / "a.yaml").write_text(
            "openapi: 3.0.3\npaths:\n  /a: {get: {responses: {200: {}}}}\n", encoding="utf-8"
        )

        assert read_document(tmp_path / "a.json") == read_document(tmp_path / "a.yaml") == found
