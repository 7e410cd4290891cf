"""A rulebook travels as the text of its hash, and comes back as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recon_engine.errors import GateBlocked
from recon_engine.ids import sha256_hex
from recon_engine.rulebook.bundle import bundle, unbundle
from recon_engine.rulebook.rulebook import Rulebook, load

PLACE = Path("rulebooks/x.json")


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return load(Path(__file__).resolve().parents[2] / "mappings")


def test_the_hash_of_a_bundle_is_the_hash_of_its_rules(rules: Rulebook) -> None:
    assert sha256_hex(bundle(rules)) == rules.hash


def test_rules_come_back_as_they_were(rules: Rulebook) -> None:
    back = unbundle(bundle(rules), PLACE)

    assert back == replace(rules, folder=PLACE)
    assert bundle(back) == bundle(rules)


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"[{},{},{},{},{}]", b'[{"x":{"unheard_of":1}},{},{},{},{"policy":{}}]'],
)
def test_rules_of_another_kind_are_refused_in_one_line(content: bytes) -> None:
    with pytest.raises(GateBlocked, match=r"x\.json: found rules that this version .* cannot read"):
        unbundle(content, PLACE)
