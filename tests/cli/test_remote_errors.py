"""The command line takes each error of a server for what it is."""

from __future__ import annotations

import pytest

from argosy.cli.output import print_error
from argosy.cli.remote import service_error
from argosy.errors import ServiceError, ServiceNotFoundError


def classes(above: type[ServiceError] = ServiceError) -> list[type[ServiceError]]:
    return [one for below in above.__subclasses__() for one in (below, *classes(below))]


@pytest.mark.parametrize("class_", classes(), ids=lambda one: one.__name__)
def test_each_error_of_a_server_comes_back_as_its_own_class(class_: type[ServiceError]) -> None:
    sent = class_(detail="no.", type="table", key="x", method="GET", retry_after=1)

    found = service_error(sent.http_status, sent.envelope())

    assert type(found) is class_
    assert found.message == sent.message


@pytest.mark.parametrize(
    ("status", "envelope"),
    [
        (400, {"error_code": 99, "error_data": {}}),
        (418, {"error_code": 40, "error_data": {}}),
        (400, {"error_code": "40", "error_data": {}}),
        (400, {"error_code": 40, "error_data": None}),
        (400, {}),
    ],
)
def test_what_is_no_error_of_the_service_is_none(status: int, envelope: dict[str, object]) -> None:
    assert service_error(status, envelope) is None


def test_what_there_is_instead_is_told_as_it_is_without_a_server(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sent = ServiceNotFoundError(type="table", key="user.csv", error="S3 has users.csv.")

    found = service_error(404, sent.envelope())

    assert found is not None
    print_error(sent, as_json=False)
    here = capsys.readouterr().err
    print_error(found, as_json=False)
    assert capsys.readouterr().err == here
    assert "S3 has users.csv." in here
