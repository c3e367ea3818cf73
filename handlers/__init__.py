"""Handlers of the Treasure Data connector: what its declared requests cannot say."""
