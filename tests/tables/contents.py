"""Files in memory, as readers of tables see them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class MemoryContent:
    """A file of these bytes; `reads` are the ranges that were asked for: (start, length)."""

    name: str = "file"
    data: bytes = b""
    version: str = "1"
    reads: list[tuple[int, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, start: int, length: int) -> bytes:
        self.reads.append((start, length))
        return self.data[start : start + length]
