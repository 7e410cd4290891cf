"""The mail of a report: what to do first, then the numbers, from the same values as the workbook.

A message has a plain text and a page, the picture inside it and the workbook beside it. Its id
comes from the run: sent again it is the same mail. Mails of an entity are one thread. None holds a
card number or anything personal: ids, reasons, owners and amounts.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from recon_engine.money import Money
from recon_engine.render.charts import exceptions_chart
from recon_engine.render.report import COLOURS, Report, Run, Stopped, shown
from recon_engine.render.styles import moment
from recon_engine.render.workbook import TITLES, file_name, workbook

LARGEST = 8
"""Exceptions that the mail shows; the workbook holds all."""
XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TAG = re.compile(r"<(style|title).*?</\1>|<[^>]+>", re.DOTALL)


@dataclass(frozen=True)
class Addresses:
    """From whom a mail goes to whom, and how large what it carries may be."""

    sender: str
    recipients: tuple[str, ...]
    attachment_limit: int = 8_000_000


def subject(report: Report | Stopped) -> str:
    """Return the subject: the status first, so that a mailbox sorts by it."""
    return f"[{report.status}] {report.entity} {report.business_date}: {report.headline}"


def page(report: Report | Stopped, picture: str = "cid:chart") -> str:
    """Return the page of the mail, its styles on the elements; `picture` is where the chart is."""
    if isinstance(report, Stopped):
        closing = "What passed its gate stands. Nothing of the night was posted."
        return _render("stopped.html", report, subject(report), closing, stopped=report)
    return _render(
        "report.html",
        report,
        subject(report),
        f"The workbook {file_name(report)} holds every exception, journal and input. "
        f"One of them: recon explain ITEM. You get this as {report.entity} is yours to watch.",
        report=report,
        matched_share=share(report.matched, report.due),
        shown=report.exceptions[:LARGEST],
        picture=picture,
    )


def message(report: Report | Stopped, addresses: Addresses) -> EmailMessage:
    """Return the mail: plain text, page with its picture, the workbook where it is small enough."""
    mail = _addressed(report.run, report.entity, subject(report), addresses)
    if isinstance(report, Stopped):
        return _filled(mail, page(report))
    cid = f"chart.{report.run.run_id}@{_domain(addresses)}"
    picture = exceptions_chart(report) if report.reasons else b""
    _filled(mail, page(report, f"cid:{cid}"), picture, cid)
    book = workbook(report)
    if len(book) <= addresses.attachment_limit:
        mail.add_attachment(book, "application", XLSX, filename=file_name(report))
        _bound(mail)
    return mail


def digest(reports: Sequence[Report], addresses: Addresses) -> EmailMessage:
    """Return the one mail of the nights of a date that need nobody, by entity."""
    first = reports[0]
    names = ", ".join(report.entity for report in reports)
    said = f"[GREEN] {first.business_date}: {names}, nothing to decide"
    mail = _addressed(first.run, "digest", said, addresses)
    closing = "A night that needs somebody has a mail of its own."
    return _filled(mail, _render("digest.html", first, said, closing, reports=reports))


def _render(template: str, about: Report | Stopped, title: str, closing: str, **more: Any) -> str:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    values = {
        "subject": title,
        "status": about.status,
        "colour": COLOURS[about.status],
        "headline": about.headline,
        "entity": about.entity,
        "day": f"{about.business_date:%A} {about.business_date}",
        "run": about.run,
        "finished": moment(about.run),
        "titles": TITLES,
        "money": money,
        "amount": lambda amount: f"{amount.decimal():,}",
        "closing": closing,
    }
    text = templates.get_template(template).render(values | more)
    return css_inline.inline(text, load_remote_stylesheets=False)


def _domain(addresses: Addresses) -> str:
    return addresses.sender.rpartition("@")[2]


def _addressed(run: Run, name: str, title: str, addresses: Addresses) -> EmailMessage:
    """Return an empty mail; its id comes from the run, its thread from the entity."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = title
    mail["From"] = addresses.sender
    mail["To"] = ", ".join(addresses.recipients)
    mail["Date"] = run.finished_at
    mail["Message-ID"] = f"<{run.run_id}.{name}@{_domain(addresses)}>"
    mail["References"] = f"<recon.{name}@{_domain(addresses)}>"
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def _filled(mail: EmailMessage, content: str, picture: bytes = b"", cid: str = "") -> EmailMessage:
    """Put the words and the page into a mail, and the picture into the page."""
    mail.set_content(plain(content))
    mail.add_alternative(content, subtype="html")
    if picture:
        part = mail.get_body(("html",))
        assert isinstance(part, EmailMessage)
        part.add_related(picture, "image", "png", cid=f"<{cid}>")
    return _bound(mail)


def _bound(mail: EmailMessage) -> EmailMessage:
    """Give every multipart a boundary that is the same each time."""
    name = mail["Message-ID"].strip("<>").partition("@")[0]
    for number, part in enumerate(mail.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{name}.{number}")
    return mail


def plain(content: str) -> str:
    """Return the words of a page, a line each."""
    text = TAG.sub(_kept, " ".join(content.split()))
    lines = [" ".join(html.unescape(line).split()) for line in text.splitlines()]
    return "\n".join(line for line in lines if line) + "\n"


def _kept(tag: re.Match[str]) -> str:
    """Return what stands for a tag: a line ends where a block does, cells are set apart."""
    name = tag[0].strip("</>").split()[0].lower()
    if name in ("td", "th", "b"):
        return "  "
    return "\n" if name in ("tr", "p", "h1", "h2", "li", "ol", "table") else ""


def money(minor: int | None, currency: str, *, bare: bool = False) -> str:
    """Return an amount as people read it; nothing where there is none."""
    if minor is None or not currency:
        return ""
    return (
        shown(Money(minor, currency)).partition(" ")[0] if bare else shown(Money(minor, currency))
    )


def share(part: int, whole: int) -> str:
    """Return a share in percent with two digits, rounded down: all is all only when it is."""
    hundredths = part * 10_000 // whole if whole else 10_000
    return f"{hundredths // 100}.{hundredths % 100:02d} %"
