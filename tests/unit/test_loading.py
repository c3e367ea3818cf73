"""Finding a connector and reading its files: what is wrong is told with file and place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from argosy.connector import find_connector, load_connector, read_document, schema_folder
from argosy.errors import InvalidCapabilityError, InvalidManifestError
from argosy.model import Connector
from tests.drafts import MANIFEST, capability, write_connector


class TestFinding:
    def test_a_path_goes_before_the_environment(self, tmp_path: Path) -> None:
        for name in ("given", "named"):
            write_connector(tmp_path / name)
        environ = {"ARGOSY_CONNECTOR": str(tmp_path / "named")}

        assert find_connector(tmp_path / "given", environ) == tmp_path / "given"
        assert find_connector(str(tmp_path / "given/connector.json"), {}) == tmp_path / "given"
        assert find_connector(None, environ) == tmp_path / "named"

    def test_without_a_word_it_is_the_one_of_this_installation(self) -> None:
        folder = find_connector(None, {})

        assert (folder / "connector.json").is_file()
        assert schema_folder() == folder / "schemas"

    def test_a_path_without_a_manifest_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidManifestError) as caught:
            find_connector(tmp_path, {})

        assert str(tmp_path) in str(caught.value)


class TestReading:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"[]", "not a JSON object"),
            (b'{"a": 1,\n "b": }', "line 2, column"),
            (b'{"a": 1, "b": {"c": 1, "c": 2}}', "'c' stands twice"),
            (b'{"a": "\xff"}', "not UTF-8"),
            (b"", "line 1"),
        ],
    )
    def test_a_file_that_is_no_document_is_told_why(
        self, tmp_path: Path, content: bytes, words: str
    ) -> None:
        (tmp_path / "x.json").write_bytes(content)

        with pytest.raises(ValueError, match=words):
            read_document(tmp_path, "x.json")

    def test_a_file_that_is_not_there_is_told_so(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="there is no such file"):
            read_document(tmp_path, "x.json")

    @pytest.mark.parametrize("file", ["../x.json", "a/../../x.json", "/etc/hostname", "link.json"])
    def test_a_file_outside_the_folder_is_not_read(self, tmp_path: Path, file: str) -> None:
        (tmp_path / "x.json").write_text("{}")
        folder = tmp_path / "folder"
        folder.mkdir()
        (folder / "link.json").symlink_to(tmp_path / "x.json")

        with pytest.raises(ValueError, match="outside the connector's folder"):
            read_document(folder, file)


class TestManifests:
    def test_everything_that_is_wrong_is_told_with_its_place(self, tmp_path: Path) -> None:
        document = {**MANIFEST, "capabilities": ["x"], "formatVersion": 2, "titel": "x"}
        (tmp_path / "connector.json").write_text(json.dumps(document))

        with pytest.raises(InvalidManifestError) as caught:
            load_connector(tmp_path)

        assert [problem.place for problem in caught.value.problems] == [
            "connector.json#/capabilities/0",
            "connector.json#/formatVersion",
            "connector.json#/titel",
        ]

    @pytest.mark.parametrize("content", ["{", '{"id": 1, "id": 2}', "[]"])
    def test_one_that_cannot_be_read_is_refused(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "connector.json").write_text(content)

        with pytest.raises(InvalidManifestError) as caught:
            load_connector(tmp_path)

        assert [problem.code for problem in caught.value.problems] == ["unreadable-file"]

    def test_the_checkouts_own_is_read(self, connector: Connector) -> None:
        assert connector.id == "treasure-data"
        assert connector.auth is not None


class TestCapabilities:
    def load(self, connector: Connector) -> list[Any]:
        from argosy.connector import load_capability

        with pytest.raises(InvalidCapabilityError) as caught:
            load_capability(connector, "read")
        return [(problem.code, problem.file) for problem in caught.value.problems]

    @pytest.mark.parametrize("content", ["{", "[]", '{"id": "a", "id": "b"}'])
    def test_one_that_cannot_be_read_is_told_with_its_file(
        self, tmp_path: Path, content: str
    ) -> None:
        connector = write_connector(tmp_path, capability("read"))
        file = connector.capability_files["read"]
        (tmp_path / file).write_text(content)

        assert self.load(connector) == [("unreadable-file", file)]

    def test_one_whose_file_is_missing_is_told_with_its_file(self, tmp_path: Path) -> None:
        connector = write_connector(tmp_path, capability("read"))
        file = connector.capability_files["read"]
        (tmp_path / file).unlink()

        assert self.load(connector) == [("unreadable-file", file)]
