"""`argosy run`: one run of a flow, step by step."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from argosy.cli import service
from argosy.cli.connections import connection_options, open_connection
from argosy.cli.named import NamedConnections
from argosy.cli.output import console, print_error, visible
from argosy.cli.records import (
    check_target,
    read_input,
    read_outputs,
    read_run,
    read_tests,
    write_run,
    write_tests,
)
from argosy.cli.steps import StepList, duration
from argosy.model import MASK
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.console import Console

    from argosy.dispatch import Dispatcher
    from argosy.flow import Engine, Run
    from argosy.model import Connection, Connector, Flow, JsonObject
    from argosy.transport import Cancellation

    Listener = Callable[[JsonObject], None]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line says about one run."""

    given: str | None
    replay: str | None
    start_at: str | None
    only: str | None
    pins: str | None
    record: str | None
    save: str | None
    workers: int | None
    timeout: float | None
    as_json: bool
    database: str | None
    allow_endpoint: tuple[str, ...]
    allow_network: tuple[str, ...]

    def store(self, data: str | None, organization: str | None) -> service.Choices:
        """Return which store's tables are read, and where that may lead."""
        return service.Choices(
            data=data,
            organization=organization,
            database=self.database,
            allow_endpoint=self.allow_endpoint,
            allow_network=self.allow_network,
        )


@click.command()
@click.argument("flow")
@click.option(
    "--input", "given", metavar="FILE|-|JSON", help="What the run is started with.  [default: {}]"
)
@connection_options
@service.place_options
@click.option("--json", "as_json", is_flag=True, help="Print the events, a JSON object a line.")
@click.option("--record", metavar="FILE", help="Add the run to NAME.test.json, as a flow test.")
@click.option("--save", metavar="FILE", help="Write the record of the run to this file.")
@click.option("--replay", metavar="FILE", help="Repeat a saved run; what succeeded is taken over.")
@click.option(
    "--from", "start_at", metavar="NODE", help="With --replay: run this node and what follows anew."
)
@click.option("--only", metavar="NODE", help="Run this node alone.")
@click.option(
    "--pins",
    metavar="FILE",
    help="With --only: the outputs of the nodes that it reads, by id, or a saved run.",
)
@click.option("--workers", type=click.IntRange(0, 256), help="How many threads help the run.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, 172_800, min_open=True),
    metavar="SECONDS",
    help="How long the run may take.  [default: what the flow says]",
)
@click.pass_obj
def run(
    connector: str | None,
    /,
    *,
    flow: str,
    connection: str | None,
    region: str | None,
    endpoint: str | None,
    api_key_file: str | None,
    data: str | None,
    organization: str | None,
    **chosen: Any,
) -> int:
    """Run the flow FLOW: a file, or the id of a flow of the connector.

    Prints each step as it ends, then the response. Ends with 1 where the run failed, with 130
    where Ctrl-C cancelled it. A node that names a connection uses the stored one of that name;
    with --endpoint it goes there like all others.
    """
    from argosy import load
    from argosy.cli.stored_tables import StoredTables
    from argosy.flow import Engine, EngineSettings

    choices = Choices(**chosen)
    _check_choices(choices)
    loaded = load(connector)
    read, library = _find_flow(loaded, flow)
    if choices.timeout is not None:
        read = replace(read, settings=replace(read.settings, timeout_seconds=choices.timeout))
    own = open_connection(
        loaded,
        connection=connection,
        region=region,
        endpoint=endpoint,
        api_key_file=api_key_file,
        environ=os.environ,
        data=data,
        organization=organization,
    )
    settings = EngineSettings() if choices.workers is None else EngineSettings(choices.workers)
    with ExitStack() as stack:
        named = stack.enter_context(NamedConnections(loaded, data, os.environ, organization))
        if not endpoint:
            for name in sorted(_connection_names(read, library, loaded)):
                named.check(name)
        dispatchers = _dispatchers(loaded, own, None if endpoint else named, stack)
        tables = stack.enter_context(
            StoredTables(loaded, choices.store(data, organization), os.environ)
        )
        engine = stack.enter_context(
            Engine(loaded, dispatchers, library, settings=settings, tables=tables)
        )
        return _run(engine, read, choices)


