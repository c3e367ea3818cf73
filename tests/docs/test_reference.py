"""The documentation tells the truth: pages are fresh, samples run, links lead somewhere."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import vendor_coverage
import write_reference

import argosy
from argosy.sandbox import start
from tests.contracts import needs_contracts

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"]
PAGES += sorted((ROOT / "docs").rglob("*.md"))


def test_the_generated_pages_are_fresh(connector: argosy.Connector) -> None:
    for name, text in write_reference.pages(connector).items():
        found = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
        assert found == text, f"{name} is out of date: make docs"


def test_every_capability_is_listed_and_has_a_heading(connector: argosy.Connector) -> None:
    folder = ROOT / "docs" / "reference"
    index = (folder / "capabilities.md").read_text(encoding="utf-8")
    pages = [page.read_text(encoding="utf-8") for page in (folder / "capabilities").glob("*.md")]

    listed = re.findall(r"^\| \[`(.+?)`\]\(capabilities/", index, re.MULTILINE)
    headings = [h for page in pages for h in re.findall(r"^### `(.+)`$", page, re.MULTILINE)]
    assert listed == list(connector.every_capability)
    assert sorted(headings) == sorted(listed)


@needs_contracts
class TestCoverage:
    def test_every_operation_of_the_vendor_is_a_capability_or_left_out_for_a_reason(
        self, connector: argosy.Connector
    ) -> None:
        found = vendor_coverage.compare(connector)

        missing = [f"{o.method} {o.path}" for o in found if not o.capabilities and not o.reason]
        assert missing == []
        assert len(found) == 308

    def test_what_is_left_out_is_there_and_has_no_capability(
        self, connector: argosy.Connector
    ) -> None:
        found = vendor_coverage.compare(connector)

        left_out = [o for o in found if o.reason]
        assert len(left_out) == len(vendor_coverage.LEFT_OUT)
        assert not any(o.capabilities for o in left_out)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8"))

    for target in targets:
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_python_samples_run() -> None:
    text = (ROOT / "docs" / "how-to" / "call-from-python.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))

    with start() as sandbox:
        exec(
            compile(code, "call-from-python.md", "exec"),
            {"KEY": "1/sandbox", "ENDPOINT": sandbox.url},
        )


def test_the_samples_of_the_sandbox_run_and_its_seed_is_taken() -> None:
    from argosy.sandbox import Settings

    text = (ROOT / "docs" / "how-to" / "test-on-the-sandbox.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    (seed,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)

    exec(compile(code, "test-on-the-sandbox.md", "exec"), {})
    with start(Settings(seed=json.loads(seed))) as sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")


def test_the_readmes_sample_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)

    with start() as sandbox:
        exec(compile(code.replace("http://127.0.0.1:8040", sandbox.url), "README.md", "exec"), {})

    assert capsys.readouterr().out == "succeeded 1\n"


def test_the_capability_of_the_how_to_passes_the_check_and_runs(tmp_path: Path) -> None:
    from argosy.check import check_connector

    text = (ROOT / "docs" / "how-to" / "add-a-capability.md").read_text(encoding="utf-8")
    (document,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    for part in ("capabilities", "schemas", "handlers", "flows"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    manifest = json.loads((ROOT / "connector.json").read_text(encoding="utf-8"))
    manifest["capabilities"].append("audience/get-parent-segment-name")
    (tmp_path / "connector.json").write_text(json.dumps(manifest), encoding="utf-8")
    file = tmp_path / "capabilities" / "audience" / "get-parent-segment-name.json"
    file.write_text(document, encoding="utf-8")

    report = check_connector(tmp_path)

    assert [problem.message for problem in report.problems] == []
    with start() as sandbox:
        connection = argosy.Connection({"apiKey": "1/sandbox"}, endpoint=sandbox.url)
        with argosy.Dispatcher(argosy.load(tmp_path), connection) as dispatcher:
            result = dispatcher.call("get-parent-segment-name", {"id": "101"})
    assert result.unwrap()["name"] == "Customers"


def test_the_document_of_the_how_to_becomes_a_connector(tmp_path: Path) -> None:
    from argosy.check import check_connector
    from argosy.openapi import import_document

    text = (ROOT / "docs" / "how-to" / "import-an-api.md").read_text(encoding="utf-8")
    (document,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "notes.yaml").write_text(document, encoding="utf-8")

    made = import_document(tmp_path / "notes.yaml", tmp_path / "notes")

    assert (made.capabilities, made.settings, made.notes) == (("list-notes",), ("apiKey",), ())
    assert check_connector(tmp_path / "notes").problems == ()
    listed = argosy.load(tmp_path / "notes")
    with argosy.Dispatcher(listed, argosy.Connection({"apiKey": "secret"})) as dispatcher:
        request = dispatcher.prepare("list-notes", {"all": True})
    assert request.url == "https://notes.example.com/v1/notes"


def test_the_tutorials_commands_do_what_it_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every `argosy call` of the tutorial, run as it stands but for the sandbox's port."""
    import shlex

    from argosy.cli.main import main

    text = (ROOT / "docs" / "tutorial" / "first-call.md").read_text(encoding="utf-8")
    commands = re.findall(r"^argosy call .*?(?<!\\)$", text, re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("ARGOSY_API_KEY", "1/sandbox")
    statuses, printed, token = [], "", "LOOKUP_TOKEN"

    with start() as sandbox:
        for command in commands:
            line = command.replace("\\\n", " ").replace("http://127.0.0.1:8040", sandbox.url)
            statuses.append(main(shlex.split(line.replace("LOOKUP_TOKEN", token))[1:]))
            out = capsys.readouterr().out
            printed += out
            if found := re.search(r'"lookupToken": "(.+?)"', out):
                token = found[1]

    assert statuses == [0, 0, 1, 0, 0]
    assert "POST https://ap01.records.in.treasuredata.com/shop/customers" in printed
    assert '"country": "JP"' in printed
