"""`recon processor add`: the draft of a source, what it guessed and how the file reads by it."""

from pathlib import Path

from recon_engine.errors import ExitCode
from tests.cli.conftest import Recon

SAMPLE = """Transaction ID;Type;Order ID;Payout Date;Payout ID;Amount;Fee;Net;Currency
t1;Sale;INV-1;02.02.2026;P1;1.100,50;-10,50;1.090,00;EUR
t2;Gizmo;INV-2;02.02.2026;P1;-1,00;0,00;-1,00;EUR
"""


def test_a_draft_is_written_that_reads_its_own_sample(
    recon: Recon, project: Path, tmp_path: Path
) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_text(SAMPLE)

    done = recon("processor", "add", "acme", "--from", sample, "--project", project)

    source = (project / "mappings" / "sources" / "acme.yaml").read_text()
    assert done.code == ExitCode.DONE
    assert "guessed  fee_sign: cost_minus, by gross, fee and net" in done.out.splitlines()
    assert "unknown  kinds: 'gizmo' may mean anything" in done.out.splitlines()
    assert "read by this draft: 3 rows, summed payouts among them" in done.out.splitlines()
    assert "# not known: kinds: 'gizmo' may mean anything\n" in source
    assert "unproved: true\n" in source


def test_a_draft_is_complete_but_for_what_only_the_project_says(
    recon: Recon, project: Path, tmp_path: Path
) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_text(SAMPLE)
    recon("processor", "add", "acme", "--from", sample, "--account", "A1", "--project", project)

    problems = recon("check", "--project", project).err.splitlines()

    assert [line.partition(" ")[2].partition(":")[0] for line in problems] == ["name"]


def test_a_source_that_is_there_is_not_written_over(
    recon: Recon, project: Path, tmp_path: Path
) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_text(SAMPLE)
    before = (project / "mappings" / "sources" / "northpay.yaml").read_text()

    done = recon("processor", "add", "northpay", "--from", sample, "--project", project)

    assert done.code == ExitCode.USAGE
    assert "found a file, expected a new name; nothing was written" in done.err
    assert (project / "mappings" / "sources" / "northpay.yaml").read_text() == before


def test_a_name_is_no_path(recon: Recon, project: Path, tmp_path: Path) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_text(SAMPLE)

    done = recon("processor", "add", "../acme", "--from", sample, "--project", project)

    assert done.code == ExitCode.USAGE
    assert done.err.startswith("../acme: found a name of other characters, expected small letters")
    assert not (project / "mappings" / "acme.yaml").exists()


def test_what_is_no_csv_is_refused(recon: Recon, project: Path, tmp_path: Path) -> None:
    sample = tmp_path / "sample.bin"
    for content in (b"\xff\xfe\n", b'{"a": 1}\n', b"one line"):
        sample.write_bytes(content)

        done = recon("processor", "add", "acme", "--from", sample, "--project", project)

        assert done.code == ExitCode.USAGE, content[:20]
        assert "expected a CSV file" in done.err
    assert not (project / "mappings" / "sources" / "acme.yaml").exists()
