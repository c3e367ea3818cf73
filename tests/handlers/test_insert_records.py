"""The handler of insert-records: which records are sent again, and what becomes of each."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import ForbiddenError, UnavailableError, UnreachableError
from argosy.sdk import (
    Answer,
    HandlerContext,
    InvalidInputsError,
    InvocationError,
    Json,
    JsonObject,
    PartialFailureError,
    Reply,
    TableService,
)
from handlers.insert_records import LARGEST_RECORD, PERMANENT, run

REFUSED = UnavailableError(host="api.example.com", status=503, vendor_message="away")
LOST = UnreachableError(host="api.example.com", attempts="1 attempt", detail="cut off")

Said = Answer | InvocationError


class ScriptedContext:
    """A handler's context that answers by script and remembers what was sent."""

    def __init__(self, records: Sequence[Json], *script: Said, attempts: int = 5) -> None:
        self.inputs: JsonObject = {"database": "shop", "table": "customers", "records": records}
        self.sent: list[list[JsonObject]] = []
        self.waited: list[int] = []
        self._script = itertools.chain(script, itertools.repeat(script[-1]))
        self._attempts = attempts
        self._ids = itertools.count(1)

    def send(self, **inputs: Json) -> Answer:
        """Return the script's next answer, or raise it."""
        assert list(inputs) == ["records"]
        self.sent.append(inputs["records"])
        said = next(self._script)
        if isinstance(said, InvocationError):
            raise said
        return said

    def decode(self, answer: Answer) -> Json:
        """Read JSON where it is JSON, else text."""
        try:
            return json.loads(answer.body) if answer.body else None
        except ValueError:
            return answer.body.decode()

    save_to = None

    @property
    def tables(self) -> TableService:
        """Refuse: this handler reads no stored tables."""
        raise AssertionError

    def call(
        self, capability: str, /, *, save_to: Path | None = None, **inputs: Json
    ) -> JsonObject:
        """Refuse: this handler calls nothing else."""
        raise AssertionError(capability, save_to, inputs)

    def sleep(self, seconds: float) -> None:
        """Refuse: this handler waits as its connection says."""
        raise AssertionError(seconds)

    def clock(self) -> float:
        """Refuse: time is no matter of this handler's."""
        raise AssertionError

    def now(self) -> datetime:
        """Refuse: the date is no matter of this handler's."""
        raise AssertionError

    def wait(self) -> bool:
        """Allow as many attempts as the test says."""
        attempt = len(self.sent) + 1
        self.waited.append(attempt)
        return attempt <= self._attempts

    def new_uuid(self) -> str:
        """Return the next of a row of ids."""
        return uuid(next(self._ids))


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def say(status: int, *receipts: Json) -> Answer:
    body = json.dumps({"receipts": list(receipts)} if receipts else {})
    return Answer(status, {"content-type": "application/json"}, body.encode())


def ok(**more: Json) -> JsonObject:
    return {"success": True, **more}


def no(name: str, **more: Json) -> JsonObject:
    return {"success": False, "error": {"name": name, "description": f"it is {name}"}, **more}


def rows(count: int) -> list[JsonObject]:
    return [{"n": number} for number in range(count)]


def sent_numbers(context: ScriptedContext) -> list[list[int]]:
    return [[record["n"] for record in records] for records in context.sent]


def partial(context: HandlerContext) -> PartialFailureError:
    with pytest.raises(PartialFailureError) as caught:
        run(context)
    return caught.value


def test_the_context_of_these_tests_is_one_that_handlers_know() -> None:
    context: HandlerContext = ScriptedContext(rows(1), say(200))

    assert isinstance(run(context), Reply)


