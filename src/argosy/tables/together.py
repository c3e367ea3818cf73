"""The files of a table, as one: opened and previewed with columns that suit all of them.

Where a file says no types, its values tell them, and one without values tells none; so the types
are those that the first rows of the first files have in common.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.tables import formats
from argosy.tables.formats.reading import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from argosy.tables.content import Content, FileSpec, Limits, Tally
    from argosy.tables.formats.reading import Columns, FilePreview, FileReader

#: So many files are looked into, those behind the first each at so many bytes.
MOST_LOOKED_INTO = 11
_LOOKED_AT = 64 * 1024


class Together:
    """Opens and previews the files of one table.

    A preview and a reading look into the same files; a preview while `has_time`.
    """

    def __init__(
        self,
        files: Sequence[Content],
        spec: FileSpec,
        limits: Limits,
        has_time: Callable[[], bool] = lambda: True,
    ) -> None:
        self._files = files
        self._spec = spec
        self._limits = limits
        self._has_time = has_time
        self._small = replace(limits, preview_fetched=min(limits.preview_fetched, _LOOKED_AT))
        self._are_sampled = len(files) > 1 and formats.says_no_types(spec)
        #: By the file itself: names that are shown alike may be those of several.
        self._samples: dict[int, Known] = {}
        self._columns: Columns | None = None

    def open(self, file: Content, tally: Tally) -> FileReader:
        """Return a reader of one of the files. Raises TableError, for others of them, too."""
        known = self._known(file, tally)
        limits = self._limits if known is None else self._limits_of(file)
        return formats.open_file(file, self._spec, limits, tally, known)

    def preview(self, file: Content, tally: Tally, rows: int, further: int = 0) -> FilePreview:
        """Return the first rows of one of the files; `further` is as Limits has it.

        Raises TableError, for others of them, too.
        """
        known = self._known(file, tally)
        limits = replace(self._limits_of(file), preview_further=further)
        return formats.preview_file(file, self._spec, limits, tally, rows, known)

    def _limits_of(self, file: Content) -> Limits:
        return self._limits if file is self._files[0] else self._small

    def _known(self, file: Content, tally: Tally) -> Known | None:
        if not self._are_sampled:
            return None
        if self._columns is None:
            self._columns = self._common_columns(tally)
        sample = self._samples.get(id(file))
        return Known(self._columns, sample.found if sample else ())

    def _common_columns(self, tally: Tally) -> Columns:
        before = len(tally.warnings)
        for file in self._files[:MOST_LOOKED_INTO]:
            if self._samples and not self._has_time():
                break
            self._samples[id(file)] = self._sample(file, tally)
        del tally.warnings[before:]  # whoever reads the files is told again
        from argosy.tables.formats.members import common_columns  # noqa: PLC0415 - loads pyarrow

        sampled = zip(self._files, self._samples.values(), strict=False)
        return common_columns(((file.name, one.columns) for file, one in sampled), self._spec)

    def _sample(self, file: Content, tally: Tally) -> Known:
        limits = self._limits_of(file)
        sample = formats.sample_file(file, self._spec, limits, tally)
        if sample.columns or limits is self._small:
            return sample
        further = replace(limits, preview_further=limits.row)  # its first row may be long
        return formats.sample_file(file, self._spec, further, tally)
