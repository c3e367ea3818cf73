"""Run one capability: validate, render, resolve, send or handle, normalise, validate."""

from argosy.dispatch.dispatcher import Dispatcher, Ports
from argosy.dispatch.plain_request import send_plain

__all__ = ["Dispatcher", "Ports", "send_plain"]
