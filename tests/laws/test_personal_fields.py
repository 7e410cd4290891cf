"""Law: a personal field lies nowhere as it was sent; all else comes out as it would without."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from recon_engine.replay import replay
from recon_engine.rulebook.environment import load_environment
from recon_engine.run import open_project, open_record, read_table
from recon_engine.store.cloak import PREFIX, period_of
from tests.cases.accounting.nights import published
from tests.personal_books import (
    CUSTOMER,
    KEYS,
    MONDAY,
    PERIOD,
    PERSONAL,
    TEXT,
    TUESDAY,
    found_in,
    make_books,
    run_nights,
)

DAYS = (MONDAY, TUESDAY)
TOKENS = {
    "bank_entry": "remittance",
    "ledger_entry": "customer",
    "billing_document": "customer",
    "open_item": "customer",
    "match_leg": "customer",
    "allocation": "customer",
    "settlement_application": "customer",
}
"""Tables with a column that came from a personal field."""


@pytest.fixture(scope="module")
def personal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_books(tmp_path_factory.mktemp("personal") / "books")
    run_nights(folder, *DAYS)
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_books(tmp_path_factory.mktemp("plain") / "books", personal=False)
    run_nights(folder, *DAYS)
    return folder


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    with open_project(folder) as project:
        found = [row for day in DAYS for row in read_table(project, table, day).to_pylist()]
    return [row for row in found if row.get("source", "bank_eur") in PERSONAL]


def texts(folder: Path, table: str) -> list[str]:
    return [row[TOKENS[table]] for row in rows(folder, table) if row[TOKENS[table]]]


def test_no_planted_name_lies_in_any_byte_that_the_engine_wrote(
    personal: Path, plain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lake, database, checkpoints, pages, mails, workbooks: all but the inbox and the ERP."""
    from recon_engine.cli import main

    for folder in (personal, plain):
        assert main(["report", "--project", str(folder), "--out", str(folder / "told")]) == 0
        assert main(["explain", "--project", str(folder), "po_none"]) >= 0
        (folder / "told" / "said").write_text(capsys.readouterr().out)

    sent = {str(personal / "erp.db")}
    found = {name for name in found_in(personal, CUSTOMER, TEXT) if "inbox" not in name}
    assert found == sent
    assert len(found_in(plain / "lake", CUSTOMER, TEXT)) > 5, "the search finds what is there"


@pytest.mark.parametrize("table", TOKENS)
def test_tokens_stand_for_texts_one_to_one_and_the_key_reveals_them(
    personal: Path, plain: Path, table: str
) -> None:
    tokens, sent = texts(personal, table), texts(plain, table)

    assert tokens
    assert all(token.startswith(f"{PREFIX}E1-{PERIOD}:") for token in tokens)
    with open_project(personal) as project:
        assert project.lake.keys is not None
        cloak = project.lake.keys.cloak(period_of(tokens[0]))
    assert sorted(map(cloak.reveal, tokens)) == sorted(sent)
    assert len(set(tokens)) == len(set(sent))


def test_references_in_hidden_texts_are_found_all_the_same(personal: Path, plain: Path) -> None:
    columns = ("bank_ref", "payout_ref", "reference", "amount_minor")
    found = [[row[name] for name in columns] for row in rows(personal, "bank_entry")]
    assert sorted(found) == sorted(
        [row[name] for name in columns] for row in rows(plain, "bank_entry")
    )
    assert any(payout_ref for _, payout_ref, *_ in found)


def test_matches_and_journals_are_those_of_the_company_that_hides_nothing(
    personal: Path, plain: Path
) -> None:
    """Ids hang on digests of rows; so money, kinds and accounts are compared."""
    for table, columns in {
        "match_leg": ("side", "amount_minor", "currency"),
        "open_item": ("side", "amount_minor", "currency", "due_date"),
        "journal_line": ("account", "amount_minor", "currency", "posting_date"),
        "exception_item": ("reason", "amount_minor", "currency"),
    }.items():
        found, sent = (
            sorted(str([row[name] for name in columns]) for row in rows(folder, table))
            for folder in (personal, plain)
        )
        assert found == sent, table


