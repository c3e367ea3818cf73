"""Access control: policies with permissions, the users they are attached to, groups and tags.

What a policy says about databases is what its users may do with them; the other permissions
are kept and told, and bind no one here. Database ids are those of `database/show`. Not
documented, so assumed: `query`, `import`, `download` and `edit` are for the databases in `ids`
(edit with query and import, as full access has), `manage` lets make and change all of them,
and `owner_manage` lets delete them too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import asdict, replace

from argosy.sandbox.auth import ALL_DATABASES, RIGHTS
from argosy.sandbox.core.errors import CoreError, already_there, invalid

if TYPE_CHECKING:
    from argosy.sandbox.auth import Right, User
    from argosy.sandbox.core.users import Users
    from argosy.sandbox.foundation import Foundation

_POLICY: Final = "policy"
_GROUP: Final = "policy-group"
_TAG: Final = "policy-group-tag"
_OWN: Final = "user-permissions"
_OPTIONS: Final = "profile-options"
_NO_PARENT: Final = "0"
_LONGEST_NAME: Final = 255
_OPERATIONS: Final[dict[str, frozenset[Right]]] = {
    "query": frozenset({"query"}),
    "import": frozenset({"import"}),
    "download": frozenset({"download", "query"}),
    "edit": RIGHTS["full_access"],
    "manage": RIGHTS["full_access"],
    "owner_manage": RIGHTS["administrator"],
}
_FOR_ALL: Final = frozenset({"manage", "owner_manage"})


class Policy(Struct, frozen=True):
    """A policy; `users` are the ids of those it is attached to."""

    id: str
    name: str
    description: str
    users: tuple[str, ...] = ()
    permissions: dict[str, Any] | None = None
    column_permissions: tuple[dict[str, Any], ...] = ()


class PolicyGroup(Struct, frozen=True):
    """A group of policies; `taggable` is its name as tags have it, times are epochs."""

    id: str
    name: str
    taggable: str
    description: str | None
    policies: tuple[str, ...]
    created_at: float
    updated_at: float


class AccessControl:
    """The policies, groups and tags of a store."""

    def __init__(self, foundation: Foundation, users: Users) -> None:
        self._store = foundation.store
        self._documents = foundation.documents
        self._clock = foundation.clock
        self._users = users

    def policies(self) -> list[Policy]:
        """Give all policies, oldest first."""
        return [Policy(**document) for document in self._documents.every(_POLICY)]

    def policy(self, key: str) -> Policy:
        """Give a policy by its id; raise the 404 answer."""
        document = self._documents.find(_POLICY, key)
        if document is None:
            raise CoreError(404, "Resource not found")
        return Policy(**document)

    def create_policy(self, name: str, description: str) -> Policy:
        """Make a policy."""
        self._check_name(_POLICY, name)
        key = self._documents.new_id(_POLICY)
        made = Policy(key, name, description, permissions={})
        self._documents.add(_POLICY, _NO_PARENT, {key: asdict(made)})
        return made

    def change_policy(self, policy: Policy, **facts: Any) -> Policy:
        """Change members of a policy, and with them what its users may do."""
        if facts.get("name", policy.name) != policy.name:
            self._check_name(_POLICY, facts["name"])
        changed = replace(policy, **facts)
        with self._store.transaction():
            self._documents.replace(_POLICY, policy.id, _NO_PARENT, asdict(changed))
            self._apply({*policy.users, *changed.users})
        return changed

    def delete_policy(self, policy: Policy) -> None:
        """Forget a policy, also in its groups."""
        with self._store.transaction():
            self._documents.remove(_POLICY, policy.id)
            for group in self.groups():
                if policy.id in group.policies:
                    left = tuple(one for one in group.policies if one != policy.id)
                    self.change_group(group, policies=left)
            self._apply(policy.users)

    def of_user(self, user: User) -> list[Policy]:
        """Give the policies that are attached to a user."""
        return [policy for policy in self.policies() if user.id in policy.users]

    def attach(self, policy: Policy, user: User) -> Policy:
        """Attach a policy to a user."""
        if user.id in policy.users:
            return policy
        return self.change_policy(policy, users=(*policy.users, user.id))

    def detach(self, policy: Policy, user: User) -> Policy:
        """Detach a policy from a user."""
        left = tuple(one for one in policy.users if one != user.id)
        return self.change_policy(policy, users=left)

    def set_policies(self, user: User, keys: list[str]) -> list[Policy]:
        """Attach exactly these policies to a user."""
        wanted = {policy.id for policy in map(self.policy, keys)}
        with self._store.transaction():
            for policy in self.policies():
                (self.attach if policy.id in wanted else self.detach)(policy, user)
        return self.of_user(user)

    def forget_user(self, user: User) -> None:
        """Take a user who goes out of everything."""
        with self._store.transaction():
            for policy in self.of_user(user):
                left = tuple(one for one in policy.users if one != user.id)
                changed = replace(policy, users=left)
                self._documents.replace(_POLICY, policy.id, _NO_PARENT, asdict(changed))
            for kind in (_OWN, _OPTIONS):
                self._documents.remove(kind, user.id)
            for tag in self._documents.every(_TAG):
                for part in ("users", "delegated_admins"):
                    tag[part] = tuple(one for one in tag[part] if one != user.id)
                self._documents.replace(_TAG, tag["id"], _NO_PARENT, tag)

    def _apply(self, users: set[str] | tuple[str, ...]) -> None:
        """Give users the rights on databases that their policies have."""
        names = {one["id"]: one["name"] for one in self._documents.every("database")}
        for key in users:
            user = self._users.find(key)
            granted: dict[str, set[Right]] = {}
            for policy in self.of_user(user):
                for one in (policy.permissions or {}).get("Databases", ()):
                    for name in _databases(one, names):
                        granted.setdefault(name, set()).update(_OPERATIONS[one["operation"]])
            self._users.grant(user, {name: sorted(rights) for name, rights in granted.items()})

    def own_permissions(self, user: User) -> dict[str, Any]:
        """Give the permissions that a user has without a policy."""
        document = self._documents.find(_OWN, user.id) or {}
        permissions: dict[str, Any] = document.get("permissions", {})
        return permissions

    def set_own_permissions(self, user: User, permissions: dict[str, Any]) -> None:
        """Change those permissions of a user that are named."""
        kept = self.own_permissions(user) | permissions
        self._documents.replace(_OWN, user.id, user.id, {"permissions": kept})

    def permissions(self, user: User) -> dict[str, list[Any]]:
        """Give all permissions of a user, those of policies and own ones."""
        found: dict[str, list[Any]] = {}
        for one in (
            *(policy.permissions for policy in self.of_user(user)),
            self.own_permissions(user),
        ):
            for name, entries in (one or {}).items():
                known = found.setdefault(name, [])
                known.extend(entry for entry in entries if entry not in known)
        return found

    def options(self, user: User) -> dict[str, str]:
        """Give a user's profile options."""
        document = self._documents.find(_OPTIONS, user.id) or {}
        options: dict[str, str] = document.get("options", {})
        return options

    def set_option(self, user: User, key: str, value: str | None) -> None:
        """Set a profile option of a user's, or unset it with None."""
        options = {name: one for name, one in self.options(user).items() if name != key}
        if value is not None:
            options[key] = value
        self._documents.replace(_OPTIONS, user.id, user.id, {"options": options})

    def groups(self) -> list[PolicyGroup]:
        """Give all groups, oldest first."""
        return [PolicyGroup(**document) for document in self._documents.every(_GROUP)]

    def group(self, key: str) -> PolicyGroup:
        """Give a group by its id or taggable name; raise the 404 answer."""
        for group in self.groups():
            if key in {group.id, group.taggable}:
                return group
        raise CoreError(404, "Resource not found")

    def create_group(self, name: str) -> PolicyGroup:
        """Make a group."""
        self._check_name(_GROUP, name)
        key, now = self._documents.new_id(_GROUP), self._clock.now()
        made = PolicyGroup(key, name, self._taggable(name), None, (), now, now)
        self._documents.add(_GROUP, _NO_PARENT, {key: asdict(made)})
        return made

    def change_group(self, group: PolicyGroup, **facts: Any) -> PolicyGroup:
        """Change members of a group; its taggable name stays."""
        if facts.get("name", group.name) != group.name:
            self._check_name(_GROUP, facts["name"])
        changed = replace(group, **facts, updated_at=self._clock.now())
        self._documents.replace(_GROUP, group.id, _NO_PARENT, asdict(changed))
        return changed

    def delete_group(self, group: PolicyGroup) -> None:
        """Forget a group and who is tagged with it; its policies stay."""
        with self._store.transaction():
            self._documents.remove(_GROUP, group.id)
            self._documents.remove(_TAG, group.id)

    def tagged(self, tag: str, part: str) -> list[str]:
        """Give the ids of a tag's `users` or `delegated_admins`."""
        document = self._documents.find(_TAG, self.group(tag).id) or {}
        return list(document.get(part, ()))

    def set_tagged(self, tag: str, part: str, users: list[str]) -> None:
        """Set a tag's `users` or `delegated_admins`, ids of users that are there."""
        group = self.group(tag)
        document = self._documents.find(_TAG, group.id) or {
            "id": group.id,
            "users": (),
            "delegated_admins": (),
        }
        found = [self._users.find(key).id for key in users]
        document[part] = list(dict.fromkeys(found))
        self._documents.replace(_TAG, group.id, _NO_PARENT, document)

    def _check_name(self, kind: str, name: str) -> None:
        if not name.strip() or len(name) > _LONGEST_NAME:
            raise invalid("Validation failed: Name is too short or too long")
        if self._documents.named(kind, name) is not None:
            raise already_there("Policy" if kind == _POLICY else "Policy group", name)

    def _taggable(self, name: str) -> str:
        """Make the name that tags have: the group's in letters, digits and `_`, only once."""
        plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower() or "group"
        taken = {group.taggable for group in self.groups()}
        numbered = (f"{plain}_{number}" for number in range(2, len(taken) + 3))
        return next(one for one in (plain, *numbered) if one not in taken and not one.isdigit())


def check_permissions(permissions: dict[str, Any]) -> None:
    """Refuse permissions that aren't lists of `{operation, …}` objects with 422."""
    for name, entries in permissions.items():
        if not isinstance(entries, list):
            raise invalid(f"Validation failed: {name[:100]} must be an array")
        for entry in entries:
            if not isinstance(entry, dict) or not isinstance(entry.get("operation"), str):
                raise invalid(f"Validation failed: {name[:100]} needs an operation")
            if name == "Databases" and entry["operation"] not in _OPERATIONS:
                raise invalid(f"Validation failed: {entry['operation'][:100]!r} is no operation")


def _databases(entry: dict[str, Any], names: dict[str, str]) -> list[str]:
    """Give the names of the databases that a permission is for."""
    if entry["operation"] in _FOR_ALL:
        return [ALL_DATABASES]
    ids = [one.strip() for one in str(entry.get("ids", "")).split(",")]
    return [names[one] for one in ids if one in names]
