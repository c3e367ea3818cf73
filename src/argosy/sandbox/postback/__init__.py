"""The postback API, tracking pixels, and the collector of older browser clients."""
