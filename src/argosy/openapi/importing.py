"""A whole document as a connector: manifest, capabilities, schemas."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.errors import InvalidDocumentError
from argosy.model import Problem
from argosy.openapi.document import Document, Note, Operation, items, members, text
from argosy.openapi.drafting import Draft, Drafting, LeftOut, carriers, told
from argosy.openapi.names import Taken, kebab, label, plain
from argosy.openapi.reading import read_document
from argosy.openapi.schemas import Shapes
from argosy.openapi.security import Security
from argosy.openapi.servers import Site, sites_of
from argosy.openapi.writing import write_connector

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from argosy.model import Json, JsonObject

#: Where vendors' answers usually hold their message and the request's id.
_ERRORS = {
    "message": [
        *("/error/message", "/message", "/errors/0/message", "/errors/0/detail", "/detail"),
        *("/error_description", "/title", "/error", "/errors"),
    ],
    "requestId": ["x-request-id", "request-id", "x-correlation-id"],
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has made: the connector's id and folder, and what is in it or is not."""

    id: str
    folder: Path
    capabilities: tuple[str, ...]
    regions: tuple[str, ...]
    settings: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[Note, ...]

    def to_json(self) -> JsonObject:
        """Return it as the JSON object that the command line shows."""
        return {
            "connector": self.id,
            "directory": str(self.folder),
            "capabilities": list(self.capabilities),
            "regions": list(self.regions),
            "settings": list(self.settings),
            "leftOut": [{"operation": o.operation, "reason": o.reason} for o in self.left_out],
            "notes": [{"where": note.where, "text": note.text} for note in self.notes],
        }


def import_document(file: Path, out: Path, *, family: str = "", server: str = "") -> Imported:
    """Make a connector in the folder `out` of the OpenAPI document in a file.

    `family` names its API family; `server` is a base URL to use in place of the document's.
    Raises InvalidDocumentError where nothing can be made of the document, FileExistsError where
    `out` is there and not empty, OSError where it cannot be written. Where an import fails, `out`
    is as it was.
    """
    out = out.resolve()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FileExistsError(out)
    document = Document(read_document(file))
    plan = _Plan(document, file, family, server)
    drafts, left_out = plan.drafts()
    if not drafts:
        detail = "none of its operations can be a capability"
        raise InvalidDocumentError(file=str(file), detail=detail, problems=told(left_out))
    written, refused = write_connector(
        out, plan.manifest(), drafts, plan.files, document.notes, source=str(file)
    )
    return Imported(
        id=plan.id,
        folder=out,
        capabilities=tuple(one.asked.id for one in written),
        regions=tuple(site.id for site in plan.sites),
        settings=tuple(plan.security.settings),
        left_out=(*left_out, *refused),
        notes=document.notes.all(),
    )


