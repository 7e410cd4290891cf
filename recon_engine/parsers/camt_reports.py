"""ISO 20022 camt.052, account report, and camt.054, notification: entries without a statement.

Source: ISO 20022 camt.052.001.01 to .13, BankToCustomerAccountReport, and camt.054.001.01 to .13,
        BankToCustomerDebitCreditNotification; elements go by local name, as those of camt.053.
"""

from __future__ import annotations

from recon_engine.parsers.camt053 import Camt053, Message


class Camt052(Camt053):
    """Reads reports within a day: the booked entries so far, and no closing of the day."""

    name = "camt052"
    feed_checks: tuple[str, ...] = (
        "account of every report",
        "one currency a report",
        "transactions summary, where there is one",
    )
    message = Message("camt.052", "BkToCstmrAcctRpt", "Rpt", closes=False)


class Camt054(Camt053):
    """Reads notifications of single entries, which have no balances at all."""

    name = "camt054"
    feed_checks: tuple[str, ...] = (
        "account of every notification",
        "one currency a notification",
        "transactions summary, where there is one",
    )
    message = Message("camt.054", "BkToCstmrDbtCdtNtfctn", "Ntfctn", closes=False)
