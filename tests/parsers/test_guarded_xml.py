"""XML from outside: no document type in any encoding, no entity, no way to fill the memory."""

import codecs

import pytest

from recon_engine.parsers import guarded_xml
from recon_engine.parsers.camt053 import Camt053

BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>\n'
    "<Document><BkToCstmrStmt><Stmt><Id>&c;</Id></Stmt></BkToCstmrStmt></Document>"
)
FETCH = '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">\n<Document/>'
FILE = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n<Document>&x;</Document>'


@pytest.fixture
def source(declare):
    return declare(record="bank")


@pytest.mark.parametrize("text", [BOMB, FETCH, FILE], ids=["bomb", "fetch", "file"])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_a_document_type_is_refused_before_parsing(
    refuse, source, text: str, encoding: str, mark: bytes
) -> None:
    line = refuse(Camt053(), source, mark + text.encode(encoding))

    assert line.startswith("x.csv line 1, column DOCTYPE: found a document type, expected none")


def test_a_document_type_behind_a_declaration_and_comments_is_refused(refuse, source) -> None:
    text = f'<?xml version="1.0"?>\n<!-- x -->\n<?pi y?>\n{BOMB}'

    assert refuse(Camt053(), source, text).startswith("x.csv line 4, column DOCTYPE")


def test_a_prolog_too_long_to_search_is_refused(refuse, source) -> None:
    text = f"<!-- {'x' * guarded_xml.PROLOG_LIMIT} -->{BOMB}"

    assert "expected the first element of XML" in refuse(Camt053(), source, text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "line 1, column document: found an empty file"),
        (b" \n\x00", "found an empty file"),
        (b"id,net\n1,2\n", "found 'id,net"),
        (b"<", "found '<', expected the first element of XML"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "found the encoding 'utf-7'"),
        (b'<?xml version="1.0" encoding="UTF-16"?><a/>', "found the encoding 'utf-16'"),
        (b'<?xml version="1.0" encoding="iso-8859-12"?><a/>', "found the encoding 'iso-8859-12'"),
        (codecs.BOM_UTF32_LE + "<a/>".encode("utf-32-le"), "found an encoding of four bytes"),
        (
            codecs.BOM_UTF8 + b'<?xml version="1.0" encoding="iso-8859-1"?><a/>',
            "found the encoding 'iso-8859-1'",
        ),
        ("<a>\n<b>Büro</b></a>".encode("latin-1"), "line 2, column text: found the byte 0xfc"),
        (b"<a>\n<b>\x00</b></a>", "line 2, column element: found XML that cannot be read"),
        (
            b"<a>\n&nobody;</a>",
            "line 2, column element: found XML that cannot be read ('Entity 'nobody' not defined')",
        ),
        (b"<a></a><b></b>", "found XML that cannot be read"),
    ],
)
def test_what_is_no_document_is_refused(refuse, source, raw: bytes, expected: str) -> None:
    assert expected in refuse(Camt053(), source, raw)


def test_an_entity_nobody_declared_refuses_the_file_wherever_it_stands(refuse, source) -> None:
    account = "<Acct><Id><IBAN>DE00</IBAN></Id></Acct>"
    text = f"<D><BkToCstmrStmt><Stmt><Id>S</Id>{account}</Stmt>{{}}</BkToCstmrStmt></D>"
    far = "<Stmt><Id>S</Id>" + account + "</Stmt>\n" * 2_000

    for body in ("&nobody;", f"<Stmt><Id>&nobody;</Id>{account}</Stmt>", f"{far}&nobody;{far}"):
        assert "found XML that cannot be read" in refuse(Camt053(), source, text.format(body))


def test_a_document_too_deep_is_refused(refuse, source) -> None:
    assert "cannot be read" in refuse(Camt053(), source, "<a>" * 5_000 + "</a>" * 5_000)


def test_an_element_too_large_to_hold_is_refused(refuse, source) -> None:
    text = "<a>" + "<b>x</b>" * (guarded_xml.ELEMENT_LIMIT // 7) + "</a>"

    assert "found an element of more than 16777216 bytes" in refuse(Camt053(), source, text)
