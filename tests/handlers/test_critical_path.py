"""The critical path: the chain that decided how long a run took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from handlers._critical_path import Span, critical_path

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def span(name: str, start: float | None, end: float | None, *ups: str, parent: str = "") -> Span:
    times = [None if one is None else at(one) for one in (start, end)]
    return Span(name, parent, ups, times[0], times[1])


def group(name: str, *ups: str, parent: str = "") -> Span:
    return Span(name, parent, ups, None, None, is_group=True)


def names(spans: list[Span]) -> list[str]:
    return [one.id for one in critical_path(spans)]


def test_nothing_has_no_path() -> None:
    assert names([]) == []
    assert names([span("a", None, None), group("g")]) == []


def test_of_two_that_one_waited_for_the_later_counts() -> None:
    spans = [span("a", 0, 5), span("b", 0, 9), span("c", 9, 10, "a", "b"), span("d", 0, 3)]

    assert names(spans) == ["b", "c"]


def test_a_group_is_waited_for_by_its_tasks_and_waits_for_them() -> None:
    spans = [
        group("root"),
        group("load", parent="root"),
        span("one", 0, 4, parent="load"),
        span("two", 4, 6, "one", parent="load"),
        group("send", "load", parent="root"),
        span("mail", 6, 8, parent="send"),
    ]

    assert names(spans) == ["one", "two", "mail"]


def test_a_task_that_makes_others_counts_by_them() -> None:
    spans = [
        span("each", 0, 9),
        span("each-1", 1, 9, parent="each"),
        span("after", 9, 10, "each"),
    ]

    assert names(spans) == ["each-1", "after"]


def test_what_runs_still_comes_last() -> None:
    assert names([span("a", 0, 5), span("b", 5, None, "a"), span("c", 0, 30)]) == ["a", "b"]


def test_circles_and_strangers_end_the_path() -> None:
    spans = [span("a", 0, 1, "b", parent="c"), span("b", 1, 2, "a", "nobody", parent="d")]
    spans += [span("c", 0, 1, parent="d"), span("d", 0, 2, parent="c")]

    assert names(spans) == ["a", "b"]


@st.composite
def runs(draw: st.DrawFn) -> list[Span]:
    """Draw a run in which each task begins as soon as all it waits for has ended."""
    count = draw(st.integers(1, 12))
    ends: dict[str, int] = {}
    spans = []
    for number in range(count):
        before = [f"t{other}" for other in range(number)]
        ups = draw(st.lists(st.sampled_from(before), unique=True)) if before else []
        start = max((ends[one] for one in ups), default=0)
        ends[f"t{number}"] = start + draw(st.integers(1, 100))
        spans.append(span(f"t{number}", start, ends[f"t{number}"], *ups))
    return draw(st.permutations(spans))


@given(runs())
def test_its_tasks_take_as_long_as_the_whole_run(spans: list[Span]) -> None:
    path = critical_path(spans)

    taken = sum(((one.end or BEGIN) - (one.start or BEGIN) for one in path), timedelta())
    assert BEGIN + taken == max(one.end or BEGIN for one in spans)


@given(runs())
def test_each_of_its_tasks_waited_for_the_one_before(spans: list[Span]) -> None:
    path = critical_path(spans)

    for before, after in pairwise(path):
        assert before.id in after.upstreams
        assert before.end == after.start


@given(
    st.lists(
        st.builds(
            span,
            st.sampled_from("abcdef"),
            st.none() | st.integers(0, 9),
            st.none() | st.integers(0, 9),
            st.sampled_from("abcdefg"),
            parent=st.sampled_from(["", *"abcdefg"]),
        ),
        max_size=8,
    )
)
def test_it_ends_whatever_the_vendor_says_and_has_no_task_twice(spans: list[Span]) -> None:
    found = names(spans)

    assert len(found) == len(set(found))
