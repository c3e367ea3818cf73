"""From a query's tree to DuckDB's: functions, operators, casts and clauses, one node at a time.

Nodes are visited children first, and what replaces a node isn't visited again. A function that
isn't in the tables of the engine doesn't exist: no function of DuckDB's is reached by its name.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from argosy.sandbox.sql import functions_hive, functions_presto, presto_times
from argosy.sandbox.sql.casts import cast
from argosy.sandbox.sql.comparisons import check_arithmetic, check_comparison, is_number
from argosy.sandbox.sql.errors import TOO_DEEP, QueryFailedError, unsupported
from argosy.sandbox.sql.final import HEAVIEST, typed_apart
from argosy.sandbox.sql.functions_td import NEEDS_DATA, td_rules
from argosy.sandbox.sql.hive_numbers import NUMERIC, alike, as_number
from argosy.sandbox.sql.relations import (
    UNNAMED,
    exploded,
    name_projections,
    opened_views,
    regrouped,
    sessionized,
    sort_keys_below,
    unnested,
)
from argosy.sandbox.sql.rules import (
    AGGREGATE,
    MADE,
    Rule,
    Rules,
    call,
    null_if_any_is_null,
    text,
    words,
)
from argosy.sandbox.sql.zones import align, align_branches, in_zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.sandbox.sql.session import QuerySession
    from argosy.sandbox.sql.tables import TableNames

_ZONED: Final = frozenset(
    {
        "now",
        "current_timestamp",
        "at_timezone",
        "with_timezone",
        "from_unixtime",
        "from_iso8601_timestamp",
        "parse_datetime",
    }
)
_TEMPORAL: Final = words(
    "now date date_trunc date_add date_parse current_date current_timestamp from_unixtime "
    "last_day_of_month from_iso8601_date"
)
_ALIKE: Final = words("coalesce greatest least nullif if")
"""Functions whose arguments have to be of one type; of `if` it is all but the first."""
_COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_HIDDEN: Final = words(
    "rowid current_catalog current_database current_schema current_user session_user user "
    "current_role current_time current_date current_timestamp localtime localtimestamp"
)
_UNITS: Final = words("MILLISECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR")


@cache
def _rules(engine: str) -> Rules:
    own = functions_hive.hive_rules() if engine == "hive" else functions_presto.presto_rules()
    return {**own, **td_rules()}


class Translator:
    """Translates the queries of one statement."""

    def __init__(self, session: QuerySession, names: TableNames) -> None:
        self._session = session
        self._names = names
        self._is_hive = session.engine == "hive"
        self._has_zones = self._has_time = False
        self._budget = HEAVIEST

    def translate(self, root: exp.Expr) -> None:
        """Turn a query, in place, into one that DuckDB runs; its root stays the same node."""
        for select in list(root.find_all(exp.Select)):
            name_projections(select)
            if self._is_hive:
                exploded(select)
        self._prepare(root)
        for select in list(root.find_all(exp.Select)):
            sessionized(select)
        self._look_at(root)
        for node in reversed(list(root.walk(bfs=False))):
            handler = _HANDLERS.get(type(node))
            if handler is not None:
                handler(self, node)
        typed_apart(root)

    def _prepare(self, root: exp.Expr) -> None:
        for node in list(root.find_all(exp.Anonymous)):
            name = node.name.lower()
            if name == "td_sessionize" and len(node.expressions) == 3:
                moment, timeout, key = node.expressions
                node.replace(
                    exp.Window(
                        this=call("td_sessionize_window", moment, timeout),
                        partition_by=[key],
                        order=exp.Order(expressions=[exp.Ordered(this=moment.copy())]),
                        over="OVER",
                    )
                )
            elif (
                name == "td_x_rank" and node.expressions and not isinstance(node.parent, exp.Window)
            ):
                keys = node.expressions
                order = sort_keys_below(node)
                ranked = exp.Window(
                    this=call("row_number"), partition_by=keys, order=order, over="OVER"
                )
                node.replace(ranked)

    def _look_at(self, root: exp.Expr) -> None:
        for node in root.walk():
            if isinstance(node, exp.Anonymous):
                name = node.name.lower()
                self._has_zones = self._has_zones or (name in _ZONED and not self._is_hive)
                self._has_time = self._has_time or name in _TEMPORAL or name in _ZONED
            elif isinstance(node, exp.AtTimeZone | exp.CurrentTimestamp):
                self._has_zones = self._has_zones or not self._is_hive
                self._has_time = True
            elif isinstance(node, exp.DataType):
                self._has_zones = self._has_zones or node.this == exp.DataType.Type.TIMESTAMPTZ
                self._has_time = self._has_time or node.is_type(*exp.DataType.TEMPORAL_TYPES)
            elif isinstance(node, exp.Interval | exp.CurrentDate | exp.Localtimestamp):
                self._has_time = True

    def function(self, node: exp.Anonymous) -> None:
        """Put what a function is in the place of its call."""
        if isinstance(node.parent, exp.Lateral) or node.meta.get(MADE):
            return
        name = node.name.lower()
        rule = _rules(self._session.engine).get(name)
        if rule is None:
            raise self._no_such_function(name)
        arguments = node.expressions
        self._check_arguments(name, rule, arguments)
        if self._has_zones and name in _ALIKE:
            align(arguments[1:] if name == "if" else arguments)
            arguments = node.expressions
        if self._is_hive and name in NUMERIC:
            for one in list(arguments):
                as_number(one, self._names)
            arguments = node.expressions
        top = _with_its_window(node) if rule.outer else None
        if isinstance(rule.target, str):
            node.set("this", rule.target)
            node.meta[MADE] = True
            node.meta[AGGREGATE] = rule.is_aggregate
            if name == "count":
                _count(node)
        else:
            self._spend(arguments)
            made = rule.target(arguments, self._session)
            made.meta[AGGREGATE] = rule.is_aggregate
            node.replace(made)
            top = made if top is node else top
        if top is not None and rule.outer:
            holder = call(rule.outer)
            top.replace(holder)
            holder.append("expressions", top)

    def _spend(self, arguments: list[exp.Expr]) -> None:
        """Count the nodes that code may copy, so that a nest of calls can't double for ever."""
        for argument in arguments:
            for _ in argument.walk():
                self._budget -= 1
                if self._budget < 0:
                    raise QueryFailedError(TOO_DEEP)

    def _no_such_function(self, name: str) -> QueryFailedError:
        if name in NEEDS_DATA:
            return QueryFailedError(f"{name.upper()} {NEEDS_DATA[name]}", "unsupported")
        if name == "td_sessionize_window":
            return unsupported("TD_SESSIONIZE_WINDOW inside another expression")
        listed = functions_hive.UNSUPPORTED if self._is_hive else functions_presto.UNSUPPORTED
        if name in listed:
            return unsupported(f"The function {name}")
        if self._is_hive:
            return QueryFailedError(
                f"FAILED: SemanticException [Error 10011]: Invalid function {name}"
            )
        return QueryFailedError(f"Function {name} not registered")

    def _check_arguments(self, name: str, rule: Rule, arguments: list[exp.Expr]) -> None:
        given = arguments
        if len(given) == 1 and isinstance(given[0], exp.Distinct):
            given = given[0].expressions
        if not rule.low <= len(given) <= rule.high:
            raise QueryFailedError(
                f"Unexpected number of arguments for function {name}: {len(given)}"
            )
        for one in arguments:
            if isinstance(one, exp.Distinct | exp.Order) and (
                not rule.is_aggregate or not isinstance(rule.target, str)
            ):
                raise unsupported(f"DISTINCT or ORDER BY in {name}")
            if isinstance(one, exp.Star) and name != "count":
                raise QueryFailedError(f"Unexpected parameters (*) for function {name}")

    def divide(self, node: exp.Div) -> None:
        """Divide as the engine does: Presto whole numbers to a whole number, Hive never."""
        if not self._is_hive:
            check_arithmetic(node, self._names)
        left, right = node.this, node.expression
        if _is_decimal(left) and _is_decimal(right) and not float(right.this):
            left = exp.Literal.number(1)  # as for whole numbers: an error; for doubles Infinity
        node.replace(call("h_divide" if self._is_hive else "p_divide", left, right))

    def modulo(self, node: exp.Mod) -> None:
        """Give Hive's NULL for a remainder of zero; Presto fails, as DuckDB does."""
        self.reckon(node)
        if self._is_hive:
            node.replace(call("h_mod", node.this, node.expression))

    def reckon(self, node: exp.Binary | exp.Neg) -> None:
        """Take texts for numbers in Hive, and refuse them in Presto."""
        if isinstance(node.parent, exp.Interval):
            return
        if not self._is_hive:
            check_arithmetic(node, self._names)
            return
        sides = [node.this] if isinstance(node, exp.Neg) else [node.this, node.expression]
        if not any(isinstance(side, exp.Interval) for side in sides):
            for side in sides:
                as_number(side, self._names)

    def whole_divide(self, node: exp.IntDiv) -> None:
        """Do Hive's DIV."""
        node.replace(call("h_div", node.this, node.expression))

    def add_or_subtract(self, node: exp.Binary) -> None:
        """Keep the type of a date or a moment that an interval is added to."""
        self.reckon(node)
        sides = (node.this, node.expression)
        if not self._has_time or any(is_number(side, self._names) for side in sides):
            return
        name = "p_plus" if isinstance(node, exp.Add) else "p_minus"
        node.replace(call(name, node.this, node.expression))

    def compare(self, node: exp.Binary) -> None:
        """Compare moments by their instant, whatever zones they are shown in."""
        if not self._is_hive:
            check_comparison(node, self._names)
        self.same(node)

    def same(self, node: exp.Binary) -> None:
        """Tell moments apart by their instant; in Hive, compare texts with numbers."""
        if self._is_hive:
            alike([node.this, node.expression], self._names, self._spend)
        if not self._has_zones:
            return
        for side in ("this", "expression"):
            value = node.args[side]
            if not isinstance(value, exp.Any | exp.All | exp.Tuple | exp.Literal | exp.Null):
                node.set(side, call("p_moment", value))

    def among(self, node: exp.In) -> None:
        """Look for a moment among others by its instant; in Hive, for texts among numbers."""
        if self._is_hive and node.expressions and not node.args.get("query"):
            alike([node.this, *node.expressions], self._names, self._spend)
        if self._has_zones and node.expressions and not node.args.get("query"):
            node.set("this", call("p_moment", node.this))
            node.set("expressions", [call("p_moment", one) for one in node.expressions])

    def case(self, node: exp.Case | exp.If) -> None:
        """Let the branches of a CASE be moments with and without a zone."""
        if self._has_zones and not isinstance(node.parent, exp.Case):
            align_branches(node)

    def between(self, node: exp.Between) -> None:
        """Compare moments by their instant; in Hive, texts with numbers."""
        if self._is_hive:
            bounds = [node.args["low"], node.args["high"]]
            alike([node.this, *bounds], self._names, self._spend)
        if self._has_zones:
            for side in ("this", "low", "high"):
                node.set(side, call("p_moment", node.args[side]))

    def like(self, node: exp.Like) -> None:
        """Give Hive's LIKE its escape character."""
        pattern = node.expression
        is_escaped = isinstance(pattern, exp.Literal) and "\\" in pattern.this
        if self._is_hive and is_escaped and not isinstance(node.parent, exp.Escape):
            node.replace(exp.Escape(this=node.copy(), expression=text("\\")))

    def regexp(self, node: exp.RegexpLike) -> None:
        """Do Hive's RLIKE."""
        node.replace(call("h_rlike", node.this, node.expression))

    def subscript(self, node: exp.Bracket) -> None:
        """Take an element: from 1 in Presto, which fails where there is none; from 0 in Hive."""
        if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
            raise unsupported("This subscript")
        name = "h_at" if self._is_hive else "p_subscript"
        node.replace(call(name, node.this, node.expressions[0]))

    def cast(self, node: exp.Cast) -> None:
        """Convert as the engine does."""
        if isinstance(node.to, exp.DataType) and not node.meta.get(MADE):
            node.replace(cast(node, self._session.engine))

    def interval(self, node: exp.Interval) -> None:
        """Let a constant length of one unit pass."""
        unit = node.args.get("unit")
        if not isinstance(unit, exp.Var) or unit.name.upper().rstrip("S") not in _UNITS:
            raise unsupported("This INTERVAL")
        value = node.this
        if isinstance(value, exp.Neg):
            value = value.this
        if not isinstance(value, exp.Literal):
            raise unsupported("An INTERVAL that isn't a constant")

    def extract(self, node: exp.Extract) -> None:
        """Take a part of a date or time."""
        value = call("h_moment", node.expression) if self._is_hive else node.expression
        node.replace(presto_times.date_part(node.name, value))

    def trim(self, node: exp.Trim) -> None:
        """Trim white space, or the characters given."""
        side = {"LEADING": "start", "TRAILING": "end"}.get(str(node.args.get("position") or ""), "")
        if node.expression is None or not node.args.get("expression"):
            name = f"x_trim_{side}" if side else "x_trim"
            node.replace(call("trim" if self._is_hive else name, node.this))
        else:
            name = {"start": "ltrim", "end": "rtrim"}.get(side, "trim")
            node.replace(call(name, node.this, node.expression))

    def substring(self, node: exp.Substring) -> None:
        """Do SUBSTRING in the words of the standard."""
        parts = [node.this, node.args.get("start"), node.args.get("length")]
        given = [part for part in parts if part is not None]
        node.replace(call("h_substr" if self._is_hive else "p_substr", *given))

    def position(self, node: exp.StrPosition) -> None:
        """Do POSITION(… IN …)."""
        node.replace(call("strpos", node.this, node.args["substr"]))

    def normalize(self, node: exp.Normalize) -> None:
        """Normalize to NFC, the one form that DuckDB has."""
        form = node.args.get("form")
        if isinstance(form, exp.Expr) and form.name.upper() != "NFC":
            raise unsupported(f"normalize to {form.name.upper()}")
        node.replace(call("nfc_normalize", node.this))

    def json_literal(self, node: exp.ParseJSON) -> None:
        """Do JSON '…'."""
        node.replace(call("p_json_parse", node.this))

    def now(self, node: exp.Expr) -> None:
        """Give the time of the query, not of the machine; Presto's current one has a zone."""
        has_zone = isinstance(node, exp.CurrentTimestamp) and not self._is_hive
        make = presto_times.zoned_now if has_zone else presto_times.now
        node.replace(make(self._session))

    def today(self, node: exp.Expr) -> None:
        """Give the date of the query."""
        node.replace(exp.cast(presto_times.now(self._session), "DATE"))

    def at_time_zone(self, node: exp.AtTimeZone) -> None:
        """Show a moment by the clock of a zone."""
        node.replace(in_zone(node.this, node.args["zone"]))

    def column(self, node: exp.Column) -> None:
        """Leave the database out of a column's name; refuse names that DuckDB explains itself."""
        if node.name.lower() in _HIDDEN and not node.table:
            raise QueryFailedError(f"Column '{node.name}' cannot be resolved")
        database = node.args.get("db")
        if database is not None and database.name.lower() in {
            one.lower() for one in self._session.tables
        }:
            node.set("db", None)
            node.set("catalog", None)

    def lateral(self, node: exp.Lateral) -> None:
        """Let LATERAL before a subquery pass, and LATERAL VIEW where it is a clause of a SELECT."""
        is_clause = node.args.get("view") and node.arg_key == "laterals"
        if isinstance(node.this, exp.Subquery) or (
            is_clause and isinstance(node.parent, exp.Select)
        ):
            return
        if isinstance(node.this, exp.Anonymous):
            raise self._no_such_function(node.this.name.lower())
        raise unsupported("This LATERAL")

    def unnest(self, node: exp.Unnest) -> None:
        """Make rows of arrays and maps."""
        made = unnested(node)
        if isinstance(node.parent, exp.From):
            node.replace(exp.Subquery(this=made.this.this, alias=made.args["alias"]))
        else:
            node.replace(made)

    def values(self, node: exp.Values) -> None:
        """Name the columns of VALUES."""
        alias = node.args.get("alias")
        if isinstance(node.parent, exp.From | exp.Join) and not (alias and alias.columns):
            width = len(node.expressions[0].expressions)
            names = [exp.to_identifier(f"{UNNAMED}{at}", quoted=True) for at in range(width)]
            name = alias.this if alias and alias.this else exp.to_identifier("values")
            node.set("alias", exp.TableAlias(this=name, columns=names))

    def select(self, node: exp.Select) -> None:
        """Turn the clauses that only Hive has."""
        opened_views(node)
        sort = node.args.get("sort") or node.args.get("cluster")
        for clause in ("sort", "cluster", "distribute"):
            node.set(clause, None)
        if sort and not node.args.get("order"):
            node.set("order", exp.Order(expressions=sort.expressions))
        group = node.args.get("group")
        if group:
            regrouped(group)


