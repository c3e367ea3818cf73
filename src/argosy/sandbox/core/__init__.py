"""The core API (`/v3/…`): databases, tables, imports, jobs, saved queries, users, connections."""
