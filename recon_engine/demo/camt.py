"""Writes a bank statement as ISO 20022 camt.053.001.08."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

from recon_engine.demo.bank import BY_CURRENCY
from recon_engine.demo.erp import plain
from recon_engine.demo.model import BankEntry, Statement

DOCUMENT: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
  <BkToCstmrStmt>
    <GrpHdr>
      <MsgId>MSG-{statement_id}</MsgId>
      <CreDtTm>{day}T19:30:00Z</CreDtTm>
      <MsgPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></MsgPgntn>
    </GrpHdr>
    <Stmt>
      <Id>{statement_id}</Id>
      <ElctrncSeqNb>{number}</ElctrncSeqNb>
      <CreDtTm>{day}T19:30:00Z</CreDtTm>
      <Acct>
        <Id><IBAN>{account}</IBAN></Id>
        <Ccy>{currency}</Ccy>
        <Ownr><Nm>Acme GmbH</Nm></Ownr>
      </Acct>
{opening}{closing}      <TxsSummry>
        <TtlNtries><NbOfNtries>{count}</NbOfNtries><Sum>{total}</Sum></TtlNtries>
      </TxsSummry>
{entries}    </Stmt>
  </BkToCstmrStmt>
</Document>
"""

BALANCE: Final = """\
      <Bal>
        <Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>
        <Amt Ccy="{currency}">{amount}</Amt>
        <CdtDbtInd>{indicator}</CdtDbtInd>
        <Dt><Dt>{day}</Dt></Dt>
      </Bal>
"""

ENTRY: Final = """\
      <Ntry>
        <NtryRef>{position}</NtryRef>
        <Amt Ccy="{currency}">{amount}</Amt>
        <CdtDbtInd>{indicator}</CdtDbtInd>
        <Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>{day}</Dt></BookgDt>
        <ValDt><Dt>{day}</Dt></ValDt>
        <AcctSvcrRef>{bank_ref}</AcctSvcrRef>
        <BkTxCd>
          <Domn>
            <Cd>PMNT</Cd>
            <Fmly><Cd>{family}</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly>
          </Domn>
        </BkTxCd>
        <NtryDtls>
          <TxDtls>
            <Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
            <Amt Ccy="{currency}">{amount}</Amt>
            <CdtDbtInd>{indicator}</CdtDbtInd>
            <RmtInf><Ustrd>{remittance}</Ustrd></RmtInf>
          </TxDtls>
        </NtryDtls>
      </Ntry>
"""


def camt053(statement: Statement) -> bytes:
    """Return one statement of one account and day; amounts without a sign, the indicator has it.

    Source: ISO 20022 camt.053.001.08, BkToCstmrStmt/Stmt; TxsSummry/TtlNtries/Sum adds the sizes.
    """
    currency = statement.currency
    return DOCUMENT.format(
        statement_id=f"{currency}-{statement.day:%Y%m%d}",
        day=statement.day.isoformat(),
        number=statement.number,
        account=BY_CURRENCY[currency].number,
        currency=currency,
        opening=_balance(statement, "OPBD", statement.opening_minor),
        closing=_balance(statement, "CLBD", statement.closing_minor),
        count=len(statement.entries),
        total=plain(sum(abs(entry.amount_minor) for entry in statement.entries), currency),
        entries="".join(_entry(n, entry) for n, entry in enumerate(statement.entries, start=1)),
    ).encode("utf-8")


def _balance(statement: Statement, code: str, amount_minor: int) -> str:
    return BALANCE.format(
        code=code,
        currency=statement.currency,
        amount=plain(abs(amount_minor), statement.currency),
        indicator=_indicator(amount_minor),
        day=statement.day.isoformat(),
    )


def _entry(position: int, entry: BankEntry) -> str:
    return ENTRY.format(
        position=position,
        currency=entry.currency,
        amount=plain(abs(entry.amount_minor), entry.currency),
        indicator=_indicator(entry.amount_minor),
        day=entry.day.isoformat(),
        bank_ref=escape(entry.bank_ref),
        family="RCDT" if entry.amount_minor >= 0 else "ICDT",
        remittance=escape(entry.remittance),
    )


def _indicator(amount_minor: int) -> str:
    return "CRDT" if amount_minor >= 0 else "DBIT"
