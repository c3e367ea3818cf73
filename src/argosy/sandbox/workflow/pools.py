"""Pools, which bound how many attempts run at once, and the rules that put attempts into them.

The account's limit (100 attempts, as the open-source server has it) is shared by all pools; the
default pool has what the others leave. Rules are asked by ascending priority; the first whose
conditions are all met gives the pool, else it is the default one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import asdict, replace

from argosy.sandbox.workflow.errors import WorkflowError, bad_request, conflict
from argosy.sandbox.workflow.projects import id_maker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.workflow.sessions import Sessions

MOST_ACTIVE: Final = 100
LONGEST_NAME: Final = 256
HIGHEST_PRIORITY: Final = 10_000
_POOL: Final = "workflow-pool"
_RULE: Final = "workflow-pool-rule"
_NO_PARENT: Final = "0"
_DEFAULT: Final = "default"
_INVOCATIONS: Final = frozenset({"on_demand", "scheduled"})
_WORKFLOW_TYPES: Final = frozenset(
    {
        "ab_test",
        "audience",
        "customer_journey",
        "engage",
        "predictive_scoring",
        "realtime",
        "segment_insights",
        "syndication",
    }
)
_NO_RULE: Final = {"poolId": None, "priority": None, "conditions": None}
_TYPES: Final = frozenset({"invocation_type", "project_name", "workflow_name", "workflow_type"})


class Pool(Struct, frozen=True):
    """A pool; `limit` is how many of its attempts may run at once."""

    id: str
    name: str
    limit: int
    is_default: bool = False


class Rule(Struct, frozen=True):
    """A rule of pools."""

    id: str
    pool: str
    priority: int
    conditions: tuple[dict[str, Json], ...]


class Facts(Struct, frozen=True):
    """What rules ask of an attempt; `kind` is the type of a system's workflow, if it is one."""

    invocation: str
    project: str
    workflow: str
    kind: str | None


class Pools:
    """The pools and rules of a store."""

    def __init__(self, foundation: Foundation, sessions: Sessions) -> None:
        self._documents = foundation.documents
        self._store = foundation.store
        self._sessions = sessions
        self._new_id = id_maker(foundation, _POOL)
        self._new_rule_id = id_maker(foundation, _RULE)

    def every(self) -> list[Pool]:
        """Give all pools, the default one first."""
        self.default()
        found = [Pool(**document) for document in self._documents.every(_POOL)]
        return sorted(found, key=lambda one: (not one.is_default, int(one.id)))

    def default(self) -> Pool:
        """Give the default pool, which is made when it is first asked for."""
        known = self._documents.named(_POOL, _DEFAULT)
        if known is not None:
            return Pool(**known)
        pool = Pool(self._new_id(), _DEFAULT, MOST_ACTIVE, is_default=True)
        self._keep(pool)
        return pool

    def find(self, key: str) -> Pool:
        """Give a pool; raise the 404 answer."""
        document = self._documents.find(_POOL, key)
        if document is None:
            raise WorkflowError(404, "Pool not found")
        return Pool(**document)

    def create(self, body: Json) -> Pool:
        """Make a pool; raise the 400 or 409 answer."""
        name, limit = _name(body), _limit(body)
        self._check_free(name)
        pool = Pool(self._new_id(), name, limit)
        with self._store.transaction():
            self._give(-limit)
            self._keep(pool)
        return pool

    def change(self, key: str, body: Json) -> Pool:
        """Change a pool's name or limit; raise the 400, 404 or 409 answer."""
        pool = self._changeable(key)
        changed = pool
        if "name" in _members(body):
            name = _name(body)
            if name != pool.name:
                self._check_free(name)
            changed = replace(changed, name=name)
        if "concurrencyLimit" in _members(body):
            changed = replace(changed, limit=_limit(body))
        running = self._sessions.active(key)
        if changed.limit < running:
            message = f"The pool has {running} running attempts, more than the new limit"
            raise bad_request(message)
        with self._store.transaction():
            self._give(pool.limit - changed.limit)
            self._keep(changed)
        return changed

    def delete(self, key: str) -> Pool:
        """Delete a pool; raise the 400 or 404 answer."""
        pool = self._changeable(key)
        if self._sessions.active(key) or self._sessions.queued(key):
            raise bad_request("The pool has running or queued attempts")
        if any(rule.pool == key for rule in self.rules()):
            raise bad_request("A pool rule refers to the pool")
        with self._store.transaction():
            self._documents.remove(_POOL, key)
            self._give(pool.limit)
        return pool

    def of(self, facts: Facts) -> Pool:
        """Give the pool that the rules put an attempt into."""
        for rule in self.rules():
            if all(_is_met(condition, facts) for condition in rule.conditions):
                return self.find(rule.pool)
        return self.default()

    def rules(self) -> list[Rule]:
        """Give all rules by ascending priority."""
        found = [Rule(**document) for document in self._documents.every(_RULE)]
        return sorted(found, key=lambda one: one.priority)

    def rule(self, key: str) -> Rule:
        """Give a rule; raise the 404 answer."""
        document = self._documents.find(_RULE, key)
        if document is None:
            raise WorkflowError(404, "Pool rule not found")
        return Rule(**document)

    def create_rule(self, body: Json) -> Rule:
        """Make a rule; raise the 400 answer."""
        rule = Rule(self._new_rule_id(), "", 0, ())
        return self._put_rule(rule, _NO_RULE | _members(body))

    def change_rule(self, key: str, body: Json) -> Rule:
        """Change a rule; raise the 400 or 404 answer."""
        return self._put_rule(self.rule(key), _members(body))

    def delete_rule(self, key: str) -> Rule:
        """Delete a rule; raise the 404 answer."""
        rule = self.rule(key)
        self._documents.remove(_RULE, key)
        return rule

    def _put_rule(self, rule: Rule, body: Mapping[str, Json]) -> Rule:
        if "poolId" in body:
            rule = replace(rule, pool=self._pool_id(body["poolId"]))
        if "priority" in body:
            priority = body["priority"]
            if not _is_whole(priority) or not 1 <= priority <= HIGHEST_PRIORITY:
                message = f"priority must be a number from 1 to {HIGHEST_PRIORITY}"
                raise bad_request(message)
            if any(one.priority == priority and one.id != rule.id for one in self.rules()):
                message = f"A rule with priority {priority} already exists"
                raise bad_request(message)
            rule = replace(rule, priority=priority)
        if "conditions" in body:
            rule = replace(rule, conditions=_conditions(body["conditions"]))
        self._documents.replace(_RULE, rule.id, _NO_PARENT, asdict(rule))
        return rule

    def _pool_id(self, value: Json) -> str:
        key = str(value)
        if self._documents.find(_POOL, key) is None:
            message = f"poolId: there is no pool {key[:40]!r}"
            raise bad_request(message)
        return key

    def _changeable(self, key: str) -> Pool:
        pool = self.find(key)
        if pool.is_default:
            raise bad_request("The default pool can't be changed")
        return pool

    def _check_free(self, name: str) -> None:
        self.default()
        if self._documents.named(_POOL, name) is not None:
            message = f"Pool name is already used: {name}"
            raise conflict(message)

    def _give(self, more: int) -> None:
        """Give the default pool so much more, or take it off."""
        default = self.default()
        limit = default.limit + more
        if limit < max(1, self._sessions.active(default.id)):
            raise bad_request("The default pool would be smaller than what it needs")
        self._keep(replace(default, limit=limit))

    def _keep(self, pool: Pool) -> None:
        self._documents.replace(_POOL, pool.id, _NO_PARENT, asdict(pool))


