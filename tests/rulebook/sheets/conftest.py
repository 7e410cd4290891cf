"""The shipped mappings with a second fee contract, one that has tiers and comments."""

from pathlib import Path

import pytest

from tests.rules_book import TIERED


@pytest.fixture
def tiered(mappings: Path, edit) -> Path:
    """A copy of the shipped mappings, with northpay's prices of 2027 and adjustments booked."""
    charge = "  second_charge: unapplied_receipts\n"
    edit("accounts/E1.yaml", charge, f"{charge}  adjustment: suspense  # until explained\n")
    (mappings / "fees" / "northpay_2027.yaml").write_text(TIERED)
    return mappings
