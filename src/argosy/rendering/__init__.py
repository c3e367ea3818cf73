"""Templates become values: sandboxed, strict, type-keeping, compiled once.

A value that is exactly one `{{ expression }}` yields the expression's own value with its type;
any other text yields text. Only expressions are read: a statement (`{% … %}`) is refused, so a
template always ends. Names are strict: one that is not there is `MISSING`, and whoever builds
a request decides whether a missing value drops its key or is an error.
"""

from argosy.rendering.compiled import MISSING
from argosy.rendering.environment import FILTERS, FUNCTIONS
from argosy.rendering.template import (
    Template,
    TemplateSyntaxError,
    compile_template,
    compile_value,
)
from argosy.rendering.text import percent_encode, to_text

__all__ = [
    "FILTERS",
    "FUNCTIONS",
    "MISSING",
    "Template",
    "TemplateSyntaxError",
    "compile_template",
    "compile_value",
    "percent_encode",
    "to_text",
]
