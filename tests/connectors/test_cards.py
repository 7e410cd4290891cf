"""Card numbers are found in every disguise, ids are left alone by rule, messages show no number."""

import codecs
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon_engine.connectors.cards import (
    PREFIXES,
    ByteScan,
    CardGuard,
    find_cards,
    is_card,
    masked,
    plain,
)
from recon_engine.errors import Rejected
from recon_engine.rulebook.sources import Source
from recon_engine.tables.records import BANK, SETTLEMENT, Record

VISA = "4111111111111111"
TRACK_1 = f"%B{VISA}^DOE/JANE^29121010000000000000?"
TRACK_2 = f";{VISA}=29121010000000000000?"


def source(**settings: Any) -> Source:
    """Return a bank source; settings go over its defaults."""
    base = {
        "name": "bank",
        "entity": "E1",
        "record": "bank",
        "connection": "inbox",
        "business_date": {"by": "run"},
    }
    return Source.model_validate(base | settings)


def records(record: Record, *rows: dict[str, str]) -> pa.RecordBatch:
    """Return parsed records, the first on line 2."""
    full = [
        {"row_no": n, "row_digest": "0", **dict.fromkeys(record.fields), **row}
        for n, row in enumerate(rows, start=2)
    ]
    return pa.RecordBatch.from_pylist(full, schema=record.arrow())


def refused(guard: CardGuard, name: str = "bank.csv") -> str:
    """Return the message a guard refuses with."""
    with pytest.raises(Rejected) as caught:
        guard.check(name)
    return str(caught.value)


@pytest.mark.parametrize(
    "number",
    [
        VISA,
        "4222222222222",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "6011111111111117",
        "3530111333300000",
        "30569309025904",
        "6759649826438453",
        "6200000000000005",
    ],
)
def test_a_test_number_of_every_brand_is_a_card(number: str) -> None:
    assert is_card(number)
    assert not is_card(number[:-1] + str((int(number[-1]) + 1) % 10))


@pytest.mark.parametrize(
    "text",
    [
        VISA,
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111 - 1111 - 1111 - 1111",
        "4111  1111  1111  1111",
        "3782 822463 10005",
        "3056-930902-5904",
        f"VISA{VISA}EXP",
        f"CC{VISA}",
        f"card_{VISA}",
        f"2026 {VISA} 123",
        "2026 4111 1111 1111 1111 12/29",
        f"12,{VISA},00",
        f"amount 1.00;{VISA}",
        "\uff14\uff11\uff11\uff11\uff11\uff11\uff11\uff11" + VISA[8:],
        "4111\u00a01111\u00a01111\u00a01111",
        "4111\u20131111\u20131111\u20131111",
        "4111\u200b111111111111",
    ],
)
def test_a_card_number_is_found_however_it_is_printed(text: str) -> None:
    found = [sighting.digits[-4:] for sighting in find_cards(plain(text))]

    assert found == ["0005" if "3782" in text else "5904" if "3056" in text else "1111"]


@pytest.mark.parametrize(
    "text",
    [
        "9" + VISA,
        VISA + "0000",
        VISA[:-1] + "2",
        "1.4111111111111111",
        "a1b2" + VISA,
        VISA + "f00d9",
        "DE89370400440532013000",
        "FI4250001510000023",
        "FR14 2004 1010 0505 0001 3M02 606",
        "8836183819713023",
        "20260302123456789",
        "1772409600000",
        "4111\t1111\t1111\t1111",
        "4111,1111,1111,1111",
    ],
)
def test_what_only_looks_like_a_card_number_is_left_alone(text: str) -> None:
    assert not list(find_cards(plain(text)))


def test_an_iban_whose_digits_pass_as_a_card_is_told_by_its_own_check() -> None:
    body = next(f"{n:014d}" for n in range(10**6) if is_card("41" + f"{n:014d}") and iban_checks(n))

    assert is_card("41" + body)
    assert not list(find_cards(f"from FI41{body} to us"))
    assert not list(find_cards(f"from FI41 {body[:4]} {body[4:8]} {body[8:12]} {body[12:]} to us"))
    assert len(list(find_cards(f"from XX41{body} to us"))) == 1


def iban_checks(number: int) -> bool:
    """Say whether FI41 with this account number has right check digits."""
    return int(f"{number:014d}" + "1518" + "41") % 97 == 1


@given(block=st.integers(1, 40), before=st.integers(0, 200))
def test_a_card_number_across_the_seams_of_blocks_is_found_once(block: int, before: int) -> None:
    content = ("x" * before + f"\n,{VISA}, 5555-5555-5555-4444\n").encode()
    scan = ByteScan("utf-8")

    for at in range(0, len(content), block):
        scan.feed(content[at : at + block])
    scan.feed(b"", final=True)

    assert scan.lines == {VISA: [2], "5555555555554444": [2]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "iso-8859-1", "cp037"])
