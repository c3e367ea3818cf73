"""Where the files of LOCAL tables go: each to an address that the server has signed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated, Any, Protocol

from fastapi import Path as InPath
from fastapi import Query, Request

from argosy.errors import ServerUnavailableError, ServiceForbiddenError, WrongDataError
from argosy.server.api.gate import UPLOAD
from argosy.server.api.identity import Serving
from argosy.server.api.models.tables import Uploaded
from argosy.server.api.refusals import refusals
from argosy.server.api.routes.router import Router

router = Router(prefix="/v1/uploads", tags=["tables"])

_CHUNK = 1024 * 1024
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_OVER = ServiceForbiddenError(detail="the upload address is over; read the table to get a new one.")


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


@router.put(
    "/{database}/{name}/",
    response_model=Uploaded,
    responses=refusals(_OVER, token=False),
    openapi_extra=_BODY,
)
def upload_file(
    database: str,
    name: Annotated[str, InPath(description="The table's name.")],
    expires: Annotated[str, Query()],
    signature: Annotated[str, Query()],
    services: Serving,
    request: Request,
) -> Any:
    """Take the file of a LOCAL table, as it is; its `url` is the address, and needs no token.

    A file that comes a second time takes the place of the first, when it is there as a whole.
    """
    place = services.tables.uploads.check(database, name, expires, signature)
    if place is None:
        raise ServerUnavailableError(detail="this server takes no files.")
    stream = request.scope["wsgi_environ"][UPLOAD]
    return {"bytes": _store(stream, place, services.max_upload_bytes)}


def _store(stream: _Stream, place: Path, most: int) -> int:
    """Write the file beside its place, then put it there. Raises WrongDataError."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".upload-", dir=place.parent)
    made, size = Path(name), 0
    try:
        with os.fdopen(handle, "wb") as file:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > most:
                    detail = f"the file has more than the {most} bytes that it may have."
                    raise WrongDataError(detail=detail)
                file.write(chunk)
        made.replace(place)
    finally:
        made.unlink(missing_ok=True)
    return size
