"""camt.053: entries, balances and totals."""

import codecs

import pytest

from recon_engine.parsers.camt053 import Camt053
from tests.parsers.camt_text import (
    CLOSING,
    GOOD,
    IBAN,
    OPENING,
    balance,
    details,
    document,
    entry,
    statement,
    summary,
)


@pytest.fixture
def source(declare):
    return declare(record="bank", bank_account=IBAN)


def test_an_entry_and_its_statement_are_read_as_printed(read, source) -> None:
    bank, balances = read(Camt053(), source, GOOD)

    assert len(bank.pop("row_digest")) == len(balances.pop("row_digest")) == 64
    assert bank == {
        "row_no": 1,
        "bank_account": IBAN,
        "statement_id": "S1",
        "booking_date": "2026-03-02",
        "value_date": "2026-03-03",
        "amount": "20.00",
        "indicator": "CRDT",
        "currency": "EUR",
        "status": "BOOK",
    }
    assert balances == {
        "row_no": 1,
        "bank_account": IBAN,
        "statement_id": "S1",
        "sequence_no": "7",
        "currency": "EUR",
        "opening": "100.00",
        "opening_indicator": "CRDT",
        "opening_date": "2026-03-02",
        "closing": "120.00",
        "closing_indicator": "CRDT",
        "closing_date": "2026-03-02",
    }


def test_the_indicator_gives_the_direction_and_a_reversal_does_not_turn_it(read, source) -> None:
    reversal = entry("5.00", "DBIT", inside="").replace("<Sts>", "<RvslInd>true</RvslInd><Sts>")
    content = document(statement(OPENING + balance("CLBD", "95.00") + reversal))

    rows = read(Camt053(), source, content)

    assert (rows[0]["amount"], rows[0]["indicator"]) == ("5.00", "DBIT")
    assert rows[0]["reversal"] == "true"


def test_an_overdrawn_balance_is_negative_and_prcd_stands_for_the_opening(read, source) -> None:
    balances = balance("PRCD", "30.00", "DBIT") + balance("CLBD", "10.00", "DBIT")

    rows = read(Camt053(), source, document(statement(balances + entry())))

    assert (rows[1]["opening"], rows[1]["opening_indicator"]) == ("30.00", "DBIT")


@pytest.mark.parametrize(
    "status", ["<Sts>PDNG</Sts>", "<Sts>INFO</Sts>", "<Sts><Cd>FUTR</Cd></Sts>"]
)
def test_an_entry_that_is_not_booked_is_no_row_but_is_counted(read, source, status: str) -> None:
    booked = entry(status="<Sts><Cd>BOOK</Cd></Sts>")

    rows = read(
        Camt053(),
        source,
        document(statement(OPENING + CLOSING + entry(status=status) + booked), version="08"),
    )

    assert [row["row_no"] for row in rows] == [2, 1]


def test_texts_join_by_blanks_and_across_comments(read, source) -> None:
    texts = (
        "<RmtInf><Ustrd>TX00<!-- a note -->01XT</Ustrd><Ustrd> batch<?pi x?> <![CDATA[4 & 1]]>"
        "</Ustrd></RmtInf>"
    )

    rows = read(
        Camt053(),
        source,
        document(statement(OPENING + CLOSING + entry(inside=details(texts)))),
    )

    assert rows[0]["remittance"] == "TX0001XT batch 4 & 1"


def test_placeholders_are_no_references(read, source) -> None:
    refs = "<Refs><AcctSvcrRef>REF7</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
    inside = f"<AcctSvcrRef>NONREF</AcctSvcrRef>{details(refs)}"

    rows = read(Camt053(), source, document(statement(OPENING + CLOSING + entry(inside=inside))))

    assert rows[0]["bank_ref"] == "REF7"
    assert "end_to_end_ref" not in rows[0]


def test_a_batch_is_one_row_and_carries_only_references_that_all_its_payments_share(
    read, source
) -> None:
    one, other = (
        f"<TxDtls><Refs><EndToEndId>{ref}</EndToEndId></Refs><RmtInf><Ustrd>{ref}</Ustrd><Strd>"
        "<CdtrRefInf><Ref>RF18X</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>"
        for ref in ("E1", "E2")
    )
    inside = f"<NtryDtls>{one}{other}</NtryDtls>"

    rows = read(Camt053(), source, document(statement(OPENING + CLOSING + entry(inside=inside))))

    assert [row["row_no"] for row in rows] == [1, 1]
    assert rows[0]["structured_ref"] == "RF18X"
    assert rows[0]["remittance"] == "E1 E2"
    assert "end_to_end_ref" not in rows[0]


def test_without_remittance_the_text_of_the_entry_is_taken(read, source) -> None:
    text = "<AddtlNtryInf>Account fee</AddtlNtryInf>"

    rows = read(Camt053(), source, document(statement(OPENING + CLOSING + entry(inside=text))))

    assert rows[0]["remittance"] == "Account fee"


