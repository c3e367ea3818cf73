"""DaVinci's flow exports, in and out, without loss.

An import gives a flow of ours as a view of DaVinci's, which is kept beside it; an export puts what
was edited into what was kept. So what nobody touched leaves as it came.
"""

from argosy.davinci.exporting import export_flow, export_leniently
from argosy.davinci.exports import (
    Documents,
    ImportedFlow,
    export_again,
    export_flows,
    export_folder,
    import_export,
)
from argosy.davinci.importing import import_flow, is_imported
from argosy.davinci.reading import Export, read_export
from argosy.davinci.report import FlowReport

__all__ = [
    "Documents",
    "Export",
    "FlowReport",
    "ImportedFlow",
    "export_again",
    "export_flow",
    "export_flows",
    "export_folder",
    "export_leniently",
    "import_export",
    "import_flow",
    "is_imported",
    "read_export",
]
