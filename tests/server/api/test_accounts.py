"""Logins, accounts, keys, sessions, databases and the audit over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.databases import KINDS, ready_database
from tests.server.api.conftest import PASSWORD, ROLES, Client, Site, open_site

NEW = "another horse battery"
ADMINISTRATION = {
    "list accounts": ("GET", "/v1/accounts/", None),
    "list accounts, as the client": ("GET", "/v1/organizations/accounts/", None),
    "list accounts, as the brief": ("GET", "/v1/organizations/current/accounts/", None),
    "create individual": ("POST", "/v1/accounts/individual/", {"email": "x", "password": NEW}),
    "change individual": ("PATCH", "/v1/accounts/individual/", {"email": "x"}),
    "delete individual": ("DELETE", "/v1/accounts/individual/", {"email": "x"}),
    "create service": ("POST", "/v1/accounts/service/", {"name": ""}),
    "change service": ("PATCH", "/v1/accounts/service/", {"name": "x", "role": "backend"}),
    "delete service": ("DELETE", "/v1/accounts/service/", {"name": "x"}),
    "create key": ("POST", "/v1/accounts/service/keys/", {"name": "x"}),
    "expire key": ("PATCH", "/v1/accounts/service/keys/x/", {"expiration_timestamp": 3e9}),
    "revoke key": ("DELETE", "/v1/accounts/service/keys/x/", None),
    "list keys": ("GET", "/v1/accounts/x/keys/", None),
    "get account": ("GET", "/v1/accounts/x/", None),
    "create database": ("POST", "/v1/databases/", {"name": ""}),
    "delete database": ("DELETE", "/v1/databases/x/", None),
    "read audit": ("GET", "/v1/audit/", None),
}


def log_in(client: Client, email: str, password: str = PASSWORD, **more: Any) -> Any:
    body = {"email": email, "password": password, **more}
    return client.ask("POST", "/v1/login/individual/", body)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ADMINISTRATION)
def test_root_and_manager_administer_and_others_do_not(lite: Site, role: str, name: str) -> None:
    found = lite.as_(role).ask(*ADMINISTRATION[name])

    if role in {"root", "manager"}:
        assert found.status in {200, 400, 404}, found.body
    else:
        assert found.error[:2] == (403, 50)


class TestLogin:
    def test_a_login_gives_tokens_and_the_database(self, site: Site) -> None:
        site.as_("backend")

        found = log_in(site.client, " Backend@One.example.com", db_name="shop")

        assert found.status == 200
        assert set(found.json) == {"token", "refresh_token", "role", "org_id", "database"}
        assert found.json["database"]["name"] == "shop"
        assert found.headers["cache-control"] == "no-store"

    def test_a_login_may_name_its_database_by_id_or_none(self, site: Site) -> None:
        site.as_("backend")
        id_ = log_in(site.client, "backend@one.example.com", db_name="shop").json["database"]["id"]

        by_id = log_in(site.client, "backend@one.example.com", db_id=id_).json
        without = log_in(site.client, "backend@one.example.com").json

        assert by_id["database"]["id"] == id_
        assert "database" not in without

    def test_a_database_of_another_organization_is_not_there(self, site: Site) -> None:
        site.as_("backend", "two")
        theirs = log_in(site.client, "backend@two.example.com", db_name="shop").json["database"]
        site.as_("backend")

        found = log_in(site.client, "backend@one.example.com", db_id=theirs["id"])

        assert found.error == (404, 60, "DATABASE_NOT_FOUND")

    @pytest.mark.parametrize("email", ["root@one.example.com", "nobody@one.example.com"])
    def test_a_wrong_password_and_a_wrong_account_are_told_alike(
        self, site: Site, email: str
    ) -> None:
        found = log_in(site.client, email, "wrong horse battery")

        assert found.error == (401, 21, "INCORRECT_PASSWORD")
        assert found.json["error_data"]["error"] == "the account or the password is wrong."

    def test_passwords_cannot_be_tried_without_end(self, site: Site) -> None:
        tries = [log_in(site.client, "manager@two.example.com", f"wrong {n}") for n in range(8)]

        assert tries[0].error == (401, 21, "INCORRECT_PASSWORD")
        assert tries[-1].error == (429, 2, "RATE_LIMIT_OVERFLOW")
        wait = tries[-1].json["error_data"]["retry_after"]
        assert tries[-1].headers["retry-after"] == str(wait)
        site.clock.time += 4000

    def test_a_refresh_token_gives_the_next_and_another_database(self, site: Site) -> None:
        root = site.as_("root")
        root.ask("POST", "/v1/databases/", {"name": "second"})
        first = log_in(site.client, "root@one.example.com", db_name="shop").json
        body = {"refresh_token": first["refresh_token"], "db_name": "second"}

        found = site.client.ask("POST", "/v1/login/refresh-token/", body)

        assert found.status == 200
        assert found.json["database"]["name"] == "second"
        assert found.json["refresh_token"] != first["refresh_token"]

    def test_a_refresh_token_that_is_none_or_over_is_told(self, site: Site) -> None:
        token = log_in(site.client, "root@one.example.com").json["refresh_token"]
        ask = site.client.ask

        unknown = ask("POST", "/v1/login/refresh-token/", {"refresh_token": "argr_x"})
        site.clock.time += 31 * 86400
        over = ask("POST", "/v1/login/refresh-token/", {"refresh_token": token})

        assert unknown.error == (401, 21, "INCORRECT_REFRESH_TOKEN")
        assert over.error == (401, 28, "REFRESH_TOKEN_EXPIRED")

    def test_the_root_login_is_deprecated(self, site: Site) -> None:
        body = {"email": "root@one.example.com", "password": PASSWORD}

        found = site.client.ask("POST", "/v1/login/root/", body)

        assert found.status == 200
        assert found.headers["deprecation"].startswith("@")
        assert found.json["warnings"] == [
            "This endpoint is deprecated; use login/individual/ instead."
        ]

    def test_a_token_tells_who_one_is(self, site: Site) -> None:
        found = site.as_("frontend").ask("POST", "/v1/login/jwt/").json

        assert found["account"]["name"] == "frontend@one.example.com"
        assert found["account"]["role"] == "frontend"
        assert found["database"]["name"] == "shop"

    @pytest.mark.parametrize(
        "header", ["Basic YTpi", "Bearer", "Bearer x", "Bearer a.b.c", "x" * 9000]
    )
    def test_what_is_no_token_is_refused(self, site: Site, header: str) -> None:
        found = site.client.ask("POST", "/v1/login/jwt/", headers={"Authorization": header})

        assert found.error == (401, 21, "INCORRECT_JWT_TOKEN")


class TestServiceAccounts:
    def test_a_key_logs_in_until_it_is_revoked(self, site: Site) -> None:
        root, ask = site.as_("root"), site.client.ask
        made = root.ask("POST", "/v1/accounts/service/", {"name": "nightly", "role": "backend"})
        key = root.ask("POST", "/v1/accounts/service/keys/", {"name": "nightly"}).json
        login = {"name": "nightly", "password": key["key"], "db_name": "shop"}

        before = ask("POST", "/v1/login/service/", login)
        token = before.json["token"]
        listed = root.ask("GET", f"/v1/accounts/{made.json['id']}/keys/").json["keys"]
        revoked = root.ask("DELETE", f"/v1/accounts/service/keys/{key['id']}/")
        after = ask("POST", "/v1/login/service/", login)
        later = site.client.with_token(token).ask("POST", "/v1/login/jwt/")

        assert before.json["role"] == "backend"
        assert "key" not in listed[0]
        assert revoked.json["revoked"] is not None
        assert after.error == (401, 21, "INCORRECT_PASSWORD")
        assert later.error == (401, 21, "INCORRECT_JWT_TOKEN")
        root.ask("DELETE", "/v1/accounts/service/", {"name": "nightly"})

    def test_a_key_ends_when_it_is_told_to(self, site: Site) -> None:
        root = site.as_("root")
        root.ask("POST", "/v1/accounts/service/", {"name": "ending", "role": "backend"})
        body = {"name": "ending", "expiration_timestamp": site.clock() + 60}
        key = root.ask("POST", "/v1/accounts/service/keys/", body).json
        path = f"/v1/accounts/service/keys/{key['id']}/"

        later = root.ask("PATCH", path, {"expiration_timestamp": site.clock() + 30})
        site.clock.time += 31
        found = site.client.ask(
            "POST", "/v1/login/service/", {"name": "ending", "password": key["key"]}
        )

        assert later.json["expires"] == pytest.approx(site.clock() - 1)
        assert found.error == (401, 21, "INCORRECT_PASSWORD")
        root.ask("DELETE", "/v1/accounts/service/", {"name": "ending"})

    @pytest.mark.parametrize("end", [None, 0, 1, "never"])
    def test_a_key_that_has_ended_is_not_revived_without_an_end_ahead(
        self, lite: Site, end: Any
    ) -> None:
        root = lite.as_("root")
        root.ask("POST", "/v1/accounts/service/", {"name": "ended", "role": "backend"})
        body = {"name": "ended", "expiration_timestamp": lite.clock() + 60}
        key = root.ask("POST", "/v1/accounts/service/keys/", body).json
        lite.clock.time += 61

        body = {"expiration_timestamp": end}
        found = root.ask("PATCH", f"/v1/accounts/service/keys/{key['id']}/", body)
        login = {"name": "ended", "password": key["key"]}

        assert found.error == (400, 40, "WRONG_DATA_TYPE")
        assert lite.client.ask("POST", "/v1/login/service/", login).error[0] == 401
        root.ask("DELETE", "/v1/accounts/service/", {"name": "ended"})

    def test_another_organizations_key_is_not_there(self, site: Site) -> None:
        root = site.as_("root")
        root.ask("POST", "/v1/accounts/service/", {"name": "ours"})
        key = root.ask("POST", "/v1/accounts/service/keys/", {"name": "ours"}).json["id"]

        found = site.as_("root", "two").ask("DELETE", f"/v1/accounts/service/keys/{key}/")

        assert found.error == (404, 60, "SERVICE_KEY_NOT_FOUND")
        root.ask("DELETE", "/v1/accounts/service/", {"name": "ours"})


class TestIndividualAccounts:
    def test_an_account_is_made_changed_and_removed(self, site: Site) -> None:
        root = site.as_("root")
        body = {"email": "Ada@example.com", "password": PASSWORD, "role": "frontend"}

        made = root.ask("POST", "/v1/accounts/individual/", body)
        twice = root.ask("POST", "/v1/accounts/individual/", body)
        changed = root.ask(
            "PATCH",
            "/v1/accounts/individual/",
            {"email": "ada@example.com", "role": "backend", "password": NEW},
        )
        login = log_in(site.client, "ada@example.com", NEW)
        token = site.client.with_token(login.json["token"])
        removed = root.ask("DELETE", "/v1/accounts/individual/", {"email": "ada@example.com"})

        assert made.json["name"] == "ada@example.com"
        assert twice.error == (400, 42, "DUPLICATED_ACCOUNT")
        assert twice.json["error_data"]["key"] == "ada@example.com"
        assert changed.json["role"] == login.json["role"] == "backend"
        assert removed.json == {}
        assert token.ask("POST", "/v1/login/jwt/").error == (401, 21, "INCORRECT_JWT_TOKEN")

    def test_one_changes_ones_own_password(self, site: Site) -> None:
        root = site.as_("root")
        body = {"email": "own@example.com", "password": PASSWORD}
        root.ask("POST", "/v1/accounts/individual/", body)
        me = site.client.with_token(log_in(site.client, "own@example.com").json["token"])
        path = "/v1/accounts/individual/password/"

        wrong = me.ask("POST", path, {"old_password": "no", "new_password": NEW})
        short = me.ask("POST", path, {"old_password": PASSWORD, "new_password": "short"})
        right = me.ask("POST", path, {"old_password": PASSWORD, "new_password": NEW})

        assert wrong.error == (401, 21, "INCORRECT_PASSWORD")
        assert short.error == (400, 40, "WRONG_DATA_TYPE")
        assert right.status == 200
        assert log_in(site.client, "own@example.com", NEW).status == 200

    @pytest.mark.parametrize("role", ["root", "manager"])
    def test_ones_own_password_takes_the_old_one(self, site: Site, role: str) -> None:
        email = f"{role}@one.example.com"
        body = {"email": email, "password": NEW}

        found = site.as_(role).ask("PATCH", "/v1/accounts/individual/", body)

        assert found.error == (400, 40, "WRONG_DATA_TYPE")
        assert "change it with the old one" in found.json["error_data"]["error"]
        assert log_in(site.client, email).status == 200

    def test_a_change_is_made_whole_or_not_at_all(self, site: Site) -> None:
        root = site.as_("root")
        body = {"email": "whole@example.com", "password": PASSWORD, "role": "frontend"}
        made = root.ask("POST", "/v1/accounts/individual/", body).json
        change = {"email": "whole@example.com", "password": "short", "role": "manager"}

        found = root.ask("PATCH", "/v1/accounts/individual/", change)

        assert found.error == (400, 40, "WRONG_DATA_TYPE")
        assert root.ask("GET", f"/v1/accounts/{made['id']}/").json["role"] == "frontend"
        root.ask("DELETE", "/v1/accounts/individual/", {"email": "whole@example.com"})

    def test_the_last_root_stays(self, site: Site) -> None:
        body = {"email": "root@two.example.com", "role": "backend"}

        found = site.as_("root", "two").ask("PATCH", "/v1/accounts/individual/", body)

        assert found.error == (400, 40, "WRONG_DATA_TYPE")

    def test_an_account_of_another_organization_is_not_there(self, site: Site) -> None:
        site.as_("backend")
        stranger = site.as_("root", "two")
        id_ = site.as_("backend").ask("POST", "/v1/login/jwt/").json["account"]["id"]
        body = {"email": "backend@one.example.com"}

        assert stranger.ask("GET", f"/v1/accounts/{id_}/").error[2] == "ACCOUNT_NOT_FOUND"
        found = stranger.ask("DELETE", "/v1/accounts/individual/", body)
        assert found.error == (404, 60, "ACCOUNT_NOT_FOUND")

    def test_accounts_come_by_pages(self, site: Site) -> None:
        for role in ROLES:
            site.as_(role)
        root = site.as_("root")

        first = root.ask("GET", "/v1/accounts/?amt=2").json
        second = root.ask("GET", "/v1/accounts/?amt=2&page=2").json

        names = [one["name"] for page in (first, second) for one in page["accounts"]]
        assert (first["has_next"], first["next_page"]) == (True, 2)
        assert names == sorted(set(names))


class TestSessions:
    def test_one_sees_ones_sessions_and_logs_out(self, site: Site) -> None:
        site.as_("frontend")
        me = site.client.with_token(log_in(site.client, "frontend@one.example.com").json["token"])

        listed = me.ask("GET", "/v1/sessions/?amt=64").json["sessions"]
        left = me.ask("DELETE", "/v1/sessions/current/")

        assert [one["is_own"] for one in listed].count(True) == 1
        assert left.json == {}
        assert me.ask("GET", "/v1/sessions/").error == (401, 21, "INCORRECT_JWT_TOKEN")

    def test_a_session_of_another_organization_is_not_there(self, site: Site) -> None:
        own = site.as_("frontend").ask("GET", "/v1/sessions/").json["sessions"][0]["id"]

        found = site.as_("root", "two").ask("DELETE", f"/v1/sessions/{own}/")

        assert found.error == (404, 60, "SESSION_NOT_FOUND")


class TestOrganization:
    def test_the_organization_and_its_databases(self, site: Site) -> None:
        root = site.as_("root", "two")
        made = root.ask("POST", "/v1/databases/", {"name": "tmp", "item_id_type": "uuid"})
        twice = root.ask("POST", "/v1/databases/", {"name": "tmp"})

        listed = root.ask("GET", "/v1/databases/").json["databases"]
        removed = root.ask("DELETE", f"/v1/databases/{made.json['id']}/")

        assert root.ask("GET", "/v1/organizations/current/").json["name"] == "two"
        assert root.ask("GET", "/v1/databases/current/").json["name"] == "shop"
        assert twice.error == (400, 42, "DUPLICATED_DB_NAME")
        assert made.json in listed
        assert removed.json == {}
        gone = root.ask("DELETE", f"/v1/databases/{made.json['id']}/")
        assert gone.error == (404, 60, "DATABASE_NOT_FOUND")

    def test_changes_are_in_the_audit_by_the_names_of_fields(self, site: Site) -> None:
        root = site.as_("root")
        key = "pk_0123456789abcdef0123456789abcdef01"
        body = {"credentials": {"api_key": key}}
        root.ask("PUT", "/v1/connections/KLAVIYO/", body)
        root.ask("DELETE", "/v1/connections/KLAVIYO/")

        found = root.ask("GET", "/v1/audit/?amt=2")

        rows = found.json["audit"]
        assert [row["action"] for row in rows] == ["remove-connection", "put-connection"]
        assert rows[1]["fields"] == ["credentials.api_key"]
        assert rows[1]["account"]["name"] == "root@one.example.com"
        assert rows[1]["timestamp"] == site.clock()
        assert key.encode() not in found.body

    def test_the_audit_of_another_organization_is_not_shown(self, site: Site) -> None:
        site.as_("root").ask("PUT", "/v1/connections/SEGMENT/", {"credentials": {}})

        rows = site.as_("root", "two").ask("GET", "/v1/audit/?amt=64").json["audit"]

        assert all("one.example.com" not in row["account"]["name"] for row in rows)


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_set_up_works_once(kind: str, tmp_path: Path) -> None:
    with ready_database(kind, tmp_path) as url, open_site(url, tmp_path, founded=False) as site:
        token = site.services.accounts.founding.offer()
        body = {
            "token": token,
            "organization": "Example",
            "email": "ada@example.com",
            "password": PASSWORD,
            "database": "shop",
        }

        wrong = site.client.ask("POST", "/v1/setup/", {**body, "token": "argu_x"})
        weak = site.client.ask("POST", "/v1/setup/", {**body, "password": "short"})
        first = site.client.ask("POST", "/v1/setup", body)
        second = site.client.ask("POST", "/v1/setup/", body)
        login = log_in(site.client, "ada@example.com", db_name="shop")

    assert wrong.error == second.error == (401, 21, "INCORRECT_SETUP_TOKEN")
    assert weak.error == (400, 40, "WRONG_DATA_TYPE")
    assert first.json["account"] == {
        "id": first.json["account"]["id"],
        "name": "ada@example.com",
        "role": "root",
    }
    assert login.json["role"] == "root"
    assert login.json["database"]["id"] == first.json["database_id"]


def test_logins_of_one_address_are_limited(tmp_path: Path) -> None:
    with (
        ready_database("sqlite", tmp_path) as url,
        open_site(url, tmp_path, login_rate=0.5, login_burst=3) as site,
    ):
        body = {"refresh_token": "argr_x"}
        found = [site.client.ask("POST", "/v1/login/refresh-token/", body) for _ in range(4)]

    assert [one.status for one in found] == [401, 401, 401, 429]
    assert found[-1].headers["retry-after"] == "2"


def test_requests_of_one_organization_are_limited(tmp_path: Path) -> None:
    with (
        ready_database("sqlite", tmp_path) as url,
        open_site(url, tmp_path, rate=0.1, burst=2) as site,
    ):
        one, two = site.as_("root"), site.as_("root", "two")
        found = [one.ask("GET", "/v1/connections/") for _ in range(3)]
        other = two.ask("GET", "/v1/connections/")

    assert [reply.status for reply in found] == [200, 200, 429]
    assert found[-1].error == (429, 2, "RATE_LIMIT_OVERFLOW")
    assert other.status == 200


class TestWhatIsNotKnown:
    """What the official client sends and this service has no place for is never lost silently."""

    def test_a_password_of_a_service_account_is_named(self, lite: Site) -> None:
        body = {"name": "by-password", "role": "backend", "password": NEW}

        found = lite.as_("root").ask("POST", "/v1/accounts/service/", body)

        assert found.status == 200
        assert found.json["warnings"] == [
            "password is not known and left aside: there is name, role."
        ]
        assert NEW not in found.body.decode()

    def test_names_of_an_individual_are_named(self, lite: Site) -> None:
        person = {"email": "named@example.com", "password": NEW, "first_name": "A", "lastname": "B"}

        found = lite.as_("root").ask("POST", "/v1/accounts/individual/", person)

        assert found.json["warnings"] == [
            "first_name, lastname are not known and left aside: there is email, password, role."
        ]

    def test_a_slip_of_the_pen_is_told_with_what_is_meant(self, lite: Site) -> None:
        body = {"email": "root@one.example.com", "password": PASSWORD, "dbname": "shop"}

        found = lite.client.ask("POST", "/v1/login/individual/", body)

        (warning,) = found.json["warnings"]
        assert warning.startswith("dbname is not known and left aside: there is db_id, db_name,")
        assert warning.endswith("Is it db_name?")


@pytest.mark.parametrize("end", [0, 1e9, 1e300])
def test_the_end_of_a_key_is_named_as_it_was_sent(lite: Site, end: float) -> None:
    root = lite.as_("root")
    root.ask("POST", "/v1/accounts/service/", {"name": "ending", "role": "backend"})
    body = {"name": "ending", "expiration_timestamp": end}

    made = root.ask("POST", "/v1/accounts/service/keys/", body)
    changed = root.ask("PATCH", "/v1/accounts/service/keys/x/", {"expiration_timestamp": end})

    for found in (made, changed):
        assert found.error == (400, 40, "WRONG_DATA_TYPE")
        assert found.json["error_data"]["field"] == "expiration_timestamp"
        assert found.json["error_data"]["error"].startswith("expiration_timestamp is no time")
