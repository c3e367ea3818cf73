"""Texts that nodes of `stringsConnector` make, and hashes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from argosy.flow import Engine
from argosy.testing.stubs import Stubs
from tests.flow.conftest import Start
from tests.flow.davinci.nodes import error_of, node
from tests.flow.harness import flow, outputs_of, step_of, values


def made(engine: Engine, what: str, **properties: Any) -> Any:
    connector = "functionsConnector" if what == "digestMessage" else "stringsConnector"
    run = engine.run(flow(node("s", f"{connector}/{what}", properties)))
    return outputs_of(run, "s")["result"]


@pytest.mark.parametrize(
    ("what", "properties", "wanted"),
    [
        ("toLowerCase", {"inputValue": "ÄB c"}, "äb c"),
        ("toLowerCase", {}, ""),
        ("toUpperCase", {"inputValue": " ab ", "shouldTrim": True}, "AB"),
        ("toUpperCase", {"inputValue": " ab "}, " AB "),
        ("toTitleCase", {"inputValue": "myVariable  is HERE"}, "Myvariable  Is Here"),
        ("trimWhiteSpace", {"inputValue": "\t a b \n"}, "a b"),
        ("changeDataType", {"inputValue": "5", "dataTypeTo": "Number"}, 5),
        ("changeDataType", {"inputValue": "True", "dataTypeTo": "boolean"}, True),
        ("changeDataType", {"inputValue": 3, "dataTypeTo": "string"}, "3"),
        ("changeDataType", {"dataTypeTo": "string"}, ""),
        (
            "concatenateStrings",
            {"concatenateInput": ["a", {"value": 1}, None], "concatenateDelimiter": "-"},
            "a-1-",
        ),
        (
            "concatenateStrings",
            {"concatenateInput": ["a", "b"], "concatenateDelimiter": ",", "finalDelimiter": True},
            "a,b,",
        ),
        ("concatenateStrings", {"concatenateInput": "a"}, "a"),
        ("encodeString", {"inputValue": "ü?", "encodeMethod": "base64"}, "w7w/"),
        ("encodeString", {"inputValue": "ü?", "encodeMethod": "Base64 URL"}, "w7w_"),
        ("encodeString", {"inputValue": "ü?", "encodeMethod": "encodeURIComponent"}, "%C3%BC%3F"),
        ("encodeString", {"inputValue": "ü", "encodeMethod": "hex"}, "c3bc"),
        ("encodeString", {"inputValue": "<a>", "encodeMethod": "HTML"}, "&lt;a&gt;"),
        ("decodeString", {"inputValue": "w7w_", "decodeMethod": "base64"}, "ü?"),
        ("decodeString", {"inputValue": "%C3%BC", "decodeMethod": "url"}, "ü"),
        ("decodeString", {"inputValue": "&lt;", "decodeMethod": "html"}, "<"),
        ("replace", {"originalValue": "a.a", "oldToken": "a", "newToken": "b"}, "b.a"),
        (
            "replace",
            {"originalValue": "a.a", "oldToken": ".", "newToken": "", "replaceMode": "replaceAll"},
            "aa",
        ),
        (
            "replace",
            {
                "originalValue": "text test",
                "oldToken": "/te[xs]t/g",
                "newToken": "<$&>",
                "isRegex": True,
            },
            "<text> <test>",
        ),
        (
            "replace",
            {"originalValue": "aXa", "oldToken": "/x/i", "newToken": "-", "isRegex": "true"},
            "a-a",
        ),
        (
            "digestMessage",
            {"message": "abc"},
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            "digestMessage",
            {"message": "abc", "digestAlgorithm": "MD5", "outputEncodingFormat": "Base64"},
            "kAFQmDzST7DWlj99KOF/cg==",
        ),
    ],
)
def test_what_is_made(engine: Engine, what: str, properties: Any, wanted: Any) -> None:
    assert made(engine, what, **properties) == wanted


@pytest.mark.parametrize(
    ("what", "properties", "said"),
    [
        ("changeDataType", {"inputValue": "x", "dataTypeTo": "number"}, '"x" is no number.'),
        (
            "changeDataType",
            {"inputValue": "x", "dataTypeTo": "date"},
            "There is no data type 'date'; there is number, boolean, string.",
        ),
        (
            "encodeString",
            {"inputValue": "x", "encodeMethod": "rot13"},
            "There is no encodeMethod 'rot13'",
        ),
        (
            "decodeString",
            {"inputValue": "*", "decodeMethod": "base64"},
            "is not written in base64: ",
        ),
        (
            "decodeString",
            {"inputValue": "/w==", "decodeMethod": "base64"},
            "is not written in base64",
        ),
        ("replace", {"originalValue": "x"}, "It names no text to search for."),
        (
            "replace",
            {"originalValue": "x", "oldToken": "/(/", "isRegex": True},
            "'/(/' is no regular expression: ",
        ),
        ("generateRandomString", {"length": "x"}, "characters cannot be made"),
        ("generateRandomString", {"length": 10**9}, "characters cannot be made"),
    ],
)
def test_what_cannot_be_made_is_told(engine: Engine, what: str, properties: Any, said: str) -> None:
    run = engine.run(flow(node("s", f"stringsConnector/{what}", properties)))
    assert said in error_of(run, "s")["message"]


def test_random_texts(engine: Engine) -> None:
    letters = made(engine, "generateRandomString", length="40")
    assert re.fullmatch("[A-Za-z]{40}", letters)
    assert letters != made(engine, "generateRandomString", length="40")
    more = made(engine, "generateRandomString", length=2000, isAlphaNumeric=True)
    assert re.fullmatch("[A-Za-z0-9]{2000}", more)
    assert re.search("[0-9]", more)


def test_a_hash_with_salt_is_refused(engine: Engine) -> None:
    salted = {"message": "x", "saltMode": "custom", "customSaltValue": "y"}
    run = engine.run(flow(node("s", "functionsConnector/digestMessage", salted)))
    assert "is not published" in error_of(run, "s")["message"]


def test_one_value_has_the_name_by_which_the_flow_reads_it(engine: Engine) -> None:
    lower = node("s", "stringsConnector/toLowerCase", {"inputValue": "AB"})
    read = values(
        "v",
        it="{{ nodes.s.outputs.output | default('') }}",
        other="<{{ nodes.s.outputs.text.length | default('') }}>",
        common="{{ nodes.s.outputs.rawResponse | default('') }}",
    )
    run = engine.run(flow(lower, read))
    assert outputs_of(run, "s") == {"output": "ab", "text": "ab"}
    assert outputs_of(run, "v") == {"it": "ab", "other": "<>", "common": ""}


def test_bytes_are_read_as_text_and_no_script_is_given_them(start: Start) -> None:
    read = "{{ nodes.b.outputs.content }}"
    tested = flow(
        values("b"),
        node("s", "stringsConnector/toUpperCase", {"inputValue": read}),
        node(
            "f",
            "functionsConnector/customFunction",
            {"variableInputList": [{"name": "b", "value": read}]},
            {"code": "module.exports = ({params}) => params"},
        ),
    )
    run = start(stub=Stubs({"b": {"outputs": {"content": "aé".encode()}}})).run(tested)
    assert step_of(run, "s").outputs == {"result": "AÉ"}
    assert "cannot be given its parameters" in error_of(run, "f")["message"]
