"""The house keeps its own rules: layers, budgets, names, and no vendor in the host."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOST = ROOT / "src" / "argosy"
HANDLERS = [*ROOT.glob("handlers/*.py"), *ROOT.glob("connectors/*/handlers/*.py")]
SOURCES = sorted([*HOST.rglob("*.py"), *HANDLERS])
#: The host, without the sandbox, which is the vendor's double and speaks the vendor's words.
VENDOR_FREE = [
    path
    for path in sorted(HOST.rglob("*"))
    if path.is_file()
    and path.suffix != ".pyc"
    and not path.is_relative_to(HOST / "sandbox")
    and "__pycache__" not in path.parts
    and not path.is_relative_to(HOST / "_connector")
]
#: The one file of the host that may name the product that its installation comes with.
NAMES_THE_PRODUCT = {HOST / "__init__.py"}

LONGEST_FILE = 500
LONGEST_FUNCTION = 70
FORBIDDEN_MODULES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core"}
VENDORS_OWN = ("src", "argosy", "sandbox", "core")  # the vendor's name of this API
FORBIDDEN_CLASSES = re.compile(r"(Manager|Helper|Util|Utils)$|^(Base|Abstract)[A-Z]")
FORBIDDEN_FUNCTIONS = re.compile(r"^(process|handle|do)_")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(_text(path))


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _definitions(tree: ast.Module) -> Iterator[Definition]:
    return (node for node in ast.walk(tree) if isinstance(node, Definition))


def _public(body: list[ast.stmt]) -> Iterator[Definition]:
    """Yield the public definitions of a module and the public methods of its public classes."""
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body)


@pytest.fixture(scope="module")
def capability_ids() -> re.Pattern[str]:
    """Every capability's id, and as a Python name."""
    manifest = json.loads((ROOT / "connector.json").read_text(encoding="utf-8"))
    ids = sorted(entry.rpartition("/")[2] for entry in manifest["capabilities"])
    names = "|".join([*ids, *(one.replace("-", "_") for one in ids)])
    return re.compile(rf"(?<![\w-])(?:{names})(?![\w-])")


def test_the_layers_are_kept() -> None:
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", lint, "--no-cache"]

    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout + found.stderr


def test_the_host_knows_no_vendor(capability_ids: re.Pattern[str]) -> None:
    words = re.compile(r"treasure|\btd1\b|audience", re.IGNORECASE)
    own = re.compile(r"\btd1\b", re.IGNORECASE)

    found = [
        f"{_name(path)}:{number}: {line.strip()}"
        for path in VENDOR_FREE
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (own if path in NAMES_THE_PRODUCT else words).search(line) or capability_ids.search(line)
    ]

    assert found == []


def test_the_host_knows_no_capability_that_is_built_in() -> None:
    manifests = [json.loads(path.read_text()) for path in ROOT.glob("connectors/*/connector.json")]
    ids = [one.rpartition("/")[2] for manifest in manifests for one in manifest["capabilities"]]
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(ids)})(?![\w-])")

    found = [_name(path) for path in VENDOR_FREE if named.search(path.read_text(encoding="utf-8"))]

    assert (len(ids), found) == (len(set(ids)), [])


def test_handlers_see_the_sdk_only() -> None:
    found = []
    for path in HANDLERS:
        nodes = list(ast.walk(_tree(path)))
        named = [one.name for node in nodes if isinstance(node, ast.Import) for one in node.names]
        named += [
            node.module or ""
            for node in nodes
            if isinstance(node, ast.ImportFrom) and not node.level
        ]
        found += [
            f"{_name(path)}: {name}"
            for name in named
            if name.startswith("argosy") and name != "argosy.sdk"
        ]

    assert found == []


class TestBudgets:
    def test_files_are_short(self) -> None:
        lengths = {_name(path): len(_text(path).splitlines()) for path in SOURCES}

        assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}

    def test_functions_are_short(self) -> None:
        lengths = {
            f"{_name(path)}:{node.lineno}: {node.name}": _length(node)
            for path in SOURCES
            for node in _definitions(_tree(path))
            if not isinstance(node, ast.ClassDef)
        }

        assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}

    def test_names_say_what_is_there(self) -> None:
        found = [_name(path) for path in SOURCES if _is_named_for_nothing(path)]
        for path in SOURCES:
            for node in _definitions(_tree(path)):
                is_class = isinstance(node, ast.ClassDef)
                forbidden = FORBIDDEN_CLASSES if is_class else FORBIDDEN_FUNCTIONS
                if forbidden.search(node.name):
                    found.append(f"{_name(path)}:{node.lineno}: {node.name}")

        assert found == []

    def test_what_is_public_is_explained_in_sentences(self) -> None:
        found = []
        for path in SOURCES:
            tree = _tree(path)
            told = [(1, "the module", ast.get_docstring(tree))]
            told += [
                (node.lineno, node.name, ast.get_docstring(node))
                for node in _public(tree.body)
                if not _is_overload(node)
            ]
            for line, name, text in told:
                first = (text or "").partition("\n\n")[0].rstrip()
                if not first.endswith((".", ":", "?", "!")):
                    found.append(f"{_name(path)}:{line}: {name}: {first!r}")

        assert found == []

    def test_nothing_catches_everything_without_a_word(self) -> None:
        found = []
        for path in SOURCES:
            lines = _text(path).splitlines()
            for node in ast.walk(_tree(path)):
                if isinstance(node, ast.ExceptHandler) and _catches_everything(node):
                    last = node.body[-1]
                    is_passed_on = isinstance(last, ast.Raise) and last.exc is None
                    told = "".join(lines[node.lineno - 1 : last.end_lineno])
                    if not is_passed_on and "#" not in told:
                        found.append(f"{_name(path)}:{node.lineno}")

        assert found == []


def _is_named_for_nothing(path: Path) -> bool:
    parts = path.relative_to(ROOT).with_suffix("").parts
    named = parts[:3] + parts[4:] if parts[:4] == VENDORS_OWN else parts
    return not FORBIDDEN_MODULES.isdisjoint(named)


def _length(node: Definition) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _catches_everything(node: ast.ExceptHandler) -> bool:
    return node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}


def _is_overload(node: Definition) -> bool:
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)


def test_importing_the_package_costs_nothing() -> None:
    source = (
        "import sys; import argosy; "
        "print([n for n in ('requests', 'jinja2', 'jsonschema', 'duckdb') if n in sys.modules])"
    )

    found = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == "[]"


def test_every_public_name_of_the_package_is_there() -> None:
    import argosy

    for name in argosy.__all__:
        assert getattr(argosy, name)


def test_a_name_that_the_package_lacks_is_an_attribute_error() -> None:
    import argosy

    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = argosy.nothing
