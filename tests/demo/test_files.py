import csv
import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from lxml import etree

from recon_engine.connectors.cards import find_cards
from recon_engine.demo import World, make_world, write_world
from recon_engine.demo.files import german
from recon_engine.errors import Unavailable
from recon_engine.parsers.adyen_settlement import AdyenSettlement
from recon_engine.parsers.camt053 import Camt053
from recon_engine.parsers.delimited import Delimited
from recon_engine.parsers.parser import Parser
from recon_engine.rulebook.rulebook import load

ROOT = Path(__file__).resolve().parents[2]
CAMT = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"}
PARSERS: dict[str, Parser] = {
    reader.name: reader for reader in (AdyenSettlement(), Camt053(), Delimited())
}
SOURCES = ("adyen_eu", "northpay", "bank_eur", "bank_usd", "bank_jpy")
WRITE = """
import sys
from datetime import date
from pathlib import Path
from recon_engine.demo import make_world, write_world
write_world(make_world(date(2026, 3, 2), days=3, payments_a_day=20), Path(sys.argv[1]))
"""


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def adyen_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def signed(row: dict[str, str], side: str, code: str) -> Decimal:
    """Return credit less debit of one side of a row; a kind without that side has zero."""
    credit, debit = row[f"{side} Credit ({code})"], row[f"{side} Debit ({code})"]
    return Decimal(credit or 0) - Decimal(debit or 0)


def fees(row: dict[str, str]) -> Decimal:
    """Return all that a row costs."""
    names = ("Commission", "Markup", "Scheme Fees", "Interchange")
    return sum((Decimal(row[f"{name} (NC)"] or 0) for name in names), Decimal(0))


def plain(printed: str) -> Decimal:
    """Return a German number as a decimal."""
    return Decimal(printed.replace(".", "").replace(",", "."))


def northpay_rows(path: Path) -> tuple[list[dict[str, str]], list[str]]:
    """Return the rows of a northpay report, and the cells of its trailer."""
    header, *rows, trailer = csv.reader(
        path.read_text(encoding="utf-8").splitlines(), delimiter=";"
    )
    return [dict(zip(header, row, strict=True)) for row in rows], trailer


def balance(statement: etree._Element, code: str) -> Decimal:
    """Return a booked balance of a statement with its sign."""
    found = statement.xpath(f".//c:Bal[c:Tp/c:CdOrPrtry/c:Cd='{code}']", namespaces=CAMT)
    assert isinstance(found, list)
    return moved(found[0])


def moved(element: object) -> Decimal:
    """Return the amount of a balance or entry with its sign."""
    assert isinstance(element, etree._Element)
    amount = Decimal(element.findtext("c:Amt", namespaces=CAMT) or "")
    return amount if element.findtext("c:CdtDbtInd", namespaces=CAMT) == "CRDT" else -amount


def test_the_same_world_gives_the_same_bytes(world: World, project: Path, tmp_path: Path) -> None:
    write_world(make_world(world.start, days=10), tmp_path)

    assert digests(tmp_path) == digests(project)


