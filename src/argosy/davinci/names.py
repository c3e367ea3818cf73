"""Names that fit: DaVinci's ids and names become ours, the same ones each time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256

_LONGEST = 64
_NODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
#: What Windows takes for devices, whatever comes behind the dot.
_RESERVED = re.compile(r"con|prn|aux|nul|(com|lpt)\d")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


@dataclass
class Names:
    """A two-way table between names of DaVinci's and ours.

    `fits` says which names may stay as they are. What does not fit is made to, and what is taken
    gets a number behind it; the same names in the same order give the same table.
    """

    fits: re.Pattern[str] = _NODE
    reserved: frozenset[str] = frozenset()
    ours: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, str] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, wanted: str = "") -> str:
        """Return our name for one of DaVinci's; `wanted` is what it is called if it can be."""
        found = self.ours.get(name)
        if found is None:
            found = self.ours[name] = self._free(fitted(wanted or name, self.fits))
            self.theirs[found] = name
        return found

    def make(self, wanted: str) -> str:
        """Return a name of ours that stands for nothing of DaVinci's."""
        found = self._free(fitted(wanted, self.fits))
        self.theirs[found] = ""
        return found

    def without_made(self) -> Names:
        """Return a table of the same names without those that stand for nothing of DaVinci's."""
        theirs = {ours: name for ours, name in self.theirs.items() if name}
        return Names(self.fits, self.reserved, dict(self.ours), theirs)

    def _free(self, name: str) -> str:
        # Many names may become the same one: where the numbers left off is kept.
        number, found = self._numbers.get(name, 2), name
        while found in self.theirs or found in self.reserved:
            ending = f"_{number}"
            found, number = name[: _LONGEST - len(ending)] + ending, number + 1
        self._numbers[name] = number
        return found


def node_names() -> Names:
    """Return an empty table for ids of nodes."""
    return Names()


def word_names() -> Names:
    """Return an empty table for names of variables."""
    return Names(fits=_WORD)


def outcome_names() -> Names:
    """Return an empty table for the outcomes of one node."""
    return Names(reserved=frozenset({"success", "error", "always", "otherwise", "true", "false"}))


def fitted(name: str, fits: re.Pattern[str] = _NODE) -> str:
    """Return a name itself, or the nearest one that fits: a digit in front gets `n` before it."""
    if fits.fullmatch(name):
        return name
    kept = re.sub(r"[^A-Za-z0-9_]+", "_", name[:200]).strip("_")
    if not kept[:1].isalpha():
        kept = f"n{kept}"
    return kept[:_LONGEST]


def made_id(*parts: str) -> str:
    """Return an id as DaVinci makes them, ten letters and digits, always the same for its parts."""
    number = int.from_bytes(sha256("\0".join(parts).encode()).digest()[:8])
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    digits = ""
    for _ in range(10):
        number, place = divmod(number, len(letters))
        digits += letters[place]
    return digits


def is_theirs(name: str) -> bool:
    """Tell whether a name is as DaVinci makes its ids."""
    return len(name) == 10 and name.isascii() and name.isalnum() and name.islower()


def slug(name: str) -> str:
    """Return a flow's name as the name of a file: lower-case words with hyphens."""
    made = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST].strip("-") or "flow"
    return f"{made}-flow" if _RESERVED.fullmatch(made) else made