class TestWhenAllAreAccepted:
    def test_each_has_its_receipt_in_order(self) -> None:
        context = ScriptedContext(rows(3), say(200, ok(), ok(uuid="own"), ok()))

        reply = run(context)

        assert reply.outputs == {
            "accepted": 3,
            "refused": [],
            "receipts": [
                {"success": True, "uuid": uuid(1)},
                {"success": True, "uuid": "own"},
                {"success": True, "uuid": uuid(3)},
            ],
        }
        assert (len(context.sent), context.waited) == (1, [])

    @pytest.mark.parametrize("given", [7, {"a": 1}, ["x"], None, ""])
    def test_a_receipts_uuid_is_text_whatever_the_vendor_says(self, given: Json) -> None:
        context = ScriptedContext(rows(1), say(200, ok(uuid=given)))

        assert isinstance(run(context).outputs["receipts"][0]["uuid"], str)

    def test_an_answer_of_200_needs_no_receipts(self) -> None:
        assert run(ScriptedContext(rows(2), say(200))).outputs["accepted"] == 2

    @pytest.mark.parametrize("body", [b"", b"<html>log in</html>", b"[]", b'{"error": "x"}'])
    def test_an_answer_of_200_that_is_not_the_vendors_accepts_nothing(self, body: bytes) -> None:
        stranger = Answer(200, {}, body)

        error = partial(ScriptedContext(rows(2), stranger, attempts=2))

        assert error.reply.outputs["accepted"] == 0

    def test_what_to_repeat_is_told_when_no_answer_came(self) -> None:
        with pytest.raises(UnreachableError) as caught:
            run(ScriptedContext(rows(2), LOST))

        receipts = caught.value.outputs["receipts"]
        assert [receipt["success"] for receipt in receipts] == [False, False]
        assert [receipt["uuid"] for receipt in receipts] == [uuid(1), uuid(2)]

    def test_each_is_sent_with_a_uuid_and_an_integer_time(self) -> None:
        records: list[Json] = [
            {"a": 1, "uuid": uuid(77)},
            {"a": 2, "uuid": None, "time": "1767225600"},
            [{"key": "a", "value": 3}, {"key": "time", "value": "1767225601"}],
        ]
        context = ScriptedContext(records, say(200))

        run(context)

        assert context.sent == [
            [
                {"a": 1, "uuid": uuid(77)},
                {"a": 2, "uuid": uuid(2), "time": 1767225600},
                {"a": 3, "time": 1767225601, "uuid": uuid(3)},
            ]
        ]

    def test_the_records_that_are_given_are_not_changed(self) -> None:
        records = rows(2)

        run(ScriptedContext(records, say(200)))

        assert records == [{"n": 0}, {"n": 1}]


