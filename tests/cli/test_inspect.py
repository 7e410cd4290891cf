"""`recon inspect`: what a run would make of one file, and that nothing is written."""

from datetime import date
from pathlib import Path

import pytest

from recon_engine.errors import ExitCode
from recon_engine.run import open_project, read_table
from tests.cli.conftest import Recon

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
ADYEN = GOLDEN / "adyen_settlement" / "batch_41.csv"
CAMT = GOLDEN / "camt053" / "version_02.xml"
OFX = GOLDEN / "ofx" / "sgml.ofx"
NORTHPAY = """\
Buchung;Art;Auftrag;Betrag;Gebühr;Netto;Währung;Abrechnung;Bankreferenz;Datum
N1;Zahlung;ORD-1;1.200,00;20,00;1.180,00;EUR;A1;;02.03.2026
N2;Erstattung;ORD-2;-80,00;0,00;-80,00;EUR;A1;;02.03.2026
N3;Auszahlung;;-1.100,00;0,00;-1.100,00;EUR;A1;NP00000001;02.03.2026
SUMME;3;0,00
"""
EXTRACTS = {
    "erp_ledger": (
        "entity,ledger,document_id,document_line,posting_date,account,currency,amount,"
        "functional_currency,functional_amount,reference,customer,origin_key\n"
        "E1,main,D1,1,2026-03-01,1100,EUR,75.00,EUR,75.00,,C1,\n"
        "E1,main,D1,2,2026-03-02,4000,EUR,-75.00,EUR,-75.00,,,\n",
        [("credit", "EUR", 1, -7500), ("debit", "EUR", 1, 7500)],
    ),
    "erp_balance": (
        "entity,ledger,account,currency,balance_date,amount,functional_currency,functional_amount\n"
        "E1,main,1000,JPY,2026-03-02,5000,EUR,30.00\n",
        [("balance", "JPY", 1, 5000)],
    ),
    "erp_invoices": (
        "entity,document_id,kind,customer,document_date,due_date,account,currency,amount,"
        "open_amount,reference\n"
        "E1,I1,invoice,C1,2026-03-01,2026-03-31,1100,EUR,90.00,60.00,ORD-1\n",
        [("invoice", "EUR", 1, 6000)],
    ),
    "erp_rates": (
        "entity,from_currency,to_currency,rate_date,rate\nE1,USD,EUR,2026-03-02,0.91\n",
        [("rate", "USD", 1, None)],
    ),
}
"""Source of the shipped mappings: an extract of it, and its rows by kind."""
NORTHPAY_NAME = "northpay_eur_20260302.csv"


def northpay(folder: Path, text: str = NORTHPAY) -> Path:
    """Write a file of the shipped source northpay."""
    file = folder / NORTHPAY_NAME
    file.write_text(text, "utf-8")
    return file


