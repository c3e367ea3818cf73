"""Tables."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from argosy.connections.table_document import resources
from argosy.server.api.models.connections import Check, Timestamp
from argosy.server.api.models.shapes import Answer, Object, Page, Request, Warnings

_STATUSES = [
    "available",
    "uploading",
    "wrong_credentials",
    "resource_not_found",
    "wrong_specification",
    "unknown_error",
]
_RESOURCES = list(resources())
Resource = Annotated[
    str,
    Field(description="What a row stands for.", json_schema_extra={"enum": list(_RESOURCES)}),
]
Status = Annotated[str, Field(json_schema_extra={"enum": list(_STATUSES)})]
_USERS: dict[str, Any] = {
    "resource": "user",
    "connection_table_params": {"file_format": "CSV", "options": {"compression": "zip"}},
    "resource_params": {"columns_mapping": {"user_id": "test_field_user_id"}},
    "connection_table_metadata": {"description": "list of users properties in a csv file"},
}
_REPORT: dict[str, Any] = {
    "resource": "analytics_report",
    "connection_table_params": {"file_format": "dat", "options": {}},
    "resource_params": {"columns_mapping": {}},
    "connection_table_metadata": {
        "description": "segmentation with ab-test01",
        "segmentation_id": "segm123",
        "start_timestamp": 1634000000.01,
        "end_timestamp": 1635000000.02,
    },
}
_ITEMS: dict[str, Any] = {
    "resource": "item",
    "connection_table_params": {
        "file_format": "CSV",
        "bucket": "my-test-bucket",
        "options": {"compression": "zip"},
    },
    "resource_params": {"columns_mapping": {}},
    "connection_table_metadata": {"description": "list of items properties in a csv file"},
}
_STORED: dict[str, Any] = {
    "name": "table_name_test",
    "resource": "user",
    "created_timestamp": 123456789,
    "modified_timestamp": 123456789,
    "connection": "S3",
    "status": "available",
    "connection_table_params": {
        "file_format": "PARQUET",
        "bucket": "s3-bucket-test",
        "options": {"compression": "zip"},
    },
    "resource_params": {"columns_mapping": {"age": "customer.age"}},
    "connection_table_metadata": {"description": "list of users properties imported from AWS S3"},
}
_THIN: dict[str, Any] = {
    "name": "table_name_test",
    "resource": "user",
    "status": "available",
    "created_timestamp": 123456789,
    "modified_timestamp": 123456789,
}
_PREVIEW: dict[str, Any] = {
    **_ITEMS,
    "name": "table name_test.csv",
    "connection": "GCS",
    "connection_table_params": {
        "file_format": "CSV",
        "bucket": "my-test-bucket",
        "options": {"compression": "zip", "delimiter": ",", "escape": "\\"},
    },
    "resource_params": {"columns_mapping": {"item_id": "item_id"}},
    "connection_table_metadata": {
        "description": "list of items properties in a csv file in google storage"
    },
}
_WHITELIST: dict[str, Any] = {
    "name": "user_whitelist_test",
    "connection": "S3",
    "resource": "user_id",
    "status": "available",
    "created_timestamp": 123456789,
    "modified_timestamp": 123456789,
    "connection_table_params": {
        "file_format": "PARQUET",
        "bucket": "s3-bucket-test",
        "options": {"compression": "zip"},
    },
    "resource_params": {
        "columns_mapping": {"user_id": "customerID"},
        "whitelist_params": {},
    },
    "connection_table_metadata": {"description": "List of users imported from AWS S3"},
}


class TableChanges(Request):
    """A new table, or the members of one that are to be replaced, each as a whole."""

    model_config = ConfigDict(
        extra="allow",
        strict=True,
        hide_input_in_errors=True,
        json_schema_extra={"examples": [_USERS, _REPORT]},
    )

    resource: Resource | None = Field(default=None, description="A new table needs one.")
    resource_params: Object | None = Field(
        default=None, description="`columns_mapping`: which column a field is read from."
    )
    connection_table_params: Object | None = Field(
        default=None, description="`file_format`, `bucket`, `path`, `options`."
    )
    connection_table_metadata: Object | None = None
    status: Status | None = Field(
        default=None, description="The server's own; passed over with a warning."
    )


class TableToPreview(TableChanges):
    """The same, to be looked at and not to be stored."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ITEMS]})


class _Specification(Answer):
    warnings: Warnings
    name: str
    connection: str = Field(description="The connection's name.", examples=["S3"])
    resource: Resource
    resource_params: Object
    connection_table_params: Object
    connection_table_metadata: Object
    status: Status


class Table(_Specification):
    """A table."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STORED]})

    connection_type: str | None = None
    status_detail: Object | None = Field(default=None, description="Why it has this status.")
    created_timestamp: Timestamp
    modified_timestamp: Timestamp
    last_tested_timestamp: Timestamp | None = None


class ThinTable(Answer):
    """A table, in short."""

    warnings: Warnings
    name: str
    resource: Resource
    status: Status
    created_timestamp: Timestamp
    modified_timestamp: Timestamp


class ThinTables(Answer):
    """The tables of a connection, in short."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tables": [_THIN]}]})

    warnings: Warnings
    tables: list[ThinTable]


class TablePage(Page):
    """A page of tables, the oldest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"has_next": False, "next_page": 3, "tables": [_WHITELIST]}]
        }
    )

    tables: list[Table]


class Preview(Answer):
    """What was seen of a table."""

    columns: list[Object]
    rows: list[dict[str, Any]]
    rows_read: int
    bytes_read: int
    truncated: bool


class TablePreview(_Specification):
    """A table as it would be, opened."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PREVIEW]})

    connection_type: str | None = None
    preview: Preview
    checks: list[Check]


class TableTest(Answer):
    """What a test of a stored table found."""

    warnings: Warnings
    ok: bool
    status: Status
    checks: list[Check]
    duration_ms: int


class Uploaded(Answer):
    """The file is there, and its table was opened."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"bytes": 1048576, "status": "available"}]}
    )

    warnings: Warnings
    bytes: int = Field(description="How many bytes it has.")
    status: Status
    status_detail: Object | None = Field(default=None, description="Why it has this status.")
