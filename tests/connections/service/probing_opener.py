"""An opener for tests of the service: it tests the connection, and looks at no table."""

from __future__ import annotations

from collections.abc import Mapping

from argosy.connections.opener import Opened, TableToOpen
from argosy.connections.probes import Probes
from argosy.connections.probing.result import Check, ProbeResult
from argosy.connections.stored import StoredConnection
from argosy.connections.types import ConnectionType


class ProbingOpener:
    """Says of a table what its connection's test says, and that it was not opened."""

    def __init__(self, probes: Probes, types: Mapping[str, ConnectionType]) -> None:
        self._probes = probes
        self._types = types

    def open(self, connection: StoredConnection, table: TableToOpen, budget: float) -> Opened:
        """Test the connection; where it can open a bucket, that of the table."""
        del budget  # the prober has the same
        metadata = dict(connection.metadata)
        bucket = table.table["connection_table_params"].get("bucket")
        if bucket and "bucket" in self._types[connection.type].metadata["properties"]:
            metadata["bucket"] = bucket
        return _from_probe(self._probes.probe(connection, metadata))


def _from_probe(result: ProbeResult) -> Opened:
    status, checks, warnings = result.status, result.checks, result.warnings
    if result.ok:
        text = "The connection works; the table itself was not opened."
        status, warnings = "unknown_error", (*warnings, text)
        checks = (*checks, Check("open", "skipped", text))
    return Opened(
        ok=result.ok,
        status=status,
        reason="" if result.ok else result.reason,
        checks=checks,
        retryable=result.retryable,
        remote=result.remote,
        warnings=tuple(dict.fromkeys(warnings)),
        duration_ms=result.duration_ms,
    )
