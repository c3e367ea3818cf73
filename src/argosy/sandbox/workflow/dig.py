"""Read `.dig` files: YAML as digdag takes it, within bounds that no bomb passes.

digdag's YAML knows texts, whole numbers, fractions, true, false and null; `07:00:00`, `yes` and
a date are texts. A key given twice is not taken. Anchors and merges are, as long as what they
stand for stays small when written out.

`!include : 'path'` as a member puts the members of another file in its place: the path goes from
the folder of the file that includes and may not leave it, and objects that are there already are
merged member by member, the later winning. As a value `!include` isn't taken.

Every `.dig` file in the project's top folder is a workflow, named after the file.
"""

from __future__ import annotations

import math
import posixpath
import re
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import yaml
from msgspec import Struct

from argosy.sandbox.workflow.errors import ConfigError
from argosy.sandbox.workflow.tasks import lay

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Config = dict[str, Any]
"""A task's, or a workflow's, members as they stand in its file."""

LONGEST_FILE: Final = 512 << 10
DEEPEST: Final = 50
LARGEST: Final = 2 << 20
"""How much a file's values may weigh with all its aliases written out, in characters."""
MOST_INCLUDES: Final = 100
_SUFFIX: Final = ".dig"
_INCLUDE: Final = "!include"
_MERGE: Final = "<<"
_UTC: Final = "UTC"


class Workflow(Struct, frozen=True):
    """A workflow as its file defines it; `timezone` is a name of the IANA database."""

    name: str
    config: Config
    timezone: str


def workflows(files: Mapping[str, bytes]) -> list[Workflow]:
    """Read a project's workflows in the order of their names; raise ConfigError."""
    names = [path for path in files if path.endswith(_SUFFIX) and "/" not in path]
    return [_workflow(files, path) for path in sorted(names)]


def read_config(files: Mapping[str, bytes], path: str) -> Config:
    """Read one `.dig` file of a project, with what it includes; raise ConfigError that names it."""
    return _Reading(files).config(path, 0)


class _Include(str):
    """The key of a member that includes a file."""

    __slots__ = ()


class _Reading:
    """Reads a file, and those that it includes."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._count = 0
        self._weight = 0

    def config(self, path: str, depth: int) -> Config:
        """Read a file whose members will lie so deep."""
        found = _parsed(self._files[path], path)
        self._weight += _weight(found, {})
        if self._weight > LARGEST:
            message = f"{path}: its aliases make it larger than {LARGEST} characters"
            raise ConfigError(message)
        if _INCLUDE.encode() not in self._files[path]:
            return found
        written: Config = self._written(found, path, depth)
        return written

    def _written(self, value: Any, path: str, depth: int) -> Any:
        """Give a value of a file with what it includes in its place."""
        if depth > DEEPEST:
            message = f"{path}: it is nested deeper than {DEEPEST}"
            raise ConfigError(message)
        if isinstance(value, list):
            return [self._written(one, path, depth + 1) for one in value]
        if not isinstance(value, dict):
            return value
        written: Config = {}
        for key, one in value.items():
            if isinstance(key, _Include):
                lay(self._included(one, path, depth), written)
            else:
                written[key] = self._written(one, path, depth + 1)
        return written

    def _included(self, name: str, path: str, depth: int) -> Config:
        folder = posixpath.dirname(path)
        found = posixpath.normpath(posixpath.join(folder, name))
        if found not in self._files or not found.startswith(folder and f"{folder}/"):
            message = f"{path}: there is no file {name!r:.200} to include in or below its folder"
            raise ConfigError(message)
        self._count += 1
        if self._count > MOST_INCLUDES:
            message = f"{path}: more than {MOST_INCLUDES} files are included"
            raise ConfigError(message)
        return self.config(found, depth)


def _parsed(text: bytes, path: str) -> Config:
    if len(text) > LONGEST_FILE:
        message = f"{path}: the file is larger than {LONGEST_FILE} bytes"
        raise ConfigError(message)
    try:
        loader = _DigLoader(text.decode("utf-8"))
        found = loader.get_single_data()
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        message = f"{path}: {_in_words(error)}"
        raise ConfigError(message) from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        message = f"{path}: the file is not a mapping"
        raise ConfigError(message)
    return found


def _weight(value: Any, known: dict[int, int]) -> int:
    """Count the characters of a value as if it were written out; what is shared counts again."""
    if not isinstance(value, dict | list):
        return len(value) + 1 if isinstance(value, str) else 1
    if id(value) not in known:
        inner = value.values() if isinstance(value, dict) else value
        own = sum(len(key) for key in value) if isinstance(value, dict) else 0
        known[id(value)] = 1 + own + sum(_weight(one, known) for one in inner)
    return known[id(value)]


def zone(name: Any) -> ZoneInfo:
    """Give a time zone by its name; raise ConfigError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, TypeError, KeyError) as error:
        message = f"The timezone {name!r} is not known"
        raise ConfigError(message) from error


def _workflow(files: Mapping[str, bytes], path: str) -> Workflow:
    config = read_config(files, path)
    name = path.removesuffix(_SUFFIX)
    timezone = config.get("timezone", _UTC)
    zone(timezone)
    return Workflow(name, config, timezone)


