"""Routes of parent segments, in both styles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.sandbox.answers import json_answer
from argosy.sandbox.cdp.errors import AbsentError
from argosy.sandbox.cdp.populations import PARENT_POINTS
from argosy.sandbox.cdp.routing import vendor_answer
from argosy.sandbox.cdp.shapes import execution
from argosy.sandbox.cdp.statistics import USUAL_LIMIT, USUAL_SAMPLES

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from argosy.sandbox.cdp.parent_segments import ParentSegments
    from argosy.sandbox.cdp.populations import Populations
    from argosy.sandbox.cdp.routing import Ask, Routing
    from argosy.sandbox.cdp.shapes import Shapes
    from argosy.sandbox.cdp.statistics import Statistics


class ParentRoutes:
    """Parent segments over HTTP."""

    def __init__(
        self,
        parents: ParentSegments,
        populations: Populations,
        statistics: Statistics,
        shapes: Shapes,
    ) -> None:
        self._parents = parents
        self._populations = populations
        self._statistics = statistics
        self._shapes = shapes

    def routes(self, routing: Routing) -> list[BaseRoute]:
        """Give the routes."""
        one = "/audiences/{audience}"
        return [
            routing.rest("GET", "/audiences", self.audiences),
            routing.rest("POST", "/audiences", self.create),
            routing.rest("GET", one, self.audience),
            routing.rest("PUT", one, self.change),
            routing.rest("DELETE", one, self.delete),
            routing.rest("GET", f"{one}/attributes", self.attributes),
            routing.rest("GET", f"{one}/behaviors", self.behaviors),
            routing.rest("GET", f"{one}/sample_values", self.sample_values),
            routing.rest(
                "GET", f"{one}/behaviors/{{behavior}}/sample_values", self.behavior_values
            ),
            routing.rest("POST", f"{one}/run", self.run),
            routing.rest("GET", f"{one}/executions", self.executions),
            routing.rest("GET", f"{one}/statistics", self.history),
            routing.rest("GET", "/master_segments", self.viewable),
            routing.jsonapi("GET", "/entities/parent_segments", self.parent_segments),
            routing.jsonapi("GET", "/entities/parent_segments/{audience}", self.parent_segment),
        ]

    async def audiences(self, _ask: Ask) -> Response:
        """List the parent segments."""
        return json_answer([self._shapes.audience(one) for one in self._parents.every()])

    async def create(self, ask: Ask) -> Response:
        """Make a parent segment."""
        made = self._parents.create(await ask.body(), ask.user)
        return json_answer(self._shapes.audience(made))

    async def audience(self, ask: Ask) -> Response:
        """Give a parent segment."""
        return json_answer(self._shapes.audience(self._parents.look(ask.path("audience"))))

    async def change(self, ask: Ask) -> Response:
        """Change a parent segment."""
        changed = self._parents.change(ask.path("audience"), await ask.body(), ask.user)
        return json_answer(self._shapes.audience(changed))

    async def delete(self, ask: Ask) -> Response:
        """Delete a parent segment."""
        return json_answer(self._shapes.audience(self._parents.delete(ask.path("audience"))))

    async def attributes(self, ask: Ask) -> Response:
        """List the attributes."""
        return json_answer(self._shapes.visible_attributes(self._parents.get(ask.path("audience"))))

    async def behaviors(self, ask: Ask) -> Response:
        """List the behaviors, or those that are realtime or are not."""
        parent = self._parents.get(ask.path("audience"))
        shaped = self._shapes.visible_behaviors(parent)
        wanted = ask.query("realtime").lower()
        if wanted in {"true", "false"}:
            kinds = {one["id"]: bool(one.get("isRealtime")) for one in parent.behaviors}
            shaped = [one for one in shaped if kinds[one["id"]] == (wanted == "true")]
        return json_answer(shaped)

    async def sample_values(self, ask: Ask) -> Response:
        """Give frequent values of an attribute."""
        parent = self._parents.get(ask.path("audience"))
        catalogue = self._populations.catalogue(parent)
        limit = ask.whole("limit", USUAL_LIMIT, most=10_000)
        most = ask.whole("samples", USUAL_SAMPLES)
        table = None if catalogue is None else catalogue.customers
        found = self._statistics.samples(parent, table, ask.query("column"), limit, most)
        return json_answer(found)

    async def behavior_values(self, ask: Ask) -> Response:
        """Give frequent values of a column of a behavior."""
        parent = self._parents.get(ask.path("audience"))
        key = ask.path("behavior")
        behavior = next((one for one in parent.behaviors if one["id"] == key), None)
        if behavior is None:
            raise AbsentError("behavior", key)
        catalogue = self._populations.catalogue(parent)
        table = None if catalogue is None else catalogue.behavior(str(behavior["name"]))
        limit = ask.whole("limit", USUAL_LIMIT, most=10_000)
        most = ask.whole("samples", USUAL_SAMPLES)
        found = self._statistics.samples(parent, table, ask.query("column"), limit, most)
        return json_answer(found)

    async def run(self, ask: Ask) -> Response:
        """Build a parent segment."""
        return json_answer(execution(self._parents.run(ask.path("audience")), "audienceId"))

    async def executions(self, ask: Ask) -> Response:
        """List the executions, newest first."""
        found = self._parents.executions(ask.path("audience"))
        return json_answer([execution(one, "audienceId") for one in found])

    async def history(self, ask: Ask) -> Response:
        """Give the history of the population."""
        parent = self._parents.look(ask.path("audience"))
        days = (ask.day("from"), ask.day("to"))
        return json_answer(
            self._statistics.history(PARENT_POINTS, parent.id, parent.timezone, *days)
        )

    async def viewable(self, _ask: Ask) -> Response:
        """List the parent segments in short."""
        return json_answer([self._shapes.viewable(one) for one in self._parents.every()])

    async def parent_segments(self, _ask: Ask) -> Response:
        """List the parent segments, JSON:API.

        The specification has an array of documents here; the vendor's clients see one document
        with an array, which is what the sandbox gives.
        """
        shaped = [self._shapes.parent_segment(one) for one in self._parents.every()]
        return vendor_answer({"data": shaped})

    async def parent_segment(self, ask: Ask) -> Response:
        """Give a parent segment, JSON:API."""
        parent = self._parents.look(ask.path("audience"))
        return vendor_answer({"data": self._shapes.parent_segment(parent)})
