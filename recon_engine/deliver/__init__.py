"""Deliver: what a second person approved goes out, once, and the answers come back."""

from recon_engine.deliver.batches import Batch, batches, debits, find_batch
from recon_engine.deliver.letters import Redelivered, redeliver
from recon_engine.deliver.posting import Posted, post_approved
from recon_engine.deliver.restore import ReadBack, lift, restore_check
from recon_engine.deliver.summaries import find_summary, lines_in
from recon_engine.deliver.sweeping import sweep
from recon_engine.deliver.verdicts import judge

__all__ = [
    "Batch",
    "Posted",
    "ReadBack",
    "Redelivered",
    "batches",
    "debits",
    "find_batch",
    "find_summary",
    "judge",
    "lift",
    "lines_in",
    "post_approved",
    "redeliver",
    "restore_check",
    "sweep",
]
