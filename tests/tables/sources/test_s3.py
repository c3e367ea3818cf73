"""Tables on S3, before moto, which checks signatures and policies, and before scripted answers."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from argosy.connections.opener import TableToOpen
from argosy.connections.probing import Prober, ProbeSettings
from argosy.connections.stored import StoredConnection
from argosy.connections.types import load_types
from argosy.errors import TableError
from argosy.tables.content import Limits
from argosy.tables.sources import Contents, Files
from argosy.tables.sources.xml_page import read_page
from tests.connections.fakes.aws import Store, aws_error, running_store
from tests.servers import Answering, Received, Reset, Say, Scripted, ScriptedServer, Silence
from tests.servers import closed_port as free_port

KEYS = [
    "plain.csv", "with space.csv", "plus+sign.csv", "100%.csv", "%2F.csv", "ünï/日本.csv", "😀.csv",
    "a/../b.csv", "../up", "./x", "a//b.csv", "/lead.csv", "q?x=1&y=#f.csv", "~tilde!'()*.csv",
    "semi;colon,=@:$.csv", "a\\b", "<xml>&amp;.csv", "tab\tx", "trail/",
]  # fmt: skip
EXAMPLE = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
Find = Callable[..., Contents]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with running_store() as running:
        client = running.client()
        for bucket in ("odd-keys", "many", "changing"):
            client.create_bucket(Bucket=bucket)
        for at, key in enumerate(KEYS):
            client.put_object(Bucket="odd-keys", Key=key, Body=b"body %d" % at)
        for key in ("data/", "data/part-10.csv", "data/part-2.csv", "data/old/part-1.csv", "other"):
            body = b"" if key.endswith("/") else key.encode()
            client.put_object(Bucket="bucket-one", Key=key, Body=body)
        client.put_object(Bucket="bucket-one", Key="empty.csv", Body=b"")
        yield running


def open_table(
    url: str,
    credentials: dict[str, str],
    params: dict[str, Any],
    *,
    name: str = "other",
    budget: float | None = 5.0,
    metadata: dict[str, Any] | None = None,
    limits: Limits | None = None,
    **settings: Any,
) -> Contents:
    terms = {"base_urls": {"S3": url}} | settings
    prober = Prober(ProbeSettings(**terms))
    files = Files(prober, load_types(), lambda _database, _name: None, limits or Limits())
    stored = StoredConnection("org", "S3", "S3", dict(credentials), metadata or {})
    table = TableToOpen("db", name, {"connection_table_params": params})
    return files.find(stored, table, budget=budget)


@pytest.fixture
def find(store: Store) -> Iterator[Find]:
    opened = []

    def open_(params: dict[str, Any], key: str = "reader", **more: Any) -> Contents:
        credentials = getattr(store, key) | more.pop("credentials", {})
        found = open_table(store.url, credentials, {"bucket": "bucket-one"} | params, **more)
        opened.append(found)
        return found

    yield open_
    for one in opened:
        one.close()


def failed(call: Callable[[], object]) -> TableError:
    with pytest.raises(TableError) as caught:
        call()
    return caught.value


def told(error: TableError) -> tuple[str, str, str, str]:
    return error.message, error.reason, error.status, error.field


class TestFinding:
    def test_an_object_by_its_path(self, find: Find) -> None:
        (content,) = find({"path": "data/part-2.csv"})

        assert content.name == "s3://bucket-one/data/part-2.csv"
        assert content.size == 15
        assert content.version.startswith('"')
        assert content.read(0, 100) == b"data/part-2.csv"
        assert [content.read(*one) for one in ((5, 4), (13, 9), (15, 1), (0, 0))] == [
            b"part", b"sv", b"", b"",
        ]  # fmt: skip

    def test_the_key_is_the_name_of_the_table_where_none_is_given(self, find: Find) -> None:
        (content,) = find({}, name="other")

        assert content.read(0, 5) == b"other"

    def test_the_bucket_is_that_of_the_connection_where_none_is_given(self, find: Find) -> None:
        (content,) = find({"bucket": None}, metadata={"bucket": "bucket-one"})

        assert content.name == "s3://bucket-one/other"

    def test_a_prefix_in_natural_order_without_folders(self, find: Find) -> None:
        found = find({"prefix": "data/"})

        assert [one.name for one in found] == [
            "s3://bucket-one/data/old/part-1.csv",
            "s3://bucket-one/data/part-2.csv",
            "s3://bucket-one/data/part-10.csv",
        ]
        assert [one.read(0, 99).decode() for one in found] == [one.name[16:] for one in found]

    @pytest.mark.parametrize(
        ("glob", "names"),
        [
            ("data/*.csv", ["data/part-2.csv", "data/part-10.csv"]),
            ("data/**/part-1.csv", ["data/old/part-1.csv"]),
            ("**/part-?.csv", ["data/old/part-1.csv", "data/part-2.csv"]),
            ("o*", ["other"]),
        ],
    )
    def test_a_glob(self, find: Find, glob: str, names: list[str]) -> None:
        assert [one.name[16:] for one in find({"glob": glob})] == names

    @pytest.mark.parametrize("key", KEYS)
    def test_whatever_letters_a_key_has(self, find: Find, key: str) -> None:
        (content,) = find({"bucket": "odd-keys", "path": key})

        assert content.read(0, 99) == b"body %d" % KEYS.index(key)

    def test_whatever_letters_listed_keys_have(self, find: Find) -> None:
        found = find({"bucket": "odd-keys", "glob": "**"})

        assert {one.read(0, 99) for one in found} == {b"body %d" % at for at in range(len(KEYS))}
        assert "s3://odd-keys/tab x" in [one.name for one in found], "names can be shown"

    def test_an_empty_object(self, find: Find) -> None:
        (content,) = find({"path": "empty.csv"})

        assert (content.size, content.read(0, 10)) == (0, b"")

    def test_a_key_that_may_only_read_finds_its_object(self, find: Find) -> None:
        assert find({"path": "other"}, "getter").files[0].read(0, 5) == b"other"

    def test_a_role_is_taken_on(self, find: Find, store: Store) -> None:
        (content,) = find({"path": "other"}, credentials={"role_arn": store.role})

        assert content.read(0, 5) == b"other"

    def test_lists_of_more_than_a_page(self, find: Find, store: Store) -> None:
        from moto.s3.models import s3_backends

        account = next(iter(s3_backends))
        for at in range(1203):
            s3_backends[account]["aws"].put_object("many", f"part-{at}.csv", b"x")

        found = find({"bucket": "many", "prefix": "part-"})

        assert [one.name for one in found] == [f"s3://many/part-{at}.csv" for at in range(1203)]
        error = failed(lambda: find({"bucket": "many", "glob": "*.csv"}, limits=Limits(files=1100)))
        assert told(error) == (
            "More than 1,100 objects of s3://many fit. "
            "Give a longer fixed beginning, or make several tables of it.",
            "too_large",
            "wrong_specification",
            "connection_table_params.glob",
        )


class TestRefusals:
    def test_a_missing_object(self, find: Find) -> None:
        assert told(failed(lambda: find({"path": "Other"}))) == (
            "There is no object 'Other' in the bucket bucket-one. Check path letter by letter "
            "(without one, the table's own name is meant); capital letters count.",
            "not_found",
            "resource_not_found",
            "connection_table_params.path",
        )

    @pytest.mark.parametrize("params", [{"path": "x"}, {"prefix": "x"}])
    def test_a_missing_bucket(self, find: Find, params: dict[str, str]) -> None:
        assert told(failed(lambda: find({"bucket": "bucket-two", **params}))) == (
            "There is no bucket bucket-two. Check the name of the bucket.",
            "not_found",
            "resource_not_found",
            "connection_table_params.bucket",
        )

    def test_an_object_that_may_not_be_read(self, find: Find) -> None:
        assert told(failed(lambda: find({"path": "other"}, "nobody"))) == (
            "The key may not read the object 'other' of the bucket bucket-one, or there is none. "
            "Check path, and allow s3:GetObject on the object; with s3:ListBucket on the bucket, "
            "S3 tells which of both it is.",
            "forbidden",
            "wrong_credentials",
            "connection_table_params.path",
        )

    def test_a_bucket_that_may_not_be_listed(self, find: Find) -> None:
        assert told(failed(lambda: find({"prefix": "data/"}, "getter"))) == (
            "The key may not list the bucket bucket-one. Allow s3:ListBucket on the bucket and "
            "s3:GetObject on its objects, or name one object by path.",
            "forbidden",
            "wrong_credentials",
            "connection_table_params.bucket",
        )

    def test_objects_that_may_be_listed_and_not_read(self, find: Find) -> None:
        found = find({"prefix": "data/"}, "lister")

        assert told(failed(lambda: found.files[1].read(0, 1))) == (
            "s3://bucket-one/data/part-2.csv: the key may not read the object. "
            "Allow s3:GetObject on the object.",
            "forbidden",
            "wrong_credentials",
            "",
        )

    def test_a_wrong_secret(self, find: Find) -> None:
        wrong = {"aws_secret_access_key": "wrong" * 8}

        for params in ({"path": "other"}, {"prefix": "data/"}):
            error = failed(partial(find, params, credentials=wrong))

            assert told(error) == (
                "Amazon S3 refused the secret key (SignatureDoesNotMatch). Check "
                "aws_secret_access_key for missing characters; it belongs to aws_access_key_id.",
                "refused",
                "wrong_credentials",
                "credentials.aws_secret_access_key",
            )
            assert error.facts["remote"].http_status == 403

    def test_an_unknown_key(self, find: Find) -> None:
        error = failed(lambda: find({"path": "other"}, credentials={"aws_access_key_id": "AKIA0"}))

        assert error.finding == "Amazon S3 does not know the access key (InvalidAccessKeyId)."
        assert error.field == "credentials.aws_access_key_id"

    def test_a_role_that_may_not_be_taken_on(self, find: Find, store: Store) -> None:
        error = failed(
            lambda: find({"path": "other"}, "nobody", credentials={"role_arn": store.role})
        )

        assert error.finding == "The key may not take on the role."
        assert error.field == "credentials.role_arn"

    def test_nothing_begins_with_the_prefix(self, find: Find) -> None:
        assert told(failed(lambda: find({"prefix": "Data/"}))) == (
            "No object in s3://bucket-one begins with 'Data/'. "
            "Check prefix letter by letter; capital letters count.",
            "not_found",
            "resource_not_found",
            "connection_table_params.prefix",
        )

    @pytest.mark.parametrize(
        ("glob", "finding"),
        [
            (
                "data/*.parquet",
                "None of the 3 objects that begin with 'data/' in s3://bucket-one matches the "
                "glob 'data/*.parquet'.",
            ),
            ("old/*", "There are no objects that begin with 'old/' in s3://bucket-one."),
            ("*.zip", "None of the 5 objects in s3://bucket-one matches the glob '*.zip'."),
        ],
    )
    def test_nothing_matches_the_glob(self, find: Find, glob: str, finding: str) -> None:
        error = failed(lambda: find({"glob": glob}))

        assert error.finding == finding
        assert error.remedy == "* stands for letters within one folder, ** for any folders."
        assert (error.status, error.field) == ("resource_not_found", "connection_table_params.glob")

    @pytest.mark.parametrize("bucket", ["Bucket", "a/b", "..", "x", "a b", "ü-bucket", "bucket\n"])
    def test_what_no_bucket_can_be_called_is_not_asked_for(self, find: Find, bucket: str) -> None:
        assert told(failed(lambda: find({"bucket": bucket}))) == (
            "No bucket can have this name. "
            "A bucket's name has 3 to 63 small letters, digits, dots and hyphens.",
            "bad_shape",
            "wrong_specification",
            "connection_table_params.bucket",
        )

    def test_a_table_without_a_bucket(self, find: Find) -> None:
        assert told(failed(lambda: find({"bucket": ""}))) == (
            "The table names no bucket. "
            "Give it one, or name one for all tables in the metadata of the connection.",
            "bad_shape",
            "wrong_specification",
            "connection_table_params.bucket",
        )


class TestChanges:
    @pytest.mark.parametrize("params", [{"path": "a.csv"}, {"prefix": "a"}])
    def test_an_object_that_is_replaced_while_it_is_read(
        self, find: Find, store: Store, params: dict[str, str]
    ) -> None:
        client = store.client()
        client.put_object(Bucket="changing", Key="a.csv", Body=b"first")
        content = find({"bucket": "changing", **params}).files[0]
        assert content.read(0, 3) == b"fir"
        client.put_object(Bucket="changing", Key="a.csv", Body=b"other")

        error = failed(lambda: content.read(3, 2))

        assert told(error) == (
            "s3://changing/a.csv: the object was replaced while it was read. Read it again.",
            "changed",
            "unknown_error",
            "",
        )
        assert error.passes

    def test_an_object_that_is_deleted_while_it_is_read(self, find: Find, store: Store) -> None:
        client = store.client()
        client.put_object(Bucket="changing", Key="b.csv", Body=b"first")
        (content,) = find({"bucket": "changing", "path": "b.csv"})
        client.delete_object(Bucket="changing", Key="b.csv")

        assert failed(lambda: content.read(0, 5)).message == (
            "s3://changing/b.csv: the object was deleted after it was found. Read the table again."
        )


ONE = Say(206, b"x", {"Content-Range": "bytes 0-0/10", "ETag": '"one"'})
PAGE = "<ListBucketResult><Name>bucket-one</Name>{}</ListBucketResult>"
ITEM = "<Contents><Key>{}</Key><Size>10</Size><ETag>&quot;one&quot;</ETag></Contents>"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def scripted(server: ScriptedServer, *answers: Answering, **more: Any) -> Contents:
    """Find a table before a server that answers so."""
    server.answers(*answers)
    params = more.pop("params", {"path": "a.csv"})
    credentials = EXAMPLE | more.pop("credentials", {})
    return open_table(server.url, credentials, {"bucket": "bucket-one"} | params, **more)


class TestAnswersOfAws:
    """What moto does not answer, as Amazon's documentation has it."""

    ARCHIVED = (
        "The object is in an archive, and cannot be read before it is restored. "
        "Restore it, or name one that is not archived."
    )
    KMS = (
        "The key may not use the KMS key that the object is encrypted with. "
        "Allow kms:Decrypt on that key."
    )
    ENCRYPTED = (
        "The object is encrypted with a key that comes with each call (SSE-C), which is not "
        "supported. Store it encrypted with a key of S3 or of KMS."
    )
    CASES = (
        (aws_error(403, "InvalidObjectState"), "archived", ARCHIVED),
        (
            aws_error(403, "AccessDenied", "not authorized to perform: kms:Decrypt"),
            "forbidden",
            KMS,
        ),
        (
            aws_error(400, "InvalidRequest", "stored using a form of Server Side Encryption."),
            "forbidden",
            ENCRYPTED,
        ),
        (
            aws_error(400, "KeyTooLongError"),
            "not_found",
            "No object can have so long a name. A name has 1,024 bytes at most.",
        ),
        (
            aws_error(400, "InvalidBucketName"),
            "not_found",
            "No bucket can have the name bucket-one. "
            "A bucket's name has 3 to 63 small letters, digits, dots and hyphens.",
        ),
        (
            aws_error(503, "SlowDown"),
            "rate_limited",
            "Amazon S3 has been called too often (SlowDown). Try again in a minute.",
        ),
        (
            aws_error(400, "ExpiredToken"),
            "refused",
            "The session token is over or is not one (ExpiredToken). "
            "Fetch new temporary credentials: key, secret and token together.",
        ),
        (
            aws_error(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1"),
            "wrong_region",
            "The bucket is in the region eu-west-1, not in us-east-1. "
            "Set region_name to the bucket's region.",
        ),
        (
            Say(301, b"", {"x-amz-bucket-region": "eu-west-1"}),
            "wrong_region",
            "The bucket is in the region eu-west-1, not in us-east-1. "
            "Set region_name to the bucket's region.",
        ),
        (
            Say(307, b"", {"Location": "https://s3.eu-west-1.amazonaws.com/"}),
            "redirected",
            "HOST sends the call elsewhere, and this server does not follow. "
            "The bucket may be in another region: check region_name, and endpoint_url if there is "
            "one; a proxy may stand in between.",
        ),
        (
            aws_error(503, "InternalError"),
            "remote_unavailable",
            "Amazon S3 is not available at the moment: it answered 503. Try again later.",
        ),
    )

    @pytest.mark.parametrize(("answer", "reason", "message"), CASES)
    def test_a_refusal_while_finding(
        self, server: ScriptedServer, answer: Say, reason: str, message: str
    ) -> None:
        error = failed(lambda: scripted(server, answer))

        host = server.url.removeprefix("http://")
        assert (error.reason, error.message.replace(host, "HOST")) == (reason, message)

    @pytest.mark.parametrize(("answer", "reason", "message"), CASES[:3])
    def test_a_refusal_while_reading(
        self, server: ScriptedServer, answer: Say, reason: str, message: str
    ) -> None:
        (content,) = scripted(server, ONE, answer)

        error = failed(lambda: content.read(0, 5))

        small = message[0].lower() + message[1:]
        assert (error.reason, error.message) == (reason, f"s3://bucket-one/a.csv: {small}")

    def test_a_short_object_after_a_long_one(self, server: ScriptedServer) -> None:
        (content,) = scripted(server, ONE, aws_error(416, "InvalidRange"))

        assert failed(lambda: content.read(0, 5)).reason == "changed"

    def test_parts_name_the_version_and_the_range(self, server: ScriptedServer) -> None:
        part = Say(206, b"45678", {"Content-Range": "bytes 4-8/10", "ETag": '"one"'})
        (content,) = scripted(server, ONE, part)

        assert content.read(4, 5) == b"45678"
        headers = server.last.headers
        assert (headers["range"], headers["if-match"]) == ("bytes=4-8", '"one"')
        assert server.received[0].headers["range"] == "bytes=0-0"
        assert "if-match" not in server.received[0].headers

    def test_a_large_read_is_made_of_parts(self, server: ScriptedServer) -> None:
        size = 20 * 1024**2

        def part(request: Received) -> Scripted:
            first, last = map(int, request.headers["range"][6:].split("-"))
            told_ = {"Content-Range": f"bytes {first}-{last}/{size}", "ETag": '"one"'}
            return Say(206, bytes([first >> 20]) * (last - first + 1), told_)

        (content,) = scripted(server, part)
        data = content.read(0, size)

        assert len(data) == size
        assert [data[at << 20] for at in (0, 7, 8, 15, 16, 19)] == [0, 0, 8, 8, 16, 16]
        assert len(server.received) == 4

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (Say(206, b"x" * 5, {"Content-Range": "bytes 0-4/10", "ETag": '"two"'}), "changed"),
            (Say(206, b"x" * 5, {"Content-Range": "bytes 0-4/11"}), "changed"),
            (Say(206, b"x" * 4, {"Content-Range": "bytes 0-4/10"}), "unreadable"),
            (Say(206, b"x" * 5, {"Content-Range": "bytes 5-9/10"}), "unreadable"),
            (Say(200, b"x" * 9), "changed"),
            (Say(206, b"x" * 10), "unreadable"),
        ],
    )
    def test_a_store_that_answers_something_else_is_not_believed(
        self, server: ScriptedServer, answer: Say, reason: str
    ) -> None:
        (content,) = scripted(server, ONE, answer)

        assert failed(lambda: content.read(0, 5)).reason == reason

    def test_a_store_that_sends_small_objects_whole(self, server: ScriptedServer) -> None:
        (content,) = scripted(server, Say(200, b"0123456789", {"ETag": '"one"'}))

        assert (content.size, content.read(3, 4)) == (10, b"3456")

    def test_a_store_that_sends_large_objects_whole(self, server: ScriptedServer) -> None:
        error = failed(lambda: scripted(server, Say(200, b"x" * (16 * 1024**2 + 1))))

        assert error.message == (
            "The store sends the object whole, and tables are read in parts. "
            "Only a store that answers ranges (HTTP 206) can be read from."
        )

    def test_temporary_keys_that_end_are_fetched_again(self, server: ScriptedServer) -> None:
        given = iter(range(9))

        def answer(request: Received) -> Scripted:
            if request.method == "POST":
                number = next(given)
                words = f"<SecretAccessKey>s</SecretAccessKey><SessionToken>{number}</SessionToken>"
                return Say(200, f"<R><AccessKeyId>ASIA{number}</AccessKeyId>{words}</R>")
            if "ASIA0" in request.headers["authorization"] and ended:
                return aws_error(400, "ExpiredToken")
            first, last = map(int, request.headers["range"][6:].split("-"))
            there = {"Content-Range": f"bytes {first}-{last}/10", "ETag": '"one"'}
            return Say(206, b"x" * (last - first + 1), there)

        ended: list[bool] = []
        role = {"role_arn": "arn:aws:iam::123456789012:role/reader"}
        (content,) = scripted(server, answer, credentials=role, budget=None)
        ended.append(True)

        assert content.read(0, 5) == b"xxxxx"
        assert server.last.headers["x-amz-security-token"] == "1"