def test_a_change_of_any_text_or_attribute_changes_the_digest(read, source) -> None:
    inside = details("<RltdPties><Dbtr><Nm>A</Nm></Dbtr></RltdPties>")
    content = document(statement(OPENING + CLOSING + entry(inside=inside)))

    changed = (
        content,
        content.replace("<Nm>A<", "<Nm>B<"),
        content.replace("<ValDt>", '<ValDt x="1">'),
        content.replace("\n", "\n  "),
    )
    digests = [read(Camt053(), source, text)[0]["row_digest"] for text in changed]

    assert len(set(digests[:3])) == 3
    assert digests[3] == digests[0]


def test_middle_pages_have_no_closing_to_hold_against(read, source) -> None:
    pages = (
        statement(OPENING + balance("ITBD", "999.00") + entry()),
        statement(balance("ITBD", "999.00") + balance("ITBD", "5.00") + entry()),
        statement(balance("ITBD", "5.00") + CLOSING + entry()),
    )

    rows = read(Camt053(), source, document(*pages))

    balances = [row for row in rows if "amount" not in row]
    assert [(row.get("opening"), row.get("closing")) for row in balances] == [
        ("100.00", None),
        (None, None),
        (None, "120.00"),
    ]


def test_a_statement_without_entries_is_read(read, source) -> None:
    rows = read(Camt053(), source, document(statement(OPENING + balance("CLBD", "100.00"))))

    assert [row["closing"] for row in rows] == ["100.00"]


def test_a_copy_is_marked(read, source) -> None:
    copy = statement(OPENING + CLOSING + entry(), head="<CpyDplctInd>DUPL</CpyDplctInd>")

    assert read(Camt053(), source, document(copy))[1]["copy_indicator"] == "DUPL"


SHAPES = {
    "no namespace": GOOD.replace(GOOD[GOOD.index(" xmlns") : GOOD.index("><BkTo")], ""),
    "an envelope": GOOD.replace("<Document", "<Env><AppHdr><Fr>A</Fr></AppHdr><Document").replace(
        "</Document>", "</Document></Env>"
    ),
    "the first version": GOOD.replace("BkToCstmrStmt", "BkToCstmrStmtV01"),
    "a comment before": GOOD.replace("<Document", "<!-- <!DOCTYPE x> --><Document"),
    "two statements": document(*[statement(OPENING + CLOSING + entry())] * 2),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_a_document_is_read(read, source, shape: str) -> None:
    rows = read(Camt053(), source, SHAPES[shape])

    assert {row.get("amount") for row in rows} == {"20.00", None}


def test_a_prefix_is_no_hindrance(read, source) -> None:
    prefixed = GOOD.replace("xmlns=", "xmlns:c=").replace("</", "</c:")
    prefixed = "".join(
        f"<c:{part}" if i and part[0] not in "?/" else f"<{part}" if i else part
        for i, part in enumerate(prefixed.split("<"))
    )

    assert read(Camt053(), source, prefixed)[0]["amount"] == "20.00"


@pytest.mark.parametrize(
    ("declared", "encoding", "mark"),
    [
        ("UTF-16", "utf-16-le", codecs.BOM_UTF16_LE),
        ("UTF-16", "utf-16-be", codecs.BOM_UTF16_BE),
        ("UTF-16", "utf-16-le", b""),
        ("ISO-8859-1", "iso-8859-1", b""),
        ("windows-1252", "cp1252", b""),
        ("UTF-8", "utf-8", codecs.BOM_UTF8),
    ],
)
def test_every_supported_encoding_is_read(
    read, source, declared: str, encoding: str, mark: bytes
) -> None:
    text = "<AddtlNtryInf>Gebühr</AddtlNtryInf>"
    content = document(statement(OPENING + CLOSING + entry(inside=text)))

    raw = mark + content.replace('"UTF-8"', f'"{declared}"').encode(encoding)

    assert read(Camt053(), source, raw)[0]["remittance"] == "Gebühr"


def test_a_summary_that_agrees_is_passed_on(read, source) -> None:
    totals = summary(
        "<TtlNtries><NbOfNtries>2</NbOfNtries><Sum>25.00</Sum><TtlNetNtryAmt>15.00</TtlNetNtryAmt>"
        "<CdtDbtInd>CRDT</CdtDbtInd></TtlNtries>"
        "<TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>20</Sum></TtlCdtNtries>"
        "<TtlDbtNtries><NbOfNtries>1</NbOfNtries><Sum>5.00</Sum></TtlDbtNtries>"
    )
    entries = entry() + entry("5.00", "DBIT")

    rows = read(
        Camt053(),
        source,
        document(statement(OPENING + balance("CLBD", "115.00") + totals + entries)),
    )

    assert (rows[2]["declared_count"], rows[2]["declared_sum"]) == ("2", "25.00")
