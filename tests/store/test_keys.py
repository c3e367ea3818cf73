"""Keys: what they encrypt, where they come from, and how one is changed for another."""

from __future__ import annotations

import pickle
import stat
from base64 import b64encode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from argosy.errors import (
    KeyRingError,
    MissingKeyError,
    UndecryptableError,
    UnsafeFileError,
)
from argosy.store import (
    KeyRing,
    Store,
    credentials_context,
    default_key_file,
    open_ring,
    open_store,
    rotate,
    tables,
    unknown_keys,
)
from argosy.store.keys import read_keys
from argosy.store.ring_file import create_file, read_file
from tests.store.conftest import KEY, OTHER_KEY
from tests.store.rows import add_connection, add_organization

CONTEXT = credentials_context("acme", "S3", "S3")


class TestEncryption:
    @given(plain=st.binary(max_size=200), context=st.lists(st.text(), max_size=4))
    def test_what_is_encrypted_is_decrypted(self, plain: bytes, context: list[str]) -> None:
        ring = KeyRing([KEY])

        cipher = ring.encrypt(plain, tuple(context))

        assert ring.decrypt(cipher, tuple(context)) == plain

    @given(first=st.lists(st.text(), max_size=4), second=st.lists(st.text(), max_size=4))
    def test_a_text_is_bound_to_its_context(self, first: list[str], second: list[str]) -> None:
        ring = KeyRing([KEY])
        cipher = ring.encrypt(b"x", tuple(first))

        if first != second:
            with pytest.raises(UndecryptableError):
                ring.decrypt(cipher, tuple(second))

    def test_a_text_says_its_form_and_key_and_nothing_of_its_content(self, ring: KeyRing) -> None:
        cipher = ring.encrypt(b"hush-hush", CONTEXT)

        assert cipher.startswith(f"v1:{ring.ids[0]}:")
        assert "hush" not in cipher
        assert cipher != ring.encrypt(b"hush-hush", CONTEXT)

    def test_every_changed_character_is_noticed(self, ring: KeyRing) -> None:
        cipher = ring.encrypt(b"hush-hush-!", CONTEXT)  # so long that the base64 has no spare bits
        assert not cipher.endswith("=")

        for place, found in enumerate(cipher):
            changed = cipher[:place] + ("A" if found != "A" else "B") + cipher[place + 1 :]
            with pytest.raises(UndecryptableError):
                ring.decrypt(changed, CONTEXT)

    @pytest.mark.parametrize("cipher", ["", "v1", "v1::", "v2:x:y", "v1:630dcd29:", "hush-hush"])
    def test_what_is_no_ciphertext_is_an_error_that_does_not_repeat_it(
        self, ring: KeyRing, cipher: str
    ) -> None:
        with pytest.raises(UndecryptableError) as caught:
            ring.decrypt(cipher, CONTEXT)

        assert "hush" not in str(caught.value)
        assert "connection acme S3 S3" in str(caught.value)

    def test_a_key_that_is_not_there_is_named_by_its_id(self, ring: KeyRing) -> None:
        cipher = KeyRing([OTHER_KEY]).encrypt(b"x", CONTEXT)

        with pytest.raises(UndecryptableError, match=KeyRing([OTHER_KEY]).ids[0]):
            ring.decrypt(cipher, CONTEXT)

    def test_the_first_key_encrypts_and_all_decrypt(self, ring: KeyRing) -> None:
        both = KeyRing([OTHER_KEY, KEY])

        assert both.decrypt(ring.encrypt(b"x", CONTEXT), CONTEXT) == b"x"
        assert both.encrypt(b"x", CONTEXT).startswith(f"v1:{both.ids[0]}:")
        assert both.ids == (KeyRing([OTHER_KEY]).ids[0], ring.ids[0])

    def test_each_purpose_has_its_own_key(self, ring: KeyRing) -> None:
        keys = {ring.sign_key(purpose) for purpose in ("jwt", "upload", "encrypt", "")}

        assert len(keys) == 4
        assert KEY not in keys
        assert ring.sign_key("jwt") == KeyRing([KEY]).sign_key("jwt")
        assert ring.sign_key("jwt") != KeyRing([OTHER_KEY, KEY]).sign_key("jwt")
        assert ring.sign_key("jwt") == KeyRing([OTHER_KEY, KEY]).sign_key("jwt", ring.ids[0])

    def test_a_fingerprint_tells_secrets_apart(self, ring: KeyRing) -> None:
        assert ring.fingerprint("one") == ring.fingerprint("one")
        assert ring.fingerprint("one") != ring.fingerprint("two")
        assert ring.fingerprint("one") != KeyRing([OTHER_KEY]).fingerprint("one")
        assert len(ring.fingerprint("\ud800")) == 8

    def test_a_ring_shows_ids_only_and_is_written_nowhere(self, ring: KeyRing) -> None:
        assert repr(ring) == f"<KeyRing {ring.ids[0]}>"
        with pytest.raises(TypeError):
            pickle.dumps(ring)


