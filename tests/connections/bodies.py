"""The bodies that the product brief shows for connections and tables, its slips mended."""

from __future__ import annotations

from typing import Any

SALESFORCE = {
    "credentials": {
        "domain": "fake-domain",
        "client_id": "fake-client_id",
        "client_secret": "fake-client_secret",
    }
}
USERS: dict[str, Any] = {
    "resource": "user",
    "connection_table_params": {"file_format": "CSV", "options": {"compression": "zip"}},
    "resource_params": {"columns_mapping": {"user_id": "test_field_user_id"}},
    "connection_table_metadata": {"description": "list of users properties in a csv file"},
}
REPORT: dict[str, Any] = {
    "resource": "analytics_report",
    "connection_table_params": {"file_format": "dat", "options": {}},
    "resource_params": {"columns_mapping": {}},
    "connection_table_metadata": {
        "description": "segmentation with ab-test01",
        "segmentation_id": "segm123",
        "start_timestamp": 1634000000.01,
        "end_timestamp": 1635000000.02,
    },
}
ITEMS: dict[str, Any] = {
    "resource": "item",
    "connection_table_params": {
        "file_format": "CSV",
        "bucket": "my-test-bucket",
        "options": {"compression": "zip"},
    },
    "resource_params": {"columns_mapping": {}},
    "connection_table_metadata": {"description": "list of items properties in a csv file"},
}
