"""Whatever goes wrong on the way is told apart, at every step of every type."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.connections.probing import REASONS, ProbeResult
from tests.connections.fakes.vendors import Vendors
from tests.connections.fakes.world import World
from tests.connections.probing.cases import GOOD
from tests.connections.probing.conftest import Probe
from tests.servers import Answering, Raw, Reset, Say, Silence, closed_port

GOLDENS = Path(__file__).with_name("goldens") / "faults"
PAGE = "<!DOCTYPE html><html><body>private-body-of-the-answer</body></html>"
HTML = {"Content-Type": "text/html"}


#: Names that answers have and declarations read.
WORDS = ["data", "error", "errors", "code", "shop", "name", "id", "access_token", "instance_url"]
WORDS += ["workspace", "lists", "catalogs", "reason", "message", "extensions", "status"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong: an answer, or terms of the test under which none comes."""

    reason: str
    answer: Answering | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


FAULTS: Mapping[str, Fault] = {
    "vendor down": Fault("remote_unavailable", Say(503, PAGE, HTML)),
    "vendor broken": Fault("remote_unavailable", Say(500, b"private-body-of-the-answer")),
    "too many calls": Fault("rate_limited", Say(429, PAGE, {"Retry-After": "7", **HTML})),
    "redirect": Fault("redirected", Say(302, b"", {"Location": "https://evil.example.com/?a=b"})),
    "web page": Fault("unreadable", Say(200, PAGE, HTML)),
    "garbage": Fault("unreadable", Say(200, b"\x00private-body-of-the-answer{")),
    "nothing": Fault("unreadable", Say(200, b"")),
    "another object": Fault("unreadable", Say(200, [{"private-body-of-the-answer": 1}])),
    "endless nesting": Fault("unreadable", Say(200, b"[" * 60_000)),
    "too large": Fault("too_large", Say(200, b"[%b]" % (b" " * 70_000))),
    "a bomb": Fault("too_large", Say(200, b" " * 10_000_000, gzipped=True)),
    "odd status": Fault("unexpected", Say(418, PAGE, HTML)),
    "no HTTP": Fault("unreachable", Raw(b"SSH-2.0-private-body-of-the-answer\r\n")),
    "broken off": Fault("unreachable", Reset()),
    "slow": Fault("timed_out", Silence(), {"read": 0.3}),
}

#: How many calls a good test makes, where it is more than one.
CALLS = {"BIGQUERY": 3, "GCS": 2, "M_PARTICLE": 2, "SALESFORCE": 2}

#: What a type says better than in general.
OTHERWISE: Mapping[tuple[str, str], str] = {
    ("SALESFORCE", "redirect"): "wrong_region",
    ("SHOPIFY", "redirect"): "wrong_region",
}


@pytest.mark.parametrize("type_", sorted(set(GOOD) - {"MOVABLE_INK"}))
def test_a_fault_of_the_vendor_is_told_apart(
    type_: str,
    probe: Probe,
    world: World,
    golden: Callable[[Path, Any], None],
) -> None:
    metadata = {"bucket": "bucket-one"} if type_ == "GCS" else {}
    found: dict[str, Any] = {}

    for name, fault in FAULTS.items():
        for healthy in range(CALLS.get(type_, 1)):
            world.reset(Vendors().by_host())
            world.fault, world.healthy = fault.answer, healthy
            result = probe(type_, GOOD[type_], metadata, **fault.changes)

            assert result.reason == OTHERWISE.get((type_, name), fault.reason), (name, healthy)
            assert not result.verified
            assert "private-body" not in str(result)
            assert len(world.received) == healthy + 1, "one attempt, and nothing after a failure"
            found[f"{name} at call {healthy + 1}"] = _told(result)

    golden(GOLDENS / f"{type_.lower().replace('_', '-')}.json", found)


