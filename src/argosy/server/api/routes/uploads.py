"""Where the files of LOCAL tables go: each to an address that the server has signed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path as InPath
from fastapi import Query, Request, Response

from argosy.connections.upload_parts import Part, read_digests, read_md5, read_part
from argosy.connections.uploads import Address
from argosy.errors import ServiceForbiddenError, StorageFullError, TooLargeError
from argosy.server.api.gate import UPLOAD, UPLOAD_FIELDS
from argosy.server.api.identity import Serving
from argosy.server.api.models.tables import Uploaded
from argosy.server.api.refusals import Responses, refusals
from argosy.server.api.routes.router import Router

router = Router(prefix="/v1/uploads", tags=["tables"])

_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_OVER = ServiceForbiddenError(detail="the upload address is over; read the table to get a new one.")
_LARGE = TooLargeError(
    detail="the file has more than the 1073741824 bytes that it may have.", most=1024**3
)
_FULL = StorageFullError(detail="the disk of the server is full; nothing of the file was kept.")
_GO_ON: Responses = {
    308: {
        "description": "Not all of the file has arrived: go on behind `Range`, from the beginning "
        "where there is none.",
        "headers": {
            "Range": {
                "description": "The bytes that have arrived.",
                "schema": {"type": "string", "examples": ["bytes=0-1048575"]},
            }
        },
    }
}


@router.put(
    "/{database}/{name}/",
    response_model=Uploaded,
    responses=refusals(_OVER, _LARGE, _FULL, token=False) | _GO_ON,
    openapi_extra=_BODY,
)
def upload_file(
    database: str,
    name: Annotated[str, InPath(description="The table's name.")],
    expires: Annotated[str, Query()],
    id_: Annotated[str, Query(alias="id")],
    signature: Annotated[str, Query()],
    services: Serving,
    request: Request,
) -> Any:
    """Take the file of a LOCAL table, as it is; its `url` is the address, and needs no token.

    A file that comes a second time takes the place of the first, when it is there as a whole:
    Content-Length says how much that is, and checksums in `Repr-Digest` (of the whole file) and
    `Content-Digest` (of what the request brings) are checked. An upload that broke off goes on:
    `Content-Range: bytes */TOTAL` without a body asks how much has arrived, and
    `Content-Range: bytes FIRST-LAST/TOTAL` brings more; the answer is 308 until all is there. Then
    the table is opened, and the answer tells its status.
    """
    uploading = services.tables.uploading
    upload = uploading.begin(Address(database, name, id_, expires, signature))
    environ = request.scope["wsgi_environ"]
    part = _part(environ[UPLOAD_FIELDS], uploading.most)
    arrived = uploading.receive(upload, part, environ[UPLOAD])
    if arrived.answer is None:
        done = {"range": f"bytes=0-{arrived.size - 1}"} if arrived.size else {}
        return Response(None, 308, done)
    return arrived.answer


def _part(fields: dict[str, str], most: int) -> Part:
    """Return what the header fields say. Raises WrongDataError, TooLargeError."""
    content = (
        *read_digests(fields["HTTP_CONTENT_DIGEST"], "Content-Digest"),
        *read_md5(fields["HTTP_CONTENT_MD5"]),
    )
    return read_part(
        fields["HTTP_CONTENT_RANGE"],
        fields["CONTENT_LENGTH"],
        content=content,
        whole=read_digests(fields["HTTP_REPR_DIGEST"], "Repr-Digest"),
        most=most,
    )
