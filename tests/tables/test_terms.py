"""Pauses and retries of a reading end with its terms."""

from __future__ import annotations

import pytest

from argosy.errors import RunCancelledError, TableError
from argosy.tables.reader import Patient
from argosy.tables.terms import Terms
from argosy.transport import Cancellation, Control
from tests.steering import Steering


class Failing:
    """A file whose reads fail so many times for a reason that passes."""

    name, size, version = "s3://bucket/a.csv", 3, "1"

    def __init__(self, times: int, reason: str = "unreachable") -> None:
        self.times = times
        self.reason = reason

    def read(self, _start: int, _length: int) -> bytes:
        self.times -= 1
        if self.times >= 0:
            raise TableError(detail="no answer.", reason=self.reason, passes=True)
        return b"abc"


@pytest.fixture
def steering() -> Steering:
    return Steering()


def terms_of(steering: Steering, control: Control | None = None) -> Terms:
    return Terms(control, clock=lambda: steering.now, sleep=steering.sleep)


def test_a_read_is_tried_again_with_growing_pauses(steering: Steering) -> None:
    assert Patient(Failing(3), terms_of(steering)).read(0, 3) == b"abc"
    assert steering.slept == [0.5, 1.0, 2.0]


def test_a_read_is_given_up_in_the_end(steering: Steering) -> None:
    with pytest.raises(TableError, match="No answer"):
        Patient(Failing(9), terms_of(steering)).read(0, 3)

    assert steering.slept == [0.5, 1.0, 2.0]


def test_a_file_that_was_replaced_is_not_read_again(steering: Steering) -> None:
    with pytest.raises(TableError):
        Patient(Failing(1, "changed"), terms_of(steering)).read(0, 3)

    assert steering.slept == []


def test_no_pause_begins_that_would_end_after_the_deadline(steering: Steering) -> None:
    terms = terms_of(steering, Control(deadline=steering.now + 1.2))

    with pytest.raises(TableError, match="No answer"):
        Patient(Failing(9), terms).read(0, 3)

    assert steering.slept == [0.5]


def test_a_cancellation_ends_a_pause() -> None:
    cancellation = Cancellation()
    cancellation.cancel()

    with pytest.raises(RunCancelledError):
        Patient(Failing(9), Terms(Control(cancellation=cancellation))).read(0, 3)


def test_a_control_that_waits_in_its_own_way_is_asked(steering: Steering) -> None:
    own: list[float] = []
    terms = terms_of(steering, Control(sleep=own.append, cancellation=Cancellation()))

    Patient(Failing(1), terms).read(0, 3)

    assert (own, steering.slept) == ([0.5], [])


def test_the_terms_are_those_of_the_moment(steering: Steering) -> None:
    control = Control()
    terms = terms_of(steering, control)
    assert terms.is_over() is False

    control.deadline = steering.now
    with pytest.raises(TableError, match="could not be read in time"):
        terms.is_over()

    control.cancellation = Cancellation()
    control.cancellation.cancel()
    with pytest.raises(RunCancelledError):
        terms.is_over()
