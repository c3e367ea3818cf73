"""How many runs are let in, as the time and the processor go."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from argosy.server.admission import HOLD, WINDOW, Admission


@dataclass
class Machine:
    """A clock, and a processor that has computed for a share of the time."""

    now: float = 0.0
    computed: float = 0.0

    def go_on(self, share: float) -> None:
        """Let a little more than a window go by."""
        self.now += 1.01 * WINDOW
        self.computed += 1.01 * WINDOW * share


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def admission(machine: Machine) -> Admission:
    return Admission(4, 64, clock=lambda: machine.now, processor=lambda: machine.computed)


def window(admission: Admission, machine: Machine, share: float, ended: int) -> None:
    """Let a window go by in which so many runs ended; more are waiting all the time."""
    admission._waiting.append(threading.Lock())
    admission._waiting[-1].acquire()
    admission._at_work = admission.limit
    admission._ended = ended - 1
    machine.go_on(share)
    admission.__exit__(None, None, None)
    admission._waiting.clear()


def test_runs_begin_up_to_the_number_and_the_next_waits(admission: Admission) -> None:
    begun = threading.Event()

    def fifth() -> None:
        with admission:
            begun.set()

    for _ in range(4):
        admission.__enter__()
    waiting = threading.Thread(target=fifth)
    waiting.start()
    assert not begun.wait(0.05)

    admission.__exit__(None, None, None)

    assert begun.wait(5)
    waiting.join()


def test_who_came_first_begins_first() -> None:
    admission = Admission(1, 1)
    admission.__enter__()
    order: list[int] = []

    def run(number: int) -> None:
        with admission:
            order.append(number)

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=run, args=(number,)))
        threads[-1].start()
        while len(admission._waiting) <= number:
            pass  # it stands in the line
    admission.__exit__(None, None, None)
    for thread in threads:
        thread.join()

    assert order == [0, 1, 2, 3, 4]


def test_the_number_doubles_while_the_processor_is_idle(
    admission: Admission, machine: Machine
) -> None:
    seen = []
    for _ in range(5):
        window(admission, machine, share=0.1, ended=1)
        seen.append(admission.limit)

    assert seen == [8, 16, 32, 64, 64]


def test_nobody_is_let_in_needlessly_where_none_waits(
    admission: Admission, machine: Machine
) -> None:
    with admission:
        machine.go_on(0.1)

    assert admission.limit == 4


def test_a_larger_number_stays_where_more_runs_end(admission: Admission, machine: Machine) -> None:
    window(admission, machine, share=0.7, ended=100)
    assert admission.limit == 8

    window(admission, machine, share=0.7, ended=120)

    assert admission.limit == 8


def test_a_larger_number_in_vain_is_taken_back_for_a_while(
    admission: Admission, machine: Machine
) -> None:
    window(admission, machine, share=0.7, ended=100)
    window(admission, machine, share=0.7, ended=105)
    assert admission.limit == 4

    window(admission, machine, share=0.7, ended=100)
    assert admission.limit == 4

    machine.now += HOLD
    window(admission, machine, share=0.7, ended=2_600)
    assert admission.limit == 8


def test_a_busy_processor_gets_fewer_runs_unless_fewer_end(
    admission: Admission, machine: Machine
) -> None:
    for _ in range(3):
        window(admission, machine, share=0.1, ended=1)
    assert admission.limit == 32

    window(admission, machine, share=1.0, ended=100)
    assert admission.limit == 16
    window(admission, machine, share=1.0, ended=99)
    assert admission.limit == 16

    window(admission, machine, share=1.0, ended=100)
    assert admission.limit == 8
    window(admission, machine, share=0.9, ended=60)

    assert admission.limit == 16


def test_the_least_is_never_undercut(admission: Admission, machine: Machine) -> None:
    for _ in range(5):
        window(admission, machine, share=1.0, ended=100)

    assert admission.limit == 4
