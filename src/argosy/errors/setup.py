"""What a connector's author, or whoever sets up a connection, must mend."""

from __future__ import annotations

from typing import Any

from argosy.errors.root import ArgosyError


class ConnectorError(ArgosyError):
    """The connector's own files are wrong; its author must mend them."""

    exit_status = 2
    http_status = 500


class InvalidManifestError(ConnectorError):
    """`connector.json` cannot be read as a manifest."""

    message_format = "{file} is not a valid manifest."
    hint = "`argosy check` lists every finding with its place."


class InvalidCapabilityError(ConnectorError):
    """A capability file cannot be read as a capability."""

    message_format = "{file} is not a valid capability."
    hint = "`argosy check` lists every finding with its place."


class InvalidHandlerError(ConnectorError):
    """A capability names a handler that is missing or has another signature."""

    message_format = "The handler of {capability!r} cannot be used: {detail}."


class UnknownCapabilityError(ConnectorError):
    """No capability has this id."""

    message_format = "There is no capability {found!r}; there is {known}."
    hint = "`argosy capabilities` lists them."
    http_status = 404


class InvalidDocumentError(ArgosyError):
    """A document that is to be imported cannot be read, or nothing can be made of it."""

    message_format = "{file} cannot be imported: {detail}."
    http_status = 422


class ConnectionSetupError(ArgosyError):
    """The connection is set up wrongly; whoever runs it must mend it."""

    http_status = 422


class UnknownRegionError(ConnectionSetupError):
    """The manifest lists no such region."""

    message_format = "There is no region {found!r}; the regions are {known}."


class MissingPropertyError(ConnectionSetupError):
    """The connection lacks a value that the connector cannot work without."""

    message_format = "The connection has no {name}: {title} is needed for this call."
    hint = "Give it by {sources}."

    def to_json(self) -> dict[str, Any]:
        """Return the error with its hint filled in."""
        return {**super().to_json(), "hint": self.filled_hint}

    @property
    def filled_hint(self) -> str:
        """The hint, naming the ways to give the value."""
        return self.hint.format_map(self.facts)


class InvalidConnectionError(ConnectionSetupError):
    """A connection's values do not fit the manifest's settings."""

    message_format = "The connection is not valid."


class UnknownConnectionError(ConnectionSetupError):
    """A node names a connection that is not there."""

    message_format = "There is no connection {found!r}; there is {known}."


class UnsafeFileError(ConnectionSetupError):
    """A file that holds a secret may be read by others."""

    message_format = (
        "{file} may be read by others (mode {mode}); a file with a secret must be 0600."
    )
    hint = "Run chmod 600 on it."


class ServerSetupError(ArgosyError):
    """The server cannot start as it is set up; whoever starts it must mend it."""

    message_format = "The server cannot start: {detail}."
