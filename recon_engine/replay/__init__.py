"""Replay: what a run published is made again from what it knew; a date as of a past moment."""

from __future__ import annotations

from recon_engine.replay.again import Replayed, replay
from recon_engine.replay.as_of import Comparison, LookBack, look_back
from recon_engine.replay.difference import Difference

__all__ = [
    "Comparison",
    "Difference",
    "LookBack",
    "Replayed",
    "look_back",
    "replay",
]
