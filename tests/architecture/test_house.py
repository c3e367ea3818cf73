"""The house keeps its own rules: layers, budgets, names, and no vendor in the host."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
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


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


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


@pytest.mark.parametrize("path", VENDOR_FREE, ids=_name)
def test_the_host_knows_no_vendor(path: Path, capability_ids: re.Pattern[str]) -> None:
    text = path.read_text(encoding="utf-8")
    words = [r"\btd1\b"] if path in NAMES_THE_PRODUCT else [r"treasure", r"\btd1\b", r"audience"]

    found = [
        f"line {number}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), start=1)
        if any(re.search(word, line, re.IGNORECASE) for word in words)
        or capability_ids.search(line)
    ]

    assert found == []


def test_the_host_knows_no_capability_that_is_built_in() -> None:
    manifests = [json.loads(path.read_text()) for path in ROOT.glob("connectors/*/connector.json")]
    ids = [one.rpartition("/")[2] for manifest in manifests for one in manifest["capabilities"]]
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(ids)})(?![\w-])")

    found = [_name(path) for path in VENDOR_FREE if named.search(path.read_text(encoding="utf-8"))]

    assert (len(ids), found) == (len(set(ids)), [])


@pytest.mark.parametrize("path", HANDLERS, ids=_name)
def test_a_handler_sees_the_sdk_only(path: Path) -> None:
    imported = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.ImportFrom)]
    named = [
        name.name for n in ast.walk(_tree(path)) if isinstance(n, ast.Import) for name in n.names
    ]
    named += [node.module or "" for node in imported if not node.level]

    assert {name for name in named if name.startswith("argosy")} <= {"argosy.sdk"}


@pytest.mark.parametrize("path", SOURCES, ids=_name)
class TestBudgets:
    def test_a_file_is_short(self, path: Path) -> None:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE

    def test_a_function_is_short(self, path: Path) -> None:
        lengths = {
            node.name: (node.end_lineno or node.lineno) - node.lineno + 1
            for node in _definitions(_tree(path))
            if not isinstance(node, ast.ClassDef)
        }

        assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}

    def test_a_name_says_what_is_there(self, path: Path) -> None:
        parts = path.relative_to(ROOT).with_suffix("").parts
        named = parts[:3] + parts[4:] if parts[:4] == VENDORS_OWN else parts
        assert not FORBIDDEN_MODULES.intersection(named)
        for node in _definitions(_tree(path)):
            forbidden = FORBIDDEN_CLASSES if isinstance(node, ast.ClassDef) else FORBIDDEN_FUNCTIONS
            assert not forbidden.search(node.name), node.name

    def test_what_is_public_is_explained(self, path: Path) -> None:
        tree = _tree(path)

        unexplained = [
            node.name
            for node in _public(tree.body)
            if not ast.get_docstring(node) and not _is_overload(node)
        ]

        assert ast.get_docstring(tree)
        assert unexplained == []

    def test_the_first_line_of_an_explanation_is_a_sentence(self, path: Path) -> None:
        tree = _tree(path)
        told = [(path.stem, ast.get_docstring(tree) or "")]
        told += [(node.name, ast.get_docstring(node) or "") for node in _public(tree.body)]

        for name, text in told:
            first = text.partition("\n\n")[0].rstrip()
            assert first.endswith((".", ":", "?", "!")), f"{name}: {first!r}"

    def test_nothing_catches_everything_without_a_word(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()

        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ExceptHandler) and _catches_everything(node):
                last = node.body[-1]
                is_passed_on = isinstance(last, ast.Raise) and last.exc is None
                told = "".join(lines[node.lineno - 1 : last.end_lineno])
                assert is_passed_on or "#" in told, f"line {node.lineno}"


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
