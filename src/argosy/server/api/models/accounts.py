"""Logins, accounts, keys, sessions, databases, the audit."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from argosy.server.api.models.shapes import Answer, Page, Request, Seconds, Whole

Role = Literal["root", "manager", "backend", "frontend", "demo_viewer"]
ServiceRole = Literal["manager", "backend", "frontend", "demo_viewer"]
IdType = Literal["string", "uint32", "uint64", "uuid"]
Secret = Annotated[str, Field(json_schema_extra={"format": "password"})]
_EMAIL = "ada@example.com"


class _InDatabase(Request):
    db_id: str | None = Field(default=None, description="The database to work in, by id.")
    db_name: str | None = Field(default=None, description="The same by name.", examples=["shop"])


class IndividualLogin(_InDatabase):
    """A login by password."""

    email: str = Field(examples=[_EMAIL])
    password: Secret


class RootLogin(Request):
    """A login without a database."""

    email: str = Field(examples=[_EMAIL])
    password: Secret


class ServiceLogin(_InDatabase):
    """A login by service key."""

    name: str = Field(examples=["nightly-import"])
    password: Secret = Field(description="The service key.")


class TokenRefresh(_InDatabase):
    """A refresh token for the next tokens; in another database where one is named."""

    refresh_token: Secret


class Database(Whole):
    """A database (workspace) of an organization."""

    id: str
    name: str = Field(examples=["shop"])
    description: str
    item_id_type: str = Field(examples=["string"])
    user_id_type: str = Field(examples=["string"])
    session_id_type: str = Field(examples=["string"])


class LoginAnswer(Whole):
    """The tokens of a login."""

    token: str = Field(description="The JWT of the next requests; it lives for minutes.")
    refresh_token: str = Field(description="Gives the next tokens, once.")
    role: Role
    org_id: str
    database: Database | None = None


class AccountName(Answer):
    """An account, in short."""

    id: str
    name: str
    role: Role


class WhoAmI(Whole):
    """Who the token stands for."""

    org_id: str
    account: AccountName
    database: Database | None = None


class NewIndividual(Request):
    """An account that logs in by password."""

    email: str = Field(examples=[_EMAIL])
    password: Secret = Field(description="12 to 200 bytes.")
    role: Role = "backend"


class NewService(Request):
    """An account that logs in by keys."""

    name: str = Field(examples=["nightly-import"])
    role: ServiceRole = "frontend"


class IndividualChange(Request):
    """Which account to change, and to what."""

    email: str = Field(examples=[_EMAIL])
    role: Role | None = None
    password: Secret | None = Field(default=None, description="A new password for the account.")


class ServiceChange(Request):
    """Which service account to change, and to what."""

    name: str = Field(examples=["nightly-import"])
    role: ServiceRole


class IndividualChoice(Request):
    """Which account."""

    email: str = Field(examples=[_EMAIL])


class ServiceChoice(Request):
    """Which service account."""

    name: str = Field(examples=["nightly-import"])


class PasswordChange(Request):
    """One's own password."""

    old_password: Secret
    new_password: Secret = Field(description="12 to 200 bytes.")


class Account(Whole):
    """An account: `name` is the e-mail address of an individual."""

    id: str
    kind: Literal["individual", "service"]
    name: str
    role: Role
    created: Seconds
    modified: Seconds
    last_login: Seconds | None = None


class AccountPage(Page):
    """A page of accounts."""

    accounts: list[Account]


class NewKey(Request):
    """A key for a service account."""

    name: str = Field(description="The service account.", examples=["nightly-import"])
    description: str = ""
    expiration_timestamp: float | None = Field(
        default=None, description="When it ends, in seconds since 1970; never where none is given."
    )


class Expiration(Request):
    """When a key ends."""

    expiration_timestamp: float = Field(examples=[1795676400])


class ServiceKey(Whole):
    """A key, without the key itself."""

    id: str
    description: str
    created: Seconds
    expires: Seconds | None = None
    revoked: Seconds | None = None
    last_used: Seconds | None = None


class NewServiceKey(ServiceKey):
    """A new key; this is the only time that it is shown."""

    key: str


class ServiceKeys(Whole):
    """The keys of a service account."""

    keys: list[ServiceKey]


class Session(Answer):
    """A login that goes on."""

    id: str
    account: str
    account_name: str
    address: str
    created: Seconds
    last_used: Seconds
    expires: Seconds
    is_own: bool = Field(description="Whether it is the session that asks.")


class SessionPage(Page):
    """A page of sessions."""

    sessions: list[Session]


class AuditRow(Answer):
    """One change: who, when, what, and the names of the fields that it touched."""

    id: int
    timestamp: Seconds
    account: dict[str, Any] = Field(examples=[{"id": "", "name": "operator"}])
    action: str = Field(examples=["put-connection"])
    target: str = Field(examples=["connection S3"])
    fields: list[str]


class AuditPage(Page):
    """A page of the audit, newest first."""

    audit: list[AuditRow]


class NewDatabase(Request):
    """A database to make."""

    name: str = Field(examples=["shop"])
    description: str = ""
    item_id_type: IdType = "string"
    user_id_type: IdType = "string"


class DatabasePage(Page):
    """A page of databases."""

    databases: list[Database]


class Organization(Whole):
    """The organization of whoever asks."""

    id: str
    name: str
    metadata: dict[str, Any] = Field(description="Empty: this service keeps none.")


class Setup(Request):
    """The first organization, its root account and its first database."""

    token: Secret = Field(description="From the link that the first start prints.")
    organization: str = Field(examples=["Example"])
    email: str = Field(examples=[_EMAIL])
    password: Secret = Field(description="12 to 200 bytes.")
    database: str = Field(default="default", examples=["shop"])


class SetupAnswer(Whole):
    """What was founded."""

    org_id: str
    account: AccountName
    database_id: str | None = None


class Health(Whole):
    """The server answers, and so does its store."""

    status: Literal["ok"]