def _dispatchers(
    connector: Connector, own: Connection, named: NamedConnections | None, stack: ExitStack
) -> Mapping[str, Dispatcher]:
    """Return the dispatchers of a run, each opened when it is first asked for.

    Without `named`, every connection is the run's own.
    """
    from argosy import Dispatcher
    from argosy.errors import UnknownConnectionError
    from argosy.server.dispatchers import Dispatchers

    # closed after the engine, whose runs may be calling with them until it ends
    opened = stack.enter_context(ExitStack())
    usual = opened.enter_context(Dispatcher(connector, own))

    def find(name: str) -> Connection:
        try:
            return own if named is None else named.find(name)
        except click.UsageError as error:
            known = list_words(named.names() if named else (), name) or "none yet"
            raise UnknownConnectionError(found=name, known=known) from error

    def open_(found: Connection) -> Dispatcher:
        return usual if found is own else opened.enter_context(Dispatcher(connector, found))

    return Dispatchers({"": usual}, find, open_)


def _check_choices(choices: Choices) -> None:
    """Refuse what does not go together, before anything runs."""
    if choices.replay and (choices.given or choices.only):
        other = "--input" if choices.given else "--only"
        raise click.UsageError(f"--replay and {other} do not go together.")
    if choices.start_at and not choices.replay:
        raise click.UsageError("--from needs --replay FILE, the run to repeat.")
    if choices.pins and not choices.only:
        raise click.UsageError("--pins needs --only NODE, the node to run.")
    if choices.only and choices.record:
        raise click.UsageError("--record takes a whole run; leave --only out.")
    if choices.record and not choices.record.endswith(".test.json"):
        raise click.UsageError(
            f"--record {choices.record}: the name of a flow test ends .test.json."
        )
    for name, target in (("save", choices.save), ("record", choices.record)):
        if target:
            check_target(name, target)


def _find_flow(connector: Connector, name: str) -> tuple[Flow, Mapping[str, Flow]]:
    """Return the flow, and those that it may call. Raises UnknownFlowError, InvalidFlowError."""
    from argosy.flow import FlowLibrary, load_flow

    path = Path(name)
    if path.is_file():
        flow = load_flow(path)
        calls = any(node.called_flow is not None for node in flow.graph.every_node())
        return flow, FlowLibrary(path.parent) if calls else {}
    if path.suffix == ".json" or len(path.parts) > 1:
        raise click.UsageError(f"There is no file {name}.")
    library = FlowLibrary(connector.root / "flows")
    return library[name], library


def _connection_names(flow: Flow, library: Mapping[str, Flow], connector: Connector) -> set[str]:
    """Return the connections that a flow and those that it calls name, and call with."""
    names: set[str] = set()
    seen = {flow.id}
    waiting = [flow]
    while waiting:
        for node in waiting.pop().graph.every_node():
            if not node.is_capability or connector.home_of(node.what) is connector:
                names.add(node.connection)
            called = node.called_flow
            if isinstance(called, str) and called in library and called not in seen:
                seen.add(called)
                waiting.append(library[called])
    return names - {""}


def _run(engine: Engine, flow: Flow, choices: Choices) -> int:
    """Run, print, and return the exit status."""
    tests = read_tests(choices.record) if choices.record else None
    start = _prepared(engine, flow, choices)
    out = console()
    out.file = sys.stdout  # what a handler prints goes elsewhere, and this does not
    steps = StepList(out)
    listener: Listener = _json_lines(out) if choices.as_json else steps
    # What a handler prints must not stand in the output that a program reads.
    with redirect_stdout(sys.stderr), cancelled_by_interrupt() as cancellation:
        if choices.as_json:
            done = start(listener=listener, cancellation=cancellation)
        else:
            with steps.live():
                done = start(listener=listener, cancellation=cancellation)
    if choices.save:
        write_run(choices.save, done)
    if choices.record:
        _record(choices.record, tests, done, flow, engine.connector)
    if not choices.as_json:
        _print_end(done, out)
    if done.status == "cancelled":
        return 130
    return 0 if done.status == "succeeded" else 1


