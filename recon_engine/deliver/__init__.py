"""Deliver: what a second person approved goes out, once, and the answers come back."""

from recon_engine.deliver.batches import Batch, batches, debits, find_batch
from recon_engine.deliver.posting import Posted, post_approved
from recon_engine.deliver.verdicts import judge

__all__ = ["Batch", "Posted", "batches", "debits", "find_batch", "judge", "post_approved"]
