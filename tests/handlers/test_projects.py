"""Projects: who made them, and their files to and from a folder."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from argosy.errors import HandlerError, InvalidInputsError, UnwritableFileError
from handlers._archives import Packed, pack, texts_of
from handlers.list_workflow_projects import origin_of
from tests.handlers.conftest import Vendor
from tests.servers import Received, Say

PROJECTS = "GET /api/projects"
ARCHIVE = "GET /api/projects/12/archive"
UPLOAD = "PUT /api/projects"
FILES = {"load.dig": "+a:\n  echo>: hi\n", "queries/a.sql": "SELECT 1\n"}
PACKED = pack([Packed(path, text.encode()) for path, text in FILES.items()])


def project(number: int = 12, name: str = "orders", **more: Any) -> dict[str, Any]:
    return {"id": str(number), "name": name, "revision": "r1", "metadata": [], **more}


def mark(key: str, value: str) -> dict[str, str]:
    return {"key": key, "value": value}


@pytest.fixture
def workflow(vendor: Vendor) -> Vendor:
    """A vendor with one project and its archive."""
    vendor.says(PROJECTS, {"projects": [project()]})
    vendor.says("GET /api/projects/12", project())
    vendor.says(ARCHIVE, Say(200, PACKED, {"Content-Type": "application/gzip"}))
    vendor.says(UPLOAD, project(revision="r2"))
    return vendor


class TestOrigins:
    @pytest.mark.parametrize(
        ("found", "origin"),
        [
            (project(), "manual"),
            (project(metadata=None), "manual"),
            (project(metadata="odd"), "manual"),
            (project(metadata=[7, {"value": "sys"}]), "manual"),
            (project(metadata=[mark("team", "sys")]), "manual"),
            (project(metadata=[mark("sys", "cdp_audience")]), "system"),
            (project(metadata=[mark("pbp", "cdp_audience_1")]), "system"),
            (project(name="cdp_audience_123456"), "system"),
            (project(name="cdp_audience_123456_reload"), "system"),
            (project(name="cdp_audience_report"), "manual"),
            (project(name="my_cdp_audience_12"), "manual"),
        ],
    )
    def test_are_told_by_metadata_and_name(self, found: dict[str, Any], origin: str) -> None:
        assert origin_of(found)["origin"] == origin

    def test_are_counted_over_all_pages(self, vendor: Vendor) -> None:
        every = [project(n, f"p{n}" if n % 3 else f"cdp_audience_{n}") for n in range(1, 8)]

        def page(request: Received) -> Say:
            last = int(dict(request.query).get("last_id", 0))
            return Say(200, {"projects": [p for p in every if int(p["id"]) > last][:3]})

        vendor.says(PROJECTS, page)

        outputs = vendor.call("list-workflow-projects", all=True).unwrap()
        first = vendor.call("list-workflow-projects").unwrap()
        manual = vendor.call("list-workflow-projects", all=True, origin="manual").unwrap()

        assert (outputs["systemCount"], outputs["manualCount"]) == (2, 5)
        assert (outputs["hasMore"], len(outputs["projects"])) == (False, 7)
        assert (first["hasMore"], first["next"]) == (True, {"lastId": "3"})
        assert [p["name"] for p in manual["projects"]] == ["p1", "p2", "p4", "p5", "p7"]


class TestDownload:
    def test_fills_a_new_folder(self, workflow: Vendor, tmp_path: Path) -> None:
        target = tmp_path / "orders"

        outputs = workflow.call("download-project", projectId="12", save_to=target).unwrap()

        assert {p: (target / p).read_text() for p in FILES} == FILES
        assert (outputs["folder"], outputs["fileCount"]) == (str(target), 2)
        assert outputs["archiveSize"] == len(PACKED)
        assert [path.name for path in tmp_path.iterdir()] == ["orders"]

    def test_gives_texts_where_no_folder_is_named(self, workflow: Vendor) -> None:
        outputs = workflow.call("download-project", project="orders").unwrap()

        assert outputs["contents"] == FILES
        assert (outputs["projectId"], outputs["revision"]) == ("12", "r1")

    def test_asks_for_a_revision(self, workflow: Vendor) -> None:
        workflow.call("download-project", projectId="12", revision="r0").unwrap()

        query = dict(workflow.received(ARCHIVE)[0].query)
        assert query == {"revision": "r0", "direct_download": "false"}

    def test_leaves_a_folder_alone_that_holds_files(self, workflow: Vendor, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("x")

        refused = workflow.call("download-project", projectId="12", save_to=tmp_path)
        taken = workflow.call("download-project", projectId="12", save_to=tmp_path, overwrite=True)

        assert isinstance(refused.error, UnwritableFileError)
        assert "`overwrite`" in str(refused.error)
        assert taken.error is None
        assert (tmp_path / "mine").read_text() == "x"

    def test_tells_that_there_is_no_such_project(self, workflow: Vendor) -> None:
        result = workflow.call("download-project", project="order")

        assert isinstance(result.error, HandlerError)
        assert str(result.error) == "there is no project named 'order'"

    def test_tells_that_the_archive_is_none(self, workflow: Vendor, tmp_path: Path) -> None:
        workflow.says(ARCHIVE, Say(200, b"<html>"))

        result = workflow.call("download-project", projectId="12", save_to=tmp_path / "new")

        assert "the archive cannot be read" in str(result.error)
        assert list(tmp_path.iterdir()) == []


class TestUpload:
    def test_sends_a_folder(self, workflow: Vendor, tmp_path: Path) -> None:
        for path, text in {**FILES, ".git/config": "x"}.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(text)

        outputs = workflow.call(
            "upload-project", project="orders", folder=tmp_path, revision="r2", skipSchedule=False
        ).unwrap()

        sent = workflow.received(UPLOAD)[0]
        assert sent.body == PACKED
        assert sent.headers["content-type"] == "application/gzip"
        assert dict(sent.query) == {
            "project": "orders",
            "revision": "r2",
            "skip_schedule": "false",
        }
        assert [file["path"] for file in outputs["files"]] == list(FILES)
        assert (outputs["projectId"], outputs["isSent"]) == ("12", True)
        assert outputs["archiveMd5"] == base64.b64encode(hashlib.md5(PACKED).digest()).decode()

    def test_sends_texts_under_a_revision_of_its_own(
        self, workflow: Vendor, tmp_path: Path
    ) -> None:
        outputs = workflow.call("upload-project", project="orders", files=FILES).unwrap()

        sent = workflow.received(UPLOAD)[0]
        assert dict(sent.query)["revision"] == outputs["revision"]
        (tmp_path / "sent").write_bytes(sent.body)
        assert texts_of(tmp_path / "sent")[1] == FILES

    def test_lists_what_it_would_send_and_sends_nothing(self, workflow: Vendor) -> None:
        result = workflow.call("upload-project", project="orders", files=FILES, dryRun=True)

        outputs = result.unwrap()
        assert outputs["files"][0] == {"path": "load.dig", "size": len(FILES["load.dig"])}
        assert outputs["isSent"] is False
        assert (workflow.asked, result.attempts) == ([], 0)

    @pytest.mark.parametrize("files", [{"a.sql": ""}, {"sub/a.dig": ""}, {"a.dig/b": ""}])
    def test_refuses_files_without_a_workflow_at_the_top(
        self, workflow: Vendor, files: dict[str, str]
    ) -> None:
        result = workflow.call("upload-project", project="orders", files=files)

        assert isinstance(result.error, InvalidInputsError)
        assert "ends with .dig" in result.error.problems[0].message
        assert workflow.asked == []

    def test_takes_no_folder_by_text(self, workflow: Vendor, tmp_path: Path) -> None:
        (tmp_path / "a.dig").write_text("")

        result = workflow.call("upload-project", project="orders", folder=str(tmp_path))

        assert isinstance(result.error, InvalidInputsError)
        assert result.error.problems[0].code == "folder-by-text"

    def test_what_was_downloaded_goes_up_as_the_same_bytes(
        self, workflow: Vendor, tmp_path: Path
    ) -> None:
        workflow.call("download-project", projectId="12", save_to=tmp_path / "a").unwrap()

        workflow.call("upload-project", project="orders", folder=tmp_path / "a").unwrap()

        assert workflow.received(UPLOAD)[0].body == PACKED
