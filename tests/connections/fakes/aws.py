"""Answers of AWS as its documentation shows them, and an S3 that checks signatures (moto)."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.servers import Say


def aws_error(status: int, code: str, message: str = "no", **headers: str) -> Say:
    """Return an error as STS and S3 write it."""
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Say(status, text, {"Content-Type": "application/xml", **named})


@dataclass(frozen=True, slots=True)
class Store:
    """A running moto with authentication on, and the keys of its users.

    The reader may list and read, the getter read only, the lister list only, the writer all.
    """

    url: str
    reader: dict[str, str]
    nobody: dict[str, str]
    getter: dict[str, str]
    lister: dict[str, str]
    writer: dict[str, str]
    role: str

    def client(self) -> Any:
        """Return a client of boto3 that may write."""
        import boto3

        return boto3.client("s3", endpoint_url=self.url, region_name="us-east-1", **self.writer)


@contextmanager
def running_store() -> Iterator[Store]:
    """Run moto with a bucket, a user who may read it, one who may do nothing, and a role."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"

        def client(service: str) -> Any:
            return boto3.client(
                service,
                endpoint_url=url,
                region_name="us-east-1",
                aws_access_key_id="x",
                aws_secret_access_key="x",
            )

        client("s3").create_bucket(Bucket="bucket-one")
        iam = client("iam")
        allowed = {"Effect": "Allow", "Resource": "*", "Action": ["s3:ListBucket", "s3:GetObject"]}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        keys = {}
        for name in ("reader", "nobody", "getter", "lister", "writer"):
            iam.create_user(UserName=name)
            made = iam.create_access_key(UserName=name)["AccessKey"]
            keys[name] = {
                "aws_access_key_id": made["AccessKeyId"],
                "aws_secret_access_key": made["SecretAccessKey"],
            }
        assume = {"Effect": "Allow", "Resource": "*", "Action": "sts:AssumeRole"}
        both = json.dumps({"Version": "2012-10-17", "Statement": [allowed, assume]})
        iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=both)
        for name, action in (("getter", "GetObject"), ("lister", "ListBucket"), ("writer", "*")):
            may = {"Effect": "Allow", "Resource": "*", "Action": f"s3:{action}"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = iam.create_role(RoleName="lister", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        iam.put_role_policy(RoleName="lister", PolicyName="p", PolicyDocument=policy)
        _steer(url, "reset-auth", b"0")
        yield Store(url, role=role, **keys)
        # all of moto is one to a process: the next store begins with nothing, and unguarded
        _steer(url, "reset")
        _steer(url, "reset-auth", b"inf")
    finally:
        server.stop()


def _steer(url: str, what: str, body: bytes = b"") -> None:
    headers = {"Content-Type": "text/plain"}
    asked = urllib.request.Request(f"{url}/moto-api/{what}", body, headers, method="POST")
    urllib.request.urlopen(asked).close()
