"""Approval: what differs from what was posted, and who must say yes."""

from recon_engine.stages.approval.approval import APPROVAL

__all__ = ["APPROVAL"]
