"""A night over two processors that are nothing but a shipped profile each."""

from pathlib import Path
from typing import Any

import pytest

from tests.bad_input.project import FIRST, make_project, rows, run

SOURCE = """name: {name}
profile: {profile}
entity: E1
connection: {connection}
files: "*.csv"
processor: {processor}
processor_account: {account}
payout_lag_days: 2
calendar: ECB
"""
STRIPE = """\
balance_transaction_id,payment_metadata[order_id],created,automatic_payout_effective_at,currency,\
gross,fee,net,reporting_category,automatic_payout_id
txn_1,ORD-N1,2026-03-01 10:00:00,2026-03-02 00:00:00,eur,100.00,3.20,96.80,charge,po_1
txn_2,ORD-N2,2026-03-01 11:00:00,2026-03-02 00:00:00,eur,-20.00,0.00,-20.00,refund,po_1
txn_3,,2026-03-01 12:00:00,2026-03-02 00:00:00,eur,-1.50,0.00,-1.50,fee,po_1
"""
PAYPAL = """\
FH,01
SH,2026/03/02 00:00:00 +0100,2026/03/02 23:59:59 +0100,M1
CH,Transaction ID,Invoice ID,Transaction Event Code,Transaction Completion Date,\
Transaction Debit or Credit,Gross Transaction Amount,Gross Transaction Currency,\
Fee Debit or Credit,Fee Amount,Fee Currency,Bank Reference ID
SB,P1,ORD-A1,T0006,2026/03/02 10:00:00 +0100,CR,5000,EUR,DR,170,EUR,
SB,P2,ORD-A2,T1107,2026/03/02 11:00:00 +0100,DR,1000,EUR,CR,20,EUR,
SB,P3,,T0400,2026/03/02 12:00:00 +0100,DR,3000,EUR,,,,1047000000001
SF,EUR,5000,4000,170,20,CR,100,CR,950,CR,100,CR,950,CR,0,CR,0,3
SC,3
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make the demo's project of one day, with other processors behind its connections."""
    folder = make_project(tmp_path / "shop", days=1)
    for name, inbox, profile, account, content in (
        ("northpay", "northpay", "stripe_payout_reconciliation", "acct_1", STRIPE),
        ("adyen_eu", "adyen", "paypal_settlement", "M1", PAYPAL),
    ):
        for path in (folder / "inbox" / inbox).iterdir():
            path.unlink()
        (folder / "inbox" / inbox / "report.csv").write_text(content)
        source = SOURCE.format(
            name=name,
            profile=profile,
            connection=f"{inbox}_files",
            processor=inbox,
            account=account,
        )
        (folder / "mappings" / "sources" / f"{name}.yaml").write_text(source)
    return folder


def told(found: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """Return some columns of rows, in order."""
    return sorted(tuple(row[name] for name in names) for row in found)


def test_a_night_conserves_what_two_profiles_read(project: Path) -> None:
    night = run(project, FIRST)

    lines = rows(project, "settlement_line")
    assert night.run.status == "done"
    assert night.run.certificate == "conserved"
    assert all(line["gross_minor"] - line["fee_minor"] == line["net_minor"] for line in lines)
    assert told(lines, "provider_ref", "kind", "gross_minor", "fee_minor") == [
        ("P1", "charge", 5000, 170),
        ("P2", "refund", -1000, -20),
        ("P3", "payout", -3000, 0),
        ("po_1 EUR", "payout", -7530, 0),
        ("txn_1", "charge", 10000, 320),
        ("txn_2", "refund", -2000, 0),
        ("txn_3", "fee", 0, 150),
    ]
    assert told(rows(project, "payout"), "payout_ref", "amount_minor") == [
        ("1047000000001", 3000),
        ("po_1", 7530),
    ]
    balances = rows(project, "processor_balance")
    assert told(balances, "batch_ref", "opening_minor", "movement_minor", "closing_minor") == [
        ("2026/03/02.01", 100, 850, 950),
        ("po_1", 0, 0, 0),
    ]
