"""Routes of access control; reading is for any master key, changing for administrators.

The specification has parameters for pages, but no operation of it takes them, so lists are
whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from argosy.sandbox.answers import json_answer
from argosy.sandbox.core.access_control import check_permissions
from argosy.sandbox.core.desk import Door
from argosy.sandbox.core.errors import CoreError, invalid
from argosy.sandbox.core.times import iso
from argosy.sandbox.core.users import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.routing import BaseRoute

    from argosy.sandbox.auth import User
    from argosy.sandbox.core.access_control import AccessControl, Policy, PolicyGroup
    from argosy.sandbox.core.desk import Ask, Desk
    from argosy.sandbox.core.users import Users
    from argosy.sandbox.settings import Json

_PATH: Final = "/access_control"
_MOST_IDS: Final = 10_000
_LONGEST: Final = 10_000
_COLUMN_MEMBERS: Final = frozenset({"tags", "except", "masking"})


class AccessControlRoutes:
    """Routes of policies and users."""

    def __init__(self, desk: Desk, access: AccessControl, users: Users) -> None:
        self._desk = desk
        self._access = access
        self._users = users

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        policy, user = f"{_PATH}/policies/{{policy}}", f"{_PATH}/users/{{user}}"
        get, change = self._desk.get, self._change
        return [
            get(f"{_PATH}/policies", self.policies),
            change("POST", f"{_PATH}/policies", self.create_policy),
            get(policy, self.policy),
            change("PATCH", policy, self.update_policy),
            change("DELETE", policy, self.delete_policy),
            get(f"{policy}/permissions", self.policy_permissions),
            change("PATCH", f"{policy}/permissions", self.set_policy_permissions),
            get(f"{policy}/column_permissions", self.column_permissions),
            change("PATCH", f"{policy}/column_permissions", self.set_column_permissions),
            get(f"{policy}/users", self.policy_users),
            change("PATCH", f"{policy}/users", self.set_policy_users),
            change("POST", f"{policy}/users/{{user}}", self.attach),
            change("DELETE", f"{policy}/users/{{user}}", self.detach),
            get(f"{_PATH}/users", self.users),
            get(user, self.user),
            change("PATCH", f"{user}/permissions", self.set_user_permissions),
            get(f"{user}/policies", self.user_policies),
            change("PATCH", f"{user}/policies", self.set_user_policies),
            change("POST", f"{user}/policies/{{policy}}", self.attach),
            change("DELETE", f"{user}/policies/{{policy}}", self.detach),
            get(f"{user}/profile_options", self.options),
            get(f"{user}/profile_options/{{key}}", self.option),
            change("PUT", f"{user}/profile_options/{{key}}", self.set_option),
            change("DELETE", f"{user}/profile_options/{{key}}", self.unset_option),
        ]

    def _change(self, method: str, path: str, handler: Callable[[Ask], Any]) -> BaseRoute:
        return self._desk.route(method, path, handler, Door.ADMINISTRATOR)

    def policies(self, ask: Ask) -> Response:
        """Give all policies, or those whose column permissions have a tag."""
        tag = ask.values.text("column_permission_tag")
        found = [
            policy
            for policy in self._access.policies()
            if tag is None or any(tag in one["tags"] for one in policy.column_permissions)
        ]
        return _array([_policy(policy) for policy in found])

    def create_policy(self, ask: Ask) -> Json:
        """Make a policy."""
        name, description = _named(ask.values.an_object("policy"))
        if name is None:
            raise invalid("'policy' parameter needs a name")
        return _policy(self._access.create_policy(name, description or ""))

    def policy(self, ask: Ask) -> Json:
        """Give a policy."""
        return _policy(self._policy(ask))

    def update_policy(self, ask: Ask) -> Json:
        """Change a policy's name or description."""
        policy = self._policy(ask)
        name, description = _named(ask.values.an_object("policy"))
        facts = {"name": name, "description": description}
        sent = {key: value for key, value in facts.items() if value is not None}
        return _policy(self._access.change_policy(policy, **sent))

    def delete_policy(self, ask: Ask) -> Json:
        """Forget a policy."""
        policy = self._policy(ask)
        self._access.delete_policy(policy)
        return _policy(policy)

    def policy_permissions(self, ask: Ask) -> Json:
        """Give a policy's permissions."""
        return self._policy(ask).permissions or {}

    def set_policy_permissions(self, ask: Ask) -> Json:
        """Change those permissions of a policy that are named."""
        policy = self._policy(ask)
        sent = _permissions(ask)
        merged = (policy.permissions or {}) | sent
        return self._access.change_policy(policy, permissions=merged).permissions

    def column_permissions(self, ask: Ask) -> Response:
        """Give a policy's column permissions."""
        return _array(list(self._policy(ask).column_permissions))

    def set_column_permissions(self, ask: Ask) -> Response:
        """Set a policy's column permissions."""
        policy = self._policy(ask)
        sent = ask.values.document("column_permissions")
        if not isinstance(sent, list) or not all(_is_column_permission(one) for one in sent):
            raise invalid("'column_permissions' parameter must be an array of {tags, …}")
        changed = self._access.change_policy(policy, column_permissions=tuple(sent))
        return _array(list(changed.column_permissions))

    def policy_users(self, ask: Ask) -> Response:
        """Give the users a policy is attached to."""
        found = [self._users.find(key) for key in self._policy(ask).users]
        return _array([_user_reference(user) for user in found])

    def set_policy_users(self, ask: Ask) -> Response:
        """Attach a policy to exactly these users."""
        policy = self._policy(ask)
        found = [self._users.find(key) for key in _ids(ask, "user_ids")]
        keys = tuple(dict.fromkeys(user.id for user in found))
        self._access.change_policy(policy, users=keys)
        return _array([self._user(self._users.find(key)) for key in keys])

    def attach(self, ask: Ask) -> Json:
        """Attach a policy to a user."""
        return _policy(self._access.attach(self._policy(ask), self._asked_user(ask)))

    def detach(self, ask: Ask) -> Json:
        """Detach a policy from a user."""
        return _policy(self._access.detach(self._policy(ask), self._asked_user(ask)))

    def users(self, _ask: Ask) -> Response:
        """Give all users with their permissions."""
        return _array([self._user(user) for user in self._users.every()])

    def user(self, ask: Ask) -> Json:
        """Give a user with all permissions."""
        return self._user(self._asked_user(ask))

    def set_user_permissions(self, ask: Ask) -> Json:
        """Change those permissions of a user that are named."""
        user = self._asked_user(ask)
        self._access.set_own_permissions(user, _permissions(ask))
        return {"user_id": int(user.id), "permissions": self._access.own_permissions(user)}

    def user_policies(self, ask: Ask) -> Response:
        """Give a user's policies."""
        found = self._access.of_user(self._asked_user(ask))
        return _array([_policy(policy) for policy in found])

    def set_user_policies(self, ask: Ask) -> Response:
        """Attach exactly these policies to a user."""
        found = self._access.set_policies(self._asked_user(ask), _ids(ask, "policy_ids"))
        return _array([_policy(policy) for policy in found])

    def options(self, ask: Ask) -> Json:
        """Give a user's profile options."""
        return self._access.options(self._asked_user(ask))

    def option(self, ask: Ask) -> Json:
        """Give one profile option; null if it is unset."""
        key = ask.path["key"]
        return {key: self._access.options(self._asked_user(ask)).get(key)}

    def set_option(self, ask: Ask) -> Json:
        """Set a profile option."""
        key, value = ask.path["key"], ask.values.required("value")
        if max(len(key), len(value)) > _LONGEST:
            raise invalid("Validation failed: the option is too long")
        self._access.set_option(self._asked_user(ask), key, value)
        return {key: value}

    def unset_option(self, ask: Ask) -> Response:
        """Unset a profile option."""
        self._access.set_option(self._asked_user(ask), ask.path["key"], None)
        return Response(status_code=204)

    def _policy(self, ask: Ask) -> Policy:
        return self._access.policy(ask.path["policy"])

    def _asked_user(self, ask: Ask) -> User:
        return self._users.find(ask.path["user"])

    def _user(self, user: User) -> dict[str, Json]:
        return {
            "user_id": int(user.id),
            "account_id": ACCOUNT,
            "permissions": self._access.permissions(user),
            "policies": [_policy(policy) for policy in self._access.of_user(user)],
        }


