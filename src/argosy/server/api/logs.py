"""The log of a server's process: lines to standard error, and no secret in any of them."""

from __future__ import annotations

import logging
import sys
import time
from copy import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argosy.server.api.secrets_in_use import SecretsInUse

_FORM = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s"


#: The logger of the lines that requests leave, and which of their arguments is of the query.
ACCESS = "argosy.access"
QUERY = 2


class MaskingFormatter(logging.Formatter):
    """Masks every secret that was decrypted in this process, in messages and in tracebacks.

    When, where and how grave it was stays as it is; so does a request's line but for its query:
    no secret stands there, and whoever stores an address as a secret must not blind the log.
    """

    converter = staticmethod(time.gmtime)

    def __init__(self, secrets: SecretsInUse) -> None:
        super().__init__(_FORM, "%Y-%m-%dT%H:%M:%S")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as the lines that are written, no control character in its message."""
        shown = copy(record)
        if shown.exc_text:  # another formatter has left it, not masked
            shown.exc_text = self._secrets.text(shown.exc_text)
        if record.name == ACCESS and isinstance(record.args, tuple):
            shown.args = tuple(
                self._secrets.text(str(one)) if at == QUERY else one
                for at, one in enumerate(record.args)
            )
        else:
            shown.msg, shown.args = self._secrets.text(record.getMessage()), ()
        return super().format(shown)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name that logging calls
        """Return a traceback."""
        return self._secrets.text(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - the name that logging calls
        """Return a stack."""
        return self._secrets.text(super().formatStack(stack_info))


def log_to_stderr(secrets: SecretsInUse, *, access: bool = True) -> None:
    """Write what all loggers of the process say to standard error; `access` a line a request."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskingFormatter(secrets))
    root = logging.getLogger()
    for other in list(root.handlers):
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(ACCESS).setLevel(logging.INFO if access else logging.CRITICAL)