def _count(node: exp.Anonymous) -> None:
    """Count distinct tuples; one with a NULL in it doesn't count."""
    first = node.expressions[0] if node.expressions else None
    if isinstance(first, exp.Distinct) and len(first.expressions) > 1:
        parts = first.expressions
        first.set("expressions", [null_if_any_is_null(parts, call("row", *parts))])


def _with_its_window(node: exp.Expr) -> exp.Expr:
    top = node
    while isinstance(
        top.parent, exp.Window | exp.Filter | exp.IgnoreNulls | exp.RespectNulls | exp.WithinGroup
    ):
        if top.parent.this is not top:
            break
        top = top.parent
    return top


def _is_number(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string


def _is_decimal(node: exp.Expr) -> bool:
    return _is_number(node) and "e" not in str(node.this).lower()


_HANDLERS: Final[dict[type[exp.Expr], Callable[[Translator, Any], None]]] = {
    exp.Anonymous: Translator.function,
    exp.Div: Translator.divide,
    exp.Mod: Translator.modulo,
    exp.IntDiv: Translator.whole_divide,
    exp.Add: Translator.add_or_subtract,
    exp.Sub: Translator.add_or_subtract,
    exp.Mul: Translator.reckon,
    exp.Neg: Translator.reckon,
    **dict.fromkeys(_COMPARISONS, Translator.compare),
    exp.NullSafeEQ: Translator.same,
    exp.NullSafeNEQ: Translator.same,
    exp.Between: Translator.between,
    exp.In: Translator.among,
    exp.Case: Translator.case,
    exp.If: Translator.case,
    exp.Like: Translator.like,
    exp.RegexpLike: Translator.regexp,
    exp.Bracket: Translator.subscript,
    exp.Cast: Translator.cast,
    exp.TryCast: Translator.cast,
    exp.Interval: Translator.interval,
    exp.Extract: Translator.extract,
    exp.Trim: Translator.trim,
    exp.Substring: Translator.substring,
    exp.StrPosition: Translator.position,
    exp.Normalize: Translator.normalize,
    exp.ParseJSON: Translator.json_literal,
    exp.CurrentTimestamp: Translator.now,
    exp.Localtimestamp: Translator.now,
    exp.CurrentDate: Translator.today,
    exp.AtTimeZone: Translator.at_time_zone,
    exp.Column: Translator.column,
    exp.Unnest: Translator.unnest,
    exp.Lateral: Translator.lateral,
    exp.Values: Translator.values,
    exp.Select: Translator.select,
}
