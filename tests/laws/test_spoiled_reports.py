"""A report spoiled anywhere gives rows or one clear refusal, and no other error."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon_engine.errors import ParseError
from recon_engine.parsers.parser import parser
from recon_engine.rulebook.profiles import over, profile
from recon_engine.rulebook.sources import Source

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SHOP = {"name": "shop", "entity": "E1", "connection": "files"}
PLACES = (
    "paypal_settlement/two_currencies.csv",
    "json_rows/stripe_transactions_po_3.json",
    "json_rows/gocardless_PO0001_2026-03-05_GBP.json",
    "json_rows/braintree.json",
    "delimited/stripe_payout_reconciliation.csv",
    "delimited/amazon_settlement_v2.csv",
)
PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from([b'"', b"\n", b",", b"{", b"[", b"]", b"\\u0000", b"\\ud800", b"1e999", b"-"]),
    st.sampled_from([b"NaN", b"null", b"9" * 40, b"\xef\xbb\xbf", b"SB,", b"CR", b"\x00", b"JPY"]),
)


def outcome(source: Source, name: str, content: bytes) -> str:
    """Give what became of a file: that it gave batches, or the line of its refusal."""
    try:
        list(parser(source.parser).parse(io.BytesIO(content), source, name))
    except ParseError as error:
        return str(error)
    return "at least a batch"


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_spoiled_report_is_read_or_refused(place: str, data: st.DataObject) -> None:
    path = GOLDEN / place
    keys = json.loads(path.with_suffix(".source.json").read_text())
    source = Source.model_validate(over(profile(keys["profile"]), SHOP | keys))
    content = path.read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 12))
        content = content[:at] + data.draw(PIECES) + content[at + cut :]

    assert outcome(source, path.name, content).endswith(("a batch", "; the file was refused"))
