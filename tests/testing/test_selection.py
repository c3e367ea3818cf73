"""`-k` reads as pytest's does."""

from __future__ import annotations

import pytest

from argosy.testing.selection import Selection, SelectionError

NAMES = ("greet.test.json", "greet", "A Member is welcome")


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "member",
        "GREET",
        "greet and welcome",
        "nobody or member",
        "not nobody",
        "not (nobody or nothing)",
        "not nobody and greet",
        "nobody and nothing or member",
        "not not member",
    ],
)
def test_an_expression_chooses(expression: str) -> None:
    assert Selection(expression).chooses(*NAMES)


@pytest.mark.parametrize(
    "expression", ["nobody", "not member", "greet and not member", "member and (a1 or b2)"]
)
def test_an_expression_leaves_out(expression: str) -> None:
    assert not Selection(expression).chooses(*NAMES)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("member and", "a word is missing before 'its end'"),
        ("or member", "a word is missing before 'or'"),
        ("(member", "a ')' is missing"),
        ("member)", "')' is not expected there"),
        ("member welcome", "'welcome' is not expected there"),
        ("not " * 60 + "a", "nested too deeply"),
        ("(" * 5000, "nested too deeply"),
    ],
)
def test_an_expression_that_cannot_be_read_says_why(expression: str, words: str) -> None:
    with pytest.raises(SelectionError) as raised:
        Selection(expression)

    assert words in str(raised.value)
    assert "words joined by 'and', 'or' and 'not'" in str(raised.value)