def _prepared(engine: Engine, flow: Flow, choices: Choices) -> Callable[..., Run]:
    """Read what the run needs, and return what starts it."""
    if choices.replay:
        earlier, start_at = read_run(choices.replay), choices.start_at or ""
        return lambda **more: engine.replay(flow, earlier, start_at=start_at, **more)
    given = read_input(choices.given)
    if choices.only:
        node, outputs = choices.only, read_outputs(choices.pins)
        return lambda **more: engine.run_node(flow, node, given, outputs, **more)
    return lambda **more: engine.run(flow, given, **more)


def _json_lines(out: Console) -> Listener:
    stream = out.file

    def tell(event: JsonObject) -> None:
        click.echo(visible(json.dumps(event, ensure_ascii=False)), file=stream)

    return tell


@contextmanager
def cancelled_by_interrupt() -> Iterator[Cancellation]:
    """Give a cancellation that the first Ctrl-C sets off; the second ends the program."""
    from argosy.transport import Cancellation

    cancellation = Cancellation()
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield cancellation
        return

    def interrupt(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # In a thread of its own: this one may hold the very lock that cancelling needs.
        reason = "it was interrupted"
        threading.Thread(target=cancellation.cancel, args=(reason,), daemon=True).start()

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield cancellation
    finally:
        signal.signal(signal.SIGINT, before)


def _record(
    file: str, tests: JsonObject | None, done: Run, flow: Flow, connector: Connector
) -> None:
    from argosy.flow.recording import recorded_case, with_case

    if done.status == "cancelled":
        click.echo(f"A cancelled run makes no flow test; {file} is as it was.", err=True)
        return
    names = [case["name"] for case in tests["cases"]] if tests else []
    answering = {*connector.every_capability, "http-request"}
    case = recorded_case(done, flow, answering, names)
    write_tests(file, with_case(tests, case), flow)
    click.echo(f"Recorded as {case['name']!r} in {file}.", err=True)
    if MASK in json.dumps(case):
        click.echo(f"Secrets in it are masked as {MASK}; write other values there.", err=True)


#: How many of the nodes that were skipped are named.
_MOST_SKIPPED = 40


def _print_end(done: Run, out: Console) -> None:
    """Print what was skipped, how the run ended, and its response or error."""
    from rich.json import JSON
    from rich.text import Text

    from argosy.flow.run import shown_path

    if done.skipped:
        paths = list(dict.fromkeys(map(shown_path, done.skipped)))
        told, more = paths[:_MOST_SKIPPED], len(paths) - _MOST_SKIPPED
        told += [f"and {more} more"] if more > 0 else []
        out.print(Text(f"Skipped: {', '.join(told)}", style="dim"))
    words = {"succeeded": ("Succeeded", "bold green"), "failed": ("Failed", "bold red")}
    word = words.get(done.status, ("Cancelled", "bold yellow"))
    count = "1 step" if len(done.steps) == 1 else f"{len(done.steps)} steps"
    out.print(Text.assemble(word, f" after {duration(done.seconds)}, {count}"))
    if done.response is not None:
        response = done.shown(done.response.to_json())
        out.print(f"Response: {response['status']}, HTTP status {response['statusCode']}")
        if response["body"] is not None:
            out.print(JSON(visible(json.dumps(response["body"], ensure_ascii=False))))
    if done.error is not None and done.status != "cancelled":
        print_error(done.error, as_json=False)
