"""The checks between mappings: each names the place and both sides of the disagreement."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from recon_engine.rulebook.checks import check
from recon_engine.rulebook.environment import load_environment
from recon_engine.rulebook.rulebook import load

RECON = """
connections:
  adyen_files: {folder: inbox/adyen}
  northpay_files: {folder: inbox/northpay}
  bank_files: {folder: inbox/bank}
  erp: {sql: "sqlite:///erp.db"}
"""
CASES = Path(__file__).parents[1] / "cases" / "rulebook" / "mappings_that_disagree.case"

PLACE = re.compile(r"^(mappings/[a-z]+(?:/\w+)?\.yaml):[1-9][0-9]*:[1-9][0-9]* ")


def cases() -> Iterator[tuple[str, str, str, str]]:
    """Yield file, text, replacement and expected message of every block of the case file."""
    for block in CASES.read_text().split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if lines:
            said = {mark: [x[2:] for x in lines if x[0] == mark] for mark in "-+!"}
            name = lines[0].removeprefix("in ")
            yield name, "\n".join(said["-"]), "\n".join(said["+"]), " ".join(said["!"])


@pytest.mark.parametrize(("name", "old", "new", "expected"), list(cases()))
def test_a_disagreement_is_named_with_its_place(edit, faults, name, old, new, expected) -> None:
    edit(name, old, new)

    *found, outcome = faults()

    assert all(PLACE.match(line) for line in found)
    assert any(expected in PLACE.sub(r"\1 ", line) for line in found), found
    assert outcome.endswith("nothing was run")


def test_interim_reports_of_an_account_with_a_statement_would_count_twice(edit, faults) -> None:
    edit("sources/bank_usd.yaml", "parser: camt053", "parser: camt052")
    edit("sources/bank_usd.yaml", "DE62370400440532013001", "DE89370400440532013000")

    (found, _) = faults()

    assert found.endswith(
        "bank_usd.yaml:20:15 bank_account: found the account of bank_eur, expected an account with "
        "no other source: what camt052 reads comes again in its statement"
    )


def test_interim_reports_may_be_the_only_source_of_an_account(edit, mappings) -> None:
    edit("sources/bank_usd.yaml", "parser: camt053", "parser: camt052")

    assert load(mappings).sources["bank_usd"].parser == "camt052"


def test_a_role_that_nothing_uses_may_be_left_out(edit, mappings) -> None:
    edit("accounts/E1.yaml", '  suspense:\n    "*": "2400"\n', "")

    assert "suspense" not in load(mappings).accounts["E1"].roles


def test_a_chart_may_say_that_an_amount_goes_where_only_the_item_knows(edit, mappings) -> None:
    edit("accounts/E1.yaml", "    debit: matched", "    debit: held")

    assert load(mappings).accounts["E1"].templates["unapplied"].debit == "held"


def test_a_calendar_that_only_the_library_knows_is_accepted(edit, mappings) -> None:
    edit("reconciliations/bank_usd.yaml", "calendar: FED", "calendar: XNYS")

    assert load(mappings).reconciliations["bank_usd"].calendar == "XNYS"


def test_connections_are_held_against_the_environment(tmp_path, mappings) -> None:
    (tmp_path / "recon.yaml").write_text(RECON)
    book, environment = load(mappings), load_environment(tmp_path, {})

    found = [problem for problem in check(book, environment) if "connection:" in problem.text]

    assert found == []


def test_a_connection_that_is_missing_or_of_the_wrong_kind_has_its_place(
    tmp_path, mappings
) -> None:
    text = RECON.replace("erp: {sql", "sap: {sql").replace(
        "  adyen_files: {folder: inbox/adyen}", ""
    )
    (tmp_path / "recon.yaml").write_text(text.replace("folder: inbox/northpay", "sql_env: NORTH"))
    book, environment = load(mappings), load_environment(tmp_path, {})

    found = [str(problem) for problem in check(book, environment)]

    assert (
        "mappings/sources/adyen_eu.yaml:7:13 connection: found 'adyen_files', "
        "expected a connection of recon.yaml: bank_files, northpay_files, sap" in found
    )
    assert (
        "mappings/sources/northpay.yaml:8:13 connection: found a database, "
        "expected a folder, for files" in found
    )
    assert sum("found 'erp'" in line for line in found) == 4


def test_a_parser_that_is_not_installed_has_its_place(tmp_path, mappings, edit) -> None:
    edit("sources/bank_eur.yaml", "parser: camt053", "parser: camt999")
    (tmp_path / "recon.yaml").write_text(RECON)

    found = [str(problem) for problem in check(load(mappings), load_environment(tmp_path, {}))]

    assert any(
        "bank_eur.yaml:6:9 parser: found 'camt999', expected an installed" in x for x in found
    )