class TestWhenSomeAreNot:
    def test_only_those_are_sent_again_with_the_same_uuids(self) -> None:
        context = ScriptedContext(
            rows(4),
            say(206, ok(), no("Busy"), ok(), no("Busy")),
            say(206, no("Busy"), ok()),
            say(200, ok()),
        )

        reply = run(context)

        assert sent_numbers(context) == [[0, 1, 2, 3], [1, 3], [1]]
        assert [record["uuid"] for record in context.sent[1]] == [uuid(2), uuid(4)]
        assert reply.outputs["accepted"] == 4
        assert context.waited == [2, 3]

    @pytest.mark.parametrize("name", sorted(PERMANENT))
    def test_one_that_never_will_be_is_not_sent_again(self, name: str) -> None:
        context = ScriptedContext(rows(3), say(206, no(name), no("Busy"), ok()), say(200, ok()))

        error = partial(context)

        assert sent_numbers(context) == [[0, 1, 2], [1]]
        assert error.reply.outputs["accepted"] == 2
        assert error.reply.outputs["refused"] == [
            {"index": 0, "uuid": uuid(1), "name": name, "description": f"it is {name}"}
        ]
        assert str(error) == (
            f"1 of 3 records were not accepted; the first, record 0: {name}: it is {name}"
        )

    def test_a_receipt_of_200_may_be_a_refusal(self) -> None:
        context = ScriptedContext(rows(2), say(200, ok(), no("Busy")), say(200, ok()))

        assert run(context).outputs["accepted"] == 2
        assert sent_numbers(context) == [[0, 1], [1]]

    def test_they_are_given_up_when_the_attempts_are_used_up(self) -> None:
        context = ScriptedContext(
            rows(2), say(206, ok(), no("Busy")), say(206, no("Busy")), attempts=3
        )

        error = partial(context)

        assert (len(context.sent), context.waited) == (3, [2, 3, 4])
        assert error.reply.outputs["refused"][0]["name"] == "Busy"

    def test_all_may_be_refused_for_good(self) -> None:
        name = min(PERMANENT)
        context = ScriptedContext(rows(2), say(206, no(name), no(name)))

        error = partial(context)

        assert (error.reply.outputs["accepted"], len(context.sent)) == (0, 1)

    @pytest.mark.parametrize(
        ("receipt", "error"),
        [
            ({"success": False}, ("UnknownError", "the vendor gave no reason")),
            ({}, ("UnknownError", "the vendor gave no reason")),
            ({"success": "yes"}, ("UnknownError", "the vendor gave no reason")),
            ({"success": False, "error": None}, ("UnknownError", "the vendor gave no reason")),
            ({"success": False, "error": {"name": "N"}}, ("N", "the vendor gave no reason")),
            ({"success": False, "error": {"description": "d"}}, ("UnknownError", "d")),
            ({"success": False, "error": {"name": 7, "description": 8}}, ("7", "8")),
            ({"success": False, "error": "text"}, ("UnknownError", "text")),
            (None, ("UnknownError", "the vendor gave no reason")),
            ("no", ("UnknownError", "the vendor gave no reason")),
            (7, ("UnknownError", "the vendor gave no reason")),
            ([], ("UnknownError", "the vendor gave no reason")),
        ],
    )
    def test_a_receipt_that_says_little_is_read_as_a_refusal(
        self, receipt: Json, error: tuple[str, str]
    ) -> None:
        failure = partial(ScriptedContext(rows(1), say(206, receipt), attempts=1))

        refused = failure.reply.outputs["refused"][0]
        assert (refused["name"], refused["description"]) == error


class TestWhenReceiptsAreMissing:
    @pytest.mark.parametrize(
        "answer",
        [say(206), say(206, ok()), say(200, ok(), ok(), ok()), say(202), say(204)],
        ids=["none", "too-few", "too-many", "accepted", "no-content"],
    )
    def test_all_are_sent_again(self, answer: Answer) -> None:
        context = ScriptedContext(rows(2), answer, say(200, ok(), ok()))

        assert run(context).outputs["accepted"] == 2
        assert sent_numbers(context) == [[0, 1], [0, 1]]

    def test_to_the_end_each_record_is_told_to_have_none(self) -> None:
        error = partial(ScriptedContext(rows(2), say(206), attempts=2))

        assert [refused["name"] for refused in error.reply.outputs["refused"]] == ["NoReceipt"] * 2

    @pytest.mark.parametrize("body", ["[]", '"text"', '{"receipts": {}}', '{"receipts": "x"}'])
    def test_since_the_body_is_another_all_are_sent_again(self, body: str) -> None:
        answer = Answer(206, {}, body.encode())
        context = ScriptedContext(rows(1), answer, say(200))

        assert run(context).outputs["accepted"] == 1


class TestWhenARequestFails:
    @pytest.mark.parametrize("failure", [LOST, REFUSED])
    def test_at_first_the_failure_is_raised_as_it_is(self, failure: InvocationError) -> None:
        with pytest.raises(InvocationError) as caught:
            run(ScriptedContext(rows(2), failure))

        assert caught.value is failure

    def test_later_the_records_without_a_receipt_are_told_why(self) -> None:
        forbidden = ForbiddenError(host="api.example.com", status=403, vendor_message="no more")
        context = ScriptedContext(rows(3), say(206, ok(), no("Busy"), ok()), forbidden)

        error = partial(context)

        assert error.reply.outputs["accepted"] == 2
        assert error.reply.outputs["refused"] == [
            {
                "index": 1,
                "uuid": uuid(2),
                "name": "forbidden",
                "description": "api.example.com answered 403: no more",
            }
        ]
        assert error.reply.answer is not None
        assert error.reply.answer.status == 206


