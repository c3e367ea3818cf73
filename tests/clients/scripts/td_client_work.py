"""Ordinary work with td-client, as its users write it: `td_client_work.py URL KEY WORK`.

Each work prints what it saw as JSON; the test beside it says what that must be.
"""

# mypy: ignore-errors
# The client is in another environment than the one that types are checked in.
from __future__ import annotations

import datetime as dt
import io
import json
import sys
import tempfile
import time
import warnings
from pathlib import Path

import tdclient
from tdclient import errors

NOON = 1_700_000_000
PEOPLE = [
    {"time": NOON, "name": "ada", "age": 36, "score": 1.5},
    {"time": NOON + 1, "name": "kenji", "age": 41, "score": 2.5},
    {"time": NOON + 2, "name": "marta", "age": 29, "score": None},
]


def catalogue(td):
    """Make, look at, change and delete databases and tables."""
    td.create_database("one")
    td.create_database("two")
    td.create_log_table("one", "people")
    td.create_log_table("one", "others")
    td.update_schema("one", "people", [["name", "string"], ["age", "long"]])
    td.update_expire("one", "people", 30)
    td.import_file("one", "people", "json", lines(PEOPLE))
    td.swap_table("one", "people", "others")
    td.swap_table("one", "people", "others")
    table = td.table("one", "people")
    seen = {
        "status": td.server_status(),
        "databases": [database.name for database in td.databases()],
        "count": td.database("one").count,
        "tables": sorted(one.name for one in td.tables("one")),
        "schema": table.schema,
        "expire_days": table.expire_days,
        "rows": table.count,
        "last": table.last_log_timestamp.isoformat(),
        "tail": [row["name"] for row in td.tail("one", "people", 2)],
    }
    td.change_database("one", "others", "two")
    seen["moved"] = [one.name for one in td.tables("two")]
    seen["deleted"] = td.delete_table("one", "people")
    td.delete_database("two")
    seen["left"] = [one.name for one in td.databases()]
    return seen


def imports(td):
    """Import from files and bytes in every format the client reads."""
    td.create_database("one")
    td.create_log_table("one", "people")
    csv = f"time,name,age\n{NOON},csv,1\n".encode()
    tsv = f"time\tname\tage\n{NOON}\ttsv\t2\n".encode()
    msgpack = tdclient.util.create_msgpack([{"time": NOON, "name": "msgpack", "age": 3}])
    td.import_file("one", "people", "csv", io.BytesIO(csv))
    td.import_file("one", "people", "tsv", io.BytesIO(tsv))
    td.import_file("one", "people", "msgpack", io.BytesIO(msgpack))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.json"
        path.write_bytes(lines([{"time": NOON, "name": "json", "age": 4}]).getvalue())
        elapsed = td.import_file("one", "people", "json", str(path))
    for _ in range(2):
        body = packed([{"time": NOON, "name": "once", "age": 5}])
        td.import_data("one", "people", "msgpack.gz", body, len(body), unique_id="ab12")
    job = finished(td, "SELECT name, age FROM people ORDER BY age", "presto")
    return {"elapsed": type(elapsed).__name__, "rows": list(job.result())}


def queries(td):
    """Run queries on both engines and read the results in every way."""
    filled(td)
    presto = finished(td, "SELECT name, age FROM people ORDER BY age", "presto")
    hive = finished(td, "SELECT COUNT(1) AS number FROM people", "hive", priority="HIGH")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.msgpack.gz"
        td.download_job_result(presto.job_id, str(path), num_threads=2)
        size = path.stat().st_size
    failed = td.query("one", "SELECT nothing FROM nowhere", type="presto")
    failed.wait(wait_interval=0)
    return {
        "schema": presto.result_schema,
        "msgpack": list(presto.result()),
        "json": list(presto.result_format("json")),
        "file": list(presto.result_format("msgpack", store_tmpfile=True)),
        "size": size == td.job(presto.job_id).result_size,
        "hive": list(hive.result()),
        "hive_type": td.job(hive.job_id).type,
        "priority": td.job(hive.job_id).priority,
        "failed": [failed.status(), failed.error()],
        "stderr": td.job(failed.job_id).debug["stderr"],
        "jobs": [[job.type, job.status()] for job in td.jobs()],
        "errors": len(td.jobs(status="error")),
    }


def kill(td):
    """Kill a job before it has done its work."""
    filled(td)
    job = td.query("one", "INSERT INTO people (time, name) VALUES (1, 'late')", type="presto")
    former = td.kill(job.job_id)
    return {
        "former": former,
        "status": td.job_status(job.job_id),
        "again": td.kill(job.job_id),
        "rows": td.table("one", "people").count,
    }


def schedules(td):
    """Save, change, run and delete queries."""
    filled(td)
    start = td.create_schedule(
        "daily_count",
        {
            "database": "one",
            "query": "SELECT COUNT(1) FROM people",
            "cron": "@daily",
            "type": "presto",
            "timezone": "Asia/Tokyo",
        },
    )
    td.update_schedule("daily_count", {"cron": "30 * * * *", "timezone": "UTC"})
    listed = td.schedules()[0]
    jobs = td.run_schedule("daily_count", NOON, 2)
    history = td.history("daily_count")
    cron, query = td.delete_schedule("daily_count")
    return {
        "start": start.isoformat(),
        "listed": [listed.name, listed.cron, listed.next_time.isoformat()],
        "scheduled": [job.scheduled_at.isoformat() for job in jobs],
        "history": [[job.status(), job.type] for job in history],
        "deleted": [cron, query],
        "left": len(td.schedules()),
    }


