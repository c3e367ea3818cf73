"""What stands in `.dig` files: YAML, variables and expressions."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.sandbox.workflow.dig import read_config
from argosy.sandbox.workflow.errors import ConfigError, TaskError
from argosy.sandbox.workflow.moments import Moment
from argosy.sandbox.workflow.retries import MOST_RETRIES, next_retry
from argosy.sandbox.workflow.timetables import timetable
from argosy.sandbox.workflow.variables import Templates, session_params
from tests.sandbox.workflow.conftest import Workflows

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = 1_700_000_000
VARIABLES = session_params(NOW, "Asia/Tokyo") | {
    "one": 1,
    "text": "a,b",
    "list": ["p", "q"],
    "object": {"x": {"y": "deep ${one}"}},
    "nothing": None,
    "again": "${one}${one}",
    "loop": "${loop}",
    "wide0": "${text}" * 50,
    "wide1": "${wide0}" * 50,
    "wide2": "${wide1}" * 50,
    "wide3": "${wide2}" * 50,
}


def filled(template: str) -> str:
    return Templates(VARIABLES, TOKYO, lambda: NOW).text(template)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("${one} and ${ one }", "1 and 1"),
        ("${again}", "11"),
        ("${object.x.y} ${object['x']['y']}", "deep 1 deep 1"),
        ("${object}", '{"x":{"y":"deep 1"}}'),
        ("${list[1]}${list.length}", "q2"),
        ("${nothing} ${object.z}", "null undefined"),
        ("${one + 1} ${one + '1'} ${3 - '1'} ${7 % 3} ${1 / 2} ${1 / 0}", "2 11 2 1 0.5 Infinity"),
        ("${-one * -2.5} ${0.1 + 0.2}", "2.5 0.30000000000000004"),
        (
            "${one == '1'} ${one === '1'} ${one != 2} ${nothing == undefined}",
            "true false true true",
        ),
        ("${one < 2 && 'yes' || 'no'}", "yes"),
        ("${one > 2 ? 'yes' : text.length > 2 ? 'long' : 'short'}", "long"),
        (
            "${nothing ?? 'none'} ${!one} ${typeof missing} ${typeof one}",
            "none false undefined number",
        ),
        ("${'a}b'}${\"{\"}", "a}b{"),
        ("${text.split(',')[1].toUpperCase()}", "B"),
        ("${text.replace(',', '-')} ${'x'.padStart(3, '0')} ${'abc'.substr(-2)}", "a-b 00x bc"),
        ("${[1, 2].join('-')} ${({a: 1}).a}", "1-2 1"),
        ("${Math.max(1, 3)} ${Math.floor(2.7)} ${parseInt('12px')} ${Number('x')}", "3 2 12 NaN"),
        ("${JSON.stringify({a: list})} ${JSON.parse('[4]')[0]}", '{"a":["p","q"]} 4'),
        ("${secret:db.password}", "${secret:db.password}"),
        ("${session_time} ${session_date}", "2023-11-15T07:13:20+09:00 2023-11-15"),
        ("${moment(session_time).add(-1, 'days').format('YYYY-MM-DD')}", "2023-11-14"),
        ("${moment(session_time).subtract(1, 'M').format('YYYYMMDD')}", "20231015"),
        ("${moment(session_time).utc().format('HH:mm:ss Z')}", "22:13:20 +00:00"),
        ("${moment(session_time).startOf('week').format('ddd D')}", "Sun 12"),
        ("${moment(session_time).endOf('month').format('Do MMM, h A')}", "30th Nov, 11 PM"),
        ("${moment(session_time).unix() - 1} ${moment().unix()}", "1699999999 1700000000"),
        ("${moment('2024-01-31').add(1, 'months').format('[on] D.M.YY')}", "on 29.2.24"),
        ("${moment.unix(0).utc().format()}", "1970-01-01T00:00:00Z"),
        ("${moment('2024-03-01').diff('2024-02-01', 'days')}", "29"),
        ("${moment(session_time).tz('Europe/Berlin').format('H Z')}", "23 +01:00"),
        ("${moment(session_time).add({hours: 1, minutes: 2}).format('HHmm')}", "0815"),
        ("${moment(session_time).add('days', 1).date()} ${moment(1000).unix()}", "16 1"),
        ("${moment(session_time).utcOffset('-03:30').format('HH:mm ZZ')}", "18:43 -0330"),
        (
            "${moment.tz('2024-01-02', 'Asia/Tokyo').format()} "
            "${moment.tz('2024-01-02T00:00:00Z', 'Asia/Tokyo').format()}",
            "2024-01-02T00:00:00+09:00 2024-01-02T09:00:00+09:00",
        ),
        (
            "${moment.tz(0, 'UTC').format('YYYY')} ${moment.utc('2024-01-01').unix()}",
            "1970 1704034800",
        ),
        (
            "${moment('2024-01-02').isBefore('2024-01-03')} "
            "${moment('2024-01-02').isAfter('2024-01-03')}",
            "true false",
        ),
        (
            "${moment('2024-05-31').diff('2024-02-29', 'months')} "
            "${moment('2023-05-31').diff('2024-02-29', 'years')}",
            "3 0",
        ),
        ("${moment('2024-02-03T04:05:06.789Z').toISOString()}", "2024-02-03T04:05:06.789Z"),
        ("${moment('2024-02-03').startOf('quarter').format('Q MM-DD')}", "1 01-01"),
        ("${moment('2024-02-03').startOf('year').day()}", "1"),
        ("${moment('2024-02-03').daysInMonth()} ${moment('2024-02-03').month()}", "29 1"),
        (
            "${moment('2024-02-03 04:05').format('h:mm:ss.SSS a, W E d DDD')}",
            "4:05:00.000 am, 5 6 6 34",
        ),
        (
            "${encodeURIComponent('a b/ü')} ${(2.345).toFixed(1)} ${[1, null, 'x']}",
            'a%20b%2F%C3%BC 2.3 [1,null,"x"]',
        ),
        (
            "${text.substring(2, 0)} ${text.indexOf('b')} ${list.indexOf('q')} "
            "${list.includes('z')}",
            "a, 2 1 false",
        ),
        (
            "${text.replaceAll(',', ';')} ${text.startsWith('a')} ${'  x '.trim()} "
            "${'abc'.charAt(1)}",
            "a;b true x b",
        ),
        (
            "${list.concat(['r']).slice(1)} ${'a'.concat('b', 1)} ${'x'.padEnd(3, '-')}",
            '["q","r"] ab1 x--',
        ),
        (
            "${'b' > 'a'} ${'10' > 9} ${'x' > 1} ${null >= 0} ${1 % 0} ${0 / 0}",
            "true true false true NaN NaN",
        ),
        ("${moment(session_time) > 1} ${+'3'} ${-'x'} ${1e21} ${1.5e3}", "true 3 NaN 1e+21 1500"),
    ],
)
def test_templates_are_filled_in(template: str, text: str) -> None:
    assert filled(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("${missing}", 'ReferenceError: "missing" is not defined'),
        ("${object.z.y}", 'Cannot read property "y" from undefined'),
        ("${one.__class__.x}", "from undefined"),
        ("${eval('1')}", "no function 'eval'"),
        ("${text.constructor('x')}", "no method 'constructor'"),
        ("${one one}", "'one' is not understood here"),
        ("${one +}", "something is missing"),
        ("${}", "something is missing"),
        ("${one", "no closing brace"),
        ("${one = 2}", "is not understood"),
        ("${/x/}", "'/' is not understood"),
        ("${function(){}}", "'function' is not understood"),
        ("${loop}", "refer to each other too often"),
        ("${wide3}", "too"),
        ("${" + "(" * 100 + "1" + ")" * 100 + "}", "nested deeper"),
        ("${" + "1+" * 300 + "1}", "more than"),
        ("${moment('soon')}", "does not understand"),
        ("${moment(session_time).add(1, 'parsec')}", "is no unit of time"),
        ("${moment(session_time).add(1e12, 'years')}", "there is no time"),
        ("${'x'.padStart('y', 3, 4, 5)}", "can't be made"),
        ("${text.replaceAll('a')}", "can't be made"),
    ],
)
def test_what_cannot_be_worked_out_is_told(template: str, text: str) -> None:
    with pytest.raises(TaskError, match="Failed to evaluate a variable") as caught:
        filled(template)

    assert text in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_filled_in_or_refused(text: str) -> None:
    for template in (text, "${" + text + "}", "${one" + text + "}"):
        try:
            found = filled(template)
        except TaskError as error:
            found = str(error)
        assert isinstance(found, str)


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_file_is_read_or_refused(content: bytes) -> None:
    problem, found = "x.dig: ", {}
    try:
        found = read_config({"x.dig": content}, "x.dig")
    except ConfigError as error:
        problem = str(error)

    assert isinstance(found, dict)
    assert problem.startswith("x.dig: ")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("07:00:00", "07:00:00"),
        ("yes", "yes"),
        ("2024-01-01", "2024-01-01"),
        ("0x1f", "0x1f"),
        ("12", 12),
        ("-1.5", -1.5),
        ("True", True),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ("[a, {b: c}]", ["a", {"b": "c"}]),
    ],
)
def test_yaml_is_read_as_digdag_reads_it(text: str, value: Any) -> None:
    assert read_config({"x.dig": f"x: {text}".encode()}, "x.dig") == {"x": value}


def test_anchors_and_merges_are_taken() -> None:
    text = b"a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a"

    assert read_config({"x.dig": text}, "x.dig")["b"] == {"x": 1, "y": 3}


BOMB = "a0: &a0 x\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (BOMB, "aliases make it larger"),
        ("[" * 200, "nested deeper"),
        ("a: &a [*a]", "recursive"),
        ("a: 1\na: 2", "given twice"),
        ("a: !!python/name:os.system", "is not known"),
        ("a: " + "x" * 600_000, "larger than"),
        ("? [a]\n: b", "a key is not a text"),
        ("a: 99999999999999999999", "too large"),
        ("a: !!binary aGk=", "is not known"),
        ("a: !!set {b, c}", "is not known"),
        ("a: !!timestamp 2024-01-01", "is not known"),
        ("a: !!int x", "tagged as int"),
        ("a: !!float [1]", "tagged as float"),
        ("a: !!bool {}", "tagged as bool"),
        ("a: !!map x", "tagged as a mapping"),
        ("a: !!seq {b: c}", "tagged as a list"),
        ('a: "\\uD800"', "half a character"),
        ('"\\uD800": 1', "half a character"),
    ],
)
def test_what_no_file_may_hold_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        read_config({"x.dig": text.encode()}, "x.dig")


@given(
    st.sampled_from(
        [
            {"daily>": "07:00:00"},
            {"hourly>": "30:00"},
            {"weekly>": "Mon,10:00:00"},
            {"monthly>": "31,00:00:00"},
            {"minutes_interval>": 7},
            {"cron>": "5 4 * * 1-5"},
        ]
    ),
    st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"]),
    st.integers(0, 4_000_000_000),
)
def test_the_times_of_a_schedule_are_in_order(schedule: Any, zone: str, time: int) -> None:
    table = timetable({"schedule": schedule}, ZoneInfo(zone))
    assert table is not None

    first = table.first(time)
    following = table.after(first.session)

    assert first.run >= time
    assert first.session < following.session
    assert table.before(following.session).session == first.session
    assert table.first(first.run) == first
    assert table.at_or_before(first.session) == first.session


@given(st.integers(0, 4_000_000_000), st.integers(-40, 40), st.sampled_from(["days", "M", "y"]))
def test_a_moment_that_goes_and_comes_back_is_near(time: int, count: int, unit: str) -> None:
    moment = Moment.at(time, TOKYO)

    back = moment.add(count, unit).add(-count, unit)

    assert abs((back.time - moment.time).days) <= 3
    assert moment.start_of("day").time <= moment.time <= moment.end_of("day").time


@pytest.mark.parametrize(
    ("retry", "waits"),
    [
        (False, []),
        (2, [0, 0]),
        ("2", [0, 0]),
        (True, [0, 0, 0]),
        ({"interval": 10}, [10, 10, 10]),
        ({"limit": 2, "interval": 10, "interval_type": "exponential"}, [10, 20]),
        (
            {"limit": 4, "interval": 10, "interval_type": "exponential", "max_interval": 30},
            [10, 20, 30, 30],
        ),
        ({"limit": -1}, []),
        ("often", []),
    ],
)
def test_a_task_is_tried_again_so_often(retry: Any, waits: list[float]) -> None:
    found: list[float] = []
    params: dict[str, Any] = {}
    while (following := next_retry({"_retry": retry}, params)) is not None and len(found) < 9:
        found.append(following.interval)
        params = following.state_params

    assert found == waits


def test_no_task_is_tried_without_an_end() -> None:
    params: dict[str, Any] = {}
    tries = 0
    while following := next_retry({"_retry": 100_000_000}, params):
        params, tries = following.state_params, tries + 1

    assert tries == MOST_RETRIES


def test_a_file_includes_others(api: Workflows) -> None:
    attempt = api.run(
        "_export:\n  td: {database: old, engine: presto}\n  !include : config/all.yml\n"
        "+a:\n  !include : tasks.dig\n  !include : config/more.yml\n"
        "+b: {call>: config/called}\n",
        files={
            "config/all.yml": "td: {database: shop}\n!include : inner/deep.yml\n",
            "config/inner/deep.yml": "deep: 1",
            "config/more.yml": "+two: {echo>: two}\n",
            "config/called.dig": "!include : inner/deep.dig\n",
            "config/inner/deep.dig": "+three: {echo>: three}\n",
            "tasks.dig": "+one: {echo>: '${td.database} ${td.engine} ${deep}'}\n",
        },
    )

    assert api.attempt(attempt)["status"] == "success"
    assert "shop presto 1" in api.log(attempt, "+daily+a+one")
    assert {"+daily+a+two", "+daily+b^sub+three"} < set(api.states(attempt))
