"""`rulebook export` and `import`: out as a workbook, back as a proposal, and into the mappings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recon_engine.cli.rulebook import put_in_place
from recon_engine.errors import ReconError, Rejected
from recon_engine.rulebook.rulebook import load
from recon_engine.rulebook.sheets.proposal import Proposal
from tests.cli.conftest import Recon
from tests.rules_book import Book

SENTENCE = "E1: account of suspense in * 2400 -> 2410"
Returned = Callable[[Callable[[Book], None]], Path]


@pytest.fixture
def returned(recon: Recon, project: Path, tmp_path: Path) -> Returned:
    """Give a function that exports the project's workbook, edits it and returns its file."""

    def make(edit: Callable[[Book], None]) -> Path:
        file = tmp_path / "rules.xlsx"
        assert recon("rulebook", "export", "--xlsx", file, "--project", project).code == 0
        book = Book(file.read_bytes())
        edit(book)
        file.write_bytes(book.bytes())
        return file

    return make


def suspense(book: Book) -> None:
    """Book to another suspense account."""
    book.set("Accounts", ("E1", "suspense", "*"), account="2410")


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_an_export_never_writes_over_a_file(recon: Recon, project: Path, returned) -> None:
    file = returned(suspense)
    edited = file.read_bytes()

    done = recon("rulebook", "export", "--xlsx", file, "--project", project)

    assert (done.code, done.out) == (2, "")
    assert "found a file, expected a new name; nothing was written" in done.err
    assert file.read_bytes() == edited


def test_the_same_workbook_back_changes_nothing(recon: Recon, project: Path, returned) -> None:
    file = returned(lambda book: None)  # noqa: ARG005
    before = contents(project)

    done = recon("rulebook", "import", file, "--project", project)
    applied = recon("rulebook", "import", file, "--apply", "--project", project)

    assert (done.code, done.out, done.err) == (0, "no change\n", "")
    assert (applied.code, applied.out) == (0, "no change\n")
    assert contents(project) == before


def test_a_change_is_proposed_and_the_mappings_stay(
    recon: Recon, project: Path, returned, tmp_path: Path
) -> None:
    file = returned(suspense)
    before = contents(project / "mappings")

    done = recon("rulebook", "import", file, "--project", project)

    (folder,) = (project / "proposed").iterdir()
    assert done.code == 0
    assert done.out.splitlines() == [
        SENTENCE,
        f"1 change in 1 file, proposed in {folder}: mappings/ is as it was; apply with --apply",
    ]
    assert contents(project / "mappings") == before
    old = before["accounts/E1.yaml"]
    assert contents(folder)["accounts/E1.yaml"] == old.replace(b'"2400"', b'"2410"')
    assert contents(folder)["diff.txt"].decode().splitlines()[2:] == [
        SENTENCE,
        "",
        "--- accounts/E1.yaml",
        "+++ accounts/E1.yaml",
        "@@ -19,3 +19,3 @@",
        "   suspense:",
        '-    "*": "2400"',
        '+    "*": "2410"',
        "   unapplied_receipts:",
    ]
    assert len(contents(folder)) == 2

    again = recon("rulebook", "import", file, "--to", tmp_path / "there", "--json", "-p", project)

    told = again.json()
    assert told["changes"] == [SENTENCE]
    assert told["files"] == {"accounts/E1.yaml": "written"}
    assert (told["applied"], told["folder"]) == (False, str(tmp_path / "there" / folder.name))
    assert contents(tmp_path / "there" / folder.name) == contents(folder)


def test_applied_the_mappings_say_it_and_the_workbook_is_old(
    recon: Recon, project: Path, returned
) -> None:
    file = returned(suspense)
    chart = project / "mappings" / "accounts" / "E1.yaml"
    chart.chmod(0o664)
    before = chart.read_bytes()

    done = recon("rulebook", "import", file, "--apply", "--json", "--project", project)

    assert (done.code, done.json()["applied"]) == (0, True)
    assert chart.read_bytes() == before.replace(b'"2400"', b'"2410"')
    assert chart.stat().st_mode & 0o777 == 0o664
    assert load(project / "mappings").hash == done.json()["proposed_hash"]
    assert recon("check", "--project", project).code == 0

    again = recon("rulebook", "import", file, "--apply", "--project", project)

    assert again.code == 6
    assert "export again and make the changes there, nothing was proposed" in again.err


def test_a_contract_that_goes_takes_its_file_along(recon: Recon, project: Path, returned) -> None:
    def change(book: Book) -> None:
        for sheet in ("Contracts", "Fees"):
            book.book[sheet].delete_rows(2, 10)

    file = returned(change)

    done = recon("rulebook", "import", file, "--apply", "--project", project)

    assert done.code == 0
    assert contents(project / "mappings" / "fees") == {}
    assert load(project / "mappings").contracts == {}


def test_a_workbook_with_problems_proposes_nothing(recon: Recon, project: Path, returned) -> None:
    file = returned(lambda book: book.set("Limits", ("project",), overdue_limit="few"))

    done = recon("rulebook", "import", file, "--apply", "--project", project)
    missing = recon("rulebook", "import", file.with_name("none.xlsx"), "--project", project)

    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "Limits!B2 overdue_limit: found 'few', expected a whole number",
        "1 problem; nothing was proposed",
    ]
    assert (missing.code, "no such file" in missing.err) == (2, True)
    assert not (project / "proposed").exists()


def proposal(mappings: Path, *names: str) -> Proposal:
    """Return a proposal that writes some files."""
    before = {
        name: (mappings / name).read_bytes() if (mappings / name).exists() else None
        for name in names
    }
    return Proposal(("a change",), dict.fromkeys(names, b"new: 1\n"), before, "a", "b")


def test_a_mapping_changed_meanwhile_is_not_written_over(project: Path) -> None:
    mappings = project / "mappings"
    found = proposal(mappings, "accounts/E1.yaml", "policy.yaml")
    (mappings / "policy.yaml").write_bytes(b"overdue_limit: 3\n")
    before = contents(mappings)

    with pytest.raises(Rejected, match="nothing was applied"):
        put_in_place(found, mappings)

    assert contents(mappings) == before


def test_where_one_file_cannot_be_written_none_is(project: Path) -> None:
    mappings = project / "mappings"
    before = contents(mappings)
    found = proposal(mappings, "policy.yaml", "fees/x.yaml", "README.md/x.yaml")

    with pytest.raises(ReconError, match="was not written, and those before it went back"):
        put_in_place(found, mappings)

    assert contents(mappings) == before
