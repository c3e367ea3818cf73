"""The router that all subjects use: it answers what is there, and names what it passed over."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

from argosy.connections.documents import left_aside
from argosy.errors import WrongDataError
from argosy.rendering import encode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from fastapi import Request, Response


class Route(APIRoute):
    """A route whose answer names, as warnings, what of the request it has no use for.

    A parameter of the query that is given twice is an error: one of the two would be lost.
    """

    @property
    def takes_body(self) -> bool:
        """Whether it reads a body; one that is sent all the same has no meaning."""
        return self.body_field is not None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()
        parameters = [one.alias for one in self.dependant.query_params]
        members = self._members()

        async def answer_and_tell(request: Request) -> Response:
            _refuse_twice(request, parameters)
            response = await answer(request)
            warnings = left_aside(request.query_params, parameters, "parameter")
            if members:
                warnings += left_aside(await request.json(), members, "member")
            return _with_warnings(response, warnings) if warnings else response

        return answer_and_tell if self.include_in_schema else answer

    def _members(self) -> list[str]:
        """Return the members of its body; none where the services judge them."""
        if self.body_field is None:
            return []
        model: Any = self.body_field.field_info.annotation
        judged = model.model_config.get("extra") == "allow"
        return [] if judged else list(model.model_fields)


class Router(APIRouter):
    """Answers the members that a route gives and no others: nothing is null that is not there."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(route_class=Route, **settings)

    def add_api_route(self, path: str, endpoint: Any, **settings: Any) -> None:
        """Add a route."""
        settings["response_model_exclude_unset"] = True
        settings["summary"] = settings.get("summary") or _words(endpoint.__name__)
        super().add_api_route(path, endpoint, **settings)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _refuse_twice(request: Request, parameters: list[str]) -> None:
    counts = Counter(name for name, _ in request.query_params.multi_items())
    twice = next((name for name in parameters if counts[name] > 1), None)
    if twice is not None:
        detail = f"{twice} stands {counts[twice]} times in the query; give it once."
        raise WrongDataError(detail=detail, field=twice)


def _with_warnings(response: Response, warnings: list[str]) -> Response:
    if response.media_type != "application/json" or not response.body:
        return response
    document = json.loads(bytes(response.body))
    document["warnings"] = [*document.get("warnings", ()), *warnings]
    response.body = encode_json(document)
    response.headers["content-length"] = str(len(response.body))
    return response