def test_digests_of_rows_are_not_those_that_anybody_could_try(personal: Path, plain: Path) -> None:
    for table in ("bank_entry", "ledger_entry", "billing_document"):
        found, sent = (
            {row["row_digest"] for row in rows(folder, table)} for folder in (personal, plain)
        )
        assert len(found) == len(sent)
        assert not found & sent


def test_the_nights_come_out_of_landing_alone_as_they_were_published(personal: Path) -> None:
    with open_record(load_environment(personal)) as record:
        found = replay(record)

    assert sum(one.scopes for one in found) >= 40
    assert [difference for one in found for difference in one.differences] == []


def test_the_same_keys_give_the_same_rows_in_another_store(personal: Path, tmp_path: Path) -> None:
    """Its keys are there and nobody has them on record: so a killed command leaves them."""
    again = make_books(tmp_path / "again")
    shutil.copytree(personal / KEYS, again / KEYS)
    run_nights(again, *DAYS)

    assert hashes(again) == hashes(personal)


def hashes(folder: Path) -> dict[tuple[object, ...], str]:
    with open_project(folder) as project:
        return {
            (day, *place): found
            for day in DAYS
            for place, found in published(project, day).items()
            if place[0] != "landing"  # its rows say when a file came
        }


def test_verify_agrees_and_reads_sealed_files_to_the_end(
    personal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from recon_engine.cli import main

    assert main(["verify", "--project", str(personal)]) == 0
    assert "2 nights re-added: nothing differs" in capsys.readouterr().out

    folder = shutil.copytree(personal, tmp_path / "books")
    victim = next((folder / "lake" / "personal" / f"E1-{PERIOD}").iterdir())
    content = bytearray(victim.read_bytes())
    content[-1] ^= 1
    victim.write_bytes(content)
    assert main(["verify", "--project", str(folder)]) == 4
    assert victim.name in capsys.readouterr().out


def test_keys_are_their_owners_alone_and_on_record(personal: Path) -> None:
    keys = personal / KEYS

    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()} == {
        f"E1-{PERIOD}.key": 0o600,
        "digest.key": 0o600,
    }
    with open_project(personal) as project:
        steps = [(one.entity, one.period, one.step) for one in project.state.period_keys()]
    assert steps == [("", "digest", "made"), ("E1", PERIOD, "made")]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda key: key.unlink(), "the key is lost and nobody decided so"),
        (lambda key: key.chmod(0o640), "found mode 0640, expected 0600"),
        (
            lambda key: key.write_text(
                "AGE-SECRET-KEY-1LM6ULS3T9WCYDL96TN9SCTCD4GGNX4Q6SUS84VN5ETXUM54MG6USU8T388\n"
            ),
            "as on record",
        ),
    ],
)
def test_a_key_that_is_lost_open_or_another_stops_and_says_so(
    personal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Any, says: str
) -> None:
    from recon_engine.cli import main

    folder = shutil.copytree(personal, tmp_path / "books")
    spoil(folder / KEYS / f"E1-{PERIOD}.key")

    assert main(["verify", "--project", str(folder)]) == 4
    assert says in " ".join(capsys.readouterr().out.split())
    assert main(["doctor", "--project", str(folder), "--json"]) == 2
    assert says in capsys.readouterr().out


def test_without_personal_fields_no_key_is_made(plain: Path) -> None:
    assert not (plain / KEYS).exists()
    assert not (plain / "lake" / "personal").exists()


def test_personal_fields_without_a_folder_of_keys_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from recon_engine.cli import main

    folder = make_books(tmp_path / "books")
    settings = folder / "recon.yaml"
    settings.write_text(settings.read_text().replace(f"privacy: {{keys: {KEYS}}}\n", ""))

    assert main(["check", "--project", str(folder)]) == 2
    said = " ".join("".join(capsys.readouterr()).split())
    assert "bank_eur.yaml" in said
    assert "no folder of keys, expected privacy.keys in recon.yaml" in said
    main(["run", "--date", str(MONDAY), "--project", str(folder)])
    said = " ".join("".join(capsys.readouterr()).split())
    assert "no folder of keys" in said
    assert found_in(folder / "lake", CUSTOMER, TEXT) == []