class PolicyGroupRoutes:
    """Routes of policy groups and of the tags that go with them."""

    def __init__(self, desk: Desk, access: AccessControl) -> None:
        self._desk = desk
        self._access = access

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        groups, tag = f"{_PATH}/policy_groups", "/policy_group_tags/{tag}"
        one, get = f"{groups}/{{group}}", self._desk.get
        return [
            get(groups, self.listed),
            self._change("POST", groups, self.create),
            get(one, self.show),
            self._change("PATCH", one, self.update),
            self._change("DELETE", one, self.delete),
            get(f"{one}/policies", self.policies),
            self._change("PATCH", f"{one}/policies", self.set_policies),
            get(f"{tag}/{{part}}", self.tagged),
            self._change("PATCH", f"{tag}/{{part}}", self.set_tagged),
        ]

    def _change(self, method: str, path: str, handler: Callable[[Ask], Any]) -> BaseRoute:
        return self._desk.route(method, path, handler, Door.ADMINISTRATOR)

    def listed(self, _ask: Ask) -> Response:
        """Give all groups."""
        return _array([_group(group) for group in self._access.groups()])

    def create(self, ask: Ask) -> Json:
        """Make a group."""
        return _group(self._access.create_group(ask.values.required("name")))

    def show(self, ask: Ask) -> Json:
        """Give a group."""
        return _group(self._group(ask))

    def update(self, ask: Ask) -> Json:
        """Change a group's name or description."""
        facts: dict[str, Any] = {}
        if ask.values.text("name") is not None:
            facts["name"] = ask.values.required("name")
        if ask.values.has("description"):
            facts["description"] = ask.values.text("description")
        return _group(self._access.change_group(self._group(ask), **facts))

    def delete(self, ask: Ask) -> Json:
        """Forget a group."""
        group = self._group(ask)
        self._access.delete_group(group)
        return _group(group)

    def policies(self, ask: Ask) -> Json:
        """Give the ids of a group's policies."""
        return {"policy_ids": [int(key) for key in self._group(ask).policies]}

    def set_policies(self, ask: Ask) -> Json:
        """Set a group's policies."""
        group = self._group(ask)
        found = [self._access.policy(key).id for key in _ids(ask, "policy_ids")]
        changed = self._access.change_group(group, policies=tuple(dict.fromkeys(found)))
        return {"policy_ids": [int(key) for key in changed.policies]}

    def tagged(self, ask: Ask) -> Json:
        """Give the users that a tag is for, or its delegated administrators."""
        return {"user_ids": self._access.tagged(ask.path["tag"], _part(ask))}

    def set_tagged(self, ask: Ask) -> Response:
        """Set the users that a tag is for, or its delegated administrators."""
        self._access.set_tagged(ask.path["tag"], _part(ask), _ids(ask, "user_ids"))
        return Response(status_code=204)

    def _group(self, ask: Ask) -> PolicyGroup:
        return self._access.group(ask.path["group"])


