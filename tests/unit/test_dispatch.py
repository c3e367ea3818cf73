"""One call from inputs to result: validation, defaults, regions, answers, outputs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from argosy import Dispatcher, TransportSettings
from argosy.errors import (
    ArgosyError,
    InvalidCapabilityError,
    InvalidConnectionError,
    InvalidInputsError,
    InvalidManifestError,
    InvalidOutputsError,
    MissingPropertyError,
    RenderError,
    UnknownCapabilityError,
    UnknownRegionError,
)
from argosy.model import Connection, Connector
from tests.drafts import KEY, MANIFEST, capability, unsafe, write_connector
from tests.servers import Received, Say, ScriptedServer

Start = Callable[..., Dispatcher]

LIMITED = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "count": {"type": "integer", "default": 10},
        "region": {"type": "string"},
    },
}


OUTPUTS = {
    "response": {"outputs": {"text": "{{ body.text }}", "all": {"of": ["{{ status }}"]}}},
    "outputs": {"type": "object", "properties": {"text": {"type": "string"}}},
}


class TestInputs:
    def test_every_problem_is_told_at_once_and_nothing_is_sent(
        self, start: Start, server: ScriptedServer
    ) -> None:
        dispatcher = start(capability("read", inputs=LIMITED))

        result = dispatcher.call("read", {"region": "west", "nmae": "a", "count": "x"})

        assert isinstance(result.error, InvalidInputsError)
        assert [(problem.pointer, problem.code) for problem in result.error.problems] == [
            ("", "schema-required"),
            ("/count", "schema-type"),
            ("/nmae", "schema-additionalProperties"),
            ("/region", "unknown-region"),
        ]
        assert str(result.error) == "The inputs of 'read' are not valid: 4 problems."
        assert (result.outputs, result.attempts, server.received) == ({}, 0, [])

    def test_a_default_is_filled_in_and_then_validated_and_sent(
        self, start: Start, server: ScriptedServer
    ) -> None:
        query = {"count": "{{ inputs.count }}"}
        request = {"method": "GET", "path": "/items", "query": query}
        dispatcher = start(capability("read", inputs=LIMITED, request=request))

        dispatcher.call("read", {"name": "a"}).unwrap()
        dispatcher.call("read", {"name": "a", "count": 3}).unwrap()

        assert [request.query for request in server.received] == [
            [("count", "10")],
            [("count", "3")],
        ]

    def test_the_inputs_that_are_given_are_not_changed(self, start: Start) -> None:
        dispatcher = start(capability("read", inputs=LIMITED))
        inputs = {"name": "a"}

        dispatcher.call("read", inputs)

        assert inputs == {"name": "a"}

    def test_a_capability_that_is_not_there_is_an_error_of_the_connector(
        self, start: Start
    ) -> None:
        dispatcher = start(capability("read-item"), capability("write-item"))

        with pytest.raises(UnknownCapabilityError) as caught:
            dispatcher.call("raed-item", {})

        assert caught.value.facts["known"].startswith("read-item, ")

    @pytest.mark.parametrize(
        ("member", "value", "place"),
        [
            ("request", {"method": "FETCH", "path": "/x"}, "/request/method"),
            ("summary", "no full stop", "/summary"),
            ("effect", "reads", "/effect"),
        ],
    )
    def test_a_capability_that_is_wrong_is_an_error_of_the_connector(
        self, start: Start, member: str, value: Any, place: str
    ) -> None:
        dispatcher = start(capability("read", **{member: value}))

        with pytest.raises(InvalidCapabilityError) as caught:
            dispatcher.call("read", {})

        (problem,) = caught.value.problems
        assert (problem.pointer, problem.file) == (place, "capabilities/items/read.json")

    @pytest.mark.parametrize(
        "text", ["{{ inputs. }}", "{% if a %}{% endif %}", "{{ a | nofilter }}"]
    )
    def test_a_template_that_cannot_be_read_is_an_error_of_the_connector(
        self, start: Start, text: str
    ) -> None:
        dispatcher = start(unsafe("write", request={"method": "POST", "path": "/", "body": text}))

        with pytest.raises(InvalidCapabilityError) as caught:
            dispatcher.call("write", {})

        assert [problem.code for problem in caught.value.problems] == ["template-syntax"]

    @pytest.mark.parametrize(
        "inputs",
        [
            {"type": "object", "properties": {"a": {"type": "strin"}}},
            {"type": "object", "properties": {"a": {"pattern": "("}}},
            {"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}},
        ],
        ids=str,
    )
    def test_a_schema_that_is_none_is_an_error_of_the_connector(
        self, start: Start, inputs: Any
    ) -> None:
        dispatcher = start(capability("read", inputs=inputs))

        with pytest.raises(InvalidCapabilityError):
            dispatcher.call("read", {})

    def test_a_value_that_the_request_cannot_do_without_is_named(
        self, start: Start, server: ScriptedServer
    ) -> None:
        dispatcher = start(capability("read", request={"method": "GET", "path": "/items/{id}"}))

        result = dispatcher.call("read", {})

        assert isinstance(result.error, RenderError)
        assert str(result.error) == "the path of read cannot be rendered: id is missing."
        assert server.received == []

    @pytest.mark.parametrize(
        ("value", "path"),
        [
            ("a/b", "a%2Fb"),
            ("../x", "..%2Fx"),
            ("?a=1#b", "%3Fa%3D1%23b"),
            ("é", "%C3%A9"),
            (7, "7"),
        ],
    )
    def test_an_input_in_the_path_stays_one_segment(
        self, start: Start, server: ScriptedServer, value: Any, path: str
    ) -> None:
        dispatcher = start(capability("read", request={"method": "GET", "path": "/items/{id}/x"}))

        dispatcher.call("read", {"id": value}).unwrap()

        assert server.last.target == f"/items/{path}/x"

    @pytest.mark.parametrize("value", ["", ".", ".."])
    def test_an_input_that_would_leave_the_path_is_refused(
        self, start: Start, server: ScriptedServer, value: str
    ) -> None:
        dispatcher = start(capability("read", request={"method": "GET", "path": "/items/{id}"}))

        result = dispatcher.call("read", {"id": value})

        assert isinstance(result.error, RenderError)
        assert server.received == []


class TestRegions:
    """Where a call goes, seen from what is prepared, since no vendor is called here."""

    def prepared(self, connector: Connector, properties: Any, inputs: Any) -> str:
        with Dispatcher(connector, Connection(properties)) as dispatcher:
            return dispatcher.prepare("read", inputs).url

    @pytest.mark.parametrize(
        ("properties", "inputs", "host"),
        [
            ({}, {}, "north"),
            ({"region": "south"}, {}, "south"),
            ({"region": "south"}, {"region": "north"}, "north"),
            ({"region": "south"}, {"region": "N"}, "north"),
            ({}, {"region": "South"}, "south"),
        ],
    )
    def test_the_nodes_region_goes_before_the_connections_and_that_before_the_manifests(
        self, tmp_path: Path, properties: Any, inputs: Any, host: str
    ) -> None:
        inputs_schema = {"type": "object", "properties": {"region": {"type": "string"}}}
        connector = write_connector(tmp_path, capability("read", inputs=inputs_schema))

        url = self.prepared(connector, properties, inputs)

        assert url == f"https://{host}.notes.example.com/v1/items"

    def test_an_input_named_region_that_is_not_declared_does_not_choose(
        self, tmp_path: Path
    ) -> None:
        connector = write_connector(tmp_path, capability("read"))

        assert "north" in self.prepared(connector, {}, {"region": "south"})

    def test_the_only_region_there_is_needs_no_setting(self, tmp_path: Path) -> None:
        regions = {"world": {"title": "World", "endpoints": {"api": "https://notes.example.com"}}}
        key = MANIFEST["settings"]["properties"]["apiKey"]
        settings = {"type": "object", "properties": {"apiKey": key}}
        connector = write_connector(
            tmp_path, capability("read"), regions=regions, settings=settings
        )

        assert self.prepared(connector, {}, {}) == "https://notes.example.com/items"

    def test_a_connections_region_that_is_not_there_is_an_error_at_once(
        self, tmp_path: Path
    ) -> None:
        with pytest.raises(UnknownRegionError):
            Dispatcher(write_connector(tmp_path), Connection({"region": "west"}))

    def test_a_family_that_the_region_does_not_serve_is_the_results_error(
        self, tmp_path: Path
    ) -> None:
        connector = write_connector(tmp_path, capability("read", family="open"))

        with Dispatcher(connector, Connection({"region": "south"})) as dispatcher:
            result = dispatcher.call("read", {})

        assert isinstance(result.error, UnknownRegionError)


class TestTheKey:
    def test_that_is_missing_is_named_with_the_ways_to_give_it(
        self, tmp_path: Path, server: ScriptedServer
    ) -> None:
        connector = write_connector(tmp_path, capability("read"))

        with Dispatcher(connector, Connection({}, endpoint=server.url)) as dispatcher:
            result = dispatcher.call("read", {})

        assert isinstance(result.error, MissingPropertyError)
        assert str(result.error) == "The connection has no apiKey: Key is needed for this call."
        assert "ARGOSY_API_KEY" in result.error.filled_hint
        assert server.received == []

    def test_is_not_needed_and_not_sent_where_the_api_takes_none(
        self, tmp_path: Path, server: ScriptedServer
    ) -> None:
        connector = write_connector(tmp_path, capability("read", family="open"))

        for properties in ({}, {"apiKey": KEY}):
            with Dispatcher(connector, Connection(properties, endpoint=server.url)) as dispatcher:
                dispatcher.call("read", {}).unwrap()

        assert all("x-notes-key" not in request.headers for request in server.received)


class TestAnswers:
    def test_become_named_outputs_beside_those_that_every_capability_has(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(201, {"text": "hi"}, {"X-Thing": "A"}))

        result = start(capability("read", **OUTPUTS)).call("read", {})

        headers = result.outputs.pop("headers")
        assert result.outputs == {
            "text": "hi",
            "all": {"of": [201]},
            "rawResponse": {"text": "hi"},
            "statusCode": 201,
        }
        assert headers["x-thing"] == "A"
        assert (result.status, result.error, result.attempts) == ("succeeded", None, 1)

    def test_that_lack_a_named_output_leave_it_out(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(200, {}))

        assert "text" not in start(capability("read", **OUTPUTS)).call("read", {}).unwrap()

    def test_that_break_the_promise_are_a_failure_with_their_outputs(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(200, {"text": 7}))

        result = start(capability("read", **OUTPUTS)).call("read", {})

        assert isinstance(result.error, InvalidOutputsError)
        assert [problem.pointer for problem in result.error.problems] == ["/text"]
        assert result.outputs["text"] == 7
        assert result.outputs["rawResponse"] == {"text": 7}

    @pytest.mark.parametrize(
        ("answer", "raw"),
        [
            (Say(200, b""), None),
            (Say(204), None),
            (Say(200, "plain é"), "plain é"),
            (Say(200, b'{"a": 1}'), {"a": 1}),
            (Say(200, b"[1]", {"Content-Type": "text/html"}), [1]),
            (Say(200, b"{broken", {"Content-Type": "application/json"}), "{broken"),
            (Say(200, b"7", {"Content-Type": "application/json"}), 7),
            (Say(200, b'"x"', {"Content-Type": "application/problem+json"}), "x"),
            (Say(200, b"null", {"Content-Type": "application/json"}), None),
            (Say(200, b"\xff\xfe", {"Content-Type": "image/png"}), "\ufffd\ufffd"),
            (Say(200, {"a": "b" * 5000}, gzipped=True), {"a": "b" * 5000}),
        ],
        ids=repr,
    )
    def test_are_json_where_they_are_json_and_text_where_they_are_not(
        self, start: Start, server: ScriptedServer, answer: Say, raw: Any
    ) -> None:
        server.answers(answer)

        result = start(capability("read")).call("read", {})

        assert result.status == "succeeded"
        assert result.outputs["rawResponse"] == raw
        assert result.outputs["statusCode"] == answer.status

    def test_to_head_have_no_body(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(200, {"a": 1}))
        dispatcher = start(capability("read", request={"method": "HEAD", "path": "/"}))

        result = dispatcher.call("read", {})

        assert (result.outputs["rawResponse"], server.last.method) == (None, "HEAD")

    @pytest.mark.parametrize(
        "response",
        [
            {"outputs": {"a": "{{ body.a | as_object }}"}},
            {"outputs": {"a": "value {{ body.b }}"}},
            {"outputs": {"a": "{{ body.a | join(',') }}"}},
            {"failures": [{"when": "{{ body.a | length > 3 }}", "message": "no"}]},
            {"failures": [{"when": "{{ body.a == 5 }}", "message": "{{ body.a | as_object }}"}]},
        ],
        ids=str,
    )
    def test_that_the_templates_cannot_read_are_the_results_error(
        self, start: Start, server: ScriptedServer, response: Any
    ) -> None:
        server.answers(Say(200, {"a": 5}))

        result = start(capability("read", response=response)).call("read", {})

        assert isinstance(result.error, ArgosyError)
        assert result.outputs["rawResponse"] == {"a": 5}

    @pytest.mark.parametrize("digits", ["12345678901234567890123", "-9223372036854775809"])
    def test_keep_the_digits_of_a_large_integer(
        self, start: Start, server: ScriptedServer, digits: str
    ) -> None:
        server.answers(
            Say(200, f'{{"id": {digits}}}'.encode(), {"Content-Type": "application/json"})
        )

        result = start(capability("read")).call("read", {})

        assert result.outputs["rawResponse"] == {"id": int(digits)}


class TestManyThreads:
    def test_may_share_a_dispatcher(self, start: Start, server: ScriptedServer) -> None:
        def echo(request: Received) -> Say:
            return Say(200, {"id": request.path.rpartition("/")[2]})

        server.answers(echo)
        dispatcher = start(
            capability(
                "read",
                request={"method": "GET", "path": "/items/{id}"},
                response={"outputs": {"id": "{{ body.id }}"}},
            )
        )

        def call(number: int) -> list[str]:
            ids = [f"{number}-{turn}" for turn in range(50)]
            return [dispatcher.call("read", {"id": id_}).unwrap()["id"] for id_ in ids]

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(call, range(8)))

        assert answers == [[f"{number}-{turn}" for turn in range(50)] for number in range(8)]
        assert len(server.received) == 400


def test_a_manifest_with_an_endpoint_of_an_unknown_family_is_not_valid(tmp_path: Path) -> None:
    regions = {"world": {"title": "World", "endpoints": {"nope": "https://notes.example.com"}}}

    with pytest.raises(InvalidManifestError) as caught:
        write_connector(tmp_path, capability("read"), regions=regions)

    (problem,) = caught.value.problems
    assert problem.pointer == "/regions/world/endpoints/nope"
    assert "'nope' is no API family here; there is " in problem.message


def test_a_file_of_certificates_that_is_not_there_is_a_problem_of_the_connection(
    connector: Connector,
) -> None:
    settings = TransportSettings(ca_bundle="/nowhere.pem")

    with pytest.raises(InvalidConnectionError) as caught:
        Dispatcher(connector, Connection(transport=settings))

    (problem,) = caught.value.problems
    assert problem.pointer == "/transport/caBundle"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("deadline", 0),
        ("deadline", 4000),
        ("max_attempts", 0),
        ("max_attempts", 2000),
        ("read_timeout", None),
        ("pool_size", True),
        ("max_response_bytes", "x"),
    ],
)
def test_a_transport_setting_out_of_bounds_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidConnectionError):
        TransportSettings(**{name: value})
