"""Take-on: what stood open before the first night, held against ledger, processors and bank."""

from recon_engine.run.take_ons import TakeOn
from recon_engine.take_on.positions import Position
from recon_engine.take_on.proposal import Proposal, enact, find_take_on, judge, propose

__all__ = ["Position", "Proposal", "TakeOn", "enact", "find_take_on", "judge", "propose"]
