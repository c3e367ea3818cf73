"""Count what some work does, in place of timing it."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def calls_of(work: Callable[[], object]) -> int:
    """Return how many calls and returns of functions some work makes in this thread."""
    counted = itertools.count()
    sys.setprofile(lambda *_: next(counted) and None)
    try:
        work()
    finally:
        sys.setprofile(None)
    return next(counted)
