"""Where the files of LOCAL tables go: each to an address that the server has signed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from fastapi import Path as InPath
from fastapi import Query, Request

from argosy.errors import ServerUnavailableError, ServiceForbiddenError, WrongDataError
from argosy.server.api.gate import UPLOAD, UPLOAD_LENGTH
from argosy.server.api.identity import Serving
from argosy.server.api.models.tables import Uploaded
from argosy.server.api.refusals import refusals
from argosy.server.api.routes.router import Router

if TYPE_CHECKING:
    from argosy.connections.uploads import Upload
    from argosy.server.api.services import Services

router = Router(prefix="/v1/uploads", tags=["tables"])

_CHUNK = 1024 * 1024
#: More digits than any length has.
_MOST_DIGITS = 15
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

    A file that comes a second time takes the place of the first, when it is there as a whole:
    Content-Length says how much that is.
    """
    upload = services.tables.begin_upload(database, name, expires, signature)
    if upload is None:
        raise ServerUnavailableError(detail="this server takes no files.")
    environ = request.scope["wsgi_environ"]
    length = _length(environ[UPLOAD_LENGTH], services.max_upload_bytes)
    _store(services, upload, environ[UPLOAD], length)
    return {"bytes": length}


def _length(text: str, most: int) -> int:
    """Return how many bytes a file announces. Raises WrongDataError."""
    if not text.isdecimal():
        detail = "the request has no Content-Length; send the file with its length, not in chunks."
        raise WrongDataError(detail=detail)
    if len(text) > _MOST_DIGITS or int(text) > most:
        detail = f"the file has more than the {most} bytes that it may have."
        raise WrongDataError(detail=detail)
    return int(text)


def _store(services: Services, upload: Upload, stream: _Stream, length: int) -> None:
    """Write the file beside its place, then put it there where it is whole.

    Raises WrongDataError, ServiceForbiddenError.
    """
    folder = upload.place.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".upload-", dir=folder)
    made, size = Path(name), 0
    try:
        with os.fdopen(handle, "wb") as file:
            while size <= length and (chunk := stream.read(_CHUNK)):
                size += len(chunk)
                file.write(chunk)
        if size != length:
            detail = f"{size} bytes came, and Content-Length is {length}; send the file again."
            raise WrongDataError(detail=detail)
        services.tables.end_upload(upload, made)
    finally:
        made.unlink(missing_ok=True)
