"""Jobs that write elsewhere: a job's result to another place, a table's rows to a bucket.

Nothing is sent anywhere; what would be in the bucket is in the outbox, gzipped. Not documented,
so assumed: `jsonl.gz` and `line-json.gz` are one object a line, `json.gz` is one array, and
`tsv.gz` has no header.
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any, Final

from argosy.sandbox.core.errors import CoreError, invalid
from argosy.sandbox.core.job_routes import issued, read_options
from argosy.sandbox.core.jobs import JobFailedError
from argosy.sandbox.core.results import plain
from argosy.sandbox.tables import path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import BaseRoute

    from argosy.sandbox.core.desk import Ask, Desk
    from argosy.sandbox.core.jobs import Job, Jobs
    from argosy.sandbox.core.result_targets import ResultTargets
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

FORMATS: Final = ("jsonl.gz", "tsv.gz", "json.gz", "line-json.gz")
USUAL_FORMAT: Final = "json.gz"

_LAST_SECOND: Final = 99_999_999_999


class Exports:
    """Jobs that write elsewhere, and the route that starts one for a table."""

    def __init__(
        self, desk: Desk, jobs: Jobs, targets: ResultTargets, foundation: Foundation
    ) -> None:
        self._desk = desk
        self._jobs = jobs
        self._targets = targets
        self._store = foundation.store
        self._tables = foundation.tables
        self._outbox = foundation.outbox
        jobs.runners["export"] = self._export_table
        jobs.runners["result_export"] = self._export_result

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return [self._desk.post("/export/run/{database}/{table}", self.export)]

    def export(self, ask: Ask) -> Json:
        """Issue a job that writes a table's rows to a bucket."""
        caller, values = ask.caller, ask.values
        table = self._desk.table(caller, ask.path["database"], ask.path["table"], "download")
        storage = values.required("storage_type")
        if storage != "s3":
            raise CoreError(400, f"Only s3 output type is supported: {storage[:100]}")
        form = values.text("file_format") or USUAL_FORMAT
        if form not in FORMATS:
            raise invalid(f"'file_format' parameter must be one of {', '.join(FORMATS)}")
        work = {
            "table": table.name,
            "bucket": values.required("bucket"),
            "prefix": values.text("file_prefix") or "",
            "format": form,
            "from": values.number("from", -_LAST_SECOND, _LAST_SECOND, -_LAST_SECOND),
            "to": values.number("to", -_LAST_SECOND, _LAST_SECOND, _LAST_SECOND),
        }
        options = read_options(values)
        job = self._jobs.start("export", table.database, caller.user, work=work, options=options)
        return issued(job)

    def _export_table(self, job: Job) -> int:
        work = job.work
        database, name = str(job.database), work["table"]
        if not self._tables.has_table(database, name):
            raise JobFailedError(f"The table {name} is no longer there")
        names = [column.name for column in self._tables.columns(database, name)]
        where = path(database, name)
        sql = f"SELECT * FROM {where} WHERE time >= ? AND time < ? ORDER BY rowid"
        rows = self._store.run(sql, [work["from"], work["to"]])
        content = gzip.compress(_file(work["format"], names, rows), mtime=0)
        file = f"{work['prefix']}{database}-{name}-{job.id}.{work['format']}"
        facts = {"job_id": job.id, "rows": len(rows), "format": work["format"]}
        target = f"s3://{work['bucket']}/{file}"
        self._outbox.put(f"job:{job.id}", target, file, content, facts)
        return len(rows)

    def _export_result(self, job: Job) -> int:
        source = self._jobs.find(str(job.options.exported_job))
        content = self._jobs.result_bytes(source.id)
        if content is None or source.columns is None:
            raise JobFailedError(f"The job {source.id} has no result")
        settings = job.work["settings"]
        self._targets.deliver(job.id, job.options, job.database, source.columns, content, settings)
        return source.num_records or 0


def _file(form: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    if form == "tsv.gz":
        text = io.StringIO()
        writer = csv.writer(text, delimiter="\t", lineterminator="\n")
        writer.writerows([plain(value) for value in row] for row in rows)
        return text.getvalue().encode()
    records = [
        {name: plain(value) for name, value in zip(names, row, strict=True) if value is not None}
        for row in rows
    ]
    if form == "json.gz":
        return _json(records)
    return b"".join(_json(record) + b"\n" for record in records)


def _json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
