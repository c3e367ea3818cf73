"""The store's migrations: a module each in `versions/`, run by `argosy.store.migrating`."""
