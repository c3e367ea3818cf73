"""The connections of an organization: list, read, write, delete, test; and open, for calls.

connections = Connections(store, ring, load_types(), Prober(ProbeSettings()), now=time.time)
connections.put(principal, "S3", {"credentials": {…}})
connections.test(principal, "S3")
connections.open(principal.organization, "S3").credentials      # within the process only

What comes in and goes out are JSON objects as the API has them. A connection that bears the name
of a type is that type's default one; any other name says its `type` when it is made, and keeps it.
A read shows a mask in place of every secret.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from argosy.accounts import audit
from argosy.connections.call_settings import STORE, check_endpoint, check_settings
from argosy.connections.documents import (
    check_name,
    check_new_name,
    check_object,
    left_aside,
    refuse,
)
from argosy.connections.fields import validate_credentials, validate_metadata
from argosy.connections.masking import (
    clear_part,
    guarded_texts,
    kept_secrets,
    merge,
    refuse_secrets,
)
from argosy.connections.probes import Probes, failed_check, failure, report, undecryptable
from argosy.connections.settings import ConnectionsSettings
from argosy.connections.stored import (
    LOCAL,
    Record,
    StoredConnection,
    changed_fields,
    find_row,
    not_found,
    open_row,
    seal,
    show,
    unseal,
)
from argosy.errors import ServiceForbiddenError, ServiceNotFoundError, WrongDataError
from argosy.store import tables
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, Connection

    from argosy.accounts import Principal
    from argosy.connections.probes import CredentialsProber
    from argosy.connections.probing import ProbeResult
    from argosy.connections.types import ConnectionType
    from argosy.model import Json, JsonObject
    from argosy.store import KeyRing, Store

#: The roles that may use connections and tables.
ROLES = ("root", "manager", "backend")
_WRITERS_WITHOUT_BACKEND = ("root", "manager")
_KIBIBYTES = {"credentials": 64, "metadata": 16}
_BODY_KIBIBYTES = 112
_MOST_FIELDS = 100
_UNTESTED = "The credentials have not been tested since they were changed."
_SHOWN_ONLY = frozenset(
    {
        "connection", "name", "warnings", "credentials_set", "fingerprints", "created_timestamp",
        "modified_timestamp", "last_tested_timestamp", "last_result",
    }
)  # fmt: skip
_Sentences = list[str]
_PARTS = ("metadata", "settings")
_MEMBERS = ("credentials", *_PARTS, "type")


class Connections:
    """The service behind `connections/`. Safe to share between threads.

    `now` gives epoch seconds. All but `open` take who asks, and raise ServiceForbiddenError where
    the role does not allow it.
    """

    def __init__(
        self,
        store: Store,
        ring: KeyRing,
        types: Mapping[str, ConnectionType],
        prober: CredentialsProber,
        *,
        now: Callable[[], float],
        settings: ConnectionsSettings | None = None,
    ) -> None:
        self.store = store
        self.ring = ring
        self.types = types
        self.now = now
        self.settings = settings or ConnectionsSettings()
        self.probes = Probes(ring, types, prober, self.settings, now)

    def list(self, principal: Principal) -> JsonObject:
        """Return all connections of the organization, the oldest first."""
        principal.require(*ROLES)
        table = tables.connections
        mine = select(table).where(table.c.organization == principal.organization)
        with self.store.read() as connection:
            rows = connection.execute(mine.order_by(table.c.created, table.c.name)).all()
        found = [show(self.ring, self.types, open_row(self.ring, row)) for row in rows]
        return {"connections": found}

    def get(self, principal: Principal, name: str) -> JsonObject:
        """Return one connection.

        Raises ServiceNotFoundError for a type that is not set up and WrongDataError for a name
        that is nothing.
        """
        principal.require(*ROLES)
        with self.store.read() as connection:
            record = self._record(connection, principal.organization, name)
        return _without_empty_warnings(show(self.ring, self.types, record))

    def put(self, principal: Principal, name: str, document: Json) -> JsonObject:
        """Make a connection or replace it, and return it as `get` does.

        A secret that is the mask, or left out, stays as it is, since no read shows it; null clears
        it. All else is what is given: what is left out is gone, and a warning tells it where it
        was the whole of `metadata` or `settings`. Raises WrongDataError with all that is wrong.
        """
        self._require_writer(principal)
        check_own_name(name)
        draft, warnings = _read_document(document)
        if "credentials" not in draft:
            detail = "credentials are missing; give an object of the type's fields."
            raise WrongDataError(detail=detail, field="credentials")
        left_out = [part for part in _PARTS if part not in draft]
        draft |= {part: {} for part in left_out}
        with self.store.write() as connection:
            row = find_row(connection, principal.organization, name)
            record = None if row is None else open_row(self.ring, row)
            type_ = self._type(connection, principal, name, draft, record)
            after, more = self._merge(principal.organization, name, type_, record, draft)
            if record is None:
                self._make_room(connection, principal)
            else:
                more += [_gone(part) for part in left_out if getattr(record.stored, part)]
            record, untested = self._write(connection, principal, type_, record, after)
        shown = show(self.ring, self.types, record)
        shown["warnings"] += [*warnings, *more, *([_UNTESTED] if untested else [])]
        return _without_empty_warnings(shown)

    def delete(self, principal: Principal, name: str) -> JsonObject:
        """Delete a connection; its tables stay, and say that they have no credentials."""
        self._require_writer(principal)
        check_own_name(name)
        with self.store.write() as connection:
            if find_row(connection, principal.organization, name) is None:
                raise not_found(connection, principal.organization, name, self.types)
            table = tables.connections.c
            mine = (table.organization == principal.organization) & (table.name == name)
            connection.execute(tables.connections.delete().where(mine))
            kept = self._orphan_tables(connection, principal.organization, name)
            self._record_change(connection, principal, "remove-connection", name)
        if not kept:
            return {}
        are = "1 table is" if kept == 1 else f"{kept} tables are"
        text = f"{are} kept, with the status wrong_credentials until the connection is made again."
        return {"warnings": [text]}

    def test(self, principal: Principal, name: str, document: Json = None) -> JsonObject:
        """Test what is stored; or, with a document, what that makes of it, storing nothing.

        A part that is left out is tested as it is stored. Returns the result with its checks.
        Raises WrongDataError with them where the test fails, for whatever reason, and
        TooManyRequestsError.
        """
        principal.require(*ROLES)
        check_own_name(name)
        draft, warnings = _read_document({} if document is None else document)
        if draft and not self.settings.test_unsaved:
            raise ServiceForbiddenError(
                detail="tests of credentials that are not stored are turned off on this server."
            )
        with self.store.read() as connection:
            row = find_row(connection, principal.organization, name)
            record = None if row is None else open_row(self.ring, row)
            if not draft and record is None:
                raise not_found(connection, principal.organization, name, self.types)
            type_ = self._type(connection, principal, name, draft, record)
        if draft:
            stored = self._draft(principal.organization, name, type_, record, draft)
            result, _ = self.probes.run(stored)
        else:
            assert record is not None  # noqa: S101 - looked at above
            stored = record.stored
            result = self._test_stored(record, type_)
        return _told(report(type_, stored, result), warnings)

    def open(self, organization: str, name: str) -> StoredConnection:
        """Return a connection with its secrets, for calls and flows in this process.

        Raises ServiceNotFoundError, and UndecryptableError.
        """
        with self.store.read() as connection:
            row = find_row(connection, organization, name)
        if row is None:
            raise ServiceNotFoundError(type="connection", key=name)
        return unseal(self.ring, row)

    def for_tables(
        self, connection: Connection, organization: str, name: str
    ) -> tuple[StoredConnection, str]:
        """Return a connection for its tables, and why it cannot be read where it cannot.

        LOCAL is there without being made. Raises ServiceNotFoundError or WrongDataError.
        """
        if name == LOCAL:
            return StoredConnection(organization, LOCAL, LOCAL), ""
        row = find_row(connection, organization, name)
        if row is None:
            raise not_found(connection, organization, name, self.types, with_local=True)
        record = open_row(self.ring, row)
        return record.stored, record.fault

    def _record(self, connection: Connection, organization: str, name: str) -> Record:
        check_own_name(name)
        row = find_row(connection, organization, name)
        if row is None:
            raise not_found(connection, organization, name, self.types)
        return open_row(self.ring, row)

    def _require_writer(self, principal: Principal) -> None:
        principal.require(*(ROLES if self.settings.backend_writes else _WRITERS_WITHOUT_BACKEND))

    def _type(
        self,
        connection: Connection,
        principal: Principal,
        name: str,
        draft: JsonObject,
        record: Record | None,
    ) -> ConnectionType:
        """Return the type of a connection: its own, its name's, or the one that is given."""
        if record is None:
            check_new_name(name, "connection")
        given = draft.get("type")
        settled = name if name in self.types else record.stored.type if record else None
        if settled is None and given is None:
            hint = "A connection of another name is made with its type."
            raise not_found(connection, principal.organization, name, self.types, hint=hint)
        wanted = given if settled is None else settled
        known = [one for one in self.types if one != LOCAL]
        if not isinstance(wanted, str) or wanted not in known:
            text = wanted if isinstance(wanted, str) else ""
            detail = f"type is not one of {list_words(known, text)}."
            raise WrongDataError(detail=detail, field="type", available=known)
        if given is not None and given != wanted:
            detail = f"the connection {name!r} is of the type {wanted}, and keeps it."
            raise WrongDataError(detail=detail, field="type")
        if settled is None and name.upper() in self.types:
            detail = f"the name {name!r} is too like that of the type {name.upper()}."
            raise WrongDataError(detail=detail, field="connection")
        return self.types[wanted]

    def _draft(
        self,
        organization: str,
        name: str,
        type_: ConnectionType,
        record: Record | None,
        draft: JsonObject,
    ) -> StoredConnection:
        """Return what a document makes of what is stored, its fields not yet judged."""
        before = record.stored if record else StoredConnection(organization, name, type_.id)
        given = draft.get("credentials")
        credentials = (
            before.credentials if given is None else merge(type_, before.credentials, given)
        )
        secrets = guarded_texts(type_, before.credentials) | guarded_texts(type_, credentials)
        refuse_secrets([name], secrets, "connection")
        refuse_secrets(clear_part(type_, credentials), secrets, "credentials")
        for part in _PARTS:
            refuse_secrets(draft.get(part), secrets, part)
        settings = before.settings
        if "settings" in draft:
            settings = check_settings(type_, draft["settings"], self.settings.allow_endpoints)
        self._refuse_moved_secrets(type_, before, given, settings)
        if credentials.get(STORE) != before.credentials.get(STORE):
            check_endpoint(type_, credentials, self.settings.allow_endpoints)
        metadata = draft.get("metadata", before.metadata)
        return replace(before, credentials=credentials, metadata=metadata, settings=settings)

    def _merge(
        self,
        organization: str,
        name: str,
        type_: ConnectionType,
        record: Record | None,
        draft: JsonObject,
    ) -> tuple[StoredConnection, _Sentences]:
        """Return what is to be stored, and warnings. Raises WrongDataError."""
        after = self._draft(organization, name, type_, record, draft)
        problems = validate_credentials(type_, after.credentials)
        warnings = refuse(problems, "credentials")
        warnings += refuse(validate_metadata(type_, after.metadata), "metadata")
        return after, warnings

    def _refuse_moved_secrets(
        self,
        type_: ConnectionType,
        before: StoredConnection,
        given: JsonObject | None,
        settings: JsonObject,
    ) -> None:
        """Refuse a new endpoint for secrets that are kept: it would be told what nobody may read.

        Raises WrongDataError.
        """
        kept = kept_secrets(type_, before.credentials, given)
        moved = {
            "settings.endpoint": (settings.get("endpoint"), before.settings.get("endpoint")),
            f"credentials.{STORE}": ((given or {}).get(STORE), before.credentials.get(STORE)),
        }
        for field, (after, earlier) in moved.items():
            if kept and after and after != earlier:
                names = ", ".join(sorted(kept))
                detail = f"a new endpoint takes the secrets anew: give {names} with it."
                raise WrongDataError(detail=detail, field=field)

    def _make_room(self, connection: Connection, principal: Principal) -> None:
        table = tables.connections
        mine = table.c.organization == principal.organization
        most = self.settings.most_connections
        if (
            connection.execute(select(func.count()).select_from(table).where(mine)).scalar_one()
            >= most
        ):
            detail = f"the organization has {most} connections, which is the most there can be."
            raise WrongDataError(detail=detail, field="connection")

    def _write(
        self,
        connection: Connection,
        principal: Principal,
        type_: ConnectionType,
        record: Record | None,
        after: StoredConnection,
    ) -> tuple[Record, bool]:
        """Write a connection; return it, and whether nothing has tested it as it is now."""
        now = self.now()
        before = record.stored if record and not record.fault else None
        is_same = before == after
        values: dict[str, Any] = {
            **seal(self.ring, after),
            "type": type_.id,
            "metadata": after.metadata,
            "modified": now,
        }
        if not is_same:
            values |= {"last_tested": None, "last_result": None}
        table = tables.connections
        if record is None:
            key = {"organization": after.organization, "name": after.name, "created": now}
            connection.execute(table.insert().values(**key, **values))
            self._adopt_tables(connection, after.organization, after.name)
        else:
            mine = (table.c.organization == after.organization) & (table.c.name == after.name)
            connection.execute(update(table).where(mine).values(**values))
        fields = changed_fields(type_, before, after)
        self._record_change(connection, principal, "put-connection", after.name, fields)
        row = find_row(connection, after.organization, after.name)
        assert row is not None  # noqa: S101 - written above
        return Record(row, after), row.last_tested is None

    def _orphan_tables(self, connection: Connection, organization: str, name: str) -> int:
        """Mark the tables of a connection that is gone, in all databases; return how many."""
        detail = {
            "reason": "connection_deleted",
            "error": f"The connection {name} was deleted.",
            "retryable": False,
            "at": self.now(),
        }
        values = {"status": "wrong_credentials", "status_detail": detail}
        its = _its_tables(organization, name)
        return connection.execute(update(tables.data_tables).where(its).values(**values)).rowcount

    def _adopt_tables(self, connection: Connection, organization: str, name: str) -> None:
        """Take back what `_orphan_tables` said of the tables of a connection that is made again."""
        table = tables.data_tables
        its = _its_tables(organization, name) & (table.c.status == "wrong_credentials")
        values = {"status": "unknown_error", "status_detail": None}
        connection.execute(update(table).where(its).values(**values))

    def _record_change(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        name: str,
        fields: Any = (),
    ) -> None:
        audit.record(connection, principal, action, f"connection {name}", fields, at=self.now())

    def _test_stored(self, record: Record, type_: ConnectionType) -> ProbeResult:
        """Test what is stored, and keep what is found where it is still what is stored."""
        if record.fault:
            result, at = undecryptable(record.fault), self.now()
        else:
            result, at = self.probes.run(record.stored)
        table = tables.connections
        unchanged = (
            (table.c.organization == record.stored.organization)
            & (table.c.name == record.stored.name)
            & (table.c.credentials == record.row.credentials)
            & (table.c.modified == record.row.modified)
        )
        found = report(type_, record.stored, result)
        if record.row.last_tested != at:
            with self.store.write() as connection:
                values = {"last_tested": at, "last_result": found}
                connection.execute(update(table).where(unchanged).values(**values))
        return result


