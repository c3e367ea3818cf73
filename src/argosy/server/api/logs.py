"""The log of a server's process: lines to standard error, and no secret in any of them."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argosy.server.api.secrets_in_use import SecretsInUse

_FORM = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s"


class MaskingFormatter(logging.Formatter):
    """Masks every secret that was decrypted in this process, in messages and in tracebacks."""

    converter = staticmethod(time.gmtime)

    def __init__(self, secrets: SecretsInUse) -> None:
        super().__init__(_FORM, "%Y-%m-%dT%H:%M:%S")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as the lines that are written, no control character in its message."""
        return self._secrets.text(super().format(record))


def log_to_stderr(secrets: SecretsInUse, *, access: bool = True) -> None:
    """Write what all loggers of the process say to standard error; `access` a line a request."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskingFormatter(secrets))
    root = logging.getLogger()
    for other in list(root.handlers):
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("argosy.access").setLevel(logging.INFO if access else logging.CRITICAL)
