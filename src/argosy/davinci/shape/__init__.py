"""A connector as DaVinci sees it: names of capabilities and properties, and the admin's view."""

from argosy.davinci.shape.details import details_view
from argosy.davinci.shape.names import ConnectorNames
from argosy.davinci.shape.rules import PropertyRule

__all__ = ["ConnectorNames", "PropertyRule", "details_view"]
