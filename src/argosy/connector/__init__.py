"""Find a connector's directory, read it, import its handlers."""

from argosy.connector.finding import (
    companion_folders,
    find_connector,
    read_document,
    schema_folder,
)
from argosy.connector.handlers import Handler, load_handler
from argosy.connector.loading import (
    ListedCapability,
    beside_companions,
    bundle_schema,
    clashes,
    file_validator,
    list_capabilities,
    load_capability,
    load_connector,
    read_capability_document,
)

__all__ = [
    "Handler",
    "ListedCapability",
    "beside_companions",
    "bundle_schema",
    "clashes",
    "companion_folders",
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
