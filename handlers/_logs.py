"""The ends of task logs, which the vendor keeps packed with gzip."""

from __future__ import annotations

import gzip
import io
import zlib

from argosy.sdk import HandlerContext, InvocationError, JsonObject

#: Unpacked, no more of a log than this is looked at; what lies beyond is not its end any more.
MOST_BYTES = 32 * 1024 * 1024
#: And no more than this is kept of its end.
_KEPT = 256 * 1024
_STEP = 64 * 1024


def tail_of_task(context: HandlerContext, task: str, lines: int) -> str:
    """Return the last lines of a task's latest log; nothing where there is none to be had."""
    if lines < 1:
        return ""
    attempt_id = context.inputs["attemptId"]
    try:
        listed = context.call("list-workflow-log-files", attemptId=attempt_id, task=task)
        own = [one for one in listed.get("files") or [] if one.get("taskName") == task]
        if not own:
            return ""
        name = max(own, key=_time).get("fileName")
        found = context.call("get-workflow-log-file", attemptId=attempt_id, fileName=name)
    except InvocationError:  # a log is a comment on the failure, which is told without it too
        return ""
    return tail(found["content"], lines)


def _time(file: JsonObject) -> str:
    return str(file.get("fileTime") or "")


def tail(packed: bytes, lines: int) -> str:
    """Return the last lines of a log; one that is not packed, or is cut off, counts as it is."""
    text = unpacked_end(packed).decode("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def unpacked_end(packed: bytes, most: int = MOST_BYTES) -> bytes:
    """Return the end of what gzip has packed, in one piece or several; of anything else, itself.

    Of what is longer than `most` bytes, the rest is not looked at.
    """
    if not packed.startswith(b"\x1f\x8b"):
        return packed[-_KEPT:]
    end, seen = b"", 0
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as log:
        while seen < most:
            try:
                piece = log.read(min(_STEP, most - seen))
            except (OSError, EOFError, zlib.error):  # cut off, or followed by something else
                break
            if not piece:
                break
            seen += len(piece)
            end = (end + piece)[-_KEPT:]
    return end
