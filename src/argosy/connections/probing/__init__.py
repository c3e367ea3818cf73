"""Tests of credentials: what a type declares, made for one connection, within five seconds."""

from argosy.connections.probing.prober import Prober
from argosy.connections.probing.result import REASONS, RETRYABLE, Check, ProbeResult, Remote
from argosy.connections.probing.settings import ProbeSettings

__all__ = ["REASONS", "RETRYABLE", "Check", "ProbeResult", "ProbeSettings", "Prober", "Remote"]
