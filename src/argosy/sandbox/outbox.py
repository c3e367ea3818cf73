"""What left the sandbox for somewhere else: files of activations and result exports.

Nothing is sent anywhere; a delivery is kept with where it would have gone, and with a data
folder as a file in `outbox/` there too. The control routes show them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argosy.sandbox.clock import Clock
    from argosy.sandbox.documents import Documents
    from argosy.sandbox.settings import Json
    from argosy.sandbox.store import Store

_KIND: Final = "delivery"
_FOLDER: Final = "outbox"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME: Final = 120


class Outbox:
    """The deliveries of a store."""

    def __init__(self, store: Store, documents: Documents, clock: Clock) -> None:
        self._store = store
        self._documents = documents
        self._clock = clock

    def put(self, source: str, target: str, name: str, content: bytes, facts: Json = None) -> str:
        """Keep a delivered file and give its id.

        `source` tells what made it (`activation:7`), `target` where it would have gone, without
        secrets; `facts` is what else is worth knowing.
        """
        key = self._documents.new_id(_KIND)
        safe = _UNSAFE.sub("-", name).strip(".-")[-_LONGEST_NAME:] or "file"
        document = {
            "id": key,
            "name": f"{key}-{safe}",
            "source": source,
            "target": target,
            "size": len(content),
            "at": self._clock.now(),
            "facts": facts,
        }
        with self._store.transaction():
            self._documents.add(_KIND, "0", {key: document})
            self._documents.put_bytes(_KIND, key, content)
        if self._store.folder is not None:
            folder = self._store.folder / _FOLDER
            folder.mkdir(exist_ok=True)
            (folder / f"{key}-{safe}").write_bytes(content)
        return key

    def deliveries(self) -> list[Json]:
        """Give what was delivered, oldest first, without the content."""
        return self._documents.every(_KIND)

    def delivery(self, key: str) -> Json | None:
        """Give one delivery without its content, or None."""
        return self._documents.find(_KIND, key)

    def content(self, key: str) -> bytes | None:
        """Give the content of a delivery, or None."""
        return self._documents.bytes(_KIND, key)
