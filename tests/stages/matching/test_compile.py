"""The SQL that passes become, kept beside what they say: `--update-golden` rewrites it."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from recon_engine.rulebook.matching import MatchPass
from recon_engine.stages.matching.compile import candidate_query

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "matching"
PASSES = {
    made.name: made
    for made in (
        MatchPass(name="by_reference", left="settlement", right="ledger", on=("reference",)),
        MatchPass(
            name="by_both_references",
            left="payout",
            right="bank",
            on=("payout_ref", "reference"),
            tolerance_days=5,
            interchangeable=True,
        ),
    )
}


@pytest.mark.parametrize("name", PASSES)
def test_a_pass_becomes_the_query_that_is_kept_beside_it(
    name: str, request: pytest.FixtureRequest
) -> None:
    expected = GOLDEN / f"{name}.sql"

    found = candidate_query(PASSES[name], "free")

    if request.config.getoption("--update-golden", default=False):
        expected.write_text(found, "utf-8", newline="")
    assert found == expected.read_text("utf-8")


def test_every_golden_query_belongs_to_a_pass() -> None:
    kept = {path.stem for path in GOLDEN.glob("*.sql")}

    assert kept == set(PASSES)


@pytest.mark.parametrize("column", ["amount_minor; drop table item", "customer"])
def test_a_pass_cannot_name_a_column_outside_the_closed_list(column: str) -> None:
    with pytest.raises(ValidationError):
        MatchPass(name="by_any", left="settlement", right="ledger", on=(column,))  # type: ignore[arg-type]


def test_a_pass_cannot_carry_text_of_a_query_in_its_name() -> None:
    with pytest.raises(ValidationError):
        MatchPass(name="x\nselect 1", left="settlement", right="ledger", on=("reference",))