def _its_tables(organization: str, name: str) -> ColumnElement[bool]:
    """Return the condition that a table is of this connection, in whatever database."""
    table, databases = tables.data_tables.c, tables.databases.c
    own = select(databases.id).where(databases.organization == organization)
    return table.database.in_(own) & (table.connection == name)


def check_own_name(name: str) -> None:
    """Check that a name may be that of a connection which is not built in. Raises WrongDataError.

    LOCAL may not.
    """
    check_name(name, "connection")
    if name == LOCAL:
        detail = f"{LOCAL} is not allowed here: it is built in and has no credentials, only tables."
        raise WrongDataError(detail=detail, field="connection")


def _read_document(document: Json) -> tuple[JsonObject, list[str]]:
    """Return the members of a document that count, and warnings of those that do not."""
    given: JsonObject = document if isinstance(document, dict) else {}
    draft = {name: given[name] for name in _MEMBERS if name in given}
    if draft.get("metadata", "") is None:
        draft["metadata"] = {}
    for name, kibibytes in _KIBIBYTES.items():  # before the whole, so that an error names the part
        if name in draft:
            check_object(draft[name], name, kibibytes, members=_MOST_FIELDS)
    check_object(document, "the body", _BODY_KIBIBYTES)
    sent = (name for name in given if name not in _SHOWN_ONLY)
    return draft, left_aside(sent, _MEMBERS, "member")


def _gone(part: str) -> str:
    return f"The {part} of before are gone, since the body leaves them out; only secrets stay."


def _without_empty_warnings(shown: JsonObject) -> JsonObject:
    return shown if shown["warnings"] else {k: v for k, v in shown.items() if k != "warnings"}


def _told(found: JsonObject, warnings: list[str]) -> JsonObject:
    """Return a result as the answer to a test. Raises WrongDataError where it is no success."""
    if not found["ok"]:
        raise failure(found, failed_check(found))
    texts = [check["message"] for check in found["checks"] if check["status"] == "warning"]
    if not found["verified"]:
        texts.append("The credentials could not be verified.")
    told = [*warnings, *dict.fromkeys(texts)]
    return {**({"warnings": told} if told else {}), **found}
