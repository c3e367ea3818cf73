"""Make a connector of an OpenAPI 3 document: drafts that pass the check and can be called.

A document is read (`reading`), walked (`document`) and turned into drafts (`drafting`), which are
completed with examples by running them (`proving`) and written as a folder (`writing`).
"""

from argosy.openapi.importing import Imported, import_document
from argosy.openapi.servers import address_of

__all__ = ["Imported", "address_of", "import_document"]
