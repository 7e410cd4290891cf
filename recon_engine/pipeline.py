"""The order of the house, in eight lines."""

from __future__ import annotations

from recon_engine.stages.allocation import ALLOCATION
from recon_engine.stages.approval import APPROVAL
from recon_engine.stages.canonical import CANONICAL
from recon_engine.stages.journals import JOURNALS
from recon_engine.stages.landing import LANDING
from recon_engine.stages.matching import MATCHING
from recon_engine.stages.posting import POSTING
from recon_engine.stages.reporting import REPORTING

STAGES = (
    LANDING,
    CANONICAL,
    MATCHING,
    ALLOCATION,
    JOURNALS,
    APPROVAL,
    POSTING,
    REPORTING,
)
