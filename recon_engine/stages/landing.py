"""Landing: what was pulled, as a table."""

from __future__ import annotations

from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage
from recon_engine.store.workspace import Workspace
from recon_engine.tables.canonical import LANDED_FILE


def list_files(_inputs: Workspace, _rules: Rulebook, _run: RunContext) -> Outputs:
    """Return the deliveries of one source for one date, as recorded when they were pulled."""
    return {LANDED_FILE.name: "state_landed_file"}


LANDING = Stage(
    name="landing",
    grain="source",
    reads=(Read(LANDED_FILE, "state"),),
    writes=(LANDED_FILE,),
    law="a file is the hash of its bytes, and a hash lands once",
    transform=list_files,
)
