"""DaVinci's names of a connector, its capabilities and their properties, to ours and back.

A capability is called there by the name that its file declares, or by its id in camelCase; one
that is called by its title in camelCase, as many are there, is found too.

All properties of a connector share one set of names there. So one that two capabilities define
differently belongs to one of them: to the one that declares it, otherwise to the first that the
manifest lists. The other's has a name of its own, in which its capability's stands. Whichever of
the two names a flow uses, it is understood.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from argosy.connector import bundle_schema, load_capability
from argosy.davinci.shape.allotting import allot, own_name
from argosy.davinci.shape.rules import property_rules, setting_rules
from argosy.model import camel_case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.davinci.shape.rules import PropertyRule
    from argosy.model import Capability, Connector


class ConnectorNames:
    """The names of one connector; a capability's file is read when it is asked for, and kept.

    Each of its companions is a connector of its own there.
    """

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self.connector_id = connector.davinci.connector_id or (
            camel_case(connector.id) + "Connector"
        )
        self._derived = {camel_case(one): one for one in connector.capability_files}
        self._loaded: dict[str, tuple[Capability, tuple[PropertyRule, ...]]] = {}

    @cached_property
    def companions(self) -> tuple[ConnectorNames, ...]:
        """The names of the built-in connectors beside this one."""
        return tuple(map(ConnectorNames, self.connector.companions))

    def of_connector(self, connector_id: str) -> ConnectorNames | None:
        """Return the names of the connector with this id there: this one or a companion."""
        every = (self, *self.companions)
        return next((one for one in every if one.connector_id == connector_id), None)

    def of_capability(self, capability_id: str) -> ConnectorNames:
        """Return the names of the connector that has a capability; these where none has."""
        having = (one for one in self.companions if capability_id in one.connector.capability_files)
        return self if capability_id in self.connector.capability_files else next(having, self)

    def capability_of(self, name: str) -> str | None:
        """Return the id of the capability that DaVinci calls so, None where there is none."""
        found = self._derived.get(name)
        if found and self.name_of(found) == name:
            return found
        return self._declared.get(name) or self._titled.get(_letters(name))

    def name_of(self, capability_id: str) -> str:
        """Return DaVinci's name of a capability.

        Raises UnknownCapabilityError or InvalidCapabilityError.
        """
        return self.capability(capability_id).davinci.name or camel_case(capability_id)

    def title_of(self, capability_id: str) -> str:
        """Return DaVinci's title of a capability, which is ours where none is declared."""
        found = self.capability(capability_id)
        return found.davinci.title or found.title

    def capability(self, capability_id: str) -> Capability:
        """Return a capability. Raises UnknownCapabilityError or InvalidCapabilityError."""
        return self._load(capability_id)[0]

    def rules(self, capability_id: str) -> tuple[PropertyRule, ...]:
        """Return the properties of a capability, in the order of its inputs.

        Each bears its plain name: the declared one, or the input's.
        """
        return self._load(capability_id)[1]

    def rule_of(self, capability_id: str, name: str) -> PropertyRule | None:
        """Return the rule of the property of this name, plain or its own; None if there is none."""
        rules = self.rules(capability_id)
        plain = (rule for rule in rules if rule.property == name)
        own = (rule for rule in rules if own_name(capability_id, rule.property) == name)
        return next(plain, None) or next(own, None)

    def property_of(self, capability_id: str, input_: str) -> str:
        """Return the name of the property that fills an input: the one that is exported.

        Reads all capabilities, once. Raises KeyError where there is no such input.
        """
        if capability_id not in self.connector.capability_files:
            self.capability(capability_id)
        return self.allotted[capability_id, input_]

    @cached_property
    def settings(self) -> tuple[PropertyRule, ...]:
        """The properties that a connection has."""
        return setting_rules(self.connector)

    @cached_property
    def allotted(self) -> Mapping[tuple[str, str], str]:
        """Each input's property as it is exported, by capability and input.

        Raises InvalidManifestError where two definitions end up with one name.
        """
        all_rules = [
            (capability, rule)
            for capability in map(self.capability, self.connector.capability_files)
            for rule in self.rules(capability.id)
        ]
        return allot([setting.property for setting in self.settings], all_rules)

    @cached_property
    def _declared(self) -> Mapping[str, str]:
        return {self.name_of(one): one for one in self.connector.capability_files}

    @cached_property
    def _titled(self) -> Mapping[str, str | None]:
        found: dict[str, str | None] = {}
        for one in self.connector.capability_files:
            title = _letters(self.title_of(one))
            found[title] = None if title in found else one
        return found

    def _load(self, capability_id: str) -> tuple[Capability, tuple[PropertyRule, ...]]:
        if capability_id not in self._loaded:
            found = load_capability(self.connector, capability_id)
            inputs = bundle_schema(self.connector, found.inputs, found.file)
            rules = tuple(property_rules(self.connector, found, inputs))
            self._loaded[capability_id] = found, rules
        return self._loaded[capability_id]


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()
