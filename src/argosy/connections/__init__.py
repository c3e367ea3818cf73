"""Connections to external systems: types as data, tests of credentials, and who keeps them.

`types`, `fields` and `probing` need no store. `service.Connections` and `tables.Tables` are the
service behind the API, over a store, and come with the extra `server`.
"""
