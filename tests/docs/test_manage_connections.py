"""The page about connections tells what happens: its commands run as they stand there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

from argosy.cli.connections_group import connections
from argosy.cli.main import main
from argosy.cli.tables_group import tables
from argosy.sandbox import start

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "manage-connections.md"


def test_the_commands_of_the_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    commands = re.findall(r"^\$ argosy (.+)$", text, re.MULTILINE)
    (s3,) = re.findall(r"```json\n(.+?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    statuses = {}

    with start() as sandbox:
        for name, content in (("s3.json", s3), ("key.txt", sandbox.master_key)):
            Path(name).write_text(content, encoding="utf-8")
            Path(name).chmod(0o600)
        Path("users.csv").write_text("id,age\n1,40\n", encoding="utf-8")
        pq.write_table(pa.table({"item_id": ["1"]}), "items.parquet")
        monkeypatch.setenv("MY_KEY", sandbox.master_key)
        key = {"Authorization": f"TD1 {sandbox.master_key}"}
        requests.get(f"{sandbox.url}/v3/database/list", headers=key, timeout=60)
        for command in commands:
            words = shlex.split(command)
            if words[1] == "set" and "apiKey" in command:  # the sandbox stands in for the vendor
                words += ["--set", f"settings.endpoint={sandbox.url}"]
            statuses[command] = main(words)

    told = capsys.readouterr()
    assert [command for command, status in statuses.items() if status] == [], told.err
    assert len(statuses) > 12
    assert "PasSW0rD" not in told.out + told.err
    assert sandbox.master_key not in told.out + told.err


def test_every_option_of_the_page_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    known = {
        option
        for group in (connections, tables)
        for command in group.commands.values()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }

    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))

    assert named - known == {"--api-key-file", "--connection", "--local"} - known
