"""The mail says the same as the workbook, what to do first; sent again it is the same mail."""

from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP

import pytest

from recon_engine.render.mail import Addresses, digest, message, page, share, subject
from recon_engine.render.report import COLOURS, Report, Stopped
from tests.render.small_report import FORMULA, GREEN, LOOSE, REPORT, RUN, STOPPED

HEAD = RUN.audit_head
TO = Addresses("recon@example.com", ("finance@example.com", "controller@example.com"))


@pytest.mark.parametrize("report", [REPORT, GREEN, STOPPED])
def test_the_same_night_is_the_same_mail(report: Report | Stopped) -> None:
    first, again = message(report, TO), message(report, TO)

    assert first.as_bytes() == again.as_bytes()
    assert first["Message-ID"] == f"<{RUN.run_id}.E1@example.com>"
    assert first["References"] == "<recon.E1@example.com>"


def test_the_status_comes_first_and_its_colour_is_never_alone() -> None:
    for report, word in ((REPORT, "REVIEW"), (GREEN, "GREEN"), (LOOSE, "DOES NOT TIE")):
        assert subject(report).startswith(f"[{word}] E1 2026-03-13: ")
        assert f">{word}: " in page(report)
    assert subject(STOPPED) == (
        "[STOPPED] E1 2026-03-13: something was refused, no certificate; last proven 2026-03-12"
    )
    assert (COLOURS["REVIEW"], COLOURS["DOES NOT TIE"]) == ("amber", "red")


def test_a_mail_has_words_a_page_a_picture_and_the_workbook() -> None:
    mail = message_from_bytes(message(REPORT, TO).as_bytes(), policy=SMTP)
    kinds = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    (picture,) = [part for part in mail.walk() if part.get_content_maintype() == "image"]

    assert kinds[:3] == ["text/plain", "text/html", "image/png"]
    assert kinds[3].endswith("sheet")
    html = mail.get_body(("html",))
    assert html is not None
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html.get_content()
    assert "data:" not in html.get_content()


def test_what_needs_a_decision_is_counted_from_the_report() -> None:
    text = plain(REPORT)

    assert "Amount variance (3): the references agree and the amounts do not" in text
    assert "batch bbbbbbbbbbbb (1 journal) waits for a second person" in text
    assert "99.66 % 12,431 of 12,473; 100 in time" in text
    assert "Does it tie? 2 of 2" in text
    assert len(REPORT.decisions) <= 5


def plain(report: Report | Stopped) -> str:
    """Return the words of a mail."""
    body = message(report, TO).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_foreign_text_is_shown_as_it_is() -> None:
    owner = "<script>alert(1)</script>"
    evil = replace(REPORT, exceptions=(replace(REPORT.exceptions[0], owner=owner),))

    assert "<script" not in page(evil)
    assert owner in plain(evil)
    assert FORMULA not in page(evil), "references of customers stay in the workbook"


def test_a_workbook_over_the_limit_stays_out_of_the_mail() -> None:
    mail = message(REPORT, replace(TO, attachment_limit=1_000))

    assert [a.get_filename() for a in mail.iter_attachments()] == []


def test_a_stopped_night_says_what_stopped_who_must_act_and_what_is_proved() -> None:
    text = plain(STOPPED)

    assert "canonical/northpay: file.csv line 3: found x, expected y" in text
    assert "finance operations" in text
    assert "1,234.567 KWD" in text
    assert [a.get_filename() for a in message(STOPPED, TO).iter_attachments()] == []


def test_green_nights_share_one_mail() -> None:
    mail = digest([GREEN, replace(GREEN, entity="E2")], TO)
    body = mail.get_body(("plain",))

    assert mail["Subject"] == "[GREEN] 2026-03-13: E1, E2, nothing to decide"
    assert body is not None
    assert f"E2 {RUN.run_id} 12,431 142 2 of 2 awaiting approval" in body.get_content()


def test_a_share_is_all_only_when_all_is_there() -> None:
    assert share(99_999, 100_000) == "99.99 %"
    assert (share(7, 7), share(0, 0), share(0, 3)) == ("100.00 %", "100.00 %", "0.00 %")


@pytest.mark.parametrize("report", [REPORT, GREEN, STOPPED])
def test_every_mail_tells_the_head_of_the_audit_log_in_text_and_page(
    report: Report | Stopped,
) -> None:
    assert f"Audit log when the run ended, to be held against it later: {HEAD}" in plain(report)
    assert HEAD in page(report)


def test_the_shared_mail_of_green_nights_tells_the_head_too() -> None:
    body = digest([GREEN], TO).get_body(("plain",))

    assert body is not None
    assert HEAD in body.get_content()
