"""The doorways: what leaves a stage is weighed before anybody reads it."""

from recon_engine.gates.expectations import open_door, suite_of
from recon_engine.gates.gate import Finding, GateResult, Verdict, columns_of, weigh
from recon_engine.gates.profile import profile

__all__ = [
    "Finding",
    "GateResult",
    "Verdict",
    "columns_of",
    "open_door",
    "profile",
    "suite_of",
    "weigh",
]
