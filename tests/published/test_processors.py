"""Published files of processors: counts and sums of those that are read, reasons of the others.

`RECON_SAMPLES` names the folder that holds them; they are not part of this repository.
"""

import os
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from recon_engine.errors import ParseError
from recon_engine.parsers.parser import parser
from recon_engine.parsers.paypal_totals import CLOSING, OPENING
from recon_engine.rulebook.profiles import over, profile
from recon_engine.rulebook.sources import Source

SAMPLES = os.environ.get("RECON_SAMPLES", "")

pytestmark = pytest.mark.skipif(
    not SAMPLES, reason="RECON_SAMPLES is not set, so the published samples are not there to read"
)

SHOP = {"name": "shop", "entity": "E1", "connection": "files", "processor_account": ""}

# Folder and file: profile, rows of the file, their sum by currency; or words of the refusal.
STRIPE = "stripe_payout_reconciliation"
READ: dict[str, tuple[str, int, dict[str, str]]] = {
    "settlement-stripe/wmf-SmashPig--payments_activity.csv": (STRIPE, 2, {"USD": "-16.20"}),
    "settlement-stripe/wmf-SmashPig--settlement_report_giving_basket.csv": (
        STRIPE,
        2,
        {"USD": "1804.16"},
    ),
    "settlement-stripe/wmf-crm--reports_payments_activity.csv": (STRIPE, 2, {"USD": "-16.20"}),
    "settlement-stripe/wmf-crm--reports_settlement_report_giving_basket.csv": (
        STRIPE,
        2,
        {"USD": "1783.50"},
    ),
}
PAYPAL = "paypal_settlement"
DETAIL = "found the column Transactional Status of a transaction detail report"
READ |= {
    "settlement-paypal/wmf-crm--STL-20260106.01.009.csv": (
        PAYPAL,
        5,
        {"HKD": "98.44", "USD": "17.49", "BRL": "0"},
    ),
    "settlement-paypal/wmf-crm--stl_file_STL-BRL-convert.csv": (
        PAYPAL,
        6,
        {"USD": "11.75", "BRL": "0"},
    ),
}
REFUSED: dict[str, tuple[str, str]] = {
    # Tables of a warehouse, which are not the report.
    "settlement-stripe/dbt_stripe--charge_data.csv": (STRIPE, "column reporting_category: found"),
    "settlement-stripe/dbt_stripe--dispute_data.csv": (
        STRIPE,
        "column balance_transaction_id: found",
    ),
    "settlement-stripe/dbt_stripe--payment_intent_data.csv": (
        STRIPE,
        "column balance_transaction_id: found",
    ),
    "settlement-stripe/dbt_stripe--payout_balance_transaction_data.csv": (
        STRIPE,
        "column reporting_category: found",
    ),
}
REFUSED |= {
    # No counts; and the debits of its GBP footer leave out the withdrawal of 1.00.
    "settlement-paypal/wmf-SmashPig--stl.csv": (PAYPAL, "found no record SC or RC"),
    "settlement-paypal/wmf-SmashPig--stl_currency_convert.csv": (
        PAYPAL,
        "found no record SC or RC",
    ),
    # Six rows under a count of five: made by hand.
    "settlement-paypal/wmf-crm--stl_chargeback_variants_STL-20260106.01.009.csv": (
        PAYPAL,
        "found 5 as the number of rows, expected 6",
    ),
    # Exports of the website, which are another report.
    "settlement-paypal/ledger-autosync--paypal.csv": (PAYPAL, "found the record 'Date'"),
    "settlement-paypal/ledger-autosync--paypal_alternate.csv": (PAYPAL, "found the record 'Date'"),
} | {
    f"settlement-paypal/{name}": (PAYPAL, DETAIL)
    for name in (
        "wmf-SmashPig--stl_chargeback_with_fee.csv",
        "wmf-SmashPig--trr_express_checkout_donation_denied.csv",
        "wmf-SmashPig--trr_express_checkout_recurring_donation.csv",
        "wmf-SmashPig--trr_grant.csv",
        "wmf-SmashPig--trr_gravy_donation.csv",
        "wmf-SmashPig--trr_void.csv",
        "wmf-crm--trr_file_trr_paypal_express_donation.csv",
        "wmf-crm--trr_grant_trr_grant.csv",
        "wmf-crm--trr_recur_payment_TRR-20260125.01.008.CSV",
    )
}
CHECKOUT = "settlement-breakdown_ent_testcheckoutfixture_20260702_00000003k599_1.csv"
for publisher in ("SmashPig", "crm"):
    place = f"settlement-checkoutcom/wmf-{publisher}--{CHECKOUT}"
    READ[place] = ("checkout_settlement", 9, {"USD": "79.50"})