def _members(body: Json) -> dict[str, Json]:
    if not isinstance(body, dict):
        raise bad_request("The body must be an object")
    return body


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _name(body: Json) -> str:
    name = _members(body).get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME:
        message = f"name must be a text of 1 to {LONGEST_NAME} characters"
        raise bad_request(message)
    return name


def _limit(body: Json) -> int:
    limit: Any = _members(body).get("concurrencyLimit")
    if not _is_whole(limit) or limit < 1 or limit > 1_000_000:
        raise bad_request("concurrencyLimit must be a number of 1 or more")
    return int(limit)


def _conditions(value: Json) -> tuple[dict[str, Json], ...]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= 2:
        raise bad_request("conditions must be an array of 1 or 2")
    return tuple(_condition(one) for one in value)


def _condition(value: Json) -> dict[str, Json]:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in _TYPES:
        message = f"A condition's type must be one of {', '.join(sorted(_TYPES))}"
        raise bad_request(message)
    values = value.get("values")
    allowed = {"invocation_type": _INVOCATIONS, "workflow_type": _WORKFLOW_TYPES}.get(kind)
    if (
        not isinstance(values, list | tuple)
        or not values
        or len(values) > 100
        or not all(isinstance(one, str) and (allowed is None or one in allowed) for one in values)
    ):
        message = f"The values of a condition of type {kind} are not as they must be"
        raise bad_request(message)
    if allowed is None and value.get("operator") != "starts_with":
        raise bad_request("A condition's operator must be starts_with")
    operator = {} if allowed is not None else {"operator": "starts_with"}
    return {"type": kind, **operator, "values": list(values)}


def _is_met(condition: Mapping[str, Json], facts: Facts) -> bool:
    values = condition["values"]
    match condition["type"]:
        case "invocation_type":
            return facts.invocation in values
        case "workflow_type":
            return facts.kind in values
        case "project_name":
            return facts.project.startswith(tuple(values))
        case _:
            return facts.workflow.startswith(tuple(values))
