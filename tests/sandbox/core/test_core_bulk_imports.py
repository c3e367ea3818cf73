"""Bulk imports: which records are good, and that a session comes to an end."""

from __future__ import annotations

from typing import Any

import msgpack

from argosy.sandbox.core.msgpack_rows import gunzipped
from tests.sandbox.core.conftest import NOON, Core, packed

PATH = "/bulk_import"


def performed(core: Core, records: list[Any]) -> Any:
    """Give a session whose one part has been read."""
    core.post(f"{PATH}/create/session_1/shop/people")
    assert core.send("PUT", f"{PATH}/upload_part/session_1/one", data=packed(records)).ok
    core.post(f"{PATH}/freeze/session_1")
    core.post(f"{PATH}/perform/session_1")
    return core.get(f"{PATH}/show/session_1")


def committed(core: Core) -> str:
    """Commit, and give what the session then is."""
    core.post(f"{PATH}/commit/session_1")
    status: str = core.get(f"{PATH}/show/session_1")["status"]
    return status


def test_values_without_a_name_are_left_out(core: Core) -> None:
    session = performed(core, [{"": 0, "time": NOON, "n": 1}, {"": 1, "time": NOON, "n": 2}])

    assert (session["valid_records"], session["error_records"]) == (2, 0)
    assert committed(core) == "committed"
    assert core.client.types("shop/people") == {"time": "BIGINT", "n": "BIGINT"}


def test_names_that_no_column_can_have_are_told_and_the_rest_is_committed(core: Core) -> None:
    session = performed(core, [{"time": NOON, "n" * 200: 1}, {"time": NOON, "n": 2}])

    assert (session["valid_records"], session["error_records"]) == (1, 1)
    content = core.send("GET", f"{PATH}/error_records/session_1").content
    assert "longer than 128" in msgpack.unpackb(gunzipped(content))["error"]
    assert committed(core) == "committed"
    assert core.rows("SELECT n FROM people") == [[2]]


def test_more_columns_than_a_table_has_fail_the_job(core: Core) -> None:
    session = performed(core, [{"time": NOON, f"c{number}": 1} for number in range(600)])

    job = core.get(f"/job/show/{session['job_id']}")
    assert (job["status"], session["status"]) == ("error", "uploading")
    assert "more than 512 columns" in job["debug"]["stderr"]
    assert session["valid_records"] is None
