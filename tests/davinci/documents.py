"""DaVinci documents of every shape that exports have, and of some that none should have.

Each is made from a seed: drawing them piece by piece takes hypothesis a hundred times as long.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

#: Ids as the editor makes them; nodes of every type have them.
PLAIN_IDS = [f"{letter}bcdefghi0" for letter in "abcdefg"]
#: Ids that become ours only when they are made to fit, and then collide.
ODD_IDS = [
    *(
        "1u2m5vzr49",
        "start",
        "n1u2m5vzr4",
        "a-b",
        "a.b",
        "a b",
        "ä",
        "日本",
        "🙂",
        "_x",
        "--",
        "a'b",
    ),
    *(
        "x" * 63,
        "x" * 64,
        "x" * 65,
        "x" * 64 + "y",
        "x" * 300,
        "a\nb",
        'a"b',
        "[0]",
        "{{a}}",
        "A",
        "a",
    ),
    *("__proto__", "start_2", "value", "{%", "../../etc/passwd", "\u202eabc", "a\x1b[31m", "eval0"),
]
EVALS = [f"eval{number}" for number in range(5)]
#: Names of variables, inputs and the like.
NAMES = [
    *(
        "email",
        "userId",
        "user-id",
        "user.id",
        "a b",
        "größe",
        "x" * 70,
        "1st",
        "",
        "class",
        "items",
    ),
    *("x##SK##flow##SK##f1", "x##SK##", "##SK##", "a'b", 'a"b', "a\\b", "[0]", "}}", "{{", "a\0b"),
    *("email", "userId", "counter", "x", "constructor", "id", "name", "value", "key"),
]
FLOW_IDS = ["f1", "f2", "", "c7062a8857740ee2185694bb855f8f21"]
OUTCOME_IDS = ["abcdefghi0", "bbcdefghi0", "1bcdefghi1", "success", "otherwise", "a b", "a_b", ""]
#: Logic of EVALs as they are stored, and some that is none.
LOGIC = [
    *("allTriggersTrue", "anyTriggersTrue", "allTriggersFalse", "anyTriggersFalse"),
    *("allTriggersComplete", "always", "anyTriggersFalse", "", "allTriggersSuccess", 7, None),
]
#: Connectors and capabilities, known and not, with the properties that they are known to have.
CAPABILITIES: dict[tuple[str, str], str] = {
    ("httpConnector", "makeRestApiCall"): "url headers queryParams bodyParams raw httpMethod",
    ("httpConnector", "createSuccessResponse"): "claimsNameValuePairs",
    ("httpConnector", "createErrorResponse"): "claimsNameValuePairs httpStatusCode",
    (
        "httpConnector",
        "customHTMLTemplate",
    ): "customHTML formFieldsList validationRules inputSchema",
    ("httpConnector", "simulateLatency"): "delayTime",
    ("functionsConnector", "AEqualsB"): "leftValueA rightValueB type",
    ("functionsConnector", "AEqualsMultipleB"): "leftValueA rightValueMultiple type",
    ("functionsConnector", "customFunction"): "code variableInputList outputSchema",
    ("functionsConnector", "AIsEmpty"): "leftValueA",
    ("variablesConnector", "saveValue"): "saveVariables",
    ("variablesConnector", "saveFlowValue"): "saveFlowVariables",
    ("variablesConnector", "saveValueUserInfo"): "saveVariables",
    ("variablesConnector", "incrementByN"): "variable incrementCounter saveVariables",
    ("nodeConnector", "startNode"): "inputSchema",
    ("nodeConnector", "goToNode"): "nodeInstanceId email",
    ("nodeConnector", "returnBackToCallingNode"): "outputSchema values",
    ("nodeConnector", "other"): "email",
    ("errorConnector", "customErrorMessage"): "errorMessage",
    ("flowConnector", "startSubFlow"): "subFlowId subFlowVersionId email",
    ("flowConnector", "startUiSubFlow"): "subFlowId subFlowVersionId",
    ("treasureDataConnector", "insertRecord"): "database table regionRecord recordData record",
    ("treasureDataConnector", "createProfilesToken"): "attributes id type relationships",
    ("treasureDataConnector", "makeCustomApiCall"): "endpoint method headers queryParameters body",
    ("treasureDataConnector", "noSuchCapability"): "database",
    ("pingOneSSOConnector", "userLookup"): "email functionArgumentList",
    ("codeSnippetConnector", ""): "code",
    ("", "nothing"): "",
}
TEXTS = [
    *("", "Hello", "x", "{{", "}}", "{%", "{#", "{{{", "{", "}", "{{ 1 }}", "{% if %}", "{# x #}"),
    *(
        "<b>x</b>",
        "a\r\nb",
        "\n",
        "[",
        "[]",
        '"',
        "\\",
        "'",
        " ",
        "\u2028",
        "größe",
        "🙂",
        "\0",
        "{{{{",
    ),
    *(
        "{{ 'a' }}",
        "-%}",
        "{{-",
        "'}}",
        "null",
        "5",
        "1e5",
        "[[]]",
        '[{"children": []}]',
        "x" * 300,
    ),
]
NUMBERS = [
    *(0, -1, 1, 1.0, 0.0, -0.0, 1e-50, 1e50, 409.0909090042114, 10**30, -(2**63), 0.1, 1e15, 1e16),
    *(2**53 + 1, 150, 149.5, 1e308, 5e-324, 10**400),
]
_BINDING_ROOTS = [
    "parameters",
    "variables",
    "company.variables",
    "flow.variables",
    "user.variables",
]
_TAILS = ["", ".x", ".a.b", ".a[0].b", "[12]", "['c-d']", ".c-d", ".é", ".a..b", ".0", ".x.y.z"]
_UNKNOWN = ["custom-attribute-1", "x", "", "_links", "...", "source", "value"]


class Documents:
    """Makes documents by a source of randomness; `ids` are what its nodes may be called."""

    def __init__(self, random: Random, *, is_odd: bool = False) -> None:
        self.random = random
        self.ids = [*ODD_IDS, *PLAIN_IDS] if is_odd else PLAIN_IDS
        self.names = NAMES if is_odd else NAMES[:9]

    def one(self, values: Sequence[Any]) -> Any:
        return self.random.choice(values)

    def may(self, share: float = 0.5) -> bool:
        return self.random.random() < share

    def some(self, most: int, make: Callable[[], Any]) -> list[Any]:
        return [make() for _ in range(self.random.randint(0, most))]

    def json(self, levels: int = 2) -> Any:
        match self.random.randint(0, 6 if levels else 4):
            case 0:
                return None
            case 1:
                return self.may()
            case 2 | 3:
                return self.text()
            case 4:
                return self.number()
            case 5:
                return self.some(3, lambda: self.json(levels - 1))
        return {self.text(): self.json(levels - 1) for _ in range(self.random.randint(0, 3))}

    def number(self) -> Any:
        found = self.one(NUMBERS)
        return self.random.uniform(-1000, 1000) if self.may(0.3) else found

    def text(self) -> str:
        return str(self.one(TEXTS))

    def unknown(self) -> dict[str, Any]:
        """Members that nobody knows."""
        return {self.one(_UNKNOWN): self.json()} if self.may(0.15) else {}

    def id(self) -> str:
        return "gonegonego" if self.may(0.05) else str(self.one(self.ids))

    def binding(self) -> str:
        """A binding of one of the four forms, or what looks like one."""
        tail, space = self.one(_TAILS), " " if self.may(0.1) else ""
        if self.may(0.6):
            part = self.one(["output", "output", "error", "error.message", "success", "other"])
            said = f"local.{self.id()}.payload.{part}{tail}"
        elif self.may(0.8):
            said = f"global.{self.one(_BINDING_ROOTS)}.{self.one(self.names)}{tail}"
        else:
            said = self.one(
                ["global.ip", "global.userInfo.id", "global", "local", "local.x", "other.x"]
            )
        return f"{{{{{space}{said}{space}}}}}"

    def rich(self) -> str:
        """A rich text: blocks of texts and links, which may stand next to each other."""
        blocks = [{"children": self.some(4, self._child)} for _ in range(self.random.randint(1, 3))]
        return json.dumps(blocks, indent=self.one([None, 2]))

    def _child(self) -> Any:
        if self.may(0.05):
            return {"type": "component", **self.unknown(), "children": self.json()}
        if self.may():
            return {"text": self.text()}
        data = self.binding()
        own = {"type": "link", "src": "pingIdentity.svg", "url": "x", "data": data, "tooltip": data}
        return {**own, "children": [{"text": "x"}]}

    def said(self) -> Any:
        """A text of any sort: plain, rich, with bindings, JSON."""
        match self.random.randint(0, 5):
            case 0:
                return "".join(self.some(3, self._piece))
            case 1:
                return json.dumps({self.text(): self.one([self.text, self.binding, self.number])()})
        return self.rich()

    def _piece(self) -> str:
        return self.text() if self.may() else self.binding()

    def rows(self, **members: Callable[[], Any]) -> list[Any]:
        """A list of rows, now and then with something among them that is none."""

        def row() -> Any:
            if self.may(0.03):
                return self.json()
            return {name: make() for name, make in members.items() if not self.may(0.05)}

        return self.some(3, row)

    def name(self) -> str:
        return str(self.one(self.names))

    def property(self, name: str) -> Any:  # noqa: PLR0911, PLR0912 - a table
        """The value of a property, without its wrapper."""
        match name:
            case "saveVariables" | "saveFlowVariables" | "claimsNameValuePairs":
                labels = ["x (string - flowInstance)", "x (string - company)", "x", 5]
                more = {"label": lambda: self.one(labels), "nameDefault": self.name}
                return self.rows(name=self.name, value=self.said, key=self.number, **more)
            case "rightValueMultiple":
                return self.rows(value=self.said, id=lambda: self.one(OUTCOME_IDS))
            case "variableInputList":
                return self.rows(name=self.name, preferredDataType=self.name, value=self.said)
            case (
                "headers"
                | "queryParams"
                | "bodyParams"
                | "recordData"
                | "record"
                | "queryParameters"
            ):
                return self.rows(key=self.name, value=self.said)
            case "formFieldsList":
                return self.rows(propertyName=self.name, value=self.json, hashedVisibility=self.may)
            case "validationRules":
                return self.rows(propertyName=self.name, rules=self.json)
            case "functionArgumentList":
                return {self.name(): {"type": "string", "value": self.said()}}
            case "values":
                return {self.name(): self.said()}
            case "nodeInstanceId":
                return self.id()
            case "variable":
                return self.name()
            case "subFlowId":
                return {"label": self.text(), "value": self.one(FLOW_IDS)}
            case "subFlowVersionId" | "delayTime" | "incrementCounter" | "httpStatusCode":
                return self.one([-1, "-1", 3, "3", self.rich()])
            case "regionRecord" | "region":
                return self.one(["us01", "nowhere"])
            case "backgroundColor":
                return self.one(["#ffc8c1ff", "#FFF", "red", "#9DC967"])
            case "width" | "height":
                return self.one([420, "420", -1, 1e300, "x"])
            case "code" | "customHTML" | "inputSchema" | "outputSchema" | "nodeTitle":
                return self.text()
        return self.said()

    def wrapped(self, value: Any) -> Any:
        """A value in its wrapper, with extras in both spellings, or without a wrapper."""
        match self.random.randint(0, 19):
            case 0:
                return value
            case 1:
                return self.json()
            case 2:
                return {}
            case 3:
                spelling = self.one(["preferedControlType", "preferredControlType"])
                return {
                    "value": value,
                    spelling: "textField",
                    "displayName": self.text(),
                    "x": self.json(),
                }
        return {"value": value}

    def properties(self, known: str) -> dict[str, Any]:
        names = [name for name in known.split() if not self.may(0.1)]
        usual = ["nodeTitle", "nodeDescription", "backgroundColor", "email", "...", "annotation"]
        names += [name for name in usual if self.may(0.2)]
        return {name: self.wrapped(self.property(name)) for name in names} | self.unknown()

    def node(self, id_: str) -> dict[str, Any]:
        type_, (connector, capability) = "CONNECTION", self.one(list(CAPABILITIES))
        if self.may(0.1):
            type_, connector, capability = self.one(
                [
                    ("ANNOTATION", "annotationConnector", "updateAnnotationProperties"),
                    ("START", "", ""),
                    ("OTHER", "httpConnector", "makeRestApiCall"),
                ]
            )
        known = CAPABILITIES.get((connector, capability), "annotation width height")
        data = {
            "id": id_,
            "nodeType": type_,
            "connectionId": "867ed4363b2bc21c860085ad2baa817d",
            "connectorId": connector,
            "name": "Http",
            "label": "Http",
            "status": "configured",
            "capabilityName": capability,
            "type": "trigger",
            "properties": self.properties(known),
            **self.unknown(),
        }
        if self.may(0.05):
            data["isDisabled"] = True
        if self.may(0.05):
            del data[self.one(["properties", "capabilityName", "label"])]
        return self.element(data, "nodes")

    def eval(self, id_: str) -> dict[str, Any]:
        data = {"id": id_, "nodeType": "EVAL", "label": "Evaluator", **self.unknown()}
        if self.may(0.8):
            logic = {self.id(): self.one(LOGIC) for _ in range(self.random.randint(0, 5))}
            bare = self.may(0.05)
            data["properties"] = {
                id_: one if bare else {"value": one} for id_, one in logic.items()
            }
        return self.element(data, "nodes")

    def edge(self, number: int, source: str, target: str) -> dict[str, Any]:
        data = {"id": f"edge{number}", "source": source, "target": target, **self.unknown()}
        if source not in EVALS and self.may(0.4):
            data["multiValueSourceId"] = self.one(OUTCOME_IDS)
        return self.element(data, "edges")

    def element(self, data: dict[str, Any], group: str) -> dict[str, Any]:
        if self.may(0.05):
            return {"data": data}
        place = {"x": self.number(), "y": self.number()}
        return {"data": data, "position": place, "group": group, "classes": "", **self.unknown()}

    def ways(self) -> Iterator[tuple[str, str]]:
        """Yield pairs of ends: by EVALs, from several, to several, twice, and a few astray."""
        evals = EVALS[: self.random.randint(1, 5)]
        for _ in range(self.random.randint(0, 8)):
            eval_ = self.one(evals)
            yield self.id(), eval_
            yield eval_, self.id()
        for _ in range(self.random.randint(0, 3)):
            yield self.one([(self.id(), self.one(evals)), (self.one(evals), self.id())])
        if self.may(0.05):
            yield self.one([(self.id(), self.id()), (self.one(evals), self.one(evals))])

    def graph(self) -> dict[str, Any]:
        ids = self.some(6, self.id)
        if not self.may(0.1):
            ids = list(dict.fromkeys(ids))
        nodes = [self.node(id_) for id_ in ids]
        nodes += [self.eval(id_) for id_ in EVALS if not self.may(0.1)]
        self.random.shuffle(nodes)
        edges = [self.edge(number, *way) for number, way in enumerate(self.ways())]
        return {
            "elements": {"nodes": nodes, "edges": edges, **self.unknown()},
            "data": {},
            "zoom": 1,
            "minZoom": 1e-50,
            "maxZoom": 1e50,
            "pan": {"x": self.number(), "y": self.number()},
            "renderer": {"name": "null"},
            **self.unknown(),
        }

    def variable(self) -> dict[str, Any]:
        context = self.one(["flowInstance", "company", "flow", "user", "flowInstance", "other"])
        rest = "##SK##f1" if context == "flow" else ""
        type_ = self.one(["string", "number", "boolean", "object", "secret", "odd"])
        fields = {"type": type_, "displayName": self.text(), "mutable": True, "min": 0, "max": 2000}
        if self.may(0.7):
            fields["value"] = self.one([self.json(), "true", "5", "5.5", "x"])
        return {
            "name": f"{self.name()}##SK##{context}{rest}",
            "context": context,
            "type": "property",
            "visibility": "private",
            "fields": fields,
            **self.unknown(),
        }

    def flow(self) -> dict[str, Any]:
        """A flow of the old shape or the new."""
        id_, name = self.one(FLOW_IDS), self.one(["A flow", "../x", "A flow", self.text()])
        own: dict[str, Any] = {
            "companyId": "c",
            "flowId": id_,
            "name": name,
            "flowStatus": "enabled",
        }
        if self.may(0.3):
            own = {"environment": {"id": "e"}, "flow": {"id": id_, "name": name}, "name": name}
        inputs = self.rows(
            propertyName=self.name,
            preferredDataType=lambda: self.one(["string", "number", "odd"]),
            preferredControlType=self.text,
            description=self.text,
            required=lambda: self.one([True, False, None]),
        )
        settings = {
            "flowTimeoutInSeconds": self.one([300, 120, self.number()]),
            "sensitiveInfoFields": self.some(2, lambda: self.one([self.name(), self.json()])),
            "scrubSensitiveInfo": self.may(),
            "logLevel": 2,
            "csp": self.text(),
        }
        outer = {
            "description": self.text(),
            "inputSchema": inputs,
            "variables": self.some(3, self.variable),
            "outputSchema": self.one([self.json(), {"output": {"properties": {"a": {}}}}]),
            "settings": {name: held for name, held in settings.items() if self.may()},
            "timeouts": "null",
            "createdDate": self.number(),
        }
        outer = {name: held for name, held in outer.items() if self.may(0.7)}
        return {**own, **outer, **self.unknown(), "graphData": self.graph()}

    def anything(self) -> dict[str, Any]:
        """A flow in which something is of a wrong type, or gone."""
        flow = self.flow()
        for _ in range(self.random.randint(1, 4)):
            holder, name = self.one(list(places(flow)))
            if self.may(0.25):
                del holder[name]
            else:
                holder[name] = self.json()
        if not isinstance(flow.get("graphData"), dict):
            flow["graphData"] = {}
        return flow

    def export(self) -> Any:
        """A whole file: one flow, a bundle, a list."""
        flows = [self.flow() for _ in range(self.random.randint(1, 3))]
        bundle = {"companyId": "c", **self.unknown(), "flows": flows, "forms": []}
        return self.one([flows[0], bundle, flows])


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place within a value: what holds it, and its name or number."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in list(members):
        yield value, name
        if isinstance(member, dict | list):
            yield from places(member)


SEEDS = st.integers(0, 2**32)


def any_flow(seed: int) -> Any:
    """Make a flow: a usual one, one with odd names, or one with something wrong."""
    random = Random(seed)
    made = Documents(random, is_odd=seed % 3 > 0)
    return made.anything() if seed % 3 == 2 else made.flow()


def any_export(seed: int) -> Any:
    """Make a whole file."""
    return Documents(Random(seed), is_odd=seed % 2 == 1).export()


#: Flows of any sort, and whole files.
ANY_FLOW = SEEDS.map(any_flow)
ANY_EXPORT = SEEDS.map(any_export)


def same_json(one: Any, other: Any) -> bool:
    """Tell whether two values are the same JSON, letter by letter, whatever the order of keys."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