def _part(ask: Ask) -> str:
    if ask.path["part"] not in {"users", "delegated_admins"}:
        raise CoreError(404, "Resource not found")
    return ask.path["part"]


def _array(items: list[Any]) -> Response:
    return json_answer(items)


def _ids(ask: Ask, name: str) -> list[str]:
    sent = ask.values.document(name)
    if not isinstance(sent, list) or len(sent) > _MOST_IDS:
        raise invalid(f"'{name}' parameter must be an array of ids")
    return [str(one) for one in sent]


def _named(document: dict[str, Json]) -> tuple[str | None, str | None]:
    found = [document.get(name) for name in ("name", "description")]
    for one in found:
        if one is not None and (not isinstance(one, str) or len(one) > _LONGEST):
            raise invalid("Validation failed: a name or description is not a short text")
    return found[0], found[1]


def _permissions(ask: Ask) -> dict[str, Any]:
    sent = dict(ask.values.values)
    check_permissions(sent)
    return sent


def _is_column_permission(document: Json) -> bool:
    if not isinstance(document, dict) or not document.keys() <= _COLUMN_MEMBERS:
        return False
    tags = document.get("tags")
    is_tagged = isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)
    excepted, masking = document.get("except"), document.get("masking")
    return is_tagged and excepted in {None, True, False} and masking in {None, "hash"}


def _policy(policy: Policy) -> dict[str, Json]:
    return {
        "id": int(policy.id),
        "account_id": ACCOUNT,
        "name": policy.name,
        "description": policy.description,
        "user_count": len(policy.users),
    }


def _group(group: PolicyGroup) -> dict[str, Json]:
    return {
        "id": int(group.id),
        "account_id": ACCOUNT,
        "name": group.name,
        "taggable_name": group.taggable,
        "description": group.description,
        "policy_count": len(group.policies),
        "created_at": iso(group.created_at),
        "updated_at": iso(group.updated_at),
    }


def _user_reference(user: User) -> dict[str, Json]:
    return {
        "user_id": int(user.id),
        "account_id": ACCOUNT,
        "email": user.email,
        "name": user.name,
    }