def test_bytes_are_scanned_in_the_encoding_of_the_source(encoding: str) -> None:
    guard = CardGuard(source(layout={"encoding": encoding}))

    guard.see_block(f"a;b\n1;{VISA}\n".encode(encoding))

    assert refused(guard).startswith("bank.csv line 2: found a card number ending 1111")


def test_utf_16_in_a_source_that_says_utf_8_is_scanned_too() -> None:
    guard = CardGuard(source())

    guard.see_block(codecs.BOM_UTF16_LE + VISA.encode("utf-16-le"))

    assert "ending 1111" in refused(guard)


@pytest.mark.parametrize("track", [TRACK_1, TRACK_1[1:], TRACK_2])
def test_track_data_is_refused(track: str) -> None:
    guard = CardGuard(source())

    guard.see_block(f"one\ntwo {track}\n".encode())

    message = refused(guard)
    assert message.startswith("bank.csv line 2: found the magnetic track of a card ending 1111")
    assert VISA not in message


def test_a_hit_names_line_field_and_last_four_digits_only() -> None:
    guard = CardGuard(source())

    guard.see_block(f"ref,text\nR1,paid by {VISA}\n".encode())
    guard.see_records(records(BANK, {"bank_ref": "R1", "remittance": f"paid by {VISA}"}))

    assert refused(guard) == (
        "bank.csv line 2, field remittance: found a card number ending 1111, expected none; "
        "the file was not landed"
    )


def test_a_card_number_that_only_the_parser_can_join_is_found() -> None:
    guard = CardGuard(source())

    guard.see_block(b":86:paid by 41111111\n11111111 thanks\n")
    guard.see_records(records(BANK, {"remittance": f"paid by {VISA} thanks"}))

    assert "field remittance: found a card number ending 1111" in refused(guard)


@pytest.mark.parametrize("name", ["provider_ref", "modification_ref", "batch_ref"])
def test_an_id_column_may_hold_what_looks_like_a_card_number(name: str) -> None:
    guard = CardGuard(source(record="settlement"))

    guard.see_block(f"ref\n{VISA}\n{VISA}\n".encode())
    guard.see_records(records(SETTLEMENT, {name: VISA}, {name: VISA}))

    guard.check("report.csv")


def test_the_declared_identity_of_a_line_is_an_id_column() -> None:
    batch = records(SETTLEMENT, {"reference": VISA})
    plain_guard = CardGuard(source(record="settlement"))
    declared = CardGuard(source(record="settlement", identity=("reference",)))
    for guard in (plain_guard, declared):
        guard.see_block(f"reference\n{VISA}\n".encode())
        guard.see_records(batch)

    declared.check("report.csv")

    assert "field reference" in refused(plain_guard)


def test_an_id_does_not_excuse_the_same_number_in_a_column_that_nobody_maps() -> None:
    guard = CardGuard(source(record="settlement"))

    guard.see_block(f"ref,card\nR1,\n{VISA},{VISA}\nR3,{VISA}\n".encode())
    guard.see_records(records(SETTLEMENT, {}, {"provider_ref": VISA}, {}))

    assert refused(guard).startswith("bank.csv line 4: found a card number ending 1111")


def test_a_column_that_nobody_maps_is_scanned() -> None:
    guard = CardGuard(source(record="settlement"))

    guard.see_block(f"ref,card\nR1,{VISA}\n".encode())
    guard.see_records(records(SETTLEMENT, {"provider_ref": "R1"}))

    assert refused(guard).startswith("bank.csv line 2: found a card number")


def test_a_reference_element_of_a_statement_is_an_id_and_a_text_element_is_not() -> None:
    reference, text = CardGuard(source()), CardGuard(source())

    reference.see_block(f"<Refs><TxId>{VISA}</TxId><ns2:MsgId>{VISA}</ns2:MsgId></Refs>".encode())
    text.see_block(f"<Ustrd>{VISA}</Ustrd>".encode())

    reference.check("camt.xml")
    assert "ending 1111" in refused(text)


def test_a_file_name_with_a_card_number_is_refused_without_showing_it() -> None:
    message = refused(CardGuard(source()), f"statement_{VISA}.csv")

    assert message == (
        "statement_...1111.csv its name: found a card number, expected none; "
        "the file was not landed"
    )


@given(
    prefix=st.sampled_from(PREFIXES),
    fill=st.text("0123456789", min_size=19, max_size=19),
    around=st.text(st.characters(codec="utf-8"), max_size=12),
    gap=st.sampled_from(["", " ", "-"]),
)
def test_no_card_number_survives_masking(
    prefix: tuple[str, str, tuple[int, ...]], fill: str, around: str, gap: str
) -> None:
    length = 16 if 16 in prefix[2] else prefix[2][0]
    body = (prefix[0] + fill)[: length - 1]
    number = next(body + str(check) for check in range(10) if is_card(body + str(check)))
    printed = gap.join(number[at : at + 4] for at in range(0, 16, 4)) if length == 16 else number

    text = masked(f"{around} {printed} {around}")

    assert number not in text
    assert printed not in text
