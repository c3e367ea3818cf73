"""What the routes work with: the store and the services over it, opened once a process."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from argosy.accounts import Accounts
from argosy.accounts.databases import database_by_id
from argosy.accounts.principal import OPERATOR
from argosy.connections.probing import Prober, ProbeSettings
from argosy.connections.service import Connections
from argosy.connections.settings import ANYWHERE, ConnectionsSettings
from argosy.connections.tables import Tables
from argosy.connections.types import load_types, type_of_calls
from argosy.connections.uploads import Uploads
from argosy.connector import load_connector
from argosy.errors import ServiceError, ServiceNotFoundError, WrongDataError
from argosy.server.api.limits import RateLimit
from argosy.server.api.secrets_in_use import SecretsInUse, watched
from argosy.server.api.served_tables import ServedTables
from argosy.store import open_ring, open_store, tables
from argosy.tables import StoredTable
from argosy.tables.opener import ReadingOpener
from argosy.tables.sources import Files
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from argosy.accounts import Database, Passwords, Principal
    from argosy.connections.opener import TableOpener
    from argosy.connections.probes import CredentialsProber
    from argosy.connections.types import ConnectionType
    from argosy.model import Connection as CallConnection
    from argosy.model import Connector
    from argosy.server.api.settings import ApiSettings
    from argosy.store import KeyRing, Store


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one process. `local` is who everybody is on a server without accounts."""

    store: Store
    ring: KeyRing
    accounts: Accounts
    local: Principal | None
    requests: RateLimit
    logins: RateLimit
    types: Mapping[str, ConnectionType]
    #: The type that capabilities are called with, None where the connector has none.
    calls: ConnectionType | None
    connections: Connections
    tables: Tables
    files: Files
    #: Knows every secret that was decrypted in this process.
    secrets: SecretsInUse
    #: Where the flows' calls go whose connection says nowhere else: a sandbox.
    endpoint: str
    #: The organization whose connections flows use; None is the only one.
    organization: str | None

    def find_connection(self, name: str) -> CallConnection:
        """Return a stored connection for flows; the empty name is the default of the calls' type.

        Raises KeyError where there is none, where it is of another type, and where no
        organization is; WrongDataError where there are several and none was chosen.
        """
        if self.calls is None:
            raise KeyError(name)
        try:
            organization = self._organization_of_flows()
        except ServiceNotFoundError as error:
            raise KeyError(name) from error
        try:
            stored = self.connections.open(organization, name or self.calls.id)
        except ServiceError as error:
            raise KeyError(name) from error
        if stored.type != self.calls.id:
            raise KeyError(name)
        found = stored.for_calls()
        return found if found.endpoint else replace(found, endpoint=self.endpoint)

    def stored_table(self, principal: Principal, connection: str, name: str) -> StoredTable:
        """Return a table as `argosy.tables.open` takes it. Raises ServiceError."""
        stored, table = self.tables.to_read(principal, connection, name)
        return StoredTable(stored, table, self.files)

    @contextmanager
    def table_service(self, principal: Principal | None = None) -> Iterator[ServedTables]:
        """Give what reads stored tables for flows: those of a principal's database.

        Without one, those of whoever flows run as. Nothing is read before a table is asked for.
        """
        with closing(ServedTables(self, lambda: principal or self._principal_of_flows())) as served:
            yield served

    def _principal_of_flows(self) -> Principal:
        """Return who reads tables in flows: the database `default`, or else the oldest.

        Raises WrongDataError, ServiceNotFoundError.
        """
        if self.local is not None:
            return self.local
        organization = self._organization_of_flows()
        table = tables.databases.c
        query = select(table.id, table.name).where(table.organization == organization)
        with self.store.read() as connection:
            rows = connection.execute(query.order_by(table.created, table.id)).all()
        if not rows:
            raise ServiceNotFoundError(type="database", key="default")
        chosen = next((row.id for row in rows if row.name == "default"), rows[0].id)
        return replace(OPERATOR, organization=organization, database=chosen)

    def _organization_of_flows(self) -> str:
        if self.local is not None:
            return self.local.organization
        try:
            return self.organization_id(self.organization)
        except WrongDataError:
            # whoever runs a flow is not told which organizations there are
            detail = "the server has several organizations; start it with --organization NAME."
            raise WrongDataError(detail=detail, field="organization") from None

    def organization_id(self, name: str | None) -> str:
        """Return the id of an organization; None is the only one there is.

        Raises ServiceNotFoundError, and WrongDataError where a name must say which.
        """
        table = tables.organizations
        with self.store.read() as connection:
            rows = connection.execute(select(table.c.id, table.c.name)).all()
        found = [row for row in rows if name is None or row.name == name]
        if not found:
            raise ServiceNotFoundError(type="organization", key=name or "")
        if len(found) > 1:
            known = list_words(sorted(row.name for row in rows))
            detail = f"say which organization: there is {known}."
            raise WrongDataError(detail=detail, field="organization")
        return str(found[0].id)

    def database_of(self, principal: Principal) -> Database | None:
        """Return the database that a principal has chosen, or None."""
        with self.store.read() as connection:
            return database_by_id(connection, principal.organization, principal.database)

    def remove_database(self, principal: Principal, id_: str) -> None:
        """Remove a database with its tables and their files.

        Raises ServiceForbiddenError, ServiceNotFoundError.
        """
        self.accounts.databases.remove(principal, id_)
        self.tables.uploads.remove_files(id_)

    def organization_name(self, principal: Principal) -> str:
        """Return the name of a principal's organization."""
        table = tables.organizations
        query = select(table.c.name).where(table.c.id == principal.organization)
        with self.store.read() as connection:
            return str(connection.execute(query).scalar_one())

    def check(self) -> None:
        """Ask the store for something. Raises what it raises where it does not answer."""
        with self.store.read() as connection:
            connection.execute(select(tables.organizations.c.id).limit(1)).first()


