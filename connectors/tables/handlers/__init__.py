"""Handlers of the built-in connector for stored tables."""
