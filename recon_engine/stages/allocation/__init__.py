"""Allocation: every amount is put to a kind, and parts add up to the whole."""

from recon_engine.stages.allocation.allocation import ALLOCATION_STAGE as ALLOCATION

__all__ = ["ALLOCATION"]