@contextmanager
def open_services(
    settings: ApiSettings,
    *,
    now: Callable[[], float] = time.time,
    passwords: Passwords | None = None,
    prober: CredentialsProber | None = None,
    opener: Callable[[Connections], TableOpener] | None = None,
) -> Iterator[Services]:
    """Open the store and all that works on it.

    `prober` tests credentials, and what `opener` makes opens tables, in place of our own.

    Raises StoreError: its address is wrong, it cannot be reached, a later release has written it,
    or its keys are not there.
    """
    with open_store(settings.store_url, folder=settings.data) as store:
        types, used = load_types(), SecretsInUse()
        connector = load_connector(settings.connector)
        ring = watched(open_ring(store, settings.environ, file=settings.key_file), types, used)
        accounts = Accounts(store, ring, now=now, passwords=passwords)
        own_prober = _prober(settings, connector, now)
        connections = Connections(
            store, ring, types, prober or own_prober, now=now, settings=_terms(settings)
        )
        uploads = Uploads.of(connections.settings, ring, now)
        uploads.sweep()
        files = Files(own_prober, types, uploads.file)
        reading = ReadingOpener(files, now=now, clock=time.monotonic)
        chosen = opener(connections) if opener else reading
        yield Services(
            store=store,
            ring=ring,
            accounts=accounts,
            local=_operator(store, accounts, settings) if settings.local else None,
            requests=RateLimit(settings.rate, settings.burst),
            logins=RateLimit(settings.login_rate, settings.login_burst),
            types=types,
            calls=type_of_calls(types, connector.id),
            connections=connections,
            tables=Tables(store, connections, now=now, opener=chosen, uploads=uploads),
            files=files,
            secrets=used,
            endpoint=settings.endpoint,
            organization=settings.organization,
        )


def _operator(store: Store, accounts: Accounts, settings: ApiSettings) -> Principal:
    """Return who everybody is: in the database that is named, else `default`, else the oldest.

    Raises ServiceNotFoundError, and WrongDataError where the organization is not named.
    """
    founding, organization = accounts.founding, settings.organization
    try:
        return founding.operator(organization, settings.database)
    except WrongDataError as error:
        if error.facts.get("field") != "database":
            raise
    table, owners = tables.databases.c, tables.organizations.c
    query = select(table.name).join(tables.organizations, owners.id == table.organization)
    if organization is not None:
        query = query.where(owners.name == organization)
    with store.read() as connection:
        names = connection.execute(query.order_by(table.created, table.id)).scalars().all()
    chosen = "default" if "default" in names else names[0]
    return founding.operator(organization, chosen)


def _prober(settings: ApiSettings, connector: Connector, now: Callable[[], float]) -> Prober:
    terms = ProbeSettings(
        base_urls=settings.probe_urls,
        allow_networks=settings.allowed_networks,
        allow_endpoints=settings.allowed_endpoints,
        own_origins=(settings.origin,) if settings.origin else (),
        upload_folder=settings.uploads,
        now=now,
    )
    return Prober(terms, connector)


def _terms(settings: ApiSettings) -> ConnectionsSettings:
    """Return what the operator decides; on a server without accounts they are the only user."""
    return ConnectionsSettings(
        test_unsaved=settings.test_unsaved,
        backend_writes=settings.backend_writes,
        allow_endpoints=(ANYWHERE,) if settings.local else settings.allowed_endpoints,
        origin=settings.origin,
        upload_folder=settings.uploads,
        most_file_bytes=settings.max_upload_bytes,
        most_database_bytes=settings.max_database_bytes,
    )
