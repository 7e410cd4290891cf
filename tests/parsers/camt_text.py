"""Writes camt.053 text for tests."""

IBAN = "DE00123412341234123400"


def balance(code: str, amount: str, sign: str = "CRDT", currency: str = "EUR") -> str:
    """Write a balance."""
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
        "<Dt><Dt>2026-03-02</Dt></Dt></Bal>\n"
    )


def entry(
    amount: str = "20.00",
    sign: str = "CRDT",
    currency: str = "EUR",
    status: str = "<Sts>BOOK</Sts>",
    inside: str = "",
) -> str:
    """Write an entry."""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{status}'
        "<BookgDt><DtTm>2026-03-02T23:30:00-05:00</DtTm></BookgDt>"
        f"<ValDt><Dt>2026-03-03</Dt></ValDt>{inside}</Ntry>\n"
    )


def details(inside: str) -> str:
    """Write the payments of an entry."""
    return f"<NtryDtls><TxDtls>{inside}</TxDtls></NtryDtls>"


def statement(body: str, head: str = "", iban: str = IBAN) -> str:
    """Write a statement."""
    return (
        f"<Stmt><Id>S1</Id><ElctrncSeqNb>7</ElctrncSeqNb>{head}"
        f"<Acct><Id><IBAN>{iban}</IBAN></Id></Acct>\n{body}</Stmt>\n"
    )


def document(*statements: str, version: str = "02", before: str = "") -> str:
    """Write a document; its first element stands on line 2."""
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{before}<Document xmlns="{space}">'
        "<BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr>\n"
        f"{''.join(statements)}</BkToCstmrStmt></Document>\n"
    )


OPENING, CLOSING = balance("OPBD", "100.00"), balance("CLBD", "120.00")
GOOD = document(statement(OPENING + CLOSING + entry()))


def summary(inside: str) -> str:
    """Write a transactions summary."""
    return f"<TxsSummry>{inside}</TxsSummry>\n"
