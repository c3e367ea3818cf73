"""Globs over the names of objects, and the order of names."""

from __future__ import annotations

import time
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from argosy.tables.sources.globs import Glob, natural


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("*.csv", ["a.csv", ".csv"], ["a/b.csv", "a.CSV", "a.csv.gz", "a.csv\n"]),
        ("data/*.csv", ["data/a.csv"], ["data/x/a.csv", "data.csv", "a.csv"]),
        ("data/**/*.csv", ["data/a.csv", "data/x/a.csv", "data/x/y/a.csv"], ["x/data/a.csv"]),
        ("**/a.csv", ["a.csv", "x/a.csv", "x/y/a.csv"], ["x/ba.csv"]),
        ("data/**", ["data/a", "data/x/y"], ["dat/a", "data"]),
        ("part-?.csv", ["part-1.csv"], ["part-.csv", "part-10.csv", "part-/.csv"]),
        ("part-[0-3].csv", ["part-2.csv"], ["part-4.csv"]),
        ("part-[!0-3].csv", ["part-4.csv"], ["part-2.csv", "part-/.csv"]),
        ("a[*]b", ["a*b"], ["axb"]),
        ("a[b", ["a[b"], ["ab"]),
        ("a**b", ["axxb"], ["a/b"]),
        ("**/x/**/y", ["x/y", "a/x/x/b/y"], ["a/y", "x/y/z"]),
        ("plain.csv", ["plain.csv"], ["plainxcsv"]),
        ("ü *+%.csv", ["ü a+%.csv"], ["ü a.csv"]),
    ],
)
def test_what_a_glob_matches(pattern: str, fits: list[str], fits_not: list[str]) -> None:
    glob = Glob.of(pattern)

    assert [name for name in fits if not glob.matches(name)] == []
    assert [name for name in fits_not if glob.matches(name)] == []
    assert all(name.startswith(glob.prefix) for name in fits)


@example("a/**", "a")
@given(st.text("ab/*?", min_size=1, max_size=8), st.text("ab/", min_size=1, max_size=8))
def test_what_is_listed_by_the_fixed_beginning_holds_all_that_matches(
    pattern: str, name: str
) -> None:
    glob = Glob.of(pattern)

    assert not glob.matches(name) or name.startswith(glob.prefix)


@given(st.text("ab*?", min_size=1, max_size=8), st.text("ab", min_size=1, max_size=8))
def test_within_one_folder_it_matches_as_python_does(pattern: str, name: str) -> None:
    assert Glob.of(f"x/{pattern}").matches(f"x/{name}") is (
        pattern == "**" or PurePosixPath(name).match(pattern)
    )


@pytest.mark.parametrize("pattern", ["*a" * 500 + "b", "**/*a*/" * 140 + "b", "[a]" * 300 + "*b"])
def test_no_pattern_takes_long(pattern: str) -> None:
    glob = Glob.of(pattern)
    started = time.process_time()

    assert not glob.matches("a" * 1000)
    assert not glob.matches("a/" * 500)
    assert time.process_time() - started < 1


def test_names_are_in_the_order_that_people_expect() -> None:
    names = [
        "part-10",
        "part-2",
        "Part-1",
        "part-02",
        "part-1b",
        "part-1",
        "part",
        "1",
        "²",
        "9" * 9000,
    ]

    assert sorted(names, key=natural) == [
        "1", "9" * 9000, "Part-1", "part", "part-1", "part-1b", "part-02", "part-2", "part-10", "²",
    ]  # fmt: skip
