"""MT940 and MT942: marks, days, pages, texts and references."""

import pytest

from recon_engine.parsers.mt940 import Mt940, Mt942
from recon_engine.parsers.mt940_details import details

HEAD = ":20:X\n:25:DE89370400440532013000\n:28C:61/1\n"


@pytest.fixture
def source(declare):
    return declare(record="bank", parser="mt940", bank_account="DE89 3704 0044 0532 0130 00")


def statement(*entries: str, opening: str = "C260301EUR100,00", closing: str) -> str:
    """Write a statement of some lines :61:."""
    lines = "".join(f":61:{entry}\n" for entry in entries)
    return f"{HEAD}:60F:{opening}\n{lines}:62F:{closing}\n-\n"


@pytest.mark.parametrize(
    ("mark", "closing", "reversal"),
    [
        ("C", "110,00", None),
        ("D", "90,00", None),
        ("RC", "90,00", "true"),
        ("RD", "110,00", "true"),
    ],
)
@pytest.mark.parametrize("funds_code", ["", "R"])
def test_a_reversal_goes_the_other_way_and_the_funds_code_is_no_mark(
    read, source, mark: str, closing: str, reversal: str | None, funds_code: str
) -> None:
    content = statement(
        f"2603020302{mark}{funds_code}10,NTRFNONREF", closing=f"C260302EUR{closing}"
    )

    entry, _ = read(Mt940(), source, content)

    assert (entry["amount"], entry["indicator"], entry.get("reversal")) == ("10", mark, reversal)


@pytest.mark.parametrize(
    ("printed", "value_date", "booking_date"),
    [
        ("2603030302", "2026-03-03", "2026-03-02"),
        ("260302", "2026-03-02", "2026-03-02"),
        ("2601021231", "2026-01-02", "2025-12-31"),
        ("2512310102", "2025-12-31", "2026-01-02"),
        ("2403010229", "2024-03-01", "2024-02-29"),
        ("9912311231", "1999-12-31", "1999-12-31"),
        ("2603010229", "2026-03-01", "0229"),
        ("2602300302", "260230", "0302"),
        ("26-03-02", "26-03-02", "26-03-02"),
        ("", "", ""),
    ],
)
def test_the_year_of_a_booking_is_the_nearest_and_what_is_no_day_stays_as_printed(
    read, source, printed: str, value_date: str, booking_date: str
) -> None:
    content = statement(f"{printed}C10,00NTRFNONREF", closing="C260302EUR110,00")

    entry, _ = read(Mt940(), source, content)

    assert (entry["value_date"], entry["booking_date"]) == (value_date, booking_date)


def test_two_equal_entries_stay_two_and_differ_in_nothing_but_their_line(read, source) -> None:
    content = statement(*["260302C10,00NTRFNONREF"] * 2, closing="C260302EUR120,00")

    first, second, _ = read(Mt940(), source, content)

    assert (first.pop("row_no"), second.pop("row_no")) == (5, 6)
    assert first == second


def test_a_statement_is_named_by_its_number_and_day_whatever_the_file_is_called(
    read, source
) -> None:
    content = statement("260302C10,00NTRFNONREF", closing="C260302EUR110,00")

    entry, balance = read(Mt940(), source, content)

    assert entry["statement_id"] == balance["statement_id"] == "2026-03-01/61/1"
    assert balance["sequence_no"] == "61"


def test_the_currency_behind_an_account_is_no_part_of_it(read, source) -> None:
    content = statement(closing="C260302EUR100,00").replace("013000\n", "013000EUR\n")

    (balance,) = read(Mt940(), source, content)

    assert balance["bank_account"] == "DE89370400440532013000"


@pytest.mark.parametrize("end", ["", "-", "-}", "-}{5:{CHK:00}}", "-\x03", "-XXX\n\n"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_end_of_a_message_is_no_part_of_its_last_text(read, declare, end, line_end) -> None:
    content = HEAD + ":34F:EURD0,\n:61:260302C10,00NTRFNONREF\n:86:order\n 7\n" + end

    (entry,) = read(Mt942(), declare(record="bank"), content.replace("\n", line_end))

    assert entry["remittance"] == "order  7"


def test_what_is_expected_is_no_money_yet_and_is_counted(read, declare) -> None:
    report = HEAD + ":34F:EURD0,\n:61:260302C10,00NTRFNONREF\n:61:260303EC5,00NTRFNONREF\n"

    rows = read(Mt942(), declare(record="bank"), report + ":90C:2EUR15,00\n:90D:0EUR0,\n-")

    assert [row["amount"] for row in rows] == ["10.00"]


def test_a_report_without_entries_has_no_rows(read, declare) -> None:
    assert read(Mt942(), declare(record="bank"), HEAD + ":34F:EURD0,\n:90D:0EUR0,\n-") == []


@pytest.mark.parametrize(
    ("text", "remittance", "end_to_end", "structured"),
    [
        ("166?00TEXT?20EREF+E1?21SVWZ+Order 7?32PAYER", "Order 7", "E1", None),
        (
            "166?20SVWZ+a text of 22 letters NP?2120260302",
            "a text of 22 letters NP20260302",
            None,
            None,
        ),
        ("166?20EREF+E1?21KREF+K1", "EREF+E1 KREF+K1", "E1", None),
        ("166?20what? 2 words?60and more", "what? 2 words and more", None, None),
        ("020>00CODE>20Invoice 9>32NAME", "Invoice 9", None, None),
        ("166?20EREF+NOTPROVIDED?21SVWZ+x", "x", None, None),
        ("/EREF/E1/ORDP//NAME/NORTHPAY/REMI/USTD//Batch 7/", "Batch 7", "E1", None),
        ("/REMI/STRD/CUR/RF18/EREF/E2/", "STRD/CUR/RF18", "E2", "RF18"),
        ("/ABC/unknown", "/ABC/unknown", None, None),
        ("EREF+E1 SVWZ+Order 7", "Order 7", "E1", None),
        ("999PN5477SCHECK", "999PN5477SCHECK", None, None),
        ("first\nsecond", "first second", None, None),
        ("x" * 65 + "\ny", "x" * 65 + "y", None, None),
        ("", None, None, None),
        ("166?00TEXT", None, None, None),
    ],
)
def test_a_text_says_remittance_and_references_in_every_known_way(
    text: str, remittance: str | None, end_to_end: str | None, structured: str | None
) -> None:
    assert details(text) == (remittance, end_to_end, structured)