class TestLists:
    def find(self, server: ScriptedServer, *pages: Answering) -> Contents:
        return scripted(server, *pages, params={"prefix": "a b+"})

    def test_pages_are_asked_for_until_the_last(self, server: ScriptedServer) -> None:
        more = "<NextContinuationToken>t+/=</NextContinuationToken>"
        first = Say(200, PAGE.format(ITEM.format("a b+2") + more))
        found = self.find(server, first, Say(200, PAGE.format(ITEM.format("a b+1"))))

        assert [one.name for one in found] == ["s3://bucket-one/a b+1", "s3://bucket-one/a b+2"]
        assert found.files[0].version == '"one"'
        assert dict(server.received[0].query) == {
            "list-type": "2",
            "encoding-type": "url",
            "prefix": "a b+",
        }
        assert dict(server.received[1].query)["continuation-token"] == "t+/="

    def test_keys_are_decoded_where_the_store_encodes_them(self, server: ScriptedServer) -> None:
        items = "<EncodingType>url</EncodingType>" + ITEM.format("a+b%2B%01")
        assert self.find(server, Say(200, PAGE.format(items))).files[0].name == (
            "s3://bucket-one/a b+ "
        )
        plain = self.find(server, Say(200, PAGE.format(ITEM.format("a+b%2B"))))
        assert plain.files[0].name == "s3://bucket-one/a+b%2B"

    def test_a_key_that_is_no_text_is_told_where_the_table_has_it(
        self, server: ScriptedServer
    ) -> None:
        items = "".join(map(ITEM.format, ("a+b%2Bok", "a+b%2B%FF%FE")))
        page = Say(200, PAGE.format("<EncodingType>url</EncodingType>" + items))

        error = failed(lambda: self.find(server, page))
        found = scripted(server, page, params={"glob": "a b+o*"})

        assert told(error)[:3] == (
            r"The name of the object 'a b+\xff\xfe' in s3://bucket-one is not UTF-8. "
            "Rename it, or leave it out by another prefix or glob.",
            "unsupported",
            "wrong_specification",
        )
        assert [one.name for one in found] == ["s3://bucket-one/a b+ok"]

    @pytest.mark.parametrize(
        "body",
        [
            '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + PAGE.format(ITEM.format("&a;")),
            PAGE.format("<Contents><Key>a b+</Key>"),
            PAGE.format("<Contents><Key>a b+</Key><Size>many</Size></Contents>"),
            PAGE.format("<Contents><Key>a b+</Key><Size>" + "9" * 30 + "</Size></Contents>"),
            PAGE.format("<Contents><Size>1</Size></Contents>"),
        ],
    )
    def test_a_list_that_is_none_is_told(self, server: ScriptedServer, body: str) -> None:
        error = failed(lambda: self.find(server, Say(200, body)))

        assert told(error)[:3] == (
            "The list of objects cannot be read. A proxy, or a store that speaks another language "
            "than it should, may be the cause.",
            "unreadable",
            "unknown_error",
        )

    def test_a_list_without_an_end_is_told(self, server: ScriptedServer) -> None:
        same = PAGE.format("<NextContinuationToken>t</NextContinuationToken>")
        assert failed(lambda: self.find(server, Say(200, same))).reason == "unreadable"
        count = iter(range(10**6))

        def page(_request: Received) -> Scripted:
            token = f"<NextContinuationToken>{next(count)}</NextContinuationToken>"
            return Say(200, PAGE.format(token))

        error = failed(lambda: scripted(server, page, params={"prefix": "a"}, budget=None))
        assert error.message == (
            "The list of s3://bucket-one has more than 1,000 pages. "
            "Give a longer fixed beginning, or make several tables of it."
        )

    def test_a_web_page_is_no_list(self, server: ScriptedServer) -> None:
        page = Say(200, "<html><body>Sign in</body></html>")

        assert "web page" in failed(lambda: self.find(server, page)).message

    def test_a_page_is_read_in_linear_time(self) -> None:
        started = time.process_time()

        with pytest.raises(ValueError, match="no XML"):
            read_page(b"<R>" + b"<Contents>" * 400_000)
        assert time.process_time() - started < 2