def bulk_imports(td):
    """Import in bulk, with a part that has bad records."""
    td.create_database("one")
    td.create_log_table("one", "people")
    session = td.create_bulk_import("session_1", "one", "people")
    session.upload_file("part_1", "json", lines(PEOPLE))
    bad = packed([{"time": NOON, "name": "fine"}, {"name": "no time"}])
    session.upload_part("part_2", bad, len(bad))
    parts = session.list_parts()
    session.freeze()
    session.perform(wait=True, wait_interval=0)
    performed = td.bulk_import("session_1")
    errors_seen = list(performed.error_record_items())
    performed.commit(wait=True, wait_interval=0)
    seen = {
        "parts": parts,
        "valid": performed.valid_records,
        "error": performed.error_records,
        "problems": [one["error"] for one in errors_seen],
        "status": td.bulk_import("session_1").status,
        "rows": td.table("one", "people").count,
    }
    td.delete_bulk_import("session_1")
    seen["left"] = len(td.bulk_imports())
    return seen


def connections(td):
    """Keep, list and delete result connections, and write a result to a table."""
    filled(td)
    td.create_result("warehouse", "postgresql://ada:hush@db.example.com/main/people")
    listed = [[one.name, one.url] for one in td.results()]
    td.query(
        "one",
        "SELECT time, name FROM people",
        result_url="td://@/one/copies?mode=replace",
        type="presto",
    ).wait(wait_interval=0)
    rows = td.table("one", "copies").count
    td.delete_result("warehouse")
    return {"listed": listed, "rows": rows, "left": len(td.results())}


def users(td):
    """Add users and keys, sign in, and remove them."""
    td.add_user("marta", "example", "marta@example.com", "correct horse")
    names = sorted(user.name for user in td.users())
    before = td.list_apikeys("marta")
    td.add_apikey("marta")
    (new,) = set(td.list_apikeys("marta")) - set(before)
    td.remove_apikey("marta", new)
    key = td.api.authenticate("marta@example.com", "correct horse")
    with tdclient.Client(apikey=key, endpoint=sys.argv[1]) as other:
        seen = [database.name for database in other.databases()]
    td.remove_user("marta")
    return {"names": names, "keys": len(before), "seen": seen, "left": len(td.users())}


def bulk_loads(td):
    """Keep a bulk load and run it; what it reads is elsewhere."""
    filled(td)
    config = {"config": {"in": {"type": "s3", "bucket": "b", "secret_access_key": "hush"}}}
    td.api.connector_create("load_1", "one", "people", config)
    job = td.api.connector_run("load_1")
    issued = td.api.connector_issue("one", "people", config)
    seen = {
        "listed": [one["name"] for one in td.api.connector_list()],
        "secret": td.api.connector_show("load_1")["config"]["in"]["secret_access_key"],
        "history": [one["status"] for one in td.api.connector_history("load_1")],
        "job": td.job(job["job_id"]).debug["stderr"],
        "issued": td.job_status(issued),
    }
    td.api.connector_delete("load_1")
    seen["left"] = td.api.connector_list()
    return seen


def failures(td):
    """Meet every kind of error the client knows."""
    td.create_database("one")
    td.create_log_table("one", "people")
    with tdclient.Client(apikey="1/unknown", endpoint=sys.argv[1]) as stranger:
        strange = raised(stranger.databases)
    with tdclient.Client(apikey="2/sandbox", endpoint=sys.argv[1]) as writer:
        written = raised(writer.databases)
        body = packed(PEOPLE)
        writer.import_data("one", "people", "msgpack.gz", body, len(body))
    return {
        "stranger": strange,
        "writer": written,
        "rows": td.table("one", "people").count,
        "again": raised(lambda: td.create_database("one")),
        "table_again": raised(lambda: td.create_log_table("one", "people")),
        "nowhere": raised(lambda: td.delete_database("nowhere")),
        "no_table": raised(lambda: td.delete_table("one", "nothing")),
        "no_job": raised(lambda: td.job("1")),
        "short": raised(lambda: td.create_database("x")),
        "not_gzip": raised(lambda: td.import_data("one", "people", "msgpack.gz", b"nope", 4)),
    }


def filled(td):
    td.create_database("one")
    td.create_log_table("one", "people")
    td.import_file("one", "people", "json", lines(PEOPLE))


def finished(td, query, kind, **more):
    job = td.query("one", query, type=kind, **more)
    job.wait(wait_interval=0)
    assert job.success(), job.debug
    return job


def lines(records):
    return io.BytesIO(b"".join(json.dumps(one).encode() + b"\n" for one in records))


def packed(records):
    import gzip

    return gzip.compress(tdclient.util.create_msgpack(records))


def raised(call):
    try:
        call()
    except errors.APIError as error:
        return type(error).__name__
    except errors.ParameterValidationError:
        return "ParameterValidationError"
    return None


def as_json(value):
    if isinstance(value, dt.datetime):
        return value.isoformat()
    raise TypeError(value)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    time.sleep = lambda _seconds: None
    works = (
        catalogue,
        imports,
        queries,
        kill,
        schedules,
        bulk_imports,
        connections,
        users,
        bulk_loads,
        failures,
    )
    work = {one.__name__: one for one in works}[sys.argv[3]]
    with tdclient.Client(apikey=sys.argv[2], endpoint=sys.argv[1]) as client:
        print(json.dumps(work(client), default=as_json))  # noqa: T201
