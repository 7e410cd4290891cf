"""Journals: what the ledger should say about tonight, by template."""

from recon_engine.stages.journals.journals import JOURNALS

__all__ = ["JOURNALS"]
