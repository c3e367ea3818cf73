"""The real-time personalization service."""
