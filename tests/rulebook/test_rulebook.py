"""The loader: what is read, what is refused, what one line of a refusal says."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from recon_engine.errors import ExitCode, RulebookError
from recon_engine.rulebook.rulebook import load

SHIPPED = Path(__file__).resolve().parents[2] / "mappings"


def test_the_shipped_mappings_load_with_every_name_they_declare() -> None:
    book = load(SHIPPED)

    assert list(book.sources) == [
        "adyen_eu", "bank_eur", "bank_jpy", "bank_usd", "erp_balance", "erp_invoices",
        "erp_ledger", "erp_rates", "northpay",
    ]  # fmt: skip
    assert list(book.reconciliations) == [
        "adyen_eu",
        "bank_eur",
        "bank_jpy",
        "bank_usd",
        "northpay",
    ]
    assert list(book.passes) == ["card_by_reference", "payout_by_reference"]
    assert list(book.accounts) == ["E1"]
    assert book.accounts["E1"].account("bank", "JPY") == "1006"
    assert book.accounts["E1"].account("clearing", "USD") == "1200"
    assert book.accounts["E1"].account("bank", "GBP") is None
    assert book.sources["northpay"].columns["fee"] == "Gebühr"


def test_a_loaded_mapping_cannot_be_changed() -> None:
    source = load(SHIPPED).sources["adyen_eu"]

    with pytest.raises(ValidationError):
        source.feed = "cumulative"  # type: ignore[misc]


def test_the_hash_changes_with_a_value_and_with_nothing_else(mappings, edit) -> None:
    before = load(mappings).hash

    edit(
        "sources/bank_eur.yaml", "zone: Europe/Berlin\n", "# a remark\nzone:   'Europe/Berlin'\n\n"
    )
    edit("sources/bank_usd.yaml", "feed: identified\n", "")
    (mappings / "README.md").write_text("words")
    formatted = load(mappings).hash
    edit("reconciliations/bank_eur.yaml", "bank: 1", "bank: 2")

    assert formatted == before == load(SHIPPED).hash
    assert load(mappings).hash != before


def test_the_order_of_passes_is_in_the_hash_and_the_order_of_keys_is_not(mappings, edit) -> None:
    path = mappings / "matching/payout_by_reference.yaml"
    before, text = load(mappings).hash, path.read_text()
    head, first, second = text.split("  - name:")

    path.write_text(f"{head}  - name:{second}  - name:{first}")
    swapped = load(mappings).hash
    path.write_text(text.replace("name: payout_by_reference\n", "") + "name: payout_by_reference\n")

    assert swapped != before
    assert load(mappings).hash == before


def test_a_wrong_value_names_file_line_column_found_and_expected(mappings, edit, faults) -> None:
    edit("sources/adyen_eu.yaml", "feed: identified", "feed: daily")

    text = (mappings / "sources/adyen_eu.yaml").read_text()
    line = text[: text.index("feed: daily")].count("\n") + 1
    assert faults() == [
        f"mappings/sources/adyen_eu.yaml:{line}:7 feed: found 'daily', "
        "expected one of identified, incremental, cumulative, overlapping",
        "1 problem; nothing was run",
    ]


def test_every_problem_of_every_file_is_listed_in_order_of_place(edit, faults) -> None:
    edit("sources/northpay.yaml", "payout_lag_days: 3", "payout_lag_days: '3'")
    edit("sources/northpay.yaml", "feed: identified", "feeed: identified")
    edit("accounts/E1.yaml", 'EUR: "1000"', "EUR: 1000")
    edit("matching/card_by_reference.yaml", "tolerance_minor: 0", "tolerance_minor: 0.05")

    found = faults()

    assert [line.split(":")[0] for line in found[:-1]] == [
        "mappings/accounts/E1.yaml",
        "mappings/matching/card_by_reference.yaml",
        "mappings/sources/northpay.yaml",
        "mappings/sources/northpay.yaml",
    ]
    assert found[0].endswith("roles.bank.EUR: found 1000, expected text: put it in quotes")
    assert found[1].endswith("passes[1].tolerance_minor: found 0.05, expected a whole number")
    assert found[2].endswith(
        "feeed: found an unknown key, expected one that the schema lists, nearest is 'feed'"
    )
    assert found[3].endswith("payout_lag_days: found '3', expected a whole number")
    assert found[4] == "4 problems; nothing was run"


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("sources/bank_eur.yaml", "entity: E1\n", "",
         " entity: found nothing, expected this key"),
        ("sources/bank_eur.yaml", "identity: [statement_id, bank_ref]", "identity: bank_ref",
         " identity: found 'bank_ref', expected a list"),
        ("sources/bank_eur.yaml", "zone: Europe/Berlin", "empty_is_no_activity: yes",
         " empty_is_no_activity: found 'yes', expected true or false"),
        ("sources/bank_eur.yaml", "name: bank_eur", "name: Bank EUR",
         " name: found 'Bank EUR', expected text like ^[a-z][a-z0-9_]*$"),
        ("sources/bank_eur.yaml", "batch:\n  by: field\n  field: statement_id",
         "batch: statement_id",
         " batch: found 'statement_id', expected keys with values"),
        ("sources/northpay.yaml", "delimiter: ;", "delimiter: ;;",
         "delimiter: found ';;', expected 1 or fewer"),
        ("sources/northpay.yaml", "sum_of: net", "sum_of: ", "sum_of: found nothing, expected"),
        ("sources/erp_ledger.yaml", "table: gl_entry", "table: gl_entry where 1=1",
         "table: found 'gl_entry where 1=1', expected text like"),
        ("sources/erp_ledger.yaml", "order_by: [document_id, document_line]", "order_by: []",
         "order_by: found a list, expected 1 or more"),
        ("accounts/E1.yaml", "  suspense:", "  suspence:", " roles.suspence: found 'suspence', "
         "expected one of bank, cash_in_transit,"),
        ("accounts/E1.yaml", "closed_periods: []", "closed_periods: [2026/13]",
         "closed_periods[1]: found '2026/13', expected text like"),
        ("policy.yaml", "overdue_limit: 0", "overdue_limit: -1",
         "overdue_limit: found -1, expected 0 or more"),
    ],
)  # fmt: skip
def test_pydantic_s_findings_are_said_in_our_words(edit, faults, name, old, new, expected) -> None:
    edit(name, old, new)

    lines = [line for line in faults() if line.startswith(f"mappings/{name}:")]

    assert any(expected in line for line in lines), lines


def test_a_broken_file_does_not_make_those_that_name_it_wrong(edit, faults) -> None:
    edit("sources/erp_ledger.yaml", "record: ledger", "record: ledgr")
    edit("matching/card_by_reference.yaml", "passes:", "passes: [")
    edit("accounts/E1.yaml", "entity: E1", "entity: E 1")

    assert len(faults()) == 4


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("sources/visa.yml", "sources/visa.yml:1:1 found 'visa.yml', expected a name that ends in"),
        ("sources/note.txt", "sources/note.txt:1:1 found 'note.txt', expected a name that ends in"),
        ("matching/deep/a.yaml", "matching/deep:1:1 found 'deep', expected a name that ends in"),
        ("extra.yaml", "extra.yaml:1:1 found 'extra.yaml', expected sources/, reconciliations/"),
        ("source/a.yaml", "source:1:1 found 'source', expected sources/, reconciliations/"),
    ],
)
def test_a_file_that_nobody_would_read_is_a_problem(mappings, faults, name, problem) -> None:
    path = mappings / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("name: a\n")

    (line, _) = faults()

    assert line.startswith(f"mappings/{problem}")


def test_a_readme_and_hidden_files_are_left_alone(mappings) -> None:
    for name in ("README.md", "sources/README.md", ".gitignore", "sources/.bank_eur.yaml.swp"):
        (mappings / name).write_text("not: [yaml")

    assert load(mappings).hash == load(SHIPPED).hash


def test_without_a_policy_its_defaults_hold(mappings) -> None:
    (mappings / "policy.yaml").unlink()

    policy = load(mappings).policy

    assert policy.overdue_limit == 0
    assert policy.owner("ambiguous") == "finance operations"


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path) -> None:
    with pytest.raises(RulebookError, match="found no such folder, expected sources") as caught:
        load(tmp_path / "mappings")

    assert caught.value.exit_code is ExitCode.USAGE
    assert str(caught.value).endswith("1 problem; nothing was run")


def test_loading_brings_in_no_engine_and_takes_less_than_a_third_of_a_second() -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from recon_engine.rulebook.rulebook import load\n"
        "start = time.process_time()\n"
        "load(Path(sys.argv[1]))\n"
        "assert time.process_time() - start < 0.3\n"
        "print(sorted({m.split('.')[0] for m in sys.modules}))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, str(SHIPPED)],
        cwd=SHIPPED.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip

    for heavy in ("duckdb", "pandas", "pyarrow", "sqlalchemy", "great_expectations", "holidays"):
        assert f"'{heavy}'" not in done.stdout
