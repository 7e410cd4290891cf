"""Canonical: files of any format become tables of one meaning."""

from recon_engine.stages.canonical.canonical import CANONICAL

__all__ = ["CANONICAL"]
