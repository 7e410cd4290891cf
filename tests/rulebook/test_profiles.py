"""Shipped profiles: a source of a known processor is a few lines, and its own words come first."""

from pathlib import Path

import pytest

from recon_engine.rulebook.profiles import profile, profile_names
from recon_engine.rulebook.rulebook import fit
from recon_engine.rulebook.source_checks import check_source
from recon_engine.rulebook.sources import Source
from recon_engine.rulebook.yaml import Document, read

README = Path(__file__).resolve().parents[2] / "recon_engine" / "parsers" / "README.md"
OWN = "name: shop\nprofile: {name}\nentity: E1\nconnection: files\nprocessor_account: M1\n"


@pytest.fixture
def source(tmp_path):
    """Write a source and read it; give it with its problems."""

    def made(text: str) -> tuple[Source | None, list[str]]:
        path = tmp_path / "shop.yaml"
        path.write_text(text)
        document = read(path, "shop.yaml")
        assert isinstance(document, Document)
        found, problems = fit(document, Source)
        checked = check_source(found, document) if found else []
        return found, [str(problem) for problem in (*problems, *checked)]

    return made


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_makes_a_source_of_five_lines_whole(source, name: str) -> None:
    found, problems = source(OWN.format(name=name))

    assert problems == []
    assert found.profile == name
    assert found.processor


@pytest.mark.parametrize("name", profile_names())
def test_the_readme_says_which_profiles_are_unproved(name: str) -> None:
    table = README.read_text().partition("## Profiles")[2]

    (row,) = (x for x in table.splitlines() if x.startswith(f"| `{name}` |"))

    assert ("unproved" in row) == profile(name).get("unproved", False)


def test_a_source_changes_one_column_or_kind_and_keeps_the_others(source) -> None:
    own = OWN.format(name="stripe_payout_reconciliation")
    shipped = profile("stripe_payout_reconciliation")

    found, problems = source(
        f"{own}columns: {{reference: 'payment_metadata[invoice]'}}\n"
        "kinds: {climate_thing: fee}\npayouts: printed\nidentity: [provider_ref, batch_ref]\n"
    )

    assert problems == []
    assert found.columns == shipped["columns"] | {"reference": "payment_metadata[invoice]"}
    assert found.kinds == shipped["kinds"] | {"climate_thing": "fee"}
    assert found.layout.time_format == shipped["layout"]["time_format"]
    assert found.payouts == "printed"
    assert found.identity == ("provider_ref", "batch_ref")


def test_an_unknown_profile_is_a_problem_that_names_the_known_ones(source) -> None:
    found, problems = source(OWN.format(name="strip"))

    assert found is None
    assert problems == [
        f"shop.yaml:2:10 profile: found 'strip', expected one of {', '.join(profile_names())}"
    ]


def test_what_only_lines_of_a_processor_have_is_a_problem_of_any_other_source(source) -> None:
    _, problems = source(
        "name: shop\nentity: E1\nrecord: bank\nconnection: files\nbank_account: A1\n"
        "feed: incremental\nbusiness_date: {by: run}\npayouts: summed\nleft_out: [seen]\n"
        "columns: {booking_date: day, amount: amount, currency: currency}\n"
        "layout: {amounts: minor, times: iso}\n"
    )

    assert [problem.partition(" ")[2] for problem in problems] == [
        "payouts: found summed, expected printed for a source of bank",
        "left_out: found seen, expected none for a source of bank",
        "layout.amounts: found minor, expected major for a source of bank",
        "layout.times: found iso, expected printed for a source of bank",
        "payouts: found summed, expected a column of net: that is what is summed",
    ]


def test_a_trailer_is_a_problem_where_the_files_have_none(source) -> None:
    own = OWN.format(name="paypal_settlement")

    _, problems = source(f"{own}trailer: {{starts_with: RC}}\n")

    assert problems == [
        "shop.yaml:6:1 trailer: found one, expected none for the parser paypal_settlement"
    ]


def test_a_problem_of_a_source_stands_at_its_own_place(source) -> None:
    own = OWN.format(name="stripe_payout_reconciliation")

    _, problems = source(f"{own}kinds: {{thing: sale}}\n")

    assert len(problems) == 1
    assert problems[0].startswith("shop.yaml:6:16 kinds.thing: found 'sale', expected one of ")