class TestReadingKeys:
    @pytest.mark.parametrize(
        "text",
        [
            KEY.hex(),
            KEY.hex().upper(),
            b64encode(OTHER_KEY).decode(),
            urlsafe_b64encode(b"\xfb" * 2 + OTHER_KEY[2:]).decode().rstrip("="),
        ],
    )
    def test_a_key_is_hex_or_base64(self, text: str) -> None:
        keys = read_keys(f"# a comment\n {text} # another\n")

        assert [len(key) for key in keys] == [32]

    def test_keys_stand_one_after_the_other(self) -> None:
        text = f"{KEY.hex()},{b64encode(OTHER_KEY).decode()}\n{KEY.hex()}"

        assert read_keys(text) == [KEY, OTHER_KEY, KEY]
        assert len(KeyRing(read_keys(text)).ids) == 2

    @pytest.mark.parametrize(
        ("text", "detail"),
        [
            ("", "there is none"),
            (KEY.hex()[:-2], "key 1 is not 32 bytes in base64 or hex"),
            (f"{KEY.hex()},tr0ub4dor", "key 2 is not 32 bytes in base64 or hex"),
            ("00" * 32, "key 1 is not random"),
            ("abcd" * 16, "key 1 is not random"),
        ],
    )
    def test_what_is_no_key_is_told_by_its_place(self, text: str, detail: str) -> None:
        with pytest.raises(KeyRingError, match=detail) as caught:
            KeyRing(read_keys(text))

        assert "tr0ub4dor" not in str(caught.value)

    def test_two_keys_of_one_id_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("argosy.store.keys.key_id", lambda key: "deadbeef")

        with pytest.raises(KeyRingError, match="key 2 has the id of another"):
            KeyRing([KEY, OTHER_KEY])

    def test_a_key_of_another_length_is_refused(self) -> None:
        with pytest.raises(KeyRingError, match="key 1 has 16 bytes; a key has 32"):
            KeyRing([KEY[:16]])


