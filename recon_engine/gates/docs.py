"""Data Docs of a night: a page that needs no network, and Great Expectations' own if asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from recon_engine.gates.gate import Finding, GateResult, Verdict
from recon_engine.store import durable

PAGE = Path(__file__).with_name("page.html")
INDEX = "index.html"
SITE = "great-expectations"
"""Folder of the site that Great Expectations builds, beside our page."""

WORDS: dict[Verdict, str] = {"pass": "passed", "warn": "warned", "block": "blocked"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""A night has no clock: the site is addressed by its title, and this stands where a time is due."""


def write(
    results: Sequence[GateResult], folder: Path, title: str = "Gates", *, data_docs: bool = False
) -> Path:
    """Write the page of a night, and return where it stands.

    Reads:   one result per stage, in the order of the night.
    Returns: `<folder>/index.html`, one file without a script or an outside address. With
             `data_docs` the site of Great Expectations stands beside it: 5 MB in half a second.
             Its pages ask hosts of others for style and scripts; its index is empty without them.
    """
    durable.make_folder(folder)
    link = ""
    if data_docs:
        _write_site(results, folder / SITE, title)
        link = (
            f'<a href="{SITE}/{INDEX}"><u>The same by Great Expectations</u></a>, '
            "whose pages need the network."
        )
    page = folder / INDEX
    durable.replace_durably(page, _page(results, title, link).encode())
    return page


def _page(results: Sequence[GateResult], title: str, link: str) -> str:
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        title=escape(title),
        summary=_summary(results),
        doors="\n".join(_door(result) for result in results),
        sections="\n".join(_section(result) for result in results),
        data_docs=link,
    )


def _summary(results: Sequence[GateResult]) -> str:
    verdicts = [verdict for result in results for verdict in result.verdict.values()]
    rules = sum(len(result.rules) * len(result.verdict) for result in results)
    told = (
        f"{len(results)} gates, {_many(rules, 'rule')} weighed over {_many(len(verdicts), 'scope')}"
    )
    return f"{told}: {_tally(verdicts)}."


def _tally(verdicts: Sequence[Verdict], between: str = ", ") -> str:
    counts = ((verdicts.count(verdict), word) for verdict, word in WORDS.items())
    return between.join(f"{count:,} {word}" for count, word in counts if count) or "no scope"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _worst(result: GateResult) -> Verdict:
    found = set(result.verdict.values())
    return "block" if "block" in found else "warn" if "warn" in found else "pass"


def _door(result: GateResult) -> str:
    worst = _worst(result)
    return (
        f'<a class="door {worst}" href="#{escape(result.stage)}"><b>{escape(result.stage)}</b>'
        f"<span>{_tally(list(result.verdict.values()), '<br>')}</span></a>"
    )


def _section(result: GateResult) -> str:
    worst = _worst(result)
    return (
        f'<section id="{escape(result.stage)}">\n'
        f'<div class="head"><h2>{escape(result.stage)}</h2>{_mark(worst, WORDS[worst])}</div>\n'
        f'<p class="law">{escape(_sentence(result.law))}</p>\n'
        f"{_findings(result.findings)}{_scopes(result)}{_rules(result)}</section>"
    )


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    rows = (
        [
            f"<td>{escape(f.scope)}</td>",
            f'<td class="id">{escape(f.rule_id)}</td>',
            f"<td>{_mark(f.severity, f.severity)}</td>",
            f'<td class="number">{f.count:,}</td>',
            f"<td>{escape(f.meaning)}</td>",
        ]
        for f in findings
    )
    return _table("Findings", ("Scope", "Rule", "Weight", "#Found", "What must hold"), rows)


def _scopes(result: GateResult) -> str:
    rows = (
        [
            f"<td>{escape(scope)}</td>",
            f"<td>{_mark(verdict, WORDS[verdict])}</td>",
            f'<td class="rows">{_held(result, scope)}</td>',
        ]
        for scope, verdict in result.verdict.items()
    )
    return _table("Scopes", ("Scope", "Verdict", "Rows"), rows, kind="scopes")


def _held(result: GateResult, scope: str) -> str:
    """Return how many rows each output of a scope has, those without rows left out."""
    counts = [
        f"{escape(name.removeprefix('rows_'))} {count:,}"
        for name, count in result.profiles[scope].items()
        if name.startswith("rows_") and count
    ]
    return " &middot; ".join(counts) or "none"


def _rules(result: GateResult) -> str:
    broken = {
        rule.rule_id: sum(f.rule_id == rule.rule_id for f in result.findings)
        for rule in result.rules
    }
    rows = (
        [
            f'<td class="id">{escape(rule.rule_id)}</td>',
            f"<td>{_mark('held', rule.severity)}</td>",
            f"<td>{escape(rule.meaning)}</td>",
            f'<td class="number">{broken[rule.rule_id] or "&ndash;"}</td>',
        ]
        for rule in result.rules
    )
    told = _table("", ("Rule", "Weight", "What must hold", "#Scopes that broke it"), rows)
    return (
        f"<details><summary>{_many(len(result.rules), 'rule')} weighed</summary>{told}</details>\n"
    )


def _table(
    caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "rules"
) -> str:
    """Return a table; a heading that starts with # stands over numbers."""
    head = "".join(
        f'<th class="number">{h[1:]}</th>' if h.startswith("#") else f"<th>{h}</th>"
        for h in headings
    )
    body = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    title = f"<caption>{caption}</caption>" if caption else ""
    return (
        f'<table class="{kind}">{title}<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table>\n"
    )


def _mark(kind: str, word: str) -> str:
    return f'<span class="mark {kind}">{word}</span>'


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _write_site(results: Sequence[GateResult], folder: Path, title: str) -> None:
    """Write the site that Great Expectations builds of the validations."""
    import great_expectations as gx
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationSuiteValidationResultSchema,
    )
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    context = gx.get_context(mode="ephemeral")
    backend = {
        "class_name": "TupleFilesystemStoreBackend",
        "base_directory": str(folder.resolve()),
    }
    site: Any = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": backend,
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    context.add_data_docs_site("night", site)
    run = RunIdentifier(run_name=title, run_time=EPOCH)
    for result in results:
        for part, held in zip(("profiles", "schemas"), result.validations, strict=True):
            loaded = ExpectationSuiteValidationResultSchema().load({**held, "suite_parameters": {}})
            answer = ExpectationSuiteValidationResult(
                success=loaded["success"],
                suite_name=loaded["suite_name"],
                results=loaded["results"],
                statistics=loaded["statistics"],
                meta={"run_id": run, "great_expectations_version": gx.__version__},
            )
            key = ValidationResultIdentifier(ExpectationSuiteIdentifier(result.stage), run, part)
            context.validation_results_store.add(key, answer)
    context.build_data_docs(site_names=["night"])
