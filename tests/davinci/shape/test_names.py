"""DaVinci's names of capabilities and properties: found, made, and free of conflicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from argosy import Connector
from argosy.davinci.shape import ConnectorNames
from argosy.errors import InvalidManifestError, UnknownCapabilityError
from tests.drafts import capability, write_connector

#: What is public of the vendor's connector: its capabilities' titles and their properties with
#: their labels. The names of the capabilities there are not.
VENDOR: dict[str, dict[str, str]] = {
    "Insert a Record": {
        "regionRecord": "Region",
        "database": "Database",
        "table": "Table",
        "recordData": "Record Data",
    },
    "Create Profiles API Token": {
        "regionToken": "Region",
        "id": "Token ID",
        "type": "Type",
        "attributes": "Attributes",
        "relationships": "Relationships",
    },
    "Retrieve List of Profile API Tokens": {"regionToken": "Region", "audienceId": "Audience ID"},
    "Update Profiles API Token": {
        "id": "Token ID",
        "type": "Type",
        "attributes": "Attributes",
        "relationships": "Relationships",
    },
    "Delete Profiles API Token": {"id": "Token ID"},
    "Make Custom API Call": {
        "endpoint": "Endpoint",
        "method": "Method",
        "queryParameters": "Query Parameters",
        "headers": "Headers",
        "body": "HTTP Body (JSON)",
    },
}


def inputs(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def drafted(folder: Path, *capabilities: dict[str, Any], **manifest: Any) -> ConnectorNames:
    return ConnectorNames(write_connector(folder, *capabilities, **manifest))


@pytest.mark.parametrize("title", VENDOR)
def test_the_vendors_capabilities_have_the_vendors_properties(
    connector: Connector, title: str
) -> None:
    names = ConnectorNames(connector)
    found = names.capability_of(title.title().replace(" ", ""))
    assert found is not None

    assert names.title_of(found) == title
    assert {
        name: rule.display_name
        for name in VENDOR[title]
        if (rule := names.rule_of(found, name)) and names.property_of(found, rule.input) == name
    } == VENDOR[title]


def test_every_capability_and_every_input_leads_there_and_back(connector: Connector) -> None:
    names = ConnectorNames(connector)
    for id_ in connector.capability_files:
        assert names.capability_of(names.name_of(id_)) == id_
        for rule in names.rules(id_):
            for name in (rule.property, names.property_of(id_, rule.input)):
                assert names.rule_of(id_, name) == rule


def test_the_names_of_a_connection_are_no_nodes(connector: Connector) -> None:
    names = ConnectorNames(connector)
    assert names.connector_id == "treasureDataConnector"
    assert [setting.property for setting in names.settings] == ["apiKey"]
    assert not {"apiKey"} & set(names.allotted.values())


def test_a_declared_name_wins_and_a_title_will_do(tmp_path: Path) -> None:
    names = drafted(
        tmp_path,
        capability("read-note", title="Read a Note"),
        capability("count-notes", title="Same", davinci={"name": "howMany"}),
        capability("list-notes", title="Same"),
    )
    assert names.connector_id == "draftConnector"
    assert names.capability_of("readNote") == "read-note"
    assert names.capability_of("readANote") == "read-note"
    assert names.capability_of("howMany") == "count-notes"
    assert names.capability_of("countNotes") is None
    assert names.capability_of("same") is None, "two have this title"
    assert names.capability_of("") is None


def test_a_hit_reads_no_other_capability(tmp_path: Path) -> None:
    names = drafted(tmp_path, capability("read-note"), capability("broken"))
    (tmp_path / "capabilities/items/broken.json").write_text("{", encoding="utf-8")

    assert names.capability_of("readNote") == "read-note"
    assert names.rules("read-note") == ()


def test_alike_properties_are_shared_and_others_have_names_of_their_own(tmp_path: Path) -> None:
    note = {"type": "string", "title": "Name", "description": "The note's name."}
    book = {"type": "string", "title": "Name", "description": "The book's name."}
    names = drafted(
        tmp_path,
        capability("read-note", inputs={**inputs(name=note), "required": ["name"]}),
        capability("find-note", inputs=inputs(name=note)),
        capability("read-book", inputs=inputs(name=book)),
    )
    assert names.property_of("read-note", "name") == "name"
    assert names.property_of("find-note", "name") == "name", "required or not is no difference"
    assert names.property_of("read-book", "name") == "nameReadBook"
    assert names.rule_of("read-book", "name") == names.rule_of("read-book", "nameReadBook")
    assert names.rule_of("read-note", "nameReadBook") is None


def test_a_declared_property_has_its_name_before_the_first(tmp_path: Path) -> None:
    names = drafted(
        tmp_path,
        capability("read-note", inputs=inputs(id={"type": "integer"})),
        capability("read-book", inputs=inputs(id={}), davinci={"properties": {"id": {}}}),
    )
    assert names.property_of("read-book", "id") == "id"
    assert names.property_of("read-note", "id") == "idReadNote"


def test_a_setting_keeps_its_name_to_itself(tmp_path: Path) -> None:
    region = {"type": "string"}
    draft = capability("read-note", inputs=inputs(region=region))
    names = drafted(tmp_path / "all", draft)
    assert names.property_of("read-note", "region") == "regionReadNote"

    names = drafted(tmp_path / "some", draft, davinci={"settings": {"apiKey": {}}})
    assert names.property_of("read-note", "region") == "region"


def test_two_declared_properties_of_one_name_are_refused(tmp_path: Path) -> None:
    names = drafted(
        tmp_path,
        capability(
            "read-note", inputs=inputs(a={}), davinci={"properties": {"which": {"input": "a"}}}
        ),
        capability(
            "read-book",
            inputs=inputs(b={"type": "boolean"}),
            davinci={"properties": {"which": {"input": "b"}}},
        ),
    )
    with pytest.raises(InvalidManifestError) as caught:
        names.property_of("read-note", "a")

    [problem] = caught.value.problems
    assert problem.file == "capabilities/items/read-book.json"
    assert problem.pointer == "/davinci/properties/which"
    assert "'which' is already that of 'read-note', for another value" in problem.message


def test_a_name_of_its_own_that_is_an_input_too_is_refused(tmp_path: Path) -> None:
    names = drafted(
        tmp_path,
        capability("read-book", inputs=inputs(name={"type": "string"})),
        capability(
            "read-note", inputs=inputs(name={"type": "boolean"}, nameReadNote={"type": "boolean"})
        ),
    )
    with pytest.raises(InvalidManifestError) as caught:
        names.property_of("read-note", "name")

    assert "'nameReadNote'" in caught.value.problems[0].message
    assert "Declare another name" in caught.value.problems[0].hint


def test_what_there_is_not_is_told(tmp_path: Path) -> None:
    names = drafted(tmp_path, capability("read-note"))
    with pytest.raises(UnknownCapabilityError, match="there is read-note"):
        names.rules("read-book")
    with pytest.raises(UnknownCapabilityError, match="there is read-note"):
        names.property_of("read-book", "id")
    with pytest.raises(KeyError):
        names.property_of("read-note", "id")