class TestFile:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "settings" / "argosy" / "keys"

    def test_it_lies_with_the_settings_of_the_user(self) -> None:
        assert default_key_file({"XDG_CONFIG_HOME": "/x"}) == Path("/x/argosy/keys")
        assert default_key_file({"HOME": "/home/x"}) == Path("/home/x/.config/argosy/keys")

    def test_a_new_one_is_its_owners_alone(self, file: Path) -> None:
        ring = create_file(file)

        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert read_file(file).ids == ring.ids
        assert list(file.parent.iterdir()) == [file]

    def test_one_that_is_there_is_never_replaced(self, file: Path) -> None:
        first = create_file(file)
        content = file.read_bytes()

        assert create_file(file).ids == first.ids
        assert file.read_bytes() == content

    def test_those_who_make_it_at_once_have_the_same_key(self, file: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            rings = list(pool.map(create_file, [file] * 8))

        assert len({ring.ids for ring in rings}) == 1

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
    def test_one_that_others_may_read_is_refused(self, file: Path, mode: int) -> None:
        create_file(file)
        file.chmod(mode)

        with pytest.raises(UnsafeFileError, match=f"{mode:04o}"):
            read_file(file)

    def test_what_cannot_be_read_as_one_says_why(self, file: Path) -> None:
        with pytest.raises(KeyRingError, match="No such file"):
            read_file(file)
        create_file(file)
        file.write_text("tr0ub4dor")
        with pytest.raises(KeyRingError, match=f"{file}: key 1 is not 32 bytes") as caught:
            read_file(file)
        file.write_text("#" * 70_000)
        with pytest.raises(KeyRingError, match="more than"):
            read_file(file)
        with pytest.raises(KeyRingError, match="/dev/null is not a file"):
            read_file(Path("/dev/null"))
        with pytest.raises(KeyRingError, match="cannot be made"):
            create_file(file / "below" / "keys")

        assert "tr0ub4dor" not in str(caught.value)


class TestOpening:
    @pytest.fixture
    def environ(self, tmp_path: Path) -> dict[str, str]:
        return {"XDG_CONFIG_HOME": str(tmp_path / "settings")}

    def test_the_first_start_makes_a_file_and_the_next_reads_it(
        self, store: Store, environ: dict[str, str]
    ) -> None:
        first = open_ring(store, environ)

        assert open_ring(store, environ).ids == first.ids
        assert default_key_file(environ).is_file()

    def test_the_environment_goes_before_the_file(
        self, store: Store, environ: dict[str, str]
    ) -> None:
        keys = f"{OTHER_KEY.hex()},{KEY.hex()}"

        ring = open_ring(store, {**environ, "ARGOSY_SECRET_KEYS": keys})

        assert ring.ids == KeyRing([OTHER_KEY, KEY]).ids
        assert not default_key_file(environ).exists()

    def test_where_secrets_are_stored_a_lost_key_is_an_error_and_no_new_key(
        self, store: Store, ring: KeyRing, environ: dict[str, str]
    ) -> None:
        with store.write() as connection:
            add_organization(connection, "acme")
            add_connection(connection, ring, "S3", "hush-hush")

        with pytest.raises(MissingKeyError, match="ARGOSY_SECRET_KEYS is not set") as caught:
            open_ring(store, environ)

        assert "no new one helps" in caught.value.hint
        assert not default_key_file(environ).exists()

    def test_keys_in_the_folder_of_the_data_are_refused(self, tmp_path: Path) -> None:
        folder = tmp_path / "data"
        with open_store(f"sqlite:///{folder}/argosy.db", folder=folder) as store:
            with pytest.raises(KeyRingError, match="must not have both"):
                open_ring(store, {}, file=tmp_path / "data" / "below" / "keys")

            assert open_ring(store, {}, file=tmp_path / "keys").ids


class TestRotation:
    @pytest.fixture
    def many(self, store: Store, ring: KeyRing) -> dict[str, str]:
        """Seven connections by name, each with its secret."""
        secrets = {f"S3 {number}": f"hush-{number}" for number in range(7)}
        with store.write() as connection:
            add_organization(connection, "acme")
            for name, secret in secrets.items():
                add_connection(connection, ring, name, secret)
        return secrets

    def read(self, store: Store, ring: KeyRing) -> dict[str, str]:
        with store.read() as connection:
            rows = connection.execute(select(tables.connections)).all()
        return {
            row.name: ring.decrypt(
                row.credentials, credentials_context(row.organization, row.name, row.type)
            ).decode()
            for row in rows
        }

    def test_every_row_is_under_the_first_key_then(
        self, store: Store, many: dict[str, str]
    ) -> None:
        found = rotate(store, KeyRing([OTHER_KEY, KEY]), batch=3)

        assert (found.done, found.failed) == (7, ())
        assert self.read(store, KeyRing([OTHER_KEY])) == many
        assert unknown_keys(store, KeyRing([OTHER_KEY])) == {}

    def test_a_second_one_finds_nothing_to_do(self, store: Store, many: dict[str, str]) -> None:
        ring = KeyRing([OTHER_KEY, KEY])
        rotate(store, ring)

        assert rotate(store, ring).done == 0

    def test_one_that_is_broken_off_goes_on_where_it_was(
        self, store: Store, many: dict[str, str]
    ) -> None:
        ring = KeyRing([OTHER_KEY, KEY])
        seen: list[str] = []

        def break_off(_: Connection, __: str, name: str) -> None:
            seen.append(name)
            if len(seen) == 5:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            rotate(store, ring, batch=2, on_row=break_off)

        assert self.read(store, ring) == many
        assert rotate(store, ring, batch=2).done == 3
        assert self.read(store, KeyRing([OTHER_KEY])) == many

    def test_a_row_that_no_key_reads_is_told_and_stops_no_other(
        self, store: Store, many: dict[str, str]
    ) -> None:
        table = tables.connections
        with store.write() as connection:
            named = update(tables.organizations).where(tables.organizations.c.id == "acme")
            connection.execute(named.values(name="Acme Inc."))
            broken = update(table).where(table.c.name == "S3 2")
            connection.execute(broken.values(credentials="v1:deadbeef:AAAA", key_id="deadbeef"))

        found = rotate(store, KeyRing([OTHER_KEY, KEY]), batch=2)

        assert (found.done, found.failed) == (6, (("Acme Inc.", "S3 2"),))
        assert unknown_keys(store, KeyRing([OTHER_KEY])) == {"deadbeef": 1}

    def test_a_row_under_another_name_cannot_be_read(
        self, store: Store, ring: KeyRing, many: dict[str, str]
    ) -> None:
        table = tables.connections
        with store.write() as connection:
            moved = update(table).where(table.c.name == "S3 0").values(name="S3 9")
            connection.execute(moved)

        with pytest.raises(UndecryptableError, match="belongs to something else"):
            self.read(store, ring)
