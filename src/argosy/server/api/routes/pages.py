"""The OpenAPI document, and pages for people."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from argosy.server.api.docs_page import docs_page
from argosy.server.api.page import page_response
from argosy.server.api.routes.router import Router
from argosy.server.api.setup_page import SETUP_PAGE

router = Router(include_in_schema=False)


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    """Return the OpenAPI document."""
    return JSONResponse(request.app.openapi())


@router.get("/docs")
def docs(request: Request) -> Response:
    """Return the OpenAPI document as a page."""
    return page_response(docs_page(request.app.openapi()))


@router.get("/setup")
def setup() -> Response:
    """Return the page of the first set-up; its script reads the token from the address."""
    return page_response(SETUP_PAGE)
