"""Making ahead: what the files of the next date say, read while the present date goes on."""

from __future__ import annotations

from datetime import date

from recon_engine.pipeline import STAGES
from recon_engine.run.attempt import Ahead
from recon_engine.run.closing import sealed_with
from recon_engine.run.project import Project
from recon_engine.run.reads import look_up
from recon_engine.run.scopes import scopes
from recon_engine.run.staging import Premise, make_all, prepare
from recon_engine.store.manifest import Manifest

OF_FILES = STAGES[:2]
"""The stages that read files, and what files said before: nothing else of the night before."""


def make_ahead(project: Project, business_date: date, after: date, run_id: str) -> Ahead:
    """Return what the files of a date give, staged and not published, as if `after` ended green.

    It needs the files of `after` read and published, and nothing else of that night. Where `after`
    stops, or a file comes meanwhile, the run of the date comes to another key and makes its
    own. A scope that stops is left out: the run meets its fault again and tells it.
    """
    staged: dict[tuple[str, str], Manifest] = {}
    for stage in OF_FILES:
        known = look_up(project, business_date)
        premise = Premise(sealed_with(project, after), dict(staged))
        jobs = [
            prepare(project, stage, scope, run_id, known, premise)
            for scope in scopes(project.rulebook, stage.grain)
        ]
        made = [one for one in make_all(project, jobs) if isinstance(one, Manifest)]
        staged |= {(stage.name, one.scope): one for one in made}
    return {manifest.run_key: manifest for manifest in staged.values()}
