"""Matching: items of two sides meet, references first, and nothing is guessed."""

from recon_engine.stages.matching.matching import MATCHING

__all__ = ["MATCHING"]