ACCOUNTING = "settlement-adyen/wmf-SmashPig--payments_accounting_report"
READ |= {
    f"{ACCOUNTING}_chargeback.csv": ("adyen_accounting", 1, {"USD": "-23.87"}),
    f"{ACCOUNTING}_nyce.csv": ("adyen_accounting", 1, {"USD": "10.02"}),
    "settlement-braintree/wmf-SmashPig--raw_batch_report_gravy_refund.json": (
        "braintree",
        1,
        {"USD": "-1.03"},
    ),
    "settlement-gocardless/gocardless-pro-python--payout_items.json": (
        "gocardless_payout_items",
        2,
        {"EUR": "0.900"},
    ),
}
OWN: dict[str, dict[str, object]] = {
    # The query of this list asked for no __typename.
    "settlement-braintree/wmf-SmashPig--raw_batch_report_gravy_refund.json": {
        "columns": {"provider_kind": "status"},
        "kinds": {"settled": "refund"},
    },
    # A page within an example of the API, which other pages follow.
    "settlement-gocardless/gocardless-pro-python--payout_items.json": {
        "listing": {"rows_at": "list.body.payout_items", "more_at": ""},
        "constants": {"batch_ref": "PO123", "report_date": "2026-03-05", "currency": "EUR"},
        "name_fields": "",
    },
}
"""What a source of these files would have to say itself."""

REFUSED[f"{ACCOUNTING}_gravy_chargeback.csv"] = (
    "adyen_accounting",
    "found the name 'Settlement Currency' a second time",
)
DISPUTES = (
    "wmf-SmashPig--raw_batch_report_dispute.json",
    "wmf-SmashPig--raw_batch_report_dispute_single_nd_json.json",
    "wmf-crm--chargeback_reversal_raw_disbursement_report_chargeback_2026-02-24_2026-02-24.json",
)
TABLES = (
    "wmf-SmashPig--settlement_batch_report_gravy_2022-06-27.json",
    "wmf-crm--chargeback_settlement_batch_report_dispute_2022-06-29.json",
    "wmf-crm--refund_settlement_batch_report_refund_2022-06-28.json",
)
for name in DISPUTES:
    REFUSED[f"settlement-braintree/{name}"] = ("braintree", "found the names amountDisputed")
for name in TABLES:
    REFUSED[f"settlement-braintree/{name}"] = ("braintree", "found the names contribution_tracki")

ADDED = ("sum of the batch", OPENING, CLOSING)
"""Kinds of records that are no row of their file."""

FOLDERS = (
    "settlement-stripe",
    "settlement-paypal",
    "settlement-checkoutcom",
    "settlement-braintree",
)
"""Folders whose every file is in one of the two tables."""


def rows_of(place: str, name: str) -> list[dict[str, str]]:
    """Read a published file by a profile."""
    source = Source.model_validate(over(profile(name), SHOP | OWN.get(place, {})))
    with Path(SAMPLES, place).open("rb") as stream:
        batches = parser(source.parser).parse(stream, source, Path(place).name)
        return [row for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("place", READ)
def test_a_file_is_read_with_all_its_rows_and_their_sum(place: str) -> None:
    name, count, sums = READ[place]

    rows = [row for row in rows_of(place, name) if row["provider_kind"] not in ADDED]

    found: Counter[str] = Counter()
    for row in rows:
        net = row["net"] or Decimal(row["gross"] or "0") - Decimal(row["fee"] or "0")
        found[row["currency"]] += Decimal(net)
    assert len(rows) == count
    assert found == {currency: Decimal(text) for currency, text in sums.items()}


@pytest.mark.parametrize("place", REFUSED)
def test_a_file_is_refused_for_a_reason_that_we_have_read(place: str) -> None:
    name, words = REFUSED[place]

    with pytest.raises(ParseError) as refused:
        rows_of(place, name)

    assert words in str(refused.value)


OTHER_LISTS = {
    "settlement-gocardless": "gocardless_payout_items",
    "settlement-mollie": "mollie_balance",
    "settlement-razorpay": "razorpay_recon",
    "settlement-shopify": "shopify_transactions",
}


@pytest.mark.parametrize("folder", OTHER_LISTS)
def test_a_list_of_other_things_is_refused_for_the_names_it_lacks(folder: str) -> None:
    for path in sorted(Path(SAMPLES, folder).iterdir()):
        if (place := f"{folder}/{path.name}") not in READ:
            with pytest.raises(ParseError, match="expected"):
                rows_of(place, OTHER_LISTS[folder])


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_is_left_out(folder: str) -> None:
    found = {f"{folder}/{path.name}" for path in Path(SAMPLES, folder).iterdir()}

    assert found == {place for place in READ | REFUSED if place.startswith(folder)}


def test_the_other_stripe_profile_reads_the_same_files() -> None:
    for place, (name, count, _) in READ.items():
        if name == STRIPE:
            assert len(rows_of(place, "stripe_balance_change")) == count
