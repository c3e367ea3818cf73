"""Projects: uploaded, listed, downloaded, deleted; their workflows and secrets."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
from typing import Any

import pytest

from tests.sandbox.workflow.conftest import Workflows, archive

DIG = "+a: {echo>: x}\n"
BOMB = "".join(f"+k{n}:\n  !include : b.yml\n" for n in range(5))


def tar(*entries: tarfile.TarInfo, content: bytes = b"") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as made:
        for entry in entries:
            entry.size = len(content) if entry.isreg() else 0
            made.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def special(kind: bytes, name: str = "x", target: str = "/etc/passwd") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type = kind
    entry.linkname = target
    return entry


def test_an_upload_makes_a_project(api: Workflows) -> None:
    packed = archive({"daily.dig": DIG, "lib/x.sql": "SELECT 1", "lib/sub.dig": DIG})

    project = api.upload(packed)

    assert project | {"id": ""} == {
        "id": "",
        "name": "shop",
        "revision": "r1",
        "createdAt": "2023-11-14T22:13:20Z",
        "updatedAt": "2023-11-14T22:13:20Z",
        "deletedAt": None,
        "archiveType": "db",
        "archiveMd5": base64.b64encode(hashlib.md5(packed).digest()).decode(),
        "metadata": [],
    }
    assert api.get(f"projects/{project['id']}") == project
    workflows = api.get(f"projects/{project['id']}/workflows")["workflows"]
    assert [one["name"] for one in workflows] == ["daily"]
    assert workflows[0]["config"] == {"+a": {"echo>": "x"}}
    assert workflows[0]["timezone"] == "UTC"


def test_an_archive_comes_back_as_it_was(api: Workflows) -> None:
    first, second = archive({"a.dig": DIG}), archive({"b.dig": DIG})
    project = api.upload(first)
    api.upload(second, revision="r2")

    def download(**params: str) -> Any:
        path = f"/api/projects/{project['id']}/archive"
        return api.client.call("GET", path, params=params)

    assert download().content == second
    assert download().headers["content-type"] == "application/gzip"
    assert download(revision="r1", direct_download="true").content == first
    assert download(revision="r9").status_code == 404


def test_a_second_upload_makes_a_revision(api: Workflows) -> None:
    first = api.upload({"a.dig": DIG})
    old = api.get("workflows")["workflows"][0]
    api.client.control("PUT", "clock", {"advance": 60})

    second = api.upload({"a.dig": DIG, "b.dig": DIG}, revision="r2")

    assert (second["id"], second["revision"]) == (first["id"], "r2")
    assert (second["createdAt"], second["updatedAt"]) == (
        first["createdAt"],
        "2023-11-14T22:14:20Z",
    )
    path = f"projects/{first['id']}"
    revisions = api.get(f"{path}/revisions")["revisions"]
    assert [one["revision"] for one in revisions] == ["r2", "r1"]
    assert revisions[0]["userInfo"]["td"]["user"]["email"] == "sandbox@example.com"
    workflows = api.get("workflows")["workflows"]
    assert [(one["name"], one["revision"]) for one in workflows] == [("a", "r2"), ("b", "r2")]
    assert old["id"] not in [one["id"] for one in workflows]
    assert api.get(f"workflows/{old['id']}") == old
    assert api.get(f"{path}/workflows", revision="r1")["workflows"] == [old]
    assert api.get(f"{path}/workflows/a", revision="r1") == old
    assert api.get(f"{path}/workflows/a")["revision"] == "r2"
    for name in ("name", "workflow"):
        answer = api.client.call("GET", f"/api/{path}/workflows", params={name: "b"})
        found = answer.json()["workflows"]
        assert [one["name"] for one in found] == ["b"]
    assert "revision=r9" in api.get(f"{path}/workflows", 404, revision="r9")["message"]
    assert "workflow name=z" in api.get(f"{path}/workflows/z", 404)["message"]
    assert "already exists" in api.upload({"a.dig": DIG}, revision="r2", status=409)["message"]


def test_revisions_come_by_pages(api: Workflows) -> None:
    for number in range(5):
        project = api.upload({"a.dig": DIG}, revision=f"r{number}")
    path = f"projects/{project['id']}/revisions"

    def names(page: Any) -> list[str]:
        return [one["revision"] for one in page["revisions"]]

    first = api.get(path, **{"page[size]": 2})
    second = api.get(first["pagination"]["nextPage"].removeprefix("/api/"))
    third = api.get(second["pagination"]["nextPage"].removeprefix("/api/"))

    assert [names(one) for one in (first, second, third)] == [["r4", "r3"], ["r2", "r1"], ["r0"]]
    assert third["pagination"]["nextPage"] is None
    assert names(api.get(path, name="r3")) == ["r3"]
    assert "page[size]" in api.get(path, 400, **{"page[size]": 101})["message"]


def test_projects_are_listed_and_searched(api: Workflows) -> None:
    ids = [api.upload({"a.dig": DIG}, name)["id"] for name in ("shop", "shopping", "other")]

    def names(**params: Any) -> list[str]:
        return [one["name"] for one in api.get("projects", **params)["projects"]]

    assert names() == ["shop", "shopping", "other"]
    assert names(name="shop") == ["shop"]
    assert names(name="no") == []
    assert names(name_pattern="shop") == ["shop", "shopping"]
    assert names(last_id=ids[0]) == ["shopping", "other"]
    assert names(last_id=ids[0], count=1) == ["shopping"]


def test_workflows_are_listed_and_searched(api: Workflows) -> None:
    api.upload({"daily.dig": DIG, "weekly.dig": DIG}, "shop")
    api.upload({"daily.dig": DIG}, "weekly")

    def names(**params: Any) -> list[str]:
        found = api.get("workflows", **params)["workflows"]
        return [f"{one['project']['name']}/{one['name']}" for one in found]

    assert names() == ["shop/daily", "shop/weekly", "weekly/daily"]
    assert names(order="desc", count=1) == ["weekly/daily"]
    assert names(name_pattern="week") == ["shop/weekly"]
    assert names(name_pattern="week", search_project_name="true") == ["shop/weekly", "weekly/daily"]
    last = api.get("workflows")["workflows"][1]["id"]
    assert names(last_id=last) == ["weekly/daily"]
    assert names(last_id=last, order="desc") == ["shop/daily"]
    assert "order=" in api.get("workflows", 400, order="up")["message"]


def test_a_deleted_project_is_gone_and_says_so(api: Workflows) -> None:
    project = api.upload({"a.dig": "schedule: {daily>: '07:00:00'}\n" + DIG})
    attempt = api.start("a")
    path = f"projects/{project['id']}"

    deleted = api.send("DELETE", path)

    assert deleted["deletedAt"] == "2023-11-14T22:13:20Z"
    message = f"Project id={project['id']} name=shop is already deleted"
    for gone in (path, f"{path}/archive", f"{path}/workflows", f"{path}/secrets"):
        assert message in api.get(gone, 404)["message"]
    assert message in api.send("DELETE", path, status=404)["message"]
    assert api.get("projects") == {"projects": []}
    assert api.get("workflows") == {"workflows": []}
    assert api.get("schedules") == {"schedules": []}
    assert api.attempt(attempt)["project"]["name"] == "shop"
    assert len(api.get("sessions")["sessions"]) == 1
    assert api.upload({"a.dig": DIG})["id"] != project["id"]


BAD = [
    (b"no gzip", "Input is not in the .gz format"),
    (gzip.compress(b"no tar" * 500), "is not a tar archive"),
    (archive({"a.dig": DIG})[:-20], "Input is not in the .gz format"),
    (b"\x1f" * ((2 << 20) + 1), "exceeds limit (2097152 bytes)"),
    (gzip.compress(bytes(64 << 20)), "Total size of the archive exceeds limit"),
    (archive({"x": b"x" * ((2 << 20) + 1)}), "Total size of the archive exceeds limit"),
    (tar(special(tarfile.SYMTYPE)), "something other than files and folders"),
    (tar(special(tarfile.LNKTYPE)), "something other than files and folders"),
    (tar(special(tarfile.FIFOTYPE)), "something other than files and folders"),
    (tar(tarfile.TarInfo("../x"), content=b"x"), "is not in the project"),
    (tar(tarfile.TarInfo("/etc/x"), content=b"x"), "is not in the project"),
    (tar(tarfile.TarInfo("a\nb.dig"), content=b"x"), "is not in the project"),
    (tar(tarfile.TarInfo("a\udcff.dig"), content=b"x"), "is not in the project"),
    (tar(tarfile.TarInfo("x" * 1001), content=b"x"), "a path longer than 1000"),
    (tar(*(tarfile.TarInfo(f"{n}") for n in range(5001))), "more than 5000 entries"),
    (archive({"a.dig": "- x"}), "a.dig: the file is not a mapping"),
    (archive({"a.dig": "+a: {echo>: 1, sh>: 2}"}), "can't have more than one operator"),
    (archive({"a.dig": "+a: {echo>: 1, +b: {}}"}), "can't have subtasks"),
    (archive({"a.dig": "wrong: 1"}), "contains invalid keys: 'wrong'"),
    (archive({"a.dig": "+a: 3"}), "is not a mapping"),
    (archive({"a.dig": "timezone: Mars"}), "The timezone 'Mars' is not known"),
    (archive({"a.dig": "schedule: {often>: 1}"}), "schedule: needs one of"),
    (archive({"a.dig": "+a: {_after: [+b], echo>: x}"}), '"_after" option is invalid'),
    (archive({"a.dig": "_parallel: true\n+a: {_after: [+b]}"}), "'+b' does not exist"),
    (archive({"a.dig": "_error: {x: 1}\n+a: {}"}), "invalid keys"),
    (archive({"a.dig": "+a:\n  !include : 'b.dig'"}), "no file 'b.dig' to include"),
    (archive({"a.dig": "+a: !include b.dig", "b.dig": ""}), "no value"),
    (archive({"a.dig": "+a:\n  !include : [b.dig]", "b.dig": ""}), "not a file's path"),
    (archive({"a.dig": "+a:\n  !include : a.dig"}), "nested deeper"),
    (archive({"a.dig": "!include : a.dig"}), "more than 100 files"),
    (archive({"a.dig": "!include : ../a.dig"}), "no file '../a.dig' to include"),
    (archive({"a.dig": "!include : x/a", "x/a": "!include : ../y", "y": ""}), "no file '../y'"),
    (archive({"a.dig": BOMB, "b.yml": f"k: {'x' * 500_000}"}), "larger than"),
    (b"", "Input is not in the .gz format"),
]


@pytest.mark.parametrize(("body", "text"), BAD, ids=map(str, range(len(BAD))))
def test_a_bad_archive_is_refused(api: Workflows, body: bytes, text: str) -> None:
    answer = api.upload(body, status=400)

    assert text in answer["message"]
    assert answer["status"] == 400
    assert api.get("projects") == {"projects": []}


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"project": ""}, "project= is required"),
        ({"revision": ""}, "revision= is required"),
        ({"project": "a/b"}, "project= must be"),
        ({"schedule_from": "soon"}, "schedule_from= must be a time"),
    ],
)
def test_an_upload_needs_names(api: Workflows, params: Any, text: str) -> None:
    assert text in api.upload({"a.dig": DIG}, status=400, **params)["message"]


def test_secrets_are_never_read_back(api: Workflows) -> None:
    project = api.upload({"a.dig": DIG})
    path = f"projects/{project['id']}/secrets"

    api.send("PUT", f"{path}/db.password", {"value": "sesame"}, 204)
    api.send("PUT", f"{path}/a", {"value": "x"}, 204)
    api.send("PUT", f"{path}/a", {"value": "y"}, 204)

    assert api.get(path) == {"secrets": [{"key": "a"}, {"key": "db.password"}]}
    assert api.get(f"{path}/") == api.get(path)
    api.send("DELETE", f"{path}/a", status=204)
    api.send("DELETE", f"{path}/a", status=204)
    assert api.get(path) == {"secrets": [{"key": "db.password"}]}
    assert api.send("PUT", f"{path}/a", {"value": 1}, 400)["status"] == 400
    assert api.send("PUT", f"{path}/a b", {"value": "x"}, 400)["status"] == 400


@pytest.mark.parametrize(
    ("mode", "time"),
    [
        (None, "2023-11-15T07:13:20+09:00"),
        ("second", "2023-11-15T07:13:20+09:00"),
        ("minute", "2023-11-15T07:13:00+09:00"),
        ("hour", "2023-11-15T07:00:00+09:00"),
        ("day", "2023-11-15T00:00:00+09:00"),
        ("schedule", "2023-11-15T00:00:00+09:00"),
        ("next_schedule", "2023-11-16T00:00:00+09:00"),
    ],
)
@pytest.mark.parametrize("session", ["2023-11-14T22:13:20Z", "2023-11-15 07:13:20"])
def test_a_session_time_is_cut(api: Workflows, mode: str | None, time: str, session: str) -> None:
    dig = "timezone: Asia/Tokyo\nschedule: {daily>: '07:00:00'}\n" + DIG
    api.upload({"a.dig": dig, "b.dig": DIG})
    first, second = api.get("workflows")["workflows"]
    params: dict[str, Any] = {"session_time": session} | ({} if mode is None else {"mode": mode})

    answer = api.get(f"workflows/{first['id']}/truncated_session_time", **params)

    assert answer == {
        "project": first["project"],
        "revision": "r1",
        "timezone": "Asia/Tokyo",
        "sessionTime": time,
    }
    path = f"workflows/{second['id']}/truncated_session_time"
    assert "mode=" in api.get(path, 400, session_time=session, mode="year")["message"]
    assert "session_time=" in api.get(path, 400, session_time="x")["message"]
    assert "session_time=" in api.get(path, 400)["message"]
    api.get(path, 404, session_time=session, mode="schedule")


def test_the_version_needs_no_key(api: Workflows) -> None:
    answer = api.client.call("GET", "/api/version", key=None)
    version = answer.json()["version"]

    assert api.get("version/check", client=version) == {
        "serverVersion": version,
        "upgradeRecommended": False,
        "apiCompatible": True,
    }
    old = api.get("version/check", client="0.7.1-SNAPSHOT")
    assert (old["upgradeRecommended"], old["apiCompatible"]) == (True, False)
