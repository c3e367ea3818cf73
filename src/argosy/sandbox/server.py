"""Serve a sandbox: in a thread of this process, or in the foreground for the command line.

uvicorn's HTTP protocol does the HTTP; the loop around it is here, since a server for tests must
tell at once that it is ready and stop without waiting. The socket is bound before the thread
starts, so its port is known and connections queue from the first moment on.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, Self

from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from argosy.sandbox.app import Regions
from argosy.sandbox.clock import Clock
from argosy.sandbox.settings import Settings
from argosy.sandbox.state import State
from argosy.sandbox.tls import server_context

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ssl import SSLContext
    from types import TracebackType

_GRACE_SECONDS: Final = 0.2
_BACKLOG: Final = 512
_WILDCARDS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not bound


class RunningSandbox:
    """A sandbox that serves in a thread; as a context manager it closes at the end."""

    def __init__(self, settings: Settings, host: str, port: int) -> None:
        self.settings = settings
        self._states = _states(settings)
        try:
            self._server = _Server(settings, self._states, host, port)
        except BaseException:
            _close(self._states)
            raise
        self.url = self._server.url
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._serve, name="sandbox", daemon=True)
        self._thread.start()
        self._ready.result()

    @property
    def master_key(self) -> str:
        """The key that may do everything."""
        return self.settings.master_key

    @property
    def write_key(self) -> str:
        """The key that may import records only."""
        return self.settings.write_key

    def _serve(self) -> None:
        try:
            asyncio.run(self._server.serve(lambda: self._ready.set_result(None)))
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)  # raised where the start is waited for

    def close(self) -> None:
        """Stop serving and let go of the data file; a second time does nothing."""
        if self._thread.is_alive():
            self._server.stop()
            self._thread.join()
        _close(self._states)

    def __enter__(self) -> Self:
        """Give the sandbox itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()


def start(
    settings: Settings | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> RunningSandbox:
    """Start a sandbox in a thread and return when it answers; port 0 takes a free one.

    Raises SetupError if the settings' data file or seed can't be used, OSError if the address
    can't be bound.
    """
    return RunningSandbox(settings or Settings(), host, port)


def serve(
    settings: Settings | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a sandbox until Ctrl-C or a SIGTERM; `on_ready` gets its URL once it answers.

    Raises as `start` does. To be called in the main thread, which alone gets signals.
    """
    chosen = settings or Settings()
    states = _states(chosen)
    try:
        server = _Server(chosen, states, host, port)
        tell = on_ready or (lambda _url: None)
        asyncio.run(server.serve_until_signal(lambda: tell(server.url)))
    except KeyboardInterrupt:
        pass  # where the loop can't take signals, Ctrl-C ends it this way
    finally:
        _close(states)


def _states(settings: Settings) -> dict[str, State]:
    """Make the state of each region, on one clock; raise SetupError, with none left open."""
    clock = Clock(settings.now)
    states: dict[str, State] = {}
    try:
        for position, region in enumerate(settings.regions):
            states[region] = State(settings, region, position, clock)
    except BaseException:
        _close(states)
        raise
    return states


def _close(states: Mapping[str, State]) -> None:
    for state in states.values():
        state.close()


class _Connection(H11Protocol):
    """A connection that lets the app get at its transport, for faults."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put the transport into the state of each request, and send without waiting."""
        super().connection_made(transport)
        # asyncio does this only for sockets that name their protocol, which create_server's don't
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, "transport": transport}


class _Server:
    """A bound socket and the loop that serves on it."""

    def __init__(
        self, settings: Settings, states: Mapping[str, State], host: str, port: int
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        self._tls: SSLContext | None = None
        if settings.tls:
            self._tls, authority = server_context(settings.data)
            for state in states.values():
                state.authority = authority
        self._config = Config(
            Regions(states, host),
            lifespan="off",
            log_config=None,
            access_log=False,
            ws="none",
            proxy_headers=False,  # who is asking is the connection's to say
        )
        self._connections = ServerState()
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        shown = _WILDCARDS.get(host, host)
        shown = f"[{shown}]" if ":" in shown else shown
        scheme = "http" if self._tls is None else "https"
        self.url = f"{scheme}://{shown}:{self._socket.getsockname()[1]}"

    async def serve(self, on_ready: Callable[[], None]) -> None:
        """Serve until `stop` is called, and tell when connections are taken."""
        self._loop = asyncio.get_running_loop()
        self._config.load()
        listener = await self._loop.create_server(
            self._connection, sock=self._socket, ssl=self._tls
        )
        on_ready()
        await self._stopping.wait()
        listener.close()
        await self._end_connections()

    async def serve_until_signal(self, on_ready: Callable[[], None]) -> None:
        """Serve as `serve` does, and until Ctrl-C or a SIGTERM."""
        loop = asyncio.get_running_loop()
        for ending in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(ending, self._stopping.set)
            except NotImplementedError:
                break  # Windows: Ctrl-C arrives as KeyboardInterrupt
        await self.serve(on_ready)

    def stop(self) -> None:
        """Make `serve` return; may be called from any thread once `on_ready` was."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)

    def _connection(self) -> _Connection:
        return _Connection(config=self._config, server_state=self._connections, app_state={})

    async def _end_connections(self) -> None:
        """Close idle connections, give the others a moment, and cut what is left."""
        for connection in list(self._connections.connections):
            connection.shutdown()
        if self._connections.tasks:
            await asyncio.wait(list(self._connections.tasks), timeout=_GRACE_SECONDS)
        for connection in list(self._connections.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        left = list(self._connections.tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
