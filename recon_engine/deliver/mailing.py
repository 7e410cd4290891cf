"""Reports leave once per run: written to files, put into the outbox, handed to a mail server."""

from __future__ import annotations

import json
import os
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from pathlib import Path

from recon_engine.deliver.report import report_of
from recon_engine.errors import RulebookError, Unavailable
from recon_engine.ids import sha256_hex
from recon_engine.render.mail import Addresses, digest, message, page
from recon_engine.render.report import Report, Stopped
from recon_engine.render.workbook import file_name, workbook
from recon_engine.rulebook.environment import MailEntry
from recon_engine.run import Project
from recon_engine.store import durable
from recon_engine.store.state import OutboxRow

KIND = "mail"
"""What outbox rows are called that carry a mail."""
NOBODY = Addresses("recon@localhost", ("finance@localhost",))
"""Stands in a mail that is only written to a file, where no door for mails is named."""


@dataclass(frozen=True)
class Written:
    """One report, and the files it stands in."""

    report: Report | Stopped
    files: tuple[Path, ...]
    mail: EmailMessage


@dataclass(frozen=True)
class Sent:
    """What became of one mail: sent, sent before, dead after too many tries, or unsure.

    It is unsure where the server's answer never came.
    """

    subject: str
    state: str
    message: str = ""


def write_reports(
    project: Project, business_date: date, entities: Sequence[str], folder: Path
) -> list[Written]:
    """Write workbook, mail and page of each entity's night, and return what they say.

    The same night gives the same bytes. A night that stopped has a mail and no workbook.
    Raises: Rejected where the date was never run.
    """
    return [_write(project, report_of(project, e, business_date), folder) for e in entities]


def _write(project: Project, report: Report | Stopped, folder: Path) -> Written:
    mail = message(report, addresses(project.environment.mail, report.entity))
    run = report.run.run_id.rpartition("-")[2]
    stem = f"recon-{report.entity}-{report.business_date}-{run}"
    content = {f"{stem}.eml": mail.as_bytes(), f"{stem}.html": _shown(mail, report)}
    if isinstance(report, Report):
        content[file_name(report)] = workbook(report)
    durable.make_folder(folder)
    files = [_put(folder / name, data) for name, data in content.items()]
    durable.sync_folder(folder)
    return Written(report, tuple(files), mail)


def _put(final: Path, content: bytes) -> Path:
    """Write a whole file in the place of an earlier one."""
    with durable.new_file(final.parent) as file:
        file.write(content)
    return file.path.replace(final)


def _shown(mail: EmailMessage, report: Report | Stopped) -> bytes:
    """Return the page for a browser, the picture inside it."""
    pictures = [part for part in mail.walk() if part.get_content_maintype() == "image"]
    source = ""
    if pictures:
        encoded = pictures[0].get_payload()
        assert isinstance(encoded, str)
        source = f"data:image/png;base64,{''.join(encoded.split())}"
    return page(report, source).encode("utf-8")


def addresses(entry: MailEntry | None, entity: str) -> Addresses:
    """Return from whom the mails of an entity go to whom."""
    if entry is None:
        return NOBODY
    to = entry.to.get(entity) or entry.to.get("*") or ()
    return Addresses(entry.sender, to, entry.attachment_limit)


def send_reports(project: Project, written: Sequence[Written], *, again: bool) -> list[Sent]:
    """Send each mail once per run, and return what became of it.

    What the server took is never sent again. Where its answer never came the mail may have arrived:
    it is sent again only if asked, under the same id. Nights that need nobody share one mail. One
    that the server refused as often as the delivery allows is dead; the others go on.
    Raises: RulebookError without a door for mails; Unavailable where another process sends, or at
            the end where a mail still waits.
    """
    entry = project.environment.mail
    if entry is None:
        raise RulebookError(
            "recon.yaml: found no door for mails, expected `mail: {host: ..., sender: ..., "
            "to: {...}}`; nothing was sent"
        )
    sent, refused = [], None
    with project.state.sending():
        for mail in _mails(entry, written):
            if mail["To"]:
                try:
                    sent.append(_send(project, entry, mail, again=again))
                except Unavailable as error:
                    refused = error
    if refused is not None:
        raise refused
    return sent


def _mails(entry: MailEntry, written: Sequence[Written]) -> list[EmailMessage]:
    """Return the mails to send: one for each night that needs somebody, one for the others."""
    green = [
        w.report for w in written if isinstance(w.report, Report) and w.report.status == "GREEN"
    ]
    mails = [w.mail for w in written if w.report not in green or entry.green == "each"]
    if green and entry.green == "digest":
        to = dict.fromkeys(t for r in green for t in addresses(entry, r.entity).recipients)
        mails.append(digest(green, Addresses(entry.sender, tuple(to))))
    return mails


def _send(project: Project, entry: MailEntry, mail: EmailMessage, *, again: bool) -> Sent:
    state, subject, run_id = project.state, mail["Subject"], mail["Message-ID"].strip("<>")
    key = sha256_hex(run_id.encode())[:32]
    if state.payload(key) is None:
        told = {"message_id": run_id, "to": mail["To"], "sha256": sha256_hex(mail.as_bytes())}
        state.queue([OutboxRow(key, KIND, json.dumps(told), run_id)], run_id)
    found = {one.key: one for one in state.letters(kind=KIND)}
    if key not in found:
        return Sent(subject, "sent before")
    if found[key].state == "dead":
        return Sent(subject, "dead", f"{found[key].message}; recon redeliver {key[:12]}")
    if found[key].state != "waiting" and not again:
        return Sent(subject, "unsure", "an earlier answer never came; --again sends it once more")
    state.move([key], "sending", run_id)
    try:
        _hand_over(entry, mail)
    except Unavailable as error:
        if found[key].tries + 1 < project.environment.delivery.tries:
            state.move([key], "waiting", run_id, str(error)[:400])
            raise
        reason = str(error).partition("; the mail waits")[0]
        state.move([key], "dead", run_id, reason[:400])
        return Sent(subject, "dead", f"{reason}; recon redeliver {key[:12]}")
    except OSError as error:
        state.move([key], "ambiguous", run_id, str(error)[:400])
        return Sent(subject, "unsure", f"{entry.host}: no answer after the mail ({error})")
    state.move([key], "sent", run_id)
    return Sent(subject, "sent")


def _hand_over(entry: MailEntry, mail: EmailMessage) -> None:
    """Give a mail to the server.

    Raises: Unavailable where it was certainly not taken; OSError where nobody knows.
    """
    context = ssl.create_default_context()
    place = f"mail server {entry.host}:{entry.port}"
    try:
        if entry.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                entry.host, entry.port, timeout=entry.timeout_seconds, context=context
            )
        else:
            server = smtplib.SMTP(entry.host, entry.port, timeout=entry.timeout_seconds)
        if entry.security == "starttls":
            server.starttls(context=context)
        if entry.user is not None:
            server.login(entry.user, os.environ.get(entry.password_env or "", ""))
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(
            f"{place}: {_plain(error)}; the mail waits and nothing was sent"
        ) from error
    try:
        refused = server.send_message(mail)
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        raise Unavailable(
            f"{place}: {_plain(error)}; the mail waits and nothing was sent"
        ) from error
    except smtplib.SMTPServerDisconnected as error:
        raise OSError(_plain(error)) from error
    finally:
        server.close()
    if refused:
        raise OSError(f"{len(refused)} of {len(mail['To'].addresses)} recipients were refused")


def _plain(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0][:200]
