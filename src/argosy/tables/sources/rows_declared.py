"""The collections that a type of connections declares under `tables.rows`, compiled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.rendering import MISSING, compile_template
from argosy.tables.sources.rows_extracting import Extraction
from argosy.tables.sources.rows_shapes import Shape, declared_shape, shape_of_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model import Json, JsonObject
    from argosy.rendering import Template

#: What stands in a collection's name for the name of one list, catalog or object.
NAME = "{name}"
#: The collection that a table names by its `query`.
QUERY = "query"
_USUAL_PATTERN = r"[^\x00-\x1f\x7f]{1,256}"


@dataclass(frozen=True, slots=True)
class Description:
    """How a collection tells its columns: a step, and where its answer has them.

    `columns` yields a list of objects; `name`, `type` and `nullable` are their members. `types`
    turns the vendor's words into ours, text where there is none; columns of the types in `leave`
    are not read.
    """

    step: str
    columns: Template
    name: str
    type: str
    nullable: str
    types: Mapping[str, str]
    leave: frozenset[str]

    @classmethod
    def from_json(cls, document: JsonObject) -> Description:
        """Read a description that has passed its schema."""
        return cls(
            step=document["step"],
            columns=compile_template(document["columns"]),
            name=document["name"],
            type=document["type"],
            nullable=document.get("nullable", ""),
            types=document["types"],
            leave=frozenset(document.get("leave", ())),
        )

    def shape(self, scope: Mapping[str, Json]) -> Shape | None:
        """Return the columns that an answer tells, None where it tells none."""
        found = self.columns.render(scope)
        if not isinstance(found, list):
            return None
        members = {
            str(one[self.name]): declared_shape(
                self.types.get(str(one.get(self.type)), "text"),
                nullable=bool(one.get(self.nullable, True)),
            )
            for one in found
            if isinstance(one, dict) and self.name in one and one.get(self.type) not in self.leave
        }
        return Shape("object", members)


@dataclass(frozen=True, slots=True)
class Naming:
    """Where the names of a collection's lists, catalogs or objects are listed.

    `of` is a collection; `id` and `title` are columns of it, `title` may be empty. `word` says
    what it is that is named: list, catalog.
    """

    of: str
    id: str
    word: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """Rows that can be read from a type's connections.

    `name` is what a table calls it; a `{name}` in it stands for what `pattern` fits. `step` reads
    a page, `next_step` a later one where that is another call, `preview_step` the only page of a
    preview. `most` is how many rows a page has at most, 0 where that is not known. `next` yields
    the cursor of the next page, over `body`, `headers`, `page`, `count` and `size`; `more` tells,
    over the same, that there is one. `warning` is told where `warn_at` rows were read, 0 for
    always.
    """

    name: str
    description: str
    step: str
    next_step: str
    preview_step: str
    most: int
    next: Template | None
    more: Template | None
    cursor: re.Pattern[str] | None
    extraction: Extraction
    known: Shape
    describe: Description | None
    naming: Naming | None
    pattern: re.Pattern[str]
    warning: str
    warn_at: int

    @classmethod
    def from_json(cls, document: JsonObject) -> Collection:
        """Read a collection that has passed its schema."""
        naming = document.get("names")
        describe = document.get("describe")
        cursor = document.get("cursor")
        return cls(
            name=document["name"],
            description=document["description"],
            step=document["step"],
            next_step=document.get("nextStep") or document["step"],
            preview_step=document.get("previewStep", ""),
            most=document.get("most", 0),
            next=compile_template(document["next"]) if "next" in document else None,
            more=compile_template(document["more"]) if "more" in document else None,
            cursor=re.compile(cursor) if cursor else None,
            extraction=Extraction.from_json(document),
            known=shape_of_columns(document.get("columns", {})),
            describe=Description.from_json(describe) if describe else None,
            naming=Naming(**naming) if naming else None,
            pattern=re.compile(document.get("pattern", _USUAL_PATTERN)),
            warning=document.get("warning", ""),
            warn_at=document.get("warnAt", 0),
        )

    def fit(self, wanted: str) -> str | None:
        """Return what stands at `{name}` where a table means this collection, else None."""
        before, mark, _ = self.name.partition(NAME)
        if not mark:
            return "" if wanted == self.name else None
        name = wanted.removeprefix(before)
        return name if wanted.startswith(before) and self.pattern.fullmatch(name) else None

    def leads_to(self, scope: Mapping[str, Json]) -> Json:
        """Return the cursor of the next page, MISSING where none is.

        Raises ValueError where that cannot be told.
        """
        found = MISSING if self.next is None else self.next.render(scope)
        if found is MISSING or found is None or found == "":
            is_more = MISSING if self.more is None else self.more.render(scope)
            if is_more is not MISSING and is_more:
                raise ValueError("it says that there are more rows, and not how to ask for them")
            return MISSING
        if self.cursor is not None and isinstance(found, str) and not self.cursor.fullmatch(found):
            raise ValueError("the other system names the next page in a form that is not known")
        return found


@dataclass(frozen=True, slots=True)
class Declared:
    """What a type says of the rows of its tables: its collections, or why there are none.

    `engine` names the module that reads them where collections cannot say it. `none` tells why
    no rows are read, `none_remedy` what to do instead; `none_status` is the status of a table
    whose connection works.
    """

    collections: tuple[Collection, ...] = ()
    engine: str = ""
    none: str = ""
    none_remedy: str = ""
    none_status: str = "unknown_error"
    unread: Mapping[str, str] | None = None

    @classmethod
    def from_json(cls, document: JsonObject) -> Declared:
        """Read `tables.rows` of a type, which has passed its schema."""
        none = document.get("none", {})
        return cls(
            collections=tuple(map(Collection.from_json, document.get("collections", ()))),
            engine=document.get("engine", ""),
            none=none.get("reason", ""),
            none_remedy=none.get("remedy", ""),
            none_status=none.get("status", "unknown_error"),
            unread=document.get("unread"),
        )

    def names(self) -> list[str]:
        """Return what a table can name, as people write it: `lists/NAME`."""
        found = [one.name for one in self.collections if one.name != QUERY]
        return [name.replace(NAME, "NAME") for name in found]

    def find(self, name: str) -> Collection | None:
        """Return the collection of a name that stands as it is, None where there is none."""
        return next((one for one in self.collections if one.name == name), None)
