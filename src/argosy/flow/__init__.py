"""Flows: read a flow's file, compile it once, run it as often as wanted.

A flow is a graph. Its plan is made once: expressions compiled, kinds resolved, edges counted. A
run starts at the trigger, and goes on along the edges that are taken; where several nodes can run,
they run in parallel. The same engine serves the command line, the flow tests and the servers.
"""

from argosy.flow.engine import Engine, EngineSettings
from argosy.flow.library import FlowLibrary, load_flow, read_flow_document
from argosy.flow.run import Attempt, Run, Step

__all__ = [
    "Attempt",
    "Engine",
    "EngineSettings",
    "FlowLibrary",
    "Run",
    "Step",
    "load_flow",
    "read_flow_document",
]
