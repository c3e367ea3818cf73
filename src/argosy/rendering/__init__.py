"""Templates become values: strict, type-keeping, compiled once.

A value that is exactly one `{{ expression }}` yields the expression's own value with its type;
any other text yields text. The grammar is jinja's, read by jinja's own parser; there are
expressions only, no statements, so a template always ends. What an expression can do is listed
in `expression` and `filters`: it reads keys of objects and nothing else of Python, so there is
nothing to escape through. Names are strict: one that is not there is `MISSING`, and whoever
builds a request decides whether a missing value drops its key or is an error.
"""

from argosy.rendering.expression import MISSING, ExpressionFunction, Scope
from argosy.rendering.filters import FILTERS
from argosy.rendering.template import (
    Template,
    TemplateSyntaxError,
    compile_template,
    compile_value,
    template_parts,
)
from argosy.rendering.text import encode_json, percent_encode, to_text

#: Names that an expression may call; the dispatcher fills them for each invocation.
FUNCTIONS = ("new_uuid",)

__all__ = [
    "FILTERS",
    "FUNCTIONS",
    "MISSING",
    "ExpressionFunction",
    "Scope",
    "Template",
    "TemplateSyntaxError",
    "compile_template",
    "compile_value",
    "encode_json",
    "percent_encode",
    "template_parts",
    "to_text",
]