def written(folder: Path) -> dict[Path, int]:
    """Return every file of a folder with its time."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_file_is_recognised_and_summed_up(recon: Recon) -> None:
    done = recon("inspect", ADYEN)

    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert done.code == ExitCode.DONE
    assert lines[0].startswith("batch_41.csv: adyen_settlement (settlement), because the parser")
    assert "charge EUR 3 162.77 EUR 2026-03-01 2026-03-01 Settled" in lines
    assert "EUR: 7 rows, 0.00 EUR, 2026-03-01 to 2026-03-02" in lines
    assert "payout TX0000000041XT batch 41, ShopCOM: 90.00 EUR, 2026-03-02" in lines
    assert lines[-1] == "a run would read this file: take 7 rows"


def test_balances_show_the_last_four_of_an_account(recon: Recon) -> None:
    done = recon("inspect", CAMT, "--json").json()

    assert done["content"]["balances"] == [
        {
            "account": "...3400",
            "unit": "2026-062",
            "currency": "EUR",
            "opening_minor": -5000,
            "movement_minor": 7233,
            "closing_minor": 2233,
        }
    ]
    assert (done["format"], done["record"], done["exit_code"]) == ("camt053", "bank", 0)
    assert "DE00" not in str(done)


def test_rows_that_a_run_would_keep_are_shown_with_line_and_reason(recon: Recon) -> None:
    done = recon("inspect", OFX)

    assert done.code == ExitCode.DONE
    assert (
        "quarantined row 3, booking_date: found '20260231', expected a date as the source prints "
        "it (BNK-104)"
    ) in done.out.splitlines()
    assert done.out.endswith("take 2 rows, keep 2 rows in quarantine\n")


def test_what_the_gate_stops_ends_as_the_run_does(recon: Recon) -> None:
    done = recon("inspect", GOLDEN / "bai2" / "two_groups.bai")

    assert done.code == ExitCode.STOPPED
    assert "critical: CAN-003 found 25, expected 0" in done.out
    assert "a run would stop at the gate" in done.out


def test_a_named_format_says_where_it_refuses_a_file(recon: Recon) -> None:
    done = recon("inspect", CAMT, "--format", "mt940")

    assert done.code == ExitCode.STOPPED
    assert "tried mt940: version_02.xml line 1, column" in done.out
    assert "tried camt053" not in done.out


def test_a_file_that_does_not_add_up_is_not_passed_off_as_another_format(recon: Recon) -> None:
    done = recon("inspect", GOLDEN / "delimited" / "stripe_payout_reconciliation.csv", "--json")

    told = done.json()
    assert (done.code, told["content"]) == (ExitCode.STOPPED, None)
    assert told["tried"][0]["format"] == "stripe_payout_reconciliation"
    assert "found a closing of 0.00 EUR, expected 9.46 EUR" in told["tried"][0]["reason"]
    assert told["not_tried"] == ["stripe_balance_change"]


def test_a_file_of_no_format_says_which_were_tried_and_why_not(
    recon: Recon, tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("name,town\nAda,London\n")

    done = recon("inspect", file)

    assert done.code == ExitCode.STOPPED
    assert (
        "tried shopify_export: list.csv line 1, column Order: found the columns name, town, "
        "expected this mandatory column; the file was refused"
    ) in done.out.splitlines()
    assert "not recognised by its first bytes: " in done.out
    assert "a run would refuse this file; nothing of it would be published" in done.out


def test_a_card_number_is_refused_by_a_control_and_not_shown(recon: Recon, tmp_path: Path) -> None:
    file = tmp_path / ADYEN.name
    file.write_text(ADYEN.read_text("utf-8").replace(",visa,", ",4111111111111111,", 1), "utf-8")
    assert file.read_bytes() != ADYEN.read_bytes()

    done = recon("inspect", file)

    assert done.code == ExitCode.REFUSED
    assert "found a card number ending 1111, expected none" in done.out
    assert "4111111111111111" not in done.out + done.err


def test_what_is_no_format_or_no_file_is_usage(recon: Recon, tmp_path: Path) -> None:
    unknown = recon("inspect", CAMT, "--format", "telex")
    missing = recon("inspect", tmp_path / "gone.csv")

    assert unknown.code == missing.code == ExitCode.USAGE
    assert "--format: found 'telex', expected one of: adyen_accounting," in unknown.err
    assert "gone.csv: no such file or directory, expected a file; nothing was read" in missing.err


def test_a_source_of_a_project_is_tried_and_nothing_is_written(
    recon: Recon, project: Path, tmp_path: Path
) -> None:
    file, before = northpay(tmp_path), written(project)

    done = recon("inspect", file, "--project", project, "--json").json()

    assert (done["exit_code"], done["format"], done["assumed"]) == (0, "northpay", [])
    assert written(project) == before


def test_a_name_that_the_source_does_not_wait_for_is_said(
    recon: Recon, project: Path, tmp_path: Path
) -> None:
    file = northpay(tmp_path).rename(tmp_path / "sent_northpay_eur_20260302.csv")

    done = recon("inspect", file, "--project", project)

    assert done.code == ExitCode.DONE
    assert (
        "assumed: another name, as a run takes up no file of this one for the source, only "
        "northpay_*.csv"
    ) in done.out.splitlines()


@pytest.mark.parametrize("source", EXTRACTS)
def test_an_extract_is_summed_up_where_its_source_is_named(
    recon: Recon, project: Path, tmp_path: Path, source: str
) -> None:
    text, expected = EXTRACTS[source]
    file = tmp_path / f"{source}.csv"
    file.write_text(text)

    done = recon("inspect", file, "--project", project, "--format", source, "--json").json()

    keys = ("kind", "currency", "row_count", "amount_minor")
    assert done["exit_code"] == 0, done["tried"]
    assert [tuple(one[key] for key in keys) for one in done["content"]["rows"]] == expected


def test_a_line_that_stands_twice_counts_once_and_is_told(
    recon: Recon, project: Path, tmp_path: Path
) -> None:
    first, line, *rest = NORTHPAY.splitlines(keepends=True)
    text = "".join((first, line, line, *rest)).replace("SUMME;3", "SUMME;4")
    file = northpay(tmp_path, text.replace("-1.100,00", "-2.280,00"))

    done = recon("inspect", file, "--project", project, "--json").json()

    charge = next(one for one in done["content"]["rows"] if one["kind"] == "charge")
    assert (charge["row_count"], charge["amount_minor"]) == (1, 118_000)
    assert done["content"]["listed"] == [
        f"{NORTHPAY_NAME}: suppressed_line: 1 lines of {NORTHPAY_NAME} had been counted before; "
        "they were kept and listed, and post nothing"
    ]


def test_a_source_refuses_a_file_with_the_place(
    recon: Recon, project: Path, tmp_path: Path
) -> None:
    file = northpay(tmp_path, NORTHPAY.replace("SUMME;3;0,00", "SUMME;3;0,01"))

    done = recon("inspect", file, "--project", project, "--format", "northpay")

    assert done.code == ExitCode.STOPPED
    assert f"tried northpay: {NORTHPAY_NAME} line 5, column 3: found control total" in done.out


def test_what_it_reads_is_what_a_run_publishes(recon: Recon, project: Path, tmp_path: Path) -> None:
    told = recon("inspect", northpay(tmp_path), "--project", project, "--json").json()
    northpay(project / "inbox" / "northpay")

    recon("run", "--date", told["content"]["business_date"], "--project", project)

    with open_project(project) as opened:
        lines = read_table(opened, "settlement_line", date(2026, 3, 2), "northpay").to_pylist()
    published = sorted((line["kind"], line["currency"], line["net_minor"]) for line in lines)
    assert len(published) == 3
    assert published == sorted(
        (one["kind"], one["currency"], one["amount_minor"]) for one in told["content"]["rows"]
    )
