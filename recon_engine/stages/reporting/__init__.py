"""Reporting: what the night did, and the proof that nothing was lost."""

from recon_engine.stages.reporting.reporting import REPORTING

__all__ = ["REPORTING"]
