"""Start the processes that answer, and stop them."""

from __future__ import annotations

import atexit
import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from argosy.connector import load_connector
from argosy.dispatch import Dispatcher
from argosy.errors import ServerSetupError
from argosy.flow import Engine, FlowLibrary
from argosy.flow.plan import compile_flow
from argosy.server.admission import Admission
from argosy.server.dispatchers import Dispatchers
from argosy.server.records import RunRing
from argosy.server.site import Site
from argosy.server.triggers import Route, Triggers, routes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from argosy.model import Connection
    from argosy.sdk import TableService
    from argosy.server.api import ApiSettings
    from argosy.server.api.gate import Application
    from argosy.server.dispatchers import FindConnection


#: So many runs keep a processor busy where answers come at once.
_LEAST_AT_WORK = 4
_SWITCH_SECONDS = 0.1
#: How often a process looks whether its parent is there, and the parent whether the port answers.
_PARENT_SECONDS = 0.5
_PORT_SECONDS = 0.02
#: A run leaves next to nothing to the collector, and the records that are kept are looked through.
_GC_THRESHOLDS = (10_000, 20, 20)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a server is started with. `connections` are by name; the empty name is the usual one.

    `threads` bounds the runs at work in each of the `processes`: a run that waits for an answer
    holds one, and so does a client that sends its body slowly, so a server that strangers reach
    belongs behind a proxy that reads requests whole. `kept_runs` is how many records each
    process keeps. Times are in seconds: `header_timeout` for a request's head to arrive, `grace`
    for runs to end at a stop, after which the processes are killed. Port 0 takes any that is free.
    With `api` the same processes answer the API too, flows need not be there, and a node may name
    a connection that is stored.
    """

    connector: Path
    flows: Path
    connections: Mapping[str, Connection] = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8050
    prefix: str = "/flows/"
    processes: int = 1
    threads: int = 128
    max_body_bytes: int = 1024 * 1024
    max_head_bytes: int = 64 * 1024
    header_timeout: float = 15.0
    kept_runs: int = 1000
    grace: int = 30
    api: ApiSettings | None = None

    def __post_init__(self) -> None:
        """Raise ServerSetupError where a number is too small, or the prefix is no path."""
        for name in ("processes", "threads", "max_body_bytes", "header_timeout", "kept_runs"):
            if getattr(self, name) <= 0:
                raise ServerSetupError(detail=f"{name} is {getattr(self, name)}, not more than 0")
        if not (self.prefix.startswith("/") and self.prefix.endswith("/")):
            detail = f"the prefix {self.prefix!r} does not begin and end with a slash"
            raise ServerSetupError(detail=detail)


def serve(settings: ServerSettings, ready: Callable[[str, list[Route]], None]) -> None:
    """Answer until this process is told to end by SIGINT or SIGTERM; call it in the main thread.

    `ready` is told the server's address and what it answers, once the port answers; it is called
    in a thread of its own, and not at all where the server ends before that.
    Raises ServerSetupError, InvalidFlowError and whatever loading the connector raises.
    """
    server_class, http1 = _granian()
    routes = _checked_routes(settings)
    with _reserved_port(settings.host, settings.port) as port:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        url = f"http://{host}:{port}"
        if settings.api is not None and not settings.api.origin:
            settings = replace(settings, api=replace(settings.api, origin=url))
        server = server_class(
            "argosy",
            address=settings.host,
            port=port,
            interface="wsgi",
            http="1",
            websockets=False,
            workers=settings.processes,
            blocking_threads=settings.threads,
            backpressure=max(settings.threads, 1024),
            http1_settings=http1(
                header_read_timeout=int(settings.header_timeout * 1000),
                max_buffer_size=settings.max_head_bytes,
            ),
            respawn_failed_workers=True,
            workers_kill_timeout=settings.grace,
            log_level="error",
        )
        loader = partial(_application_of_process, settings)
        with _told_when_open(settings.host, port, partial(ready, url, routes)) as wait:
            server.on_startup(wait)
            server.serve(target_loader=loader, wrap_loader=False)


@contextmanager
def open_application(
    settings: ServerSettings,
    find: FindConnection | None = None,
    tables: TableService | None = None,
) -> Iterator[Triggers]:
    """Load connector and flows, and yield the application that runs them in one process.

    `find` looks up the connections that the settings do not name; `tables` reads stored tables.
    """
    connector = load_connector(settings.connector)
    with ExitStack() as opened:
        dispatchers: Mapping[str, Dispatcher] = {
            name: opened.enter_context(Dispatcher(connector, _pooled(connection, settings)))
            for name, connection in settings.connections.items()
        }
        if find is not None:
            dispatchers = Dispatchers(
                dispatchers, find, lambda found: Dispatcher(connector, _pooled(found, settings))
            )
        library = FlowLibrary(settings.flows)
        engine = opened.enter_context(Engine(connector, dispatchers, library, tables=tables))
        yield Triggers(
            engine,
            library.values(),
            RunRing(settings.kept_runs),
            prefix=settings.prefix,
            max_body_bytes=settings.max_body_bytes,
            admission=Admission(_LEAST_AT_WORK, settings.threads),
        )


@contextmanager
def open_site(settings: ServerSettings) -> Iterator[Application]:
    """Yield all that one process answers: flows, and the API where the settings have one."""
    if settings.api is None:
        with open_application(settings) as triggers:
            yield triggers
        return
    from argosy.server.api.gate import LocalGate  # noqa: PLC0415 - an extra
    from argosy.server.api.wsgi import open_api  # noqa: PLC0415

    with open_api(settings.api) as api:
        if not _routes(settings):
            yield api.application
            return
        with (
            api.services.table_service() as tables,
            open_application(settings, api.find_connection, tables) as triggers,
        ):
            flows = LocalGate(triggers) if settings.api.local else triggers
            yield Site(flows, settings.prefix, api.application)


def _application_of_process(settings: ServerSettings) -> Application:
    """Return the application of a process that runs nothing else."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # the parent's way would let it start all the same
    threading.Thread(target=_end_with_parent, args=(settings.grace,), daemon=True).start()
    opened = ExitStack()
    application = opened.enter_context(open_site(settings))
    atexit.register(opened.close)
    # A thread that waits for its turn wakes up as often as this to ask for it, and a hundred of
    # them cost more than the work; those at work give way anyway whenever they send or receive.
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.set_threshold(*_GC_THRESHOLDS)
    gc.collect()
    gc.freeze()  # what is loaded by now is never garbage; looking at it again costs time
    return application


