"""The pytest plugin: collects the cases of flow tests as items, beside tests in Python.

pytest loads it in every run, also where there are no flow tests; so all that costs something is
imported when one is found. `*.test.json` that are no flow tests are left to others. Snapshots are
compared here, and written by `argosy test --update-snapshots`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from argosy.testing.marks import ENDING, is_flow_test

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from argosy.errors import ArgosyError
    from argosy.model import Connector, Json
    from argosy.testing.cases import Case, FlowTest
    from argosy.testing.running import Runner

_RUNNERS = pytest.StashKey[dict[str, "Runner"]]()


class FlowTestFailedError(Exception):
    """A case failed; the text is its trace."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> FlowTestFile | None:
    """Collect a flow test."""
    if file_path.name.endswith(ENDING) and is_flow_test(file_path):
        return FlowTestFile.from_parent(parent, path=file_path)
    return None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the sandboxes."""
    for runner in config.stash.get(_RUNNERS, {}).values():
        runner.close()


class FlowTestFile(pytest.File):
    """The cases of one file."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each case."""
        from argosy.errors import ArgosyError  # noqa: PLC0415 - costly
        from argosy.testing.loading import load_flow_test  # noqa: PLC0415 - costly
        from argosy.testing.snapshots import SnapshotFile  # noqa: PLC0415 - costly

        try:
            runner = self._runner()
            test = load_flow_test(self.path, runner.connector)
            kept = SnapshotFile(self.path)
        except ArgosyError as error:
            raise self.CollectError(_told(error)) from error
        for case in test.cases:
            item: FlowTestItem = FlowTestItem.from_parent(self, name=case.name)
            item.prepare(runner, test, case, kept.of(case.name))
            yield item

    def _runner(self) -> Runner:
        """Return the runner of the connector that the file belongs to: the nearest one above."""
        from argosy import load  # noqa: PLC0415 - costly
        from argosy.testing.running import Runner  # noqa: PLC0415 - costly

        above = (folder for folder in self.path.parents if (folder / "connector.json").is_file())
        root = next(above, None)
        runners = self.config.stash.setdefault(_RUNNERS, {})
        if str(root) not in runners:
            connector: Connector = load(root)
            runners[str(root)] = Runner(connector)
        return runners[str(root)]


class FlowTestItem(pytest.Item):
    """One case."""

    def prepare(self, runner: Runner, test: FlowTest, case: Case, kept: Mapping[str, Json]) -> None:
        """Take what the case runs with."""
        self._runner, self._test, self._case, self._kept = runner, test, case, kept

    def runtest(self) -> None:
        """Run the case. Raises FlowTestFailedError with the trace."""
        from argosy.testing.trace import trace_lines  # noqa: PLC0415 - costly

        if self._case.skip:
            pytest.skip(self._case.skip)
        result = self._runner.run(self._test, self._case, self._kept)
        if result.verdict == "failed":
            raise FlowTestFailedError("\n".join(trace_lines(result)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *more: Any) -> Any:
        """Show the trace alone, not the frames of the runner."""
        from argosy.errors import ArgosyError  # noqa: PLC0415 - costly

        if isinstance(excinfo.value, FlowTestFailedError):
            return str(excinfo.value)
        if isinstance(excinfo.value, ArgosyError):
            return _told(excinfo.value)
        return super().repr_failure(excinfo, *more)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the case."""
        return self.path, None, f"{self.path.name}: {self.name}"


def _told(error: ArgosyError) -> str:
    return "\n".join([error.message, *(f"  {one.place}: {one.message}" for one in error.problems)])
