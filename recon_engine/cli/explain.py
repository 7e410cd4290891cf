"""`explain`: one line as a tree, from the file it came in to the batch it is posted with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon_engine.cli.selection import DateOption, day_of
from recon_engine.cli.terminal import Terminal, counted, safe
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from rich.tree import Tree

SHORT = 12
LONG_ID = re.compile(r"\b[0-9a-f]{32}(?:[0-9a-f]{32})?\b")
"""An id of ours; a tree shows its first digits, which `explain` takes."""
SIDE_WORDS = {
    "settlement_line": "settlement line",
    "bank_entry": "bank entry",
    "ledger_entry": "ledger entry",
    "billing_document": "billing document",
    "payout": "payout",
    "opening_item": "opening item",
    "quarantined_row": "quarantined row",
    "exception_item": "exception",
}
FACTS = (
    "kind",
    "reference",
    "provider_ref",
    "payout_ref",
    "bank_ref",
    "document_id",
    "account",
    "customer",
)
"""What identifies a line to a person, where it has it."""


def explain(
    context: typer.Context,
    identity: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="Line, item, exception, match or journal id (8 digits are enough), a provider, "
            "payout or own reference, or FILE:ROW.",
        ),
    ],
    day: DateOption = None,
) -> ExitCode:
    """Show why a line matched or did not: file, line, match or reason, journals, batch.

    With --date, as it stood on that date. Only what is stored is read.
    """
    from recon_engine.cli.stored import Stored
    from recon_engine.cli.story import MOST_OBJECTS, Story
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    up_to = None if day is None else day_of(day)
    with open_project(terminal.project) as project:
        story = Story(Stored(project, up_to))
        found = story.find(identity)
        told = [story.tell(table, own_id) for table, own_id in found[:MOST_OBJECTS]]
    for one in told:
        terminal.show(tree_of(one))
    if len(found) > len(told):
        terminal.show(f"and {len(found) - len(told)} more; name one by its own id")
    content = {"id": identity, "found": told, "more": len(found) - len(told)}
    return terminal.answer("explain", ExitCode.DONE, content)


def branch(tree: Tree, line: str) -> Tree:
    """Return a new branch; nothing in the line is read as markup."""
    from rich.text import Text

    return tree.add(Text(safe(LONG_ID.sub(lambda found: found[0][:SHORT], line))))


def tree_of(one: dict[str, Any]) -> Tree:
    """Return one thing and all that is known of it, in the order in which it happened."""
    from rich.text import Text
    from rich.tree import Tree

    tree = Tree(Text(safe(title(one)), style="bold"))
    add_places(tree, one.get("read_from", ()))
    for rule in one.get("rules", ()):
        found = "nothing" if rule["found"] is None else f"'{rule['found']}'"
        branch(
            tree,
            f"{rule['rule_id']} {rule['field'] or 'row'}: found {found}, "
            f"expected {rule['expected']}",
        )
    if one.get("line"):
        add_facts(tree, one["line"])
    for match in one.get("matches", ()):
        add_match(tree, match)
    for item in one.get("open", ()):
        late = "overdue since" if item["overdue"] else "expected by"
        branch(
            tree,
            f"open in {item['reconciliation']} on {item['business_date']}: {item['amount']} "
            f"at {item['held_role']}, {late} {item['due_date']}, first seen {item['first_date']}",
        )
    for exception in one.get("exceptions", ()):
        branch(
            tree,
            f"exception {exception['reason']} on {exception['business_date']} "
            f"(owner {exception['owner']}): {exception['detail']}",
        )
    for part in one.get("allocations", ()):
        undone = "" if part["generation"] == 1 else ", undone"
        whole = "" if part["whole"] == part["amount"] else f" of {part['whole']}"
        told = f"allocated as {part['kind']}: {part['amount']}{whole}{undone} ({part['cause']})"
        branch(tree, told)
    if one.get("line") and not any(one[kind] for kind in ("matches", "open", "allocations")):
        branch(tree, "no reconciliation has it as an item, and nothing was posted for it")
    for journal in one.get("journals", ()):
        add_journal(tree, journal)
    for application in one.get("applications", ()):
        branch(
            tree,
            f"applied to {application['document_id']} of customer {application['customer']} "
            f"on {application['posting_date']}",
        )
    return tree


def add_places(tree: Tree, places: Sequence[dict[str, Any]]) -> None:
    """Add where a line was read from, and how often it came again."""
    for place in places[:1]:
        how = "" if place["disposition"] == "counted" else f", {place['disposition']}"
        branch(
            tree,
            f"read from {place['file_name']} row {place['row_no']}{how} "
            f"(business date {place['business_date']}, file {place['file_id'][:SHORT]})",
        )
    for place in places[-1:] if len(places) > 1 else ():
        again = counted(len(places) - 1, "more time")
        branch(
            tree,
            f"came {again}, last in {place['file_name']} row {place['row_no']}: "
            f"{place['disposition']}, kept and listed",
        )


def title(one: dict[str, Any]) -> str:
    """Return the heading of a tree."""
    line = one.get("line") or {}
    amount = f"  {line['amount']}" if line.get("amount") else ""
    return f"{SIDE_WORDS.get(one['table'], one['table'])} {one['id']}{amount}"


def add_facts(tree: Tree, line: dict[str, Any]) -> None:
    """Add what the line says of itself."""
    told = [f"{name} {line[name]}" for name in FACTS if line.get(name)]
    day = next((line[d] for d in ("event_date", "booking_date", "posting_date") if line.get(d)), "")
    branch(tree, f"{line['source']} {day}: " + ", ".join(told))


def add_match(tree: Tree, match: dict[str, Any]) -> None:
    """Add a match with its partners and evidence."""
    undone = "matched" if match["generation"] == 1 else "match undone"
    top = branch(
        tree,
        f"{undone} in {match['reconciliation']} on {match['business_date']} "
        f"by {match['pass_name']} (match {match['match_id'][:SHORT]})",
    )
    for row in match["evidence"]:
        branch(
            top,
            f"{row['key_columns']} agree on '{row['key_value']}', difference "
            f"{row['difference_minor']}, {counted(row['days_apart'], 'day')} apart, "
            f"{counted(row['left_choices'], 'choice')} left, {row['right_choices']} right",
        )
    for leg in match["partners"]:
        told = [f"{n} {leg[n]}" for n in ("document_id", "reference", "payout_ref") if leg.get(n)]
        branch(
            top,
            f"with {leg['side']} {leg['item_id'][:SHORT]}  {leg['amount']}  "
            f"{leg['event_date']}  {', '.join(told)}",
        )


def add_journal(tree: Tree, journal: dict[str, Any]) -> None:
    """Add a journal with its lines, and the batch it waits or went in."""
    top = branch(
        tree,
        f"journal {journal['journal_id'][:SHORT]} ({journal['template']}), "
        f"posting date {journal['posting_date']}",
    )
    for line in journal["lines"]:
        side = "debit " if line["amount_minor"] >= 0 else "credit"
        account = f"{line['account']} {line['role']:<20}"
        branch(top, f"{side} {account} {line['amount']:>18}  {line['memo']}")
    if journal["line_count"] > len(journal["lines"]):
        more = journal["line_count"] - len(journal["lines"])
        branch(top, f"and {counted(more, 'line')} of other lines' parts")
    for batch in journal["batches"]:
        branch(
            top,
            f"batch {batch['batch_id'][:SHORT]} of {batch['business_date']}: {batch['action']}"
            f"{in_summary(batch)}, "
            f"{batch['state'].replace('_', ' ')}, prepared by {batch['maker']}",
        )
    for receipt in journal["receipts"]:
        number = f" as {receipt['erp_document']}" if receipt["erp_document"] else ""
        branch(
            top, f"{receipt['state']}{number} on {receipt['business_date']}{in_summary(receipt)}"
        )


def in_summary(row: dict[str, Any]) -> str:
    """Return in which summary journal a journal goes out or went, or nothing."""
    return f" in summary journal {row['summary_key']}" if row["summary_key"] else ""