class _DigLoader(yaml.SafeLoader):
    """The YAML that digdag takes."""

    yaml_implicit_resolvers: Final = {}  # type: ignore[misc]
    yaml_constructors: Final = {}  # type: ignore[misc]  # no dates, bytes or sets

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose a node unless it lies too deep."""
        self._depth += 1
        if self._depth > DEEPEST:
            where = self.peek_event()  # type: ignore[no-untyped-call]
            raise _refused(f"it is nested deeper than {DEEPEST}", where)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(  # type: ignore[override]
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[str, Any]:
        """Make a mapping whose keys are texts, each once; `<<` gives what isn't there."""
        found: dict[str, Any] = {}
        merged: list[Any] = []
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _refused("a key is not a text", key_node)
            if key_node.tag == _INCLUDE:
                found[_Include(f"{_INCLUDE}:{len(found)}")] = _path(self, value_node)
                continue
            key = _text(self, key_node)
            if key in found:
                raise _refused(f"the key {key!r} is given twice", key_node)
            value = self.construct_object(value_node, deep=True)
            if key == _MERGE:
                merged += value if isinstance(value, list) else [value]
            else:
                found[key] = value
        for one in merged:
            if not isinstance(one, dict):
                raise _refused("what is merged is not a mapping", node)
            found = found | {key: value for key, value in one.items() if key not in found}
        return found


def _mapping(loader: _DigLoader, node: yaml.Node) -> dict[str, Any]:
    if not isinstance(node, yaml.MappingNode):
        raise _refused("it is tagged as a mapping and is none", node)
    return loader.construct_mapping(node, deep=True)


def _sequence(loader: _DigLoader, node: yaml.Node) -> list[Any]:
    if not isinstance(node, yaml.SequenceNode):
        raise _refused("it is tagged as a list and is none", node)
    return [loader.construct_object(item, deep=True) for item in node.value]


def _scalar(
    kind: str, pattern: str, maker: Callable[[_DigLoader, yaml.ScalarNode], Any]
) -> Callable[[_DigLoader, yaml.Node], Any]:
    """Make a constructor that also stands a tag that was written out, as in `!!int x`."""
    allowed = re.compile(pattern, re.DOTALL)

    def made(loader: _DigLoader, node: yaml.Node) -> Any:
        if not isinstance(node, yaml.ScalarNode) or not allowed.fullmatch(node.value):
            raise _refused(f"it is tagged as {kind} and is none", node)
        return maker(loader, node)

    return made


def _text(_loader: _DigLoader, node: yaml.ScalarNode) -> str:
    if not node.value.isascii() and any("\ud800" <= one <= "\udfff" for one in node.value):
        raise _refused("a text has half a character", node)
    return str(node.value)


def _path(loader: _DigLoader, node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode) or not node.value:
        raise _refused("what is included is not a file's path", node)
    return _text(loader, node)


def _null(_loader: _DigLoader, _node: yaml.Node) -> None:
    return None


def _truth(_loader: _DigLoader, node: yaml.ScalarNode) -> bool:
    return bool(node.value.lower() == "true")


def _whole(_loader: _DigLoader, node: yaml.ScalarNode) -> int:
    number = int(node.value)
    if abs(number) >= 1 << 63:
        raise _refused("a whole number is too large", node)
    return number


def _fraction(_loader: _DigLoader, node: yaml.ScalarNode) -> float:
    number = float(node.value)
    if not math.isfinite(number):
        raise _refused("a number is too large", node)
    return number


def _unknown(_loader: _DigLoader, node: yaml.Node) -> Any:
    if node.tag == _INCLUDE:
        raise _refused("!include stands for members and is no value: write `!include : path`", node)
    raise _refused(f"the tag {node.tag} is not known", node)


_KINDS: Final = {
    "null": (r"~|null|Null|NULL|", _null, "~nN\0"),
    "bool": (r"true|True|TRUE|false|False|FALSE", _truth, "tTfF"),
    "int": (r"[-+]?[0-9]{1,30}", _whole, "-+0123456789"),
    "float": (r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?", _fraction, "-+.0123456789"),
}
for _kind, (_pattern, _maker, _firsts) in _KINDS.items():
    _tag = f"tag:yaml.org,2002:{_kind}"
    _DigLoader.add_implicit_resolver(
        _tag, re.compile(rf"^(?:{_pattern})$"), ["" if one == "\0" else one for one in _firsts]
    )
    _DigLoader.add_constructor(_tag, _scalar(_kind, _pattern, _maker))
_DigLoader.add_constructor("tag:yaml.org,2002:str", _scalar("str", ".*", _text))
_DigLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
_DigLoader.add_constructor("tag:yaml.org,2002:seq", _sequence)
_DigLoader.add_constructor(None, _unknown)


def _refused(problem: str, where: yaml.Node | yaml.Event) -> yaml.MarkedYAMLError:
    mark: Any = where.start_mark
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _in_words(error: Exception) -> str:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    if isinstance(error, yaml.MarkedYAMLError) and mark is not None:
        return f"{error.problem} at line {mark.line + 1}, column {mark.column + 1}"
    if isinstance(error, RecursionError):
        return f"it is nested deeper than {DEEPEST}"
    return f"it cannot be read: {error}"