def _end_with_parent(grace: int) -> None:
    """Wait until the main process is gone, and then end this one as that would have ended it.

    The pipe between them closes with the parent, but processes that were forked later hold an end
    of it too; so whose child this is counts as well.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    while parent.is_alive() and os.getppid() == parent.pid:
        parent.join(_PARENT_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(grace)
    os._exit(1)


@contextmanager
def _told_when_open(host: str, port: int, tell: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Yield what starts to wait for the port to answer, and tells when it does."""
    own = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not listened on
    ended = threading.Event()

    def wait() -> None:
        while not ended.wait(_PORT_SECONDS):
            if _answers(own, port):
                tell()
                return

    waiting = threading.Thread(target=wait, daemon=True)
    try:
        yield waiting.start
    finally:
        ended.set()


def _answers(host: str, port: int) -> bool:
    """Tell whether somebody takes connections at a port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as asking:
            asking.settimeout(1)
            return asking.connect_ex((host, port)) == 0
    except OSError:
        return False


def _pooled(connection: Connection, settings: ServerSettings) -> Connection:
    """Return the connection with room for an idle socket of every thread."""
    size = max(connection.transport.pool_size, min(settings.threads, 1000))
    return replace(connection, transport=replace(connection.transport, pool_size=size))


def _checked_routes(settings: ServerSettings) -> list[Route]:
    """Load and compile everything once, so that what is wrong is told before anything starts."""
    connector = load_connector(settings.connector)
    for connection in settings.connections.values():
        Dispatcher(connector, connection).close()
    if settings.api is not None:
        import argosy.server.api.wsgi  # noqa: F401, PLC0415 - once here, and not in each process
    routes = _routes(settings)
    if not routes and settings.api is None:
        detail = f"no flow in {settings.flows} has a trigger with 'on': 'http'"
        raise ServerSetupError(detail=detail)
    for route in routes:
        compile_flow(route.flow, connector)
    return routes


def _routes(settings: ServerSettings) -> list[Route]:
    """Return what flows answer; with an API the folder of flows need not be there."""
    if settings.api is not None and not settings.flows.is_dir():
        return []
    return routes_of(FlowLibrary(settings.flows).values())


@contextmanager
def _reserved_port(host: str, port: int) -> Iterator[int]:
    """Hold the port while the processes share it, so that nobody else takes it.

    Raises ServerSetupError where the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as held:
        try:
            if port and os.name == "posix":  # a server of ours would share its port unnoticed
                with socket.socket(family, socket.SOCK_STREAM) as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind((host, port))
            if hasattr(socket, "SO_REUSEPORT"):
                held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            held.bind((host, port))
        except OSError as error:
            detail = f"{host}:{port} cannot be listened on: {error.strerror or error}"
            raise ServerSetupError(detail=detail) from error
        yield held.getsockname()[1]


def _granian() -> tuple[Any, Any]:
    try:
        from granian import Granian  # noqa: PLC0415 - an extra
        from granian.http import HTTP1Settings  # noqa: PLC0415
    except ImportError as error:
        detail = f"the package {error.name!r} is missing; run pip install 'argosy[server]'"
        raise ServerSetupError(detail=detail) from error
    return Granian, HTTP1Settings