class TestTheNetwork:
    @pytest.mark.parametrize(
        ("answer", "reason"),
        [(Reset(), "unreachable"), (Silence(), "timed_out"), (Say(500), "remote_unavailable")],
    )
    def test_trouble_while_reading_names_the_object_and_passes(
        self, server: ScriptedServer, answer: Scripted, reason: str
    ) -> None:
        (content,) = scripted(server, ONE, answer, budget=0.5)
        error = failed(lambda: content.read(0, 5))

        assert (error.reason, error.status, error.passes) == (reason, "unknown_error", True)
        assert error.message.startswith("s3://bucket-one/a.csv: ")
        assert len(server.received) == 2, "one attempt"

    def test_a_store_that_is_not_there(self) -> None:
        url = f"http://127.0.0.1:{free_port()}"

        error = failed(lambda: open_table(url, EXAMPLE, {"bucket": "bucket-one"}))

        assert error.message == (
            f"There is no connection to {url[7:]}. Check the network and firewall of this server."
        )
        assert error.passes

    def test_a_name_that_is_not_known(self) -> None:
        def resolve(*_asked: Any, **_options: Any) -> Any:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        error = failed(
            lambda: open_table("", EXAMPLE, {"bucket": "bucket-one"}, base_urls={}, resolve=resolve)
        )

        assert error.finding == "The name s3.us-east-1.amazonaws.com is not known."


