"""The Data Ingestion API: `POST /{database}/{table}` with one record or up to 500."""
