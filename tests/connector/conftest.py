"""A dispatcher against a real sandbox whose seed holds what the examples speak of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from argosy import Connection, Connector, Dispatcher
from argosy.sandbox import RunningSandbox, Settings, start

SEED = json.loads((Path(__file__).parent / "seed.json").read_text(encoding="utf-8"))


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with start(Settings(seed=SEED)) as running:
        yield running


@pytest.fixture
def dispatcher(connector: Connector, sandbox: RunningSandbox) -> Iterator[Dispatcher]:
    connection = Connection(properties={"apiKey": sandbox.master_key}, endpoint=sandbox.url)
    with Dispatcher(connector, connection) as made:
        yield made