class TestBeforeAnythingIsSent:
    def problems(self, *records: Json) -> list[tuple[str, str]]:
        context = ScriptedContext(records, say(200))
        with pytest.raises(InvalidInputsError) as caught:
            run(context)
        assert context.sent == []
        return [(problem.code, problem.pointer) for problem in caught.value.problems]

    def test_one_uuid_twice_is_refused_whatever_its_case(self) -> None:
        twice = "6f1c2b1e-0f0e-4c57-9a53-0f3f5b1b2c11"

        found = self.problems({"uuid": twice}, {"a": 1}, {"uuid": twice.upper()}, {"uuid": twice})

        assert found == [("uuid-twice", "/records/2/uuid"), ("uuid-twice", "/records/3/uuid")]

    def test_rows_with_one_key_twice_are_refused(self) -> None:
        found = self.problems({"a": 1}, [{"key": "a", "value": 1}, {"key": "a", "value": 2}])

        assert found == [("record-rows", "/records/1")]

    def test_rows_with_one_key_twice_are_told_of_every_record_at_once(self) -> None:
        twice = [{"key": "a", "value": 1}, {"key": "a", "value": 2}]

        found = self.problems(twice, {"a": 1}, twice)

        assert found == [("record-rows", "/records/0"), ("record-rows", "/records/2")]

    def test_a_record_that_is_too_large_is_refused(self) -> None:
        found = self.problems({"a": "x" * LARGEST_RECORD}, {"a": 1}, {"a": "é" * LARGEST_RECORD})

        assert found == [("record-too-large", "/records/0"), ("record-too-large", "/records/2")]

    @pytest.mark.parametrize(("more", "is_sent"), [(0, True), (1, False)])
    def test_a_record_may_have_exactly_the_largest_size(self, more: int, is_sent: bool) -> None:
        frame = len(json.dumps({"a": "", "uuid": uuid(1)}, separators=(",", ":")))
        context = ScriptedContext([{"a": "x" * (LARGEST_RECORD - frame + more)}], say(200))

        try:
            run(context)
        except InvalidInputsError:
            assert not is_sent

        assert bool(context.sent) is is_sent


RECEIPTS = st.sampled_from(
    [
        ok(),
        ok(uuid="own"),
        ok(uuid=7),
        no("Busy"),
        no("InvalidPropertyValueError"),
        {},
        {"success": False, "error": "text"},
        {"success": False, "error": ["x"]},
        None,
        "junk",
    ]
)
ANSWERS = st.builds(
    lambda status, receipts: say(status, *receipts),
    st.sampled_from([200, 201, 202, 204, 206]),
    st.lists(RECEIPTS, max_size=4),
)


@settings(deadline=None)
@given(
    count=st.integers(1, 4),
    first=ANSWERS,
    script=st.lists(ANSWERS | st.just(LOST) | st.just(REFUSED), max_size=5),
    attempts=st.integers(1, 6),
)
def test_whatever_is_answered_every_record_has_one_receipt(
    count: int, first: Answer, script: list[Said], attempts: int
) -> None:
    context = ScriptedContext(rows(count), first, *script, attempts=attempts)

    try:
        outputs = run(context).outputs
    except PartialFailureError as error:
        outputs = error.reply.outputs
        assert outputs["refused"]
    else:
        assert not outputs["refused"]

    receipts = outputs["receipts"]
    refused = [index for index, receipt in enumerate(receipts) if not receipt["success"]]
    assert len(receipts) == count
    assert [entry["index"] for entry in outputs["refused"]] == refused
    assert outputs["accepted"] + len(refused) == count
    assert len(context.sent) <= attempts
    assert sent_numbers(context)[0] == list(range(count))
    for before, after in itertools.pairwise(sent_numbers(context)):
        assert set(after) <= set(before)
