"""What a sandbox is started with: keys, regions, data, seed, clock, pace, and switches.

Where the vendor's behaviour isn't documented, the sandbox picks one and a switch here picks
another; each such switch says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from argosy.sandbox.hosts import REGIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from argosy.sandbox.exchange import Exchange

Json = Any
"""A value as JSON gives it: an object, array, text, number, truth value or null."""


class SetupError(Exception):
    """The sandbox can't be set up as asked; the message says what to mend, and where."""


class Settings(Struct, frozen=True):
    """The choices made before a sandbox starts.

    `data` is the folder that keeps everything over a restart; without it all is in memory.
    `seed` fills an empty store and is what a reset goes back to: a document, or a folder (see
    `seed`). None takes the built-in shop, an empty mapping leaves the sandbox empty. Each of
    `regions` is a Treasure Data of its own. `pace` is how what takes time ends: `immediate`,
    `polls:N` or `seconds:N` (see `agenda`). `now` fixes the clock at that epoch; without it
    the clock follows the system. `random_seed` makes ids and chances repeat.
    """

    master_key: str = "1/sandbox"
    write_key: str = "2/sandbox"
    query_only_keys: tuple[str, ...] = ()
    """Keys of users who may read everything and import nothing: 403 on records."""
    data: Path | None = None
    seed: Mapping[str, Json] | Path | None = None
    regions: tuple[str, ...] = ("us01",)
    pace: str = "immediate"
    now: float | None = None
    random_seed: int | None = None
    auto_create: Literal["all", "tables", "none"] = "all"
    """What ingestion makes when it is missing (assumption: see `records.models`)."""
    write_key_on_cdp: int = 401
    """Status for a write-only key on the CDP API (undocumented; 401 or 403 are plausible)."""
    lookup_errors_as_200: bool = False
    """Send lookup error objects with HTTP 200, which the vendor's Android client copes with."""
    postback_values_as_text: bool = False
    """Store every value of a postback event as text (the vendor's documents contradict)."""
    control_hosts: tuple[str, ...] = ()
    """More host names the control routes answer to; a leading dot allows every subdomain."""
    logged_requests: int = 1000
    """How many requests the request log remembers."""
    query_seconds: float = 60.0
    """How long a query may run before its job fails."""
    observer: Callable[[Exchange], None] | None = None
    """Told of every request and answer but those of the control routes; for tests."""
    tls: bool = False
    """Speak HTTPS, with a certificate of the sandbox's own (see `tls`)."""

    def __post_init__(self) -> None:
        """Refuse unknown regions, and keys that a client can't send or that are the same."""
        unknown = [name for name in self.regions if name not in REGIONS]
        if unknown or not self.regions or len(set(self.regions)) < len(self.regions):
            message = f"The regions {', '.join(self.regions)!r} are not of {', '.join(REGIONS)}."
            raise SetupError(message)
        keys = (self.master_key, self.write_key, *self.query_only_keys)
        for key in keys:
            if not key or not key.isascii() or not key.isprintable() or " " in key:
                message = f"The key {key!r} can't be one: it is text without spaces."
                raise SetupError(message)
        if len(set(keys)) < len(keys):
            message = "Two keys are the same; what they may do differs."
            raise SetupError(message)
