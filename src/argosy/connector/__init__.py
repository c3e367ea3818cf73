"""Find a connector's directory, read it, import its handlers."""

from argosy.connector.finding import find_connector, read_document, schema_folder
from argosy.connector.handlers import Handler, load_handler
from argosy.connector.loading import (
    ListedCapability,
    bundle_schema,
    file_validator,
    list_capabilities,
    load_capability,
    load_connector,
    read_capability_document,
)

__all__ = [
    "Handler",
    "ListedCapability",
    "bundle_schema",
    "file_validator",
    "find_connector",
    "list_capabilities",
    "load_capability",
    "load_connector",
    "load_handler",
    "read_capability_document",
    "read_document",
    "schema_folder",
]
