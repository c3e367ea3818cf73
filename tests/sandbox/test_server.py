"""Starting and stopping: ports, threads, signals, speed."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from argosy.sandbox import Settings, SetupError, serve, start

SERVE = """
import sys
from argosy.sandbox import Settings, serve

serve(Settings(), port=0, on_ready=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


def test_a_sandbox_answers_as_soon_as_it_is_started() -> None:
    with start() as sandbox:
        answer = requests.get(f"{sandbox.url}/_sandbox/clock", timeout=5)

    assert answer.status_code == 200


def test_a_closed_sandbox_answers_no_more() -> None:
    with start() as sandbox:
        url = sandbox.url

    with pytest.raises(requests.ConnectionError, match="refused"):
        requests.get(url, timeout=5)


def test_a_sandbox_may_be_closed_twice() -> None:
    sandbox = start()

    sandbox.close()
    sandbox.close()


def test_several_sandboxes_know_nothing_of_each_other() -> None:
    with start() as one, start(Settings(seed={})) as other:
        there = requests.get(f"{one.url}/_sandbox/databases", timeout=5).json()
        elsewhere = requests.get(f"{other.url}/_sandbox/databases", timeout=5).json()

    assert there["databases"]
    assert elsewhere["databases"] == []


def test_no_thread_is_left_over() -> None:
    before = set(threading.enumerate())

    with start():
        during = {one.name for one in set(threading.enumerate()) - before}

    assert during == {"sandbox"}
    assert set(threading.enumerate()) <= before


def test_a_port_may_be_chosen_and_taken_once() -> None:
    with start() as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            start(port=port)


def test_the_url_of_a_wildcard_address_can_be_asked() -> None:
    with start(host="0.0.0.0") as sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")
        assert requests.get(f"{sandbox.url}/_sandbox/clock", timeout=5).status_code == 200


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_an_ipv6_address_is_served() -> None:
    with start(host="::1") as sandbox:
        assert sandbox.url.startswith("http://[::1]:")
        assert requests.get(f"{sandbox.url}/_sandbox/clock", timeout=5).status_code == 200


def test_a_kept_connection_and_a_waiting_request_do_not_hold_the_end_up() -> None:
    with start() as sandbox, requests.Session() as session:
        session.post(
            f"{sandbox.url}/_sandbox/faults", json={"kind": "delay", "seconds": 3600}, timeout=5
        )
        with pytest.raises(requests.ReadTimeout):
            session.get(f"{sandbox.url}/audiences", timeout=0.05)
        session.get(f"{sandbox.url}/_sandbox/clock", timeout=5)
        began = time.perf_counter()
        sandbox.close()

    assert time.perf_counter() - began < 5


def test_a_client_that_leaves_half_way_does_no_harm() -> None:
    with start() as sandbox:
        host, port = sandbox.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST /shop/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")

        assert requests.get(f"{sandbox.url}/_sandbox/clock", timeout=5).status_code == 200


def test_starting_and_stopping_is_quick() -> None:
    start().close()
    began = time.perf_counter()

    start().close()

    # some 50 ms on a laptop; the bound only catches a wait that shouldn't be there
    assert time.perf_counter() - began < 1


def test_no_answer_waits_for_the_clients_acknowledgement() -> None:
    took = []
    with start() as sandbox, requests.Session() as session:
        for _ in range(40):
            began = time.perf_counter()
            session.get(f"{sandbox.url}/nowhere", timeout=5)
            took.append(time.perf_counter() - began)

    # an answer in two segments with Nagle's algorithm would wait some 40 ms each time
    assert min(took[20:]) < 0.03


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serving_in_the_foreground_ends_with_a_signal(ending: signal.Signals) -> None:
    urls: list[str] = []

    def on_ready(url: str) -> None:
        urls.append(url)
        signal.raise_signal(ending)

    serve(Settings(), on_ready=on_ready)

    with pytest.raises(requests.ConnectionError, match="refused"):
        requests.get(urls[0], timeout=5)


def test_a_process_that_serves_ends_cleanly_with_ctrl_c() -> None:
    command = [sys.executable, "-W", "error", "-c", SERVE]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().strip()
        answer = requests.get(f"{url}/_sandbox/clock", timeout=10)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read(), process.stderr.read(), process.wait(10)

    assert answer.status_code == 200
    assert rest == ("ended\n", "", 0)


def test_serving_needs_no_one_to_tell() -> None:
    with start() as sandbox, pytest.raises(OSError, match="in use"):
        serve(port=int(sandbox.url.rpartition(":")[2]))


@pytest.mark.parametrize(
    "keys",
    [
        {"master_key": ""},
        {"write_key": "a b"},
        {"master_key": "k\n"},
        {"master_key": "same", "write_key": "same"},
    ],
)
def test_keys_that_cannot_be_told_apart_or_sent_are_refused(keys: dict[str, str]) -> None:
    with pytest.raises(SetupError, match=r"key"):
        Settings(**keys)  # type: ignore[arg-type]
