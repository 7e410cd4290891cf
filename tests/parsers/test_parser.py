"""The registry of parsers, and what a message never shows."""

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from recon_engine.errors import RulebookError
from recon_engine.parsers import parser as registry
from recon_engine.parsers.adyen_settlement import AdyenSettlement
from recon_engine.parsers.bai2 import Bai2
from recon_engine.parsers.camt053 import Camt053
from recon_engine.parsers.camt_reports import Camt052, Camt054
from recon_engine.parsers.delimited import Delimited
from recon_engine.parsers.ecb_rates import EcbRates
from recon_engine.parsers.mt940 import Mt940, Mt942
from recon_engine.parsers.ofx import Ofx
from recon_engine.parsers.parser import Parser, refusal, shown
from recon_engine.tables.canonical import KINDS

SHIPPED: tuple[Parser, ...] = (
    AdyenSettlement(),
    Bai2(),
    Camt052(),
    Camt053(),
    Camt054(),
    Delimited(),
    EcbRates(),
    Mt940(),
    Mt942(),
    Ofx(),
)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch):
    """Pretend that some entry points are installed, and no others."""

    def pretend(*points: EntryPoint) -> None:
        def found(group: str) -> EntryPoints:
            assert group == "recon_engine.parsers"
            return EntryPoints(points)

        monkeypatch.setattr(registry, "installed", found)

    return pretend


def point(name: str, value: str) -> EntryPoint:
    """Give an entry point as a package would declare it."""
    return EntryPoint(name, value, "recon_engine.parsers")


def test_a_parser_is_found_by_the_name_it_is_installed_under(installed) -> None:
    installed(point("delimited", "recon_engine.parsers.delimited:Delimited"))

    assert isinstance(registry.parser("delimited"), Delimited)


def test_a_name_that_nobody_installed_lists_those_that_are(installed) -> None:
    installed(point("camt053", "recon_engine.parsers.camt053:Camt053"))

    with pytest.raises(RulebookError, match=r"'bai3': found no .*, expected one of: camt053"):
        registry.parser("bai3")


def test_a_name_installed_twice_is_refused(installed) -> None:
    shipped = point("camt053", "recon_engine.parsers.camt053:Camt053")
    installed(shipped, point("camt053", "elsewhere:Other"))

    with pytest.raises(RulebookError, match="found two installed parsers of this name"):
        registry.parser("camt053")


@pytest.mark.parametrize("value", ["recon_engine.parsers.nowhere:X", "recon_engine.ids:Nothing"])
def test_a_parser_that_does_not_load_is_named(installed, value: str) -> None:
    installed(point("broken", value))

    with pytest.raises(RulebookError, match=r"'broken': found .* which does not load"):
        registry.parser("broken")


@pytest.mark.parametrize("parser", SHIPPED, ids=lambda parser: parser.name)
def test_a_shipped_parser_knows_only_kinds_of_ours_and_offsets(parser: Parser) -> None:
    assert set(parser.kinds.values()) <= set(KINDS)
    assert all(kind == kind.lower() for kind in parser.kinds)
    assert all(len(offset) == 6 and offset[0] in "+-" for offset in parser.zones.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12..34", "'12..34'"),
        ("2026-03-02 10:25:36", "'2026-03-02 10:25:36'"),
        ("5555555555554444", "'...4444'"),
        ("5555 5555 5555 4444", "'...4444'"),
        ("5555-5555-5555-4444", "'...4444'"),
        ("2026-03-02 5555555555554444", "'2026-03-02 ...4444'"),
        ("DE00123412341234123400", "'...3400'"),
        ("two\nlines", "'two\N{REPLACEMENT CHARACTER}lines'"),
        ("x" * 70, "'" + "x" * 60 + "...'"),
    ],
)
def test_a_found_text_is_shown_short_and_without_a_full_number(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_a_file_name_does_not_show_an_account() -> None:
    line = str(refusal("camt.053_P_de00123412341234123400_1.xml", 3, "Amt", "'x'", "a number"))

    assert line == (
        "camt.053_P_...3400_1.xml line 3, column Amt: found 'x', expected a number; "
        "the file was refused"
    )


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda parser: parser.name)
def test_a_shipped_parser_stands_at_the_door_for_everybody(shipped: Parser) -> None:
    assert isinstance(registry.parser(shipped.name), type(shipped))