def test_no_secret_is_told(server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = EXAMPLE["aws_secret_access_key"]
    token = "IQoJb3JpZ2luX2VjEXAMPLETOKEN//0123456789=="
    texts = []

    def echo(status: int) -> Answering:
        def answer(request: Received) -> Scripted:
            words = f"{secret} {token} {request.headers['authorization']}"
            body = f"<Error><Code>{secret}</Code><Message>{words}</Message></Error>"
            return Say(status, body, {"x-amz-bucket-region": secret, "ETag": f'"{secret}"'})

        return answer

    given = {"aws_session_token": token}
    for status in (301, 400, 403, 404, 412, 416, 500):
        for params in ({"path": f"a/{secret}"}, {"prefix": secret}):
            try:
                with scripted(server, echo(status), params=params, credentials=given) as found:
                    texts += [repr(found), *(one.name for one in found)]
            except TableError as met:
                texts.append(f"{met} {met.facts!r} {met.to_json()}")
        (content,) = scripted(server, ONE, echo(status), credentials=given)
        error = failed(partial(content.read, 0, 5))
        texts.append(f"{error} {error.facts!r} {error.to_json()}")
    signature = server.last.headers["authorization"].rpartition("=")[2]

    assert len(texts) > 20
    whole = "\n".join([*texts, caplog.text])
    for hidden in (secret, token, signature):
        assert hidden not in whole
