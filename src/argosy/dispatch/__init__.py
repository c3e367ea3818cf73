"""Run one capability: validate, render, resolve, send or handle, normalise, validate."""

from argosy.dispatch.dispatcher import Dispatcher, Ports

__all__ = ["Dispatcher", "Ports"]
