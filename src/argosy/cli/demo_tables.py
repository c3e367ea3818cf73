"""Steps of the demo that work with stored tables, in a store of their own while it runs."""

from __future__ import annotations

import io
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING

from argosy.errors import MissingExtraError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from argosy.accounts import Principal
    from argosy.dispatch import Dispatcher
    from argosy.flow.run import Run
    from argosy.model import Connector, JsonObject
    from argosy.server.api.services import Services


@dataclass(slots=True)
class DemoTables:
    """A store in a temporary folder, made when the first step asks for it; a context manager."""

    connector: Connector
    dispatcher: Dispatcher
    _opened: ExitStack = field(default_factory=ExitStack)
    _services: Services | None = None
    _who: Principal | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._opened.close()

    def make(self, table: JsonObject) -> JsonObject:
        """Make a table, upload its file, and return its preview.

        Raises MissingExtraError, ServiceError.
        """
        services, who = self._open()
        from argosy.connections.stored import LOCAL
        from argosy.connections.upload_parts import Part

        name, content = table["name"], table["content"].encode()
        services.tables.patch(who, LOCAL, name, table["set"])
        uploading = services.tables.uploading
        part = Part(0, len(content), len(content))
        uploading.receive(uploading.begin_here(who, name), part, io.BytesIO(content))
        return services.tables.preview(who, LOCAL, name)

    def run(self, flow: str, given: JsonObject) -> Run:
        """Run a flow of the connector. Raises MissingExtraError, FlowError."""
        from argosy.flow import Engine, FlowLibrary

        services, who = self._open()
        library = FlowLibrary(self.connector.root / "flows")
        with (
            services.table_service(who) as tables,
            Engine(self.connector, {"": self.dispatcher}, library, tables=tables) as engine,
        ):
            return engine.run(library[flow], given)

    def _open(self) -> tuple[Services, Principal]:
        if self._services is None or self._who is None:
            from argosy.cli.data import api_settings

            folder = self._opened.enter_context(tempfile.TemporaryDirectory(prefix="argosy-demo-"))
            environ = {"HOME": folder}
            settings = api_settings(self.connector, f"{folder}/data", environ, local=True)
            from argosy.server.api.services import open_services

            if find_spec("pyarrow") is None:
                raise MissingExtraError(what="Reading tables", extra="tables")
            self._services = self._opened.enter_context(open_services(settings))
            self._who = self._services.accounts.founding.operator()
        return self._services, self._who
