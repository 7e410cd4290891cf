"""Inspection: one file read as a run would read it, in a state and a lake that nobody sees."""

from recon_engine.inspection.content import Content
from recon_engine.inspection.formats import Format, names
from recon_engine.inspection.trial import Inspection, Tried, inspect

__all__ = ["Content", "Format", "Inspection", "Tried", "inspect", "names"]
