"""Connections, their types, and tests of credentials."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from argosy.connections.types import load_types
from argosy.server.api.models.shapes import Answer, Object, Request, Warnings, Whole

_TYPES = [name for name in load_types() if name != "LOCAL"]
_S3: dict[str, Any] = {
    "connection": "S3",
    "name": "S3",
    "type": "S3",
    "credentials": {
        "aws_access_key_id": "my-user@test.com",
        "aws_secret_access_key": "******",
    },
    "credentials_set": {"aws_secret_access_key": True},
    "fingerprints": {"aws_secret_access_key": "5f2c9a41"},
    "metadata": {},
    "created_timestamp": 1764140400,
    "modified_timestamp": 1764140400,
    "last_tested_timestamp": 1764140400,
    "last_result": {"ok": True, "verified": True, "status": "available", "duration_ms": 212},
}
_TRIO: dict[str, Any] = {
    "domain": "fake-domain",
    "client_id": "fake-client_id",
    "client_secret": "fake-client_secret",
}
#: The id of a connection type.
TypeId = Annotated[str, Field(json_schema_extra={"enum": list(_TYPES)})]
Timestamp = Annotated[int, Field(description="Seconds since 1970.")]


class _Given(Request):
    """What is sent is judged by the service, which knows the fields of each type."""

    model_config = ConfigDict(extra="allow", strict=True, hide_input_in_errors=True)


class ConnectionDocument(_Given):
    """A connection to store."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"credentials": _TRIO}]})

    credentials: Object = Field(
        description="The fields of the type. A secret that is `******` or left out stays as it "
        "is; null clears it."
    )
    metadata: Object | None = Field(
        default=None, description="What is not secret; empty where it is left out."
    )
    settings: Object | None = Field(
        default=None,
        description="How capabilities are called: `endpoint`, `allowHosts`, ...; empty where they "
        "are left out.",
    )
    type: TypeId | None = Field(
        default=None, description="Of a new connection that does not bear the name of its type."
    )


class CredentialsToTest(_Given):
    """Credentials to test; what is stored where there are none."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"credentials": _TRIO}, {}]})

    credentials: Object | None = None
    metadata: Object | None = None
    settings: Object | None = None
    type: TypeId | None = None


class Check(Answer):
    """One step of a test."""

    name: str = Field(examples=["authenticate"])
    status: Literal["passed", "failed", "warning", "skipped"]
    message: str
    hint: str = Field(description="What to change; empty where there is nothing to say.")
    field: str = Field(description="The setting to change.", examples=["credentials.api_key"])


class CredentialsTest(Answer):
    """What a test of credentials found."""

    warnings: Warnings
    ok: bool
    verified: bool = Field(
        description="Whether the other side has accepted the credentials: of some types there is "
        "no call that could show it."
    )
    status: str = Field(examples=["available"])
    reason: str | None = None
    checks: list[Check]
    identity: dict[str, Any] = Field(description="Whose credentials they are.")
    remote: Object | None = Field(default=None, description="What the other side answered last.")
    retryable: bool
    duration_ms: int


class Connection(Answer):
    """A connection; a secret is shown as `******`, an empty one as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [_S3]})

    warnings: Warnings
    connection: TypeId
    name: str = Field(description="Its name; of a type's default connection the type's.")
    type: TypeId
    credentials: Object
    credentials_set: dict[str, bool] = Field(description="The secrets that are stored.")
    fingerprints: dict[str, str] = Field(description="Tells two secrets apart, and no more.")
    metadata: Object
    settings: Object = Field(default_factory=dict)
    created_timestamp: Timestamp
    modified_timestamp: Timestamp
    last_tested_timestamp: Timestamp | None
    last_result: Object | None


class Connections(Answer):
    """All connections of the organization."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"connections": [_S3]}]})

    warnings: Warnings
    connections: list[Connection]


class ConnectionType(Whole):
    """What can be connected to: its fields as JSON Schemas, and what a test does."""

    type: str = Field(examples=["S3"])
    title: str
    description: str
    direction: list[str] = Field(examples=[["read", "write"]])
    credentials: Object = Field(description="A JSON Schema; secrets are marked `secret`.")
    metadata: Object = Field(description="A JSON Schema.")
    secret_fields: list[str]
    tables: Object = Field(description="What a table of it stands for.")
    test: Object = Field(description="What a test of credentials does, step by step.")


class ConnectionTypes(Whole):
    """All types."""

    connection_types: list[ConnectionType]
