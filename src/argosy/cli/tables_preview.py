"""The first rows of a table on a terminal: as many columns as fit, each cell in one line."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.cli.output import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console
    from rich.text import Text

    from argosy.model import Json, JsonObject

_GAP = 2
#: Cells a column is given at first, and at most where there is room.
_LEAST, _MOST = 12, 40
_NULL = "null"
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co"})
_ARROWS = {"\n": "↵", "\r": "␍", "\t": "⇥"}
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
#: A text that would look like something else: nothing, null, quoted, or ended by a space.
_DOUBTFUL = re.compile(r'|null|".*|\s.*|.*\s', re.DOTALL | re.IGNORECASE)
_NUMBERS = frozenset({"integer", "number"})
_NAMED_LINES = 3


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: str
    cells: tuple[str, ...]
    nulls: tuple[bool, ...]
    width: int

    @property
    def is_number(self) -> bool:
        return self.type in _NUMBERS


def print_preview(out: Console, preview: JsonObject) -> None:
    """Print columns, their types and the first rows, and then how much was read.

    A cell is cut where it is too long, what cannot be seen is written out, and null is not the
    text `null`, which stands in quotes.
    """
    can_draw = out.encoding.lower().startswith("utf")
    columns = [_column(one, preview["rows"], can_draw) for one in preview["columns"]]
    widths = _widths([column.width for column in columns], out.width)
    if columns:
        _print_rows(out, columns[: len(widths)], widths, "…" if can_draw else "...")
    _print_more(out, [column.name for column in columns[len(widths) :]])
    _print_counts(out, preview)


def _print_rows(out: Console, columns: Sequence[_Column], widths: Sequence[int], mark: str) -> None:
    heads = [(column.name, "bold") for column in columns]
    types = [(column.type, "dim") for column in columns]
    _print_line(out, columns, widths, mark, heads)
    _print_line(out, columns, widths, mark, types)
    for number in range(len(columns[0].cells)):
        cells = [
            (column.cells[number], "dim italic" if column.nulls[number] else "")
            for column in columns
        ]
        _print_line(out, columns, widths, mark, cells)


def _print_line(
    out: Console,
    columns: Sequence[_Column],
    widths: Sequence[int],
    mark: str,
    cells: Sequence[tuple[str, str]],
) -> None:
    from rich.text import Text

    line = Text()
    for column, width, (text, style) in zip(columns, widths, cells, strict=True):
        line.append(_fitted(text, width, mark, at_right=column.is_number), style)
        line.append(" " * _GAP)
    line.rstrip()
    out.print(line, soft_wrap=True)


def _print_more(out: Console, names: Sequence[str]) -> None:
    """Name the columns that did not fit, in a few lines at most."""
    if not names:
        return
    from rich.text import Text

    count = len(names)
    head = f"and {count:,} more column{'s' if count > 1 else ''}: "
    mark = "…" if out.encoding.lower().startswith("utf") else "..."
    text = head + ", ".join(names)
    lines = list(_wrapped(out, text))
    shown = [line.plain for line in lines[:_NAMED_LINES]]
    if len(lines) > _NAMED_LINES:
        whole = shown[-1].rpartition(", ")[0] or shown[-1]
        shown[-1] = _fitted(f"{whole}, {mark}", out.width, mark)
    for line in shown:
        out.print(Text(line.rstrip()), soft_wrap=True)


def _wrapped(out: Console, text: str) -> Iterator[Text]:
    from rich.text import Text

    for line in Text(text[: out.width * (_NAMED_LINES + 2)]).wrap(out, max(out.width, 20)):
        line.rstrip()
        yield line


def _print_counts(out: Console, preview: Mapping[str, Json]) -> None:
    from rich.text import Text

    rows, shown, size = preview["rows_read"], len(preview["rows"]), preview["bytes_read"]
    told = f"{_counted(rows, 'row')} read, {_counted(size, 'byte')} read"
    if isinstance(rows, int) and rows > shown:
        told += f"; the first {shown} are shown"
    if preview["truncated"]:
        told += "; the table goes on"
    for line in Text(told).wrap(out, max(out.width, 20)):
        line.rstrip()
        out.print(line, style="dim", soft_wrap=True)


def _counted(count: Json, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _column(described: JsonObject, rows: Sequence[JsonObject], can_draw: bool) -> _Column:
    from rich.cells import cell_len

    name = described["name"]
    values = [row.get(name) for row in rows]
    cells = tuple(_cell(value, can_draw) for value in values)
    shown = _seen(name, can_draw) or '""'
    type_ = visible(str(described["type"]))
    width = max(map(cell_len, (shown, type_, *cells)))
    return _Column(shown, type_, cells, tuple(value is None for value in values), width)


def _cell(value: Json, can_draw: bool) -> str:
    """Return a value as it is shown, in one line."""
    if value is None:
        return _NULL
    if not isinstance(value, str):
        return _seen(json.dumps(value, ensure_ascii=False), can_draw)
    text = _seen(value, can_draw)
    return f'"{text}"' if _DOUBTFUL.fullmatch(value) else text


def _seen(text: str, can_draw: bool) -> str:
    """Return a text with what cannot be seen written out."""
    marks = _ARROWS if can_draw else _ESCAPES
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        marks.get(one) or (_escaped(one) if unicodedata.category(one) in _UNSEEN else one)
        for one in text
    )


def _escaped(one: str) -> str:
    return f"\\u{ord(one):04x}" if ord(one) <= 0xFFFF else f"\\U{ord(one):08x}"


def _widths(natural: Sequence[int], room: int) -> list[int]:
    """Return the widths of the columns that fit, the first always; what is left is shared out."""
    most = min(max(room // 4, _LEAST), _MOST)
    widths: list[int] = []
    left = room
    for width in natural:
        wanted = min(width, most)
        if widths and wanted > left:
            break
        widths.append(min(wanted, room))
        left -= widths[-1] + _GAP
    left += _GAP
    for place, width in enumerate(widths):
        more = min(natural[place] - width, max(left, 0), max(_MOST - width, 0))
        widths[place] += more
        left -= more
    return widths


def _fitted(text: str, width: int, mark: str, *, at_right: bool = False) -> str:
    """Return a text as wide as its column, cut with a mark where it is too long."""
    from rich.cells import cell_len, set_cell_size

    size = cell_len(text)
    if size > width:
        kept = max(width - len(mark), 0)
        cut = set_cell_size(text, kept).rstrip() + mark
        return cut + " " * (width - cell_len(cut))
    space = " " * (width - size)
    return space + text if at_right else text + space
