"""Without the extra `tables` everything else works, and a table says what to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ABSENT = ("isal", "numpy", "polars", "pyarrow")
_CODE = f"""
import sys
sys.modules.update(dict.fromkeys({_ABSENT!r}))
from pathlib import Path
import argosy.server.api.services
from argosy.errors import TableError
from tests.tables.local import opened_at, stored_at
import argosy.tables
path = Path(sys.argv[1])
found = opened_at(path)
print(found.status, found.reason, found.checks[0].message, found.checks[0].hint)
try:
    argosy.tables.open(stored_at(path))
except TableError as error:
    print(error.message)
"""


def test_a_table_says_what_to_install(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("id\n1\n")

    ran = subprocess.run(
        [sys.executable, "-c", _CODE, str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )

    assert ran.stderr == ""
    text = "Reading tables needs more than is installed. pip install 'argosy[tables]'"
    assert ran.stdout.splitlines() == [f"unknown_error not_installed {text}", text]
