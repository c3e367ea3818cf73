"""Rate limits, secrets in use, dispatchers of stored connections, the choice by path."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from argosy.connections.types import load_types
from argosy.errors import TooManyRequestsError, WrongDataError
from argosy.model import Connection, Redactor
from argosy.server.api import secrets_in_use
from argosy.server.api.limits import RateLimit
from argosy.server.api.logs import MaskingFormatter
from argosy.server.api.secrets_in_use import SecretsInUse, watched
from argosy.server.dispatchers import Dispatchers
from argosy.server.site import Site as Sites
from argosy.store import KeyRing, credentials_context
from tests.connections.service.service import S3, SECRET
from tests.databases import ready_database
from tests.server.api.conftest import Clock, open_site

CALLS = "TREASURE_DATA"


class TestRateLimit:
    def test_a_bucket_fills_steadily(self) -> None:
        clock = Clock()
        limit = RateLimit(2.0, 3, clock=clock)

        for _ in range(3):
            limit.admit("ada")
        with pytest.raises(TooManyRequestsError) as caught:
            limit.admit("ada")
        limit.admit("bob")
        clock.time += 0.5
        limit.admit("ada")

        assert caught.value.facts["retry_after"] == 1

    def test_a_bucket_holds_no_more_than_it_can(self) -> None:
        clock = Clock()
        limit = RateLimit(1.0, 2, clock=clock)
        limit.admit("ada")
        clock.time += 1000

        limit.admit("ada")
        limit.admit("ada")
        with pytest.raises(TooManyRequestsError):
            limit.admit("ada")

    def test_strangers_do_not_fill_the_memory(self) -> None:
        limit = RateLimit(1.0, 1, clock=Clock())

        for number in range(10_050):
            limit.admit(str(number))

        assert len(limit._buckets) == 10_000


class TestSecretsInUse:
    def test_what_is_encrypted_or_decrypted_is_masked_in_the_log(self) -> None:
        secrets = SecretsInUse()
        ring = watched(KeyRing([bytes(range(32))]), load_types(), secrets)
        plain = b'{"credentials": {"aws_secret_access_key": "%s"}}' % SECRET.encode()
        context = credentials_context("one", "S3", "S3")
        line = f"it was {SECRET}, or {SECRET.replace('/', '%2F')}"

        before = secrets.text(line)
        cipher = ring.encrypt(plain, context)

        assert before == line
        assert secrets.text(line) == "it was ******, or ******"
        assert ring.decrypt(cipher, context) == plain

    def test_decrypting_is_enough(self) -> None:
        secrets = SecretsInUse()
        bare = KeyRing([bytes(range(32))])
        context = credentials_context("one", "S3", "S3")
        plain = b'{"credentials": {"aws_secret_access_key": "%s"}}' % SECRET.encode()
        cipher = bare.encrypt(plain, context)

        watched(bare, load_types(), secrets).decrypt(cipher, context)

        assert SECRET not in secrets.text(SECRET)

    def test_a_secret_that_holds_another_leaves_no_rest(self) -> None:
        secrets = SecretsInUse()
        secrets.learn(["s3cret-part", "s3cret-part-and-more"])

        assert secrets.text("s3cret-part-and-more") == "******"

    @pytest.mark.parametrize(
        "secret", ["2/fil\u00e9-ABCDEFGH", "a.b-c!d?e", "\u00c9\u03a3\u00df" * 3]
    )
    def test_each_form_of_a_secret_is_found(self, secret: str) -> None:
        secrets = SecretsInUse()
        secrets.learn(["another-secret", secret])

        for form in Redactor([secret]).forms:
            assert secrets.text(f"it was <{form}>") == "it was <******>"

    def test_a_short_secret_is_not_learned(self) -> None:
        secrets = SecretsInUse()
        secrets.learn(["1.1.1.1", "8.8.8.88"])

        assert secrets.text("1.1.1.1 8.8.8.88") == "1.1.1.1 ******"

    def test_what_is_used_stays_and_what_is_not_goes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(secrets_in_use, "_MOST", 3)
        secrets = SecretsInUse()
        secrets.learn(["secret-one", "secret-two", "secret-three"])
        secrets.text("secret-one was seen")
        secrets.learn(["secret-two"])
        secrets.learn(["secret-four"])

        line = "secret-one secret-two secret-three secret-four"
        assert secrets.text(line) == "****** ****** secret-three ******"
        assert len(secrets._known) == 3
        assert {one for owners in secrets._owners.values() for one in owners} == {*secrets._known}

    def test_of_thousands_only_what_a_line_may_hold_is_looked_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        secrets = SecretsInUse()
        secrets.learn(f"common-part-{number:09}-common-part" for number in range(2000))
        looked_for: list[str] = []

        def redactor(found: Any) -> Redactor:
            looked_for.extend(found)
            return Redactor(found)

        monkeypatch.setattr(secrets_in_use, "Redactor", redactor)

        assert secrets.text("a common-part of a line" * 9) == "a common-part of a line" * 9
        assert secrets.text("it was common-part-000000007-common-part") == "it was ******"
        assert len(looked_for) < 20

    def test_a_list_is_not_learned(self, tmp_path: Path) -> None:
        with ready_database("sqlite", tmp_path) as url, open_site(url, tmp_path) as site:
            root, secrets = site.as_("root"), site.services.secrets
            root.ask("PUT", "/v1/connections/S3/", S3)
            secrets._known.clear()
            secrets._owners.clear()

            root.ask("GET", "/v1/connections/")
            listed = secrets.text(SECRET)
            root.ask("GET", "/v1/connections/S3/")

            assert (listed, secrets.text(SECRET)) == (SECRET, "******")

    def test_a_request_is_logged_in_full_whatever_somebody_stores_as_a_secret(self) -> None:
        secrets = SecretsInUse()
        secrets.learn(["127.0.0.1", "argosy.access", "/v1/tables/", "1970-01-01", SECRET])
        path = "%s %s%s %s %d ms from %s by %s trace %s"
        query = f"?{quote(SECRET)}"
        facts = ("GET", "/v1/tables/", query, "200", 3, "127.0.0.1", "an-account", "trace-7")
        record = logging.LogRecord("argosy.access", logging.INFO, "x", 1, path, facts, None)
        record.created = 0.0

        shown = MaskingFormatter(secrets).format(record)

        assert shown.startswith("1970-01-01T00:00:00.")
        assert shown.endswith(
            "Z INFO argosy.access: GET /v1/tables/?****** 200 3 ms"
            " from 127.0.0.1 by an-account trace trace-7"
        )

    def test_a_traceback_shows_none_either(self) -> None:
        secrets = SecretsInUse()
        secrets.learn([SECRET])
        try:
            raise ValueError(SECRET)  # noqa: TRY301
        except ValueError as error:
            info = (type(error), error, error.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "it %s", (SECRET,), info)

        shown = MaskingFormatter(secrets).format(record)

        assert SECRET not in shown
        assert "ERROR x: it ******" in shown
        assert "ValueError: ******" in shown


class TestDispatchers:
    def dispatchers(self, stored: dict[str, Connection], clock: Clock | None = None) -> Any:
        given: Any = {"given": "the one that was given"}
        open_: Any = lambda found: [found]  # noqa: E731
        return Dispatchers(given, lambda name: stored[name], open_, clock=clock or Clock())

    def test_what_is_given_goes_first(self) -> None:
        stored = {"given": Connection()}

        assert self.dispatchers(stored)["given"] == "the one that was given"

    def test_a_stored_one_is_kept_until_it_changes(self) -> None:
        clock, stored = Clock(), {"own": Connection({"apiKey": "1/a"})}
        dispatchers = self.dispatchers(stored, clock)

        first = dispatchers["own"]
        clock.time += 2
        again = dispatchers["own"]
        stored["own"] = Connection({"apiKey": "1/b"})
        soon = dispatchers["own"]
        clock.time += 2
        later = dispatchers["own"]

        assert first is again is soon
        assert later == [stored["own"]]
        assert sorted(dispatchers) == ["given", "own"]
        assert len(dispatchers) == 2

    def test_one_that_was_deleted_is_soon_gone(self) -> None:
        clock, stored = Clock(), {"own": Connection()}
        dispatchers = self.dispatchers(stored, clock)
        assert dispatchers["own"]

        del stored["own"]
        clock.time += 2
        with pytest.raises(KeyError):
            dispatchers["own"]

    def test_one_that_is_not_there_is_a_key_error(self) -> None:
        with pytest.raises(KeyError):
            self.dispatchers({})["nix"]


def test_a_site_chooses_by_the_beginning_of_the_path() -> None:
    def say(word: bytes) -> Any:
        return lambda _environ, _start: [word]

    site: Any = Sites(say(b"flow"), "/flows/", say(b"api"))

    asked = [site({"PATH_INFO": path}, None) for path in ("/flows/x", "/flows", "/v1/flows/", "/")]
    assert asked == [[b"flow"], [b"api"], [b"api"], [b"api"]]


class TestStoredConnections:
    def test_flows_find_the_one_of_their_organization(self, tmp_path: Path) -> None:
        with ready_database("sqlite", tmp_path) as url, open_site(url, tmp_path) as site:
            body = {"credentials": {"apiKey": "12/" + "a" * 40, "region": "eu01"}}
            put = site.as_("root").ask("PUT", f"/v1/connections/{CALLS}/", body)
            own = {**body, "type": CALLS}
            site.as_("root").ask("PUT", "/v1/connections/nightly/", own)
            site.as_("root").ask("PUT", "/v1/connections/S3/", S3)
            ours = replace(site.services, organization="one", endpoint="http://127.0.0.1:8040")
            theirs = replace(site.services, organization="two")
            either = replace(site.services, organization=None)

            usual, named = ours.find_connection(""), ours.find_connection("nightly")

            assert put.status == 200, put.body
            assert usual.properties["apiKey"] == named.properties["apiKey"]
            assert usual.endpoint == "http://127.0.0.1:8040"
            for services, name in ((theirs, ""), (ours, "nix"), (ours, "S3")):
                with pytest.raises(KeyError):
                    services.find_connection(name)
            with pytest.raises(WrongDataError, match="start it with --organization NAME"):
                either.find_connection("")

    def test_a_bad_key_is_not_repeated(self, tmp_path: Path) -> None:
        with ready_database("sqlite", tmp_path) as url, open_site(url, tmp_path) as site:
            key = "12/" + "é" * 12

            found = site.as_("root").ask(
                "PUT", f"/v1/connections/{CALLS}/", {"credentials": {"apiKey": key}}
            )

        assert found.error == (400, 40, "WRONG_DATA_TYPE")
        assert "é" not in found.body.decode()
