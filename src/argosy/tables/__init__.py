"""Tables read where they lie: opened, previewed, judged, mapped, and read as Arrow batches.

with argosy.tables.open(services.stored_table(principal, "S3", "users.csv")) as reader:
    for batch in reader:  # a pyarrow.RecordBatch of reader.schema
        …
    reader.tally.rows_read == reader.tally.rows_delivered + reader.tally.rows_refused

What reads them is the extra `tables`; nothing of it is loaded before a table is opened.
"""

from argosy.tables.stored import StoredTable
from argosy.tables.stored import open_table as open  # noqa: A004 - read with the package's name

__all__ = ["StoredTable", "open"]
