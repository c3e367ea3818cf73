"""JSON Schema 2020-12: bundle references, answer "is it valid", say what is wrong.

`jsonschema` is the contract and the source of every message. A compiled validator answers the
question "is it valid" on the hot path; a test holds the two to the same answers.
"""

from argosy.validation.bundle import SchemaReferenceError, bundle
from argosy.validation.validator import InvalidSchemaError, Validator, explain

__all__ = ["InvalidSchemaError", "SchemaReferenceError", "Validator", "bundle", "explain"]
