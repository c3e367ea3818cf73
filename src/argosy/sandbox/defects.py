"""What a log may tell of the sandbox's own defects: which exception, and where, but no values."""

from __future__ import annotations

from pathlib import Path
from traceback import walk_tb
from typing import Final

_SANDBOX: Final = Path(__file__).parent


def defect(error: BaseException) -> str:
    """Write an exception's type and the innermost line of the sandbox's own that it went through.

    Its message is left out: it may have a client's data or secrets in it.
    """
    frames = [(Path(one.f_code.co_filename), line) for one, line in walk_tb(error.__traceback__)]
    own = [(path, line) for path, line in frames if path.is_relative_to(_SANDBOX)]
    where = f" at {own[-1][0].relative_to(_SANDBOX).as_posix()}:{own[-1][1]}" if own else ""
    return f"The sandbox failed: {type(error).__name__}{where}"
