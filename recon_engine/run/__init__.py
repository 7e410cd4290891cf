"""Run: every stage of a date in order; stage all scopes, gate, publish."""

from recon_engine.run.project import Project, Record, open_beside, open_project, open_record
from recon_engine.run.result import RunResult, ScopeResult, StagedScope, StageResult
from recon_engine.run.runner import run_date
from recon_engine.run.tables import night, read_table, written

__all__ = [
    "Project",
    "Record",
    "RunResult",
    "ScopeResult",
    "StageResult",
    "StagedScope",
    "night",
    "open_beside",
    "open_project",
    "open_record",
    "read_table",
    "run_date",
    "written",
]
