"""Opening a table: found, parsed, mapped, and held against what it was when it was last good."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from argosy.connections.opener import Column, Opened
from argosy.connections.probing.result import RETRYABLE, Check, Remote
from argosy.errors import TableError, frames_of
from argosy.tables.content import Limits, Tally
from argosy.tables.drift import Drift, compare, fingerprint, judge
from argosy.tables.formats.reading import FilePreview
from argosy.tables.mapping import map_columns
from argosy.tables.sources.rows import declared_rows, open_rows
from argosy.tables.specs import spec_of, with_format
from argosy.tables.stored import demand_reader
from argosy.tables.together import MOST_LOOKED_INTO, Together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from argosy.connections.opener import TableToOpen
    from argosy.connections.stored import StoredConnection
    from argosy.model import JsonObject
    from argosy.tables.content import Content, FileSpec
    from argosy.tables.formats.reading import PreviewColumn
    from argosy.tables.sources import Files

_LOG = logging.getLogger("argosy.tables")
_STAGES = ("open", "parse", "mapping")
_FACTS = ("file", "line", "column", "available", "page", "row")
_ONE_MEBIBYTE = 1024 * 1024
#: Files of this format are indexed by others and held as they are.
_OPAQUE = "dat"
#: Files of these are read from their beginning; others tell elsewhere what is in them.
_IN_ORDER = frozenset({"CSV", "NDJSON", "JSON", "AVRO"})
_MOST_REFUSALS_TOLD = 3
#: What names the rows of a system that has no files.
_PARAMS = "connection_table_params"
_NAMES_IN_SYSTEM = ("object", "table", "query")


class ReadingOpener:
    """Opens the tables of all types. Threads may share it.

    `now` gives epoch seconds, `clock` seconds that only grow.
    """

    def __init__(
        self,
        files: Files,
        *,
        now: Callable[[], float],
        clock: Callable[[], float],
        limits: Limits | None = None,
    ) -> None:
        self._files = files
        self._now = now
        self._clock = clock
        self._limits = limits or files.limits

    def open(self, connection: StoredConnection, table: TableToOpen, budget: float) -> Opened:
        """Open a table within `budget` seconds and return what was found."""
        started = self._clock()
        ends = started + budget
        opening = _Opening(table, Tally(is_over=lambda: self._clock() > ends))
        try:
            demand_reader()
            if declared_rows(self._files.types[connection.type]) is not None:
                self._open_rows(opening, connection, budget)
            else:
                self._open_files(opening, connection, budget, ends)
            opening.judge(self._now())
        except TableError as error:
            opening.fail(error)
        except Exception as error:  # what systems answer is not for us to foresee
            _log(connection.type, error)
            opening.fail(_unexpected(error))
        return opening.result(round((self._clock() - started) * 1000))

    def _open_files(
        self, opening: _Opening, connection: StoredConnection, budget: float, ends: float
    ) -> None:
        with self._files.find(connection, opening.to_open, budget=budget) as found:
            opening.passed("open", _found(found.files))
            first = found.files[0]
            opening.take_format(first.name)
            spec = spec_of(opening.table)
            now = self._clock()
            half = now + (ends - now) / 2  # the other one is for the preview itself
            together = Together(found.files, spec, self._limits, lambda: self._clock() < half)
            opening.seen = self._preview(together, first, spec, opening.tally)
            opening.files = {"first": first.name, "version": first.version, "size": first.size}
            opening.files["count"] = len(found.files)
            opening.is_opaque = spec.file_format == _OPAQUE
            opening.has_types = spec.file_format != "CSV" or bool(spec.options.get("infer"))
            self._look_into_more(opening, found.files, together, spec.file_format)
            if opening.is_opaque:
                opening.passed("parse", f"{spec.file_format}: kept as it is, and not looked into.")
            else:
                opening.passed("parse", _parsed(opening.seen, spec.file_format))

    def _preview(
        self, together: Together, content: Content, spec: FileSpec, tally: Tally
    ) -> FilePreview:
        """Return the first rows of a file; only the first where that is longer than they may be.

        Raises TableError where there is more of the file than any row may have, and no row in it.
        """
        limits, before = self._limits, len(tally.warnings)
        try:
            seen = together.preview(content, tally, limits.preview_rows)
            if spec.file_format not in _IN_ORDER or _shows(seen, tally):
                return seen
        except TableError as error:
            if spec.file_format not in _IN_ORDER or error.reason != "too_large":
                raise  # which a line may be for a short preview alone
        del tally.warnings[before:]
        seen = together.preview(content, tally, 1, limits.row)
        if not _shows(seen, tally):
            del tally.warnings[before:]
            raise _no_row(content, limits)
        return seen

    def _look_into_more(
        self, opening: _Opening, files: Sequence[Content], together: Together, file_format: str
    ) -> None:
        """Look into the files behind the first; what rows it leaves room for are theirs.

        One whose beginning is too long for a short preview is not judged.
        """
        assert opening.seen is not None  # noqa: S101 - a stage that is done
        first, seen, tally = files[0], opening.seen, opening.tally
        looked = 1
        for content in files[1:MOST_LOOKED_INTO]:
            if tally.is_over is not None and tally.is_over():
                break
            room = self._limits.preview_rows - len(seen.rows) if seen.is_whole else 0
            its = tally if room else Tally(is_over=tally.is_over)
            before = len(its.warnings)
            try:
                other = together.preview(content, its, room or 1)
            except TableError as error:
                if error.reason == "timed_out":
                    break
                if error.reason != "too_large" or file_format not in _IN_ORDER:
                    raise
                other = FilePreview((), (), is_whole=False)
            if not other.rows and not other.is_whole:
                del its.warnings[before:]  # they are about the short preview, not about the file
            _check_alike(other.columns, seen.columns, content, first)
            seen = _joined(seen, other, has_room=bool(room))
            looked += 1
        if looked < len(files):
            seen = replace(seen, is_whole=False)
            opening.warnings.append(f"{looked} of {len(files)} files were looked into.")
        opening.seen = seen

    def _open_rows(self, opening: _Opening, connection: StoredConnection, budget: float) -> None:
        from argosy.tables.sources.arrows import preview_rows  # noqa: PLC0415 - loads pyarrow

        type_ = self._files.types[connection.type]
        params = {**opening.table["connection_table_params"], "name": opening.to_open.name}
        with self._files.prober.session(
            type_, connection.credentials, connection.metadata, table=params, budget=budget
        ) as session:
            source = open_rows(connection, opening.to_open, session, types=self._files.types)
            limits = self._limits
            try:
                opening.seen = preview_rows(source, limits, opening.tally, limits.preview_rows)
            except TableError as error:
                raise _named(error, params) from None
            opening.files = {"first": source.name}
            opening.has_types = source.columns() is not None
            opening.passed("open", f"{source.name} was found.")
            opening.passed("parse", _parsed(opening.seen, ""))


@dataclass(slots=True)
class _Opening:
    """One opening under way, and what it has come to so far."""

    to_open: TableToOpen
    tally: Tally
    checks: list[Check] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seen: FilePreview | None = None
    files: JsonObject = field(default_factory=dict)
    #: Whether the source itself says what type a column has.
    has_types: bool = True
    #: Whether there are no columns to look for.
    is_opaque: bool = False
    filled: JsonObject = field(default_factory=dict)
    fields: dict[str, list[str]] = field(default_factory=dict)
    drift: Drift = field(default_factory=Drift)
    kept: JsonObject | None = None
    error: TableError | None = None

    @property
    def table(self) -> JsonObject:
        """The table as it is opened: as it was given, with what was filled in."""
        return {**self.to_open.table, **self.filled}

    def passed(self, stage: str, text: str) -> None:
        """Note a stage that went well."""
        self.checks.append(Check(stage, "passed", text))

    def take_format(self, file: str) -> None:
        """Fill in how the files are read where the table does not say. Raises TableError."""
        params = with_format(self.table, file)["connection_table_params"]
        if "file_format" not in self.table["connection_table_params"]:
            self.filled["connection_table_params"] = params
            text = f"The format {params['file_format']} is taken from the name of the file."
            self.warnings.append(text)

    def judge(self, at: float) -> None:
        """Hold the mapping and the columns of before against what was seen. Raises TableError."""
        assert self.seen is not None  # noqa: S101 - a stage that is done
        self._tell_refusals()
        if self.is_opaque:
            self.checks.append(Check("mapping", "skipped", "Such a file has no columns to map."))
            return
        columns = self.seen.columns if self.has_types else _as_texts(self.seen.columns)
        self.drift = compare(self.to_open.known, columns)
        params = self.table["resource_params"]
        mapping = params.get("columns_mapping", {})
        is_csv = self.table["connection_table_params"].get("file_format") == "CSV"
        mapped = map_columns(self.seen.columns, mapping, self.table["resource"], is_csv=is_csv)
        judge(self.drift, mapped.paths())
        for one in mapped.selections:
            if one.field in mapped.filled:
                self.fields.setdefault(one.path[0], []).append(one.field)
        if mapped.filled != mapping:
            filled = {**params, "columns_mapping": dict(mapped.filled)}
            self.filled["resource_params"] = filled
        self.warnings += [*mapped.warnings, *self.drift.warnings()]
        count = len(mapped.filled)
        self.passed("mapping", f"{count} of {len(mapped.selections)} fields are mapped.")
        known = self.to_open.known
        self.kept = fingerprint(columns, self.files, at, mapped=mapped.paths(), known=known)

    def _tell_refusals(self) -> None:
        tally = self.tally
        if tally.rows_refused:
            several = self.files.get("count", 1) > 1
            told = [
                f"{f'{one.file}, ' if several else ''}line {one.line}: {one.message}"
                for one in tally.refusals
            ]
            more = ["…"] if tally.rows_refused > _MOST_REFUSALS_TOLD else []
            listed = "; ".join([*told[:_MOST_REFUSALS_TOLD], *more])
            count = f"{tally.rows_refused:,} of the first {tally.rows_read:,} rows"
            self.warnings.append(f"{count} do not fit and are left out: {listed}")

    def fail(self, error: TableError) -> None:
        """Note what stands in the way, and the stages that are not reached."""
        self.error = error
        done = {check.name for check in self.checks}
        stages = [stage for stage in _STAGES if stage not in done]
        stage, *later = stages or [_STAGES[-1]]
        if error.status == "available":
            self.checks.append(Check(stage, "skipped", error.finding, error.remedy))
            self.warnings.append(error.message)
            return
        self.checks.append(Check(stage, "failed", error.finding, error.remedy, error.field))
        text = "Not tried, since an earlier step failed."
        self.checks += [Check(name, "skipped", text) for name in later]
        if self.drift and error.reason in {"missing_column", "missing_field"}:
            self.warnings += self.drift.warnings()

    def result(self, took: int) -> Opened:
        """Return all that was found."""
        error, seen = self.error, self.seen
        is_well = error is None or error.status == "available"
        remote = error.facts.get("remote") if error else None
        return Opened(
            ok=is_well,
            status="available" if error is None else error.status,
            reason="" if is_well or error is None else error.reason,
            checks=tuple(self.checks),
            columns=tuple(map(self._column, seen.columns)) if seen else (),
            rows=seen.rows if seen else (),
            rows_read=self.tally.rows_read,
            refusals=tuple(one.to_json() for one in self.tally.refusals),
            rows_refused=self.tally.rows_refused,
            bytes_read=self.tally.bytes_read,
            truncated=seen is not None and not seen.is_whole and not self.is_opaque,
            retryable=error is not None and (error.passes or error.reason in RETRYABLE),
            remote=remote if isinstance(remote, Remote) else None,
            warnings=tuple(dict.fromkeys([*self.tally.warnings, *self.warnings])),
            filled=self.filled,
            fingerprint=self.kept,
            drift=self.drift.to_json() if self.drift else None,
            facts={} if error is None else _facts(error),
            duration_ms=took,
        )

    def _column(self, column: PreviewColumn) -> Column:
        fields = tuple(self.fields.get(column.name, ()))
        return Column(column.name, column.type, column.nullable, fields)


def _as_texts(columns: Sequence[PreviewColumn]) -> tuple[PreviewColumn, ...]:
    """Return columns of a source that has no types: what their values look like is none."""
    return tuple(replace(one, type="text", members=_as_texts(one.members)) for one in columns)


def _shows(seen: FilePreview, tally: Tally) -> bool:
    """Tell whether a preview has come to a row, or to the end of the file."""
    return bool(seen.rows or tally.rows_read or seen.is_whole)


def _no_row(content: Content, limits: Limits) -> TableError:
    from argosy.tables.formats.text import size_in_words  # noqa: PLC0415 - loads pyarrow

    return TableError(
        detail=f"no row ends within its first {size_in_words(limits.row)}, so none was seen.",
        remedy="Look whether it is the file that is meant: a row cannot be longer.",
        file=content.name,
        reason="too_large",
    )


def _log(type_: str, error: Exception) -> None:
    """Log the class and the frames of an error; its words may hold secrets."""
    name, frames = type(error).__name__, frames_of(error)
    _LOG.error("opening a table of %s failed with %s:\n%s", type_, name, frames)


def _unexpected(error: Exception) -> TableError:
    """Return what is told of an error that nobody has foreseen; its words may hold anything."""
    return TableError(
        detail=f"the table was not opened, since something unforeseen came up: "
        f"{type(error).__name__}.",
        remedy="Test it again; if it stays, tell whoever runs this, whose log has more.",
        reason="unexpected",
        status="unknown_error",
        passes=True,
    )


def _named(error: TableError, params: JsonObject) -> TableError:
    """Return an error about what is not there under the name that it was looked for by."""
    if error.status != "resource_not_found":
        return error
    if error.field not in {f"{_PARAMS}.{one}" for one in _NAMES_IN_SYSTEM}:
        return error
    given = next((one for one in _NAMES_IN_SYSTEM if one in params), "")
    if given:
        return _with(error, field=f"{_PARAMS}.{given}")
    own = f"No object is named, so it was looked for by the table's own name, {params['name']!r}."
    remedy = " ".join(filter(None, [error.remedy, own, "Set object to what it is called there."]))
    return _with(error, remedy=remedy)


def _with(error: TableError, **facts: str) -> TableError:
    return TableError(**{**error.facts, **facts})


def _facts(error: TableError) -> JsonObject:
    return {name: error.facts[name] for name in _FACTS if error.facts.get(name) is not None}


def _found(files: Sequence[Content]) -> str:
    total = sum(content.size for content in files)
    if len(files) == 1:
        return f"{files[0].name} was found, {_size(total)}."
    return f"{len(files)} files were found, {_size(total)}; the first is {files[0].name}."


def _size(count: int) -> str:
    if count < _ONE_MEBIBYTE:
        return f"{count:,} bytes"
    return f"{count / _ONE_MEBIBYTE:,.1f} MiB"


def _parsed(seen: FilePreview, file_format: str) -> str:
    columns = "1 column" if len(seen.columns) == 1 else f"{len(seen.columns)} columns"
    count = len(seen.rows)
    rows = "1 row was" if count == 1 else f"{count} rows were"
    form = f"{file_format}: " if file_format else ""
    more = "which is all" if seen.is_whole else "and there are more"
    return f"{form}{columns}; {rows} read, {more}."


def _joined(seen: FilePreview, other: FilePreview, *, has_room: bool) -> FilePreview:
    """Return what was seen of some files, and of the next; in their order, with no row left out."""
    if not has_room:
        return replace(seen, is_whole=seen.is_whole and other.is_whole and not other.rows)
    names = [column.name for column in seen.columns]
    rows = [{name: row[name] for name in names if name in row} for row in other.rows]
    theirs = {column.name: column for column in other.columns}
    columns = tuple(_filled(one, theirs.get(one.name, one)) for one in seen.columns)
    return replace(other, columns=columns, rows=(*seen.rows, *rows))


def _filled(column: PreviewColumn, other: PreviewColumn) -> PreviewColumn:
    """Return a column, of the type of another where it has shown no value."""
    is_known = column.type != "null"
    return column if is_known else replace(column, type=other.type, members=other.members)


def _check_alike(
    found: Sequence[PreviewColumn], wanted: Sequence[PreviewColumn], file: Content, first: Content
) -> None:
    """Raise TableError where a file has other columns than the first.

    One whose beginning shows none, since its first row is long, is not judged.
    """
    names, others = [one.name for one in wanted], [one.name for one in found]
    if others and set(names) != set(others):
        from argosy.tables.projection import differing  # noqa: PLC0415 - loads pyarrow

        raise differing(others, names, file.name, first.name)
