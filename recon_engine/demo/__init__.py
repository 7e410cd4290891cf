"""The demo world: a made-up company whose files are real in form and whose problems are known."""

from __future__ import annotations

from recon_engine.demo.branch import join, make_branch
from recon_engine.demo.files import write_day, write_world
from recon_engine.demo.model import Planted, World
from recon_engine.demo.world import describe, make_world

__all__ = [
    "Planted",
    "World",
    "describe",
    "join",
    "make_branch",
    "make_world",
    "write_day",
    "write_world",
]