def test_the_bytes_do_not_depend_on_the_hash_seed_of_python(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", WRITE, str(tmp_path / seed)]
        subprocess.run(command, check=True, env=environment)

    assert digests(tmp_path / "1") == digests(tmp_path / "2")


def test_writing_again_replaces_the_files_and_leaves_all_others(
    world: World, project: Path
) -> None:
    before = digests(project)
    other = project / "notes.txt"
    other.write_text("mine", encoding="utf-8")

    write_world(world, project)

    assert other.read_text(encoding="utf-8") == "mine"
    other.unlink()
    assert digests(project) == before


def test_a_place_that_is_no_folder_is_refused_in_one_line(world: World, tmp_path: Path) -> None:
    place = tmp_path / "project"
    place.write_text("a file", encoding="utf-8")

    with pytest.raises(Unavailable, match="expected a folder to write to"):
        write_world(world, place)


def test_the_inboxes_hold_one_file_for_each_batch_statement_and_copy(
    world: World, project: Path
) -> None:
    names = [path.name for path in (project / "inbox").rglob("*") if path.is_file()]

    expected = len(world.batches) + len(world.statements) + len(world.copies)
    assert len(names) == len(set(names)) == expected


def test_every_adyen_report_has_thirty_columns_one_net_currency_and_sums_to_zero(
    project: Path,
) -> None:
    reports = sorted((project / "inbox/adyen").glob("*.csv"))

    for report in reports:
        rows = adyen_rows(report)
        assert len(rows[0]) == 30
        assert len({row["Net Currency"] for row in rows}) == 1
        assert len({row["Batch Number"] for row in rows}) == 1
        assert sum(signed(row, "Net", "NC") for row in rows) == 0
        assert rows[-1]["Type"] == "MerchantPayout"
        assert [row["Type"] for row in rows].count("Fee") == 1
    assert len(reports) == 25


def test_net_is_gross_less_fees_on_every_printed_adyen_row_of_a_sale(project: Path) -> None:
    rows = [
        row
        for report in (project / "inbox/adyen").glob("*.csv")
        for row in adyen_rows(report)
        if row["Gross Currency"]
    ]

    wrong = [
        row for row in rows if signed(row, "Gross", "GC") - fees(row) != signed(row, "Net", "NC")
    ]

    assert {"Settled", "Refunded", "Chargeback", "PartnerBonus"} == {row["Type"] for row in rows}
    assert wrong == []
    assert {row["Exchange Rate"] for row in rows} == {"1"}


def test_adyen_prints_either_a_debit_or_a_credit(project: Path) -> None:
    for report in (project / "inbox/adyen").glob("*.csv"):
        for row in adyen_rows(report):
            assert bool(row["Net Debit (NC)"]) != bool(row["Net Credit (NC)"])
            assert (row["Type"] in ("Fee", "MerchantPayout", "DepositCorrection")) == (
                not row["Gross Debit (GC)"] and not row["Gross Credit (GC)"]
            )


def test_a_summer_moment_is_printed_in_summer_time(tmp_path: Path) -> None:
    write_world(make_world(date(2026, 3, 28), days=2, payments_a_day=20), tmp_path)

    zones = {
        (row["Creation Date"][:10], row["TimeZone"])
        for report in (tmp_path / "inbox/adyen").glob("*.csv")
        for row in adyen_rows(report)
    }

    assert ("2026-03-28", "CET") in zones
    assert ("2026-03-30", "CEST") in zones
    assert ("2026-03-30", "CET") not in zones


def test_the_trailer_of_a_northpay_report_counts_and_adds_its_rows(project: Path) -> None:
    reports = sorted((project / "inbox/northpay").glob("*.csv"))

    for report in reports:
        rows, trailer = northpay_rows(report)
        assert trailer[0] == "SUMME"
        assert int(trailer[1]) == len(rows)
        assert plain(trailer[2]) == sum(plain(row["Netto"]) for row in rows) == 0
        for row in rows:
            assert plain(row["Betrag"]) - plain(row["Gebühr"]) == plain(row["Netto"])
        assert len({row["Währung"] for row in rows}) == 1
    assert len(reports) == 24


def test_yen_have_no_decimals_and_german_thousands_a_full_stop() -> None:
    assert german(-1234567, "JPY") == "-1.234.567"
    assert german(1234567, "EUR") == "12.345,67"


def test_every_statement_file_adds_up_and_opens_where_the_last_one_closed(project: Path) -> None:
    chains: dict[str, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for path in sorted((project / "inbox/bank").glob("*.xml")):
        statement = etree.parse(path).getroot()
        account = statement.findtext(".//c:IBAN", namespaces=CAMT) or ""
        entries = statement.findall(".//c:Ntry", namespaces=CAMT)

        opening, closing = balance(statement, "OPBD"), balance(statement, "CLBD")
        chains[account].append((opening, closing))

        assert opening + sum(map(moved, entries)) == closing
        assert statement.findtext(".//c:NbOfNtries", namespaces=CAMT) == str(len(entries))
    assert {len(chain) for chain in chains.values()} == {10}
    assert len(chains) == 3
    for chain in chains.values():
        assert all(before[1] == after[0] for before, after in pairwise(chain))


def test_every_planted_problem_stands_in_a_file(world: World, project: Path) -> None:
    inbox = [path for path in (project / "inbox").rglob("*") if path.is_file()]
    texts = {path.name: path.read_text(encoding="utf-8") for path in inbox}
    whole = "\n".join(texts.values())

    for problem in world.planted:
        if problem.reason == "unmatched_ledger":
            assert problem.subject not in whole
        elif problem.reason == "suppressed_line":
            original = problem.subject.replace("_copy", "")
            assert texts[problem.subject] == texts[original]
        elif problem.reason == "quarantined_row":
            assert texts[problem.subject].count("31.02.2026") == 1
        elif problem.reason == "payout_overdue":
            assert problem.subject in whole
            assert not any(
                problem.subject in text for name, text in texts.items() if name[:4] == "camt"
            )
        else:
            assert problem.subject in whole


def test_no_file_holds_what_looks_like_a_card_number(project: Path) -> None:
    for path in (project / "inbox").rglob("*.*"):
        assert list(find_cards(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("name", SOURCES)
def test_every_file_of_a_source_is_read_by_its_real_parser(name: str, project: Path) -> None:
    source = load(ROOT / "mappings").sources[name]
    paths = sorted((project / "inbox").rglob(source.files))
    reader = PARSERS[source.parser]

    for path in paths:
        content = path.read_bytes()
        with path.open("rb") as stream:
            batches = list(reader.parse(stream, source, path.name))
        rows = sum(batch.num_rows for batch in batches if is_record(batch, source.record))
        assert reader.recognises(content[:4096])
        assert rows == printed_rows(path)
    assert paths


def is_record(batch: pa.RecordBatch, record: str) -> bool:
    return (batch.schema.metadata or {}).get(b"record") == record.encode()


def printed_rows(path: Path) -> int:
    """Return how many lines or entries a file prints, headers and trailers left out."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".xml":
        return text.count("<Ntry>")
    return len(text.splitlines()) - (2 if path.name.startswith("northpay") else 1)
