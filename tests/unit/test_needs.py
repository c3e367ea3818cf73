"""What an expression cannot do without: groups of paths of each of which one must be there."""

from __future__ import annotations

import pytest

from argosy.rendering import compile_template


def needs(text: str) -> list[str]:
    """Return the groups, each as its paths joined by `or`."""
    groups = compile_template(text).needs
    return sorted(" or ".join(sorted(map(".".join, group))) for group in groups)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("no expression", []),
        ("{{ 1 + 2 }}", []),
        ("{{ a.b }}", ["a.b"]),
        ("{{ a['b-c'].d[0].e }}", ["a.b-c.d"]),
        ("{{ a }} and {{ b | lower }}", ["a", "b"]),
        ("{{ a | default(1) }}", []),
        ("{{ a | default(b) }}", ["a or b"]),
        ("{{ a | default(b) | default(c) | lower }}", ["a or b or c"]),
        ("{{ (a + b) | default(c) }}", ["a or c", "b or c"]),
        ("{{ a is defined }}", []),
        ("{{ a is undefined or a > 1 }}", []),
        ("{{ a is none }}", ["a"]),
        ("{{ a and b }}", ["a"]),
        ("{{ b if a else c }}", ["a"]),
        ("{{ b if b is defined else 0 }}", []),
        ("{{ [a, {'x': b}] }}", ["a", "b"]),
        ("{{ a[b] }}", ["a", "b"]),
    ],
)
def test_what_must_be_there_for_a_value(text: str, wanted: list[str]) -> None:
    assert needs(text) == wanted


def test_many_defaults_of_many_parts_are_not_multiplied_without_end() -> None:
    chain = " | default(a + b + c)" * 20

    assert len(needs(f"{{{{ (a + b + c){chain} }}}}")) <= 32


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{{ a.b }}", ("a", "b")),
        ("{{ a['b'] }}", ("a", "b")),
        ("{{ a | lower }}", ()),
        ("{{ a[0] }}", ()),
        ("x{{ a }}", ()),
        ("x", ()),
    ],
)
def test_the_path_of_a_template_that_is_one_and_no_more(text: str, path: tuple[str, ...]) -> None:
    assert compile_template(text).path == path
