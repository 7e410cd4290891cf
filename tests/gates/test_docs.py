"""The page of a night tells every scope, finding and rule, and asks nobody for anything."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from recon_engine.gates import GateResult, docs
from recon_engine.gates.controls import checks
from recon_engine.gates.profile import metrics
from recon_engine.pipeline import STAGES

Weighed = Callable[..., GateResult]
TITLE = "Gates of 2026-03-02"


@pytest.fixture
def night(weighed: Weighed) -> list[GateResult]:
    """Return the gates of a night: one scope is clean, one has a hostile name and a finding."""
    found = []
    for stage in STAGES:
        clean = dict.fromkeys(metrics(stage), 0)
        last = metrics(stage)[-1]
        found.append(weighed(stage, {"clean": clean, "<b>odd</b>": clean | {last: 1234567}}))
    return found


def test_the_page_tells_every_stage_scope_finding_and_rule(
    tmp_path: Path, night: list[GateResult]
) -> None:
    text = docs.write(night, tmp_path, TITLE).read_text(encoding="utf-8")

    assert f"<title>{TITLE}</title>" in text
    assert text.count('<section id="') == len(STAGES)
    assert text.count("1,234,567") == len(STAGES)
    told = set(re.findall(r'<td class="id">([A-Z]{3}-[0-9]{3})</td>', text))
    assert told == {rule_id for stage in STAGES for rule_id in checks(stage)}


def test_the_page_runs_nothing_and_asks_nobody(tmp_path: Path, night: list[GateResult]) -> None:
    text = docs.write(night, tmp_path, TITLE).read_text(encoding="utf-8")

    assert not re.search(r"<script|<link|<img|https?:|src=|url\(", text)
    assert "default-src 'none'" in text
    assert list(tmp_path.iterdir()) == [tmp_path / "index.html"]


def test_a_hostile_name_is_shown_as_text(tmp_path: Path, night: list[GateResult]) -> None:
    text = docs.write(night, tmp_path, "</title><i>").read_text(encoding="utf-8")

    assert "<b>odd" not in text
    assert "&lt;b&gt;odd&lt;/b&gt;" in text
    assert "<title>&lt;/title&gt;&lt;i&gt;</title>" in text


def test_the_page_of_results_read_back_is_the_same(tmp_path: Path, night: list[GateResult]) -> None:
    kept = [GateResult.from_json(result.to_json()) for result in night]

    assert kept == night
    docs.write(kept, tmp_path / "a", TITLE)
    docs.write([GateResult.from_json(r.to_json()) for r in kept], tmp_path / "b", TITLE)
    pages = [(tmp_path / name / "index.html").read_bytes() for name in "ab"]
    assert pages[0] == pages[1]


def test_a_night_without_gates_has_a_page(tmp_path: Path) -> None:
    text = docs.write([], tmp_path, TITLE).read_text(encoding="utf-8")

    assert "0 gates, 0 rules weighed over 0 scopes: no scope." in text


def test_great_expectations_builds_its_own_site_where_it_is_asked(
    tmp_path: Path, night: list[GateResult]
) -> None:
    kept = [GateResult.from_json(result.to_json()) for result in night]

    text = docs.write(kept, tmp_path, TITLE, data_docs=True).read_text(encoding="utf-8")

    site = tmp_path / docs.SITE
    assert f'href="{docs.SITE}/index.html"' in text
    assert (site / "index.html").is_file()
    assert len(list(site.glob("validations/*/*/*/*.html"))) == 2 * len(STAGES)