class _Plan:
    """What the drafts of one document have in common."""

    def __init__(self, document: Document, file: Path, family: str, server: str) -> None:
        self.document = document
        info = members(document.root.get("info"))
        self.title = plain(text(info.get("title")), 80) or "API"
        self.id = kebab(self.title, longest=40)
        self._info = info
        self.family = family or "api"
        self.sites = sites_of(items(document.root.get("servers")), server, document.notes)
        self._families: dict[str, list[Site]] = {}
        self._without_server: list[str] = []
        own = self._own_families(server)
        if not self.sites and not self._families:
            detail = "it names no server that can be called; say with --server where its API is"
            notes = document.notes.all()
            problems = [Problem("server", note.text, file=note.where) for note in notes]
            raise InvalidDocumentError(file=str(file), detail=detail, problems=problems)
        if not self.sites:  # only operations with servers of their own can be called
            self.family, self.sites = next(iter(self._families.items()))
            del self._families[self.family]
            every = (one.where for one in document.operations())
            self._without_server += [where for where in every if where not in own]
        self._family_of = own
        self.security = Security(document, self.sites)
        self._shapes = Shapes(document)
        self._usual: Json = False

    @property
    def files(self) -> dict[str, JsonObject]:
        """The shared schemas, by the stem of their file."""
        region = {"region": _region(self.sites)} if len(self.sites) > 1 else {}
        return {**region, **self._shapes.files}

    def drafts(self) -> tuple[list[Draft], list[LeftOut]]:
        """Return a draft of every operation that can be one, and why others cannot."""
        has_regions = len(self.sites) > 1
        drafting = Drafting(self.document, self._shapes, has_regions=has_regions)
        every = list(self.document.operations())
        operations = [one for one in every if one.where not in self._without_server]
        auths = {id(one): self._authentication(one) for one in operations}
        asked, left_out = drafting.ask([(one, auths[id(one)]) for one in operations])
        reason = "no server that it names can be called"
        left_out += [LeftOut(where, reason) for where in dict.fromkeys(self._without_server)]
        kinds = Counter(map(repr, auths.values()))
        usual = kinds.most_common(1)[0][0] if kinds else repr(False)
        self._usual = next((one for one in auths.values() if repr(one) == usual), False)
        drafts = []
        for one in asked:
            auth = auths[id(one.operation)]
            family = self._family_of.get(one.operation.where, self.family)
            same = True if repr(auth) == usual else auth
            drafts.append(drafting.draft(one, asked, family, same))
        self._shapes.finish()
        return drafts, left_out

    def manifest(self) -> JsonObject:
        """Return the manifest, its capabilities still to be listed."""
        endpoints = {site.id: {self.family: site.url} for site in self.sites}
        for name, sites in self._families.items():
            for index, site in enumerate(self.sites):
                endpoints[site.id][name] = sites[index if index < len(sites) else 0].url
        titles = {name: label(name) for name in self._families}
        told = plain(text(self._info.get("description")), 300)
        return {
            "formatVersion": 1,
            "id": self.id,
            "version": _version(str(self._info.get("version", ""))),
            "title": self.title,
            **({"description": told} if told and told != self.title else {}),
            "settings": self._settings(),
            "auth": self._usual,
            "families": {
                name: {"title": title}
                for name, title in {self.family: self.title, **titles}.items()
            },
            "regions": {
                site.id: {"title": site.title, "endpoints": endpoints[site.id]}
                for site in self.sites
            },
            "errors": _ERRORS,
            "capabilities": [],
        }

    def _settings(self) -> JsonObject:
        region = {
            "title": "Region",
            "description": "The region to use where a node names none.",
            "type": "string",
            "default": self.sites[0].id,
        }
        properties = {
            **self.security.settings,
            **({"region": region} if len(self.sites) > 1 else {}),
        }
        needed = re.findall(r"connection\.(\w+)\b(?! \|)", json.dumps(self._usual))
        return {
            "type": "object",
            **({"required": list(dict.fromkeys(needed))} if needed else {}),
            "additionalProperties": False,
            "properties": properties,
        }

    def _authentication(self, operation: Operation) -> Json:
        own = operation.node.get("security")
        requirements = own if isinstance(own, list) else self.security.requirements_of_all()
        found = self.security.authentication(requirements)
        names = {one.name.lower() for one in operation.parameters if one.place == "header"}
        if "authorization" not in names or ("header", "authorization") in carriers(found):
            return found
        others = found if isinstance(found, list) else [found] if found else []
        together = [*others, self.security.of_header()]
        return together if len(together) > 1 else together[0]

    def _own_families(self, server: str) -> dict[str, str]:
        """Give operations with servers of their own a family of their own."""
        taken = Taken((self.family,), "-")
        names: dict[str, str] = {}
        found: dict[str, str] = {}
        for operation in self.document.operations():
            if not operation.servers:
                continue
            sites = sites_of(operation.servers, server, self.document.notes)
            key = " ".join(site.url for site in sites)
            if not sites:  # anywhere else its key would go to a stranger
                self._without_server.append(operation.where)
            if not sites or key == " ".join(site.url for site in self.sites):
                continue
            if key not in names:
                host = re.sub(r"^\w+://|[:/].*$", "", sites[0].url)
                names[key] = taken.take(kebab(host.partition(".")[0], "other"))
                self._families[names[key]] = sites
            found[operation.where] = names[key]
        return found


def _version(given: str) -> str:
    """Return a version of three numbers as near to the document's as can be."""
    numbers = re.findall(r"[0-9]{1,6}", given)[:3]
    return ".".join([*numbers, "0", "0", "0"][:3]) if numbers else "0.1.0"


def _region(sites: Sequence[Site]) -> JsonObject:
    names = [site.id for site in sites]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "region.schema.json",
        "title": "Region",
        "description": "Where the API is called, in place of the connection's region.",
        "type": "string",
        "examples": names[:1],
        "antiExamples": [{"value": 1, "reason": "a region is a name"}],
    }