@pytest.mark.parametrize("type_", sorted(GOOD))
class TestNoAnswer:
    def test_a_closed_port_is_unreachable(self, type_: str, probe: Probe) -> None:
        port = closed_port()

        def resolve(_host: str, _port: int, **_options: Any) -> Any:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        result = probe(type_, GOOD[type_], resolve=resolve)

        assert (result.reason, result.status) == ("unreachable", "unknown_error")
        assert result.retryable
        assert result.failure is not None
        assert result.failure.message.startswith("There is no connection to ")
        assert "firewall" in result.failure.hint

    def test_an_unknown_name_is_told(self, type_: str, probe: Probe) -> None:
        def resolve(_host: str, _port: int, **_options: Any) -> Any:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        result = probe(type_, GOOD[type_], resolve=resolve)

        assert (result.reason, result.status) == ("unreachable", "unknown_error")
        assert result.retryable
        assert result.failure is not None
        told = {
            "SALESFORCE": (
                "The name acme.my.salesforce.com was not found.",
                "credentials.domain",
            ),
            "BRAZE": ("The name rest.fra-01.braze.eu was not found.", "credentials.instance"),
        }
        if type_ in told:
            assert (result.failure.message, result.failure.field) == told[type_]
            assert f"Check {told[type_][1].partition('.')[2]}" in result.failure.hint
        else:
            assert result.failure.message.endswith(" is not known.")
        assert "name service" in result.failure.hint

    def test_a_name_service_that_is_silent_does_not_hold_the_test_up(
        self, type_: str, probe: Probe
    ) -> None:
        never = threading.Event()

        def resolve(_host: str, _port: int, **_options: Any) -> Any:
            never.wait()
            return []

        try:
            result = probe(type_, GOOD[type_], resolve=resolve, connect=0.05)
        finally:
            never.set()

        assert not result.ok
        assert result.duration_ms < 4000

    def test_an_unknown_authority_is_not_trusted(
        self, type_: str, probe: Probe, world: World, tmp_path: Path
    ) -> None:
        other = tmp_path / "other.pem"
        trustme.CA().cert_pem.write_to_path(str(other))

        result = probe(type_, GOOD[type_], ca_bundle=str(other))

        assert (result.reason, result.retryable) == ("untrusted", False)
        assert result.failure is not None
        assert result.failure.message.startswith("The certificate of ")
        assert result.failure.message.endswith(" cannot be trusted, so nothing was sent.")
        assert world.received == []

    def test_a_private_address_is_not_called(self, type_: str, probe: Probe, world: World) -> None:
        result = probe(type_, GOOD[type_], allow_networks=())

        assert (result.reason, result.status) == ("blocked_host", "wrong_specification")
        assert world.received == []

    def test_a_vendor_that_is_down_is_told(self, type_: str, probe: Probe, world: World) -> None:
        world.fault = Say(503, PAGE, HTML)

        result = probe(type_, GOOD[type_])

        assert (result.reason, result.retryable) == ("remote_unavailable", True)
        assert result.remote is not None
        assert result.remote.http_status == 503
        assert result.failure is not None
        assert result.failure.message.endswith("is not available at the moment: it answered 503.")
        assert result.failure.hint == "Test again later. The credentials were not judged."

    def test_a_slow_vendor_is_not_waited_for(self, type_: str, probe: Probe, world: World) -> None:
        world.fault = Silence()

        result = probe(type_, GOOD[type_], total=0.2)

        assert (result.reason, result.retryable) == ("timed_out", True)
        assert result.duration_ms < 4000


ANSWERS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_whatever_is_answered_becomes_a_result(probe: Probe, world: World) -> None:
    @settings(max_examples=150, deadline=None)
    @given(
        type_=st.sampled_from(sorted(GOOD)),
        status=st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 410, 429, 500, 503]),
        body=ANSWERS,
        date=st.sampled_from(["", "soon", "Tue, 15 Nov 1994 08:12:31 -0000", "0, 99 X 9999"]),
        wait=st.sampled_from(["", "nan", "inf", "-1", "9" * 400, "1e999", "soon"]),
        healthy=st.integers(0, 2),
    )
    def holds(type_: str, status: int, body: Any, date: str, wait: str, healthy: int) -> None:
        world.reset(Vendors().by_host())
        given_ = {name: text for name, text in (("Date", date), ("Retry-After", wait)) if text}
        world.fault, world.healthy = Say(status, body, given_), healthy

        result = probe(type_, GOOD[type_])

        assert result.ok is (result.reason in {"", "unverifiable"})
        assert (result.failure is None) is result.ok
        assert result.status == REASONS.get(result.reason, "available")
        assert all(check.message for check in result.checks)
        json.dumps(result.to_json(), allow_nan=False)

    holds()


def _told(result: ProbeResult) -> dict[str, str]:
    assert result.failure is not None
    return {
        "reason": result.reason,
        "status": result.status,
        "step": result.failure.name,
        "message": result.failure.message,
        "hint": result.failure.hint,
        "field": result.failure.field,
    }
