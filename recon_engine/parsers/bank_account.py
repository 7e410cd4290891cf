"""Which accounts of a bank's file are read: the one of the source, and what of all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recon_engine.parsers.parser import refusal

if TYPE_CHECKING:
    from recon_engine.rulebook.sources import Source

CURRENCY_LETTERS = 3


class Account:
    """The account that a source reads out of its files; without one, every account is read.

    `ours` tells of the account named last whether its rows are read. It is false only where the
    source leaves other accounts out; else another account refuses the file.
    """

    def __init__(self, source: Source, file_name: str) -> None:
        self._expected = closed_up(source.bank_account)
        self._leave_out = source.other_accounts == "leave_out"
        self._file_name = file_name
        self._read = False
        self.ours = True

    def named(self, printed: str, line: int, column: str, *, suffixed: bool = False) -> str:
        """Return an account as printed, or as the source writes it where `suffixed`.

        A suffixed account may carry its currency behind the number: `DE89...EUR`.
        Raises: ParseError for another account than the source's, and for none.
        """
        account = printed.strip()
        if not account:
            raise refusal(self._file_name, line, column, "nothing", "an account")
        bare, letters = account[:-CURRENCY_LETTERS].rstrip(), account[-CURRENCY_LETTERS:]
        if suffixed and letters.isalpha() and closed_up(bare) == self._expected:
            account = bare
        self.ours = not self._expected or closed_up(account) == self._expected
        self._read = self._read or self.ours
        if not self.ours and not self._leave_out:
            found = f"account ending in '{closed_up(account)[-4:]}', a file for another account"
            raise refusal(self._file_name, line, column, found, self._one())
        return account

    def finish(self, line: int, column: str) -> None:
        """Refuse a file that names no account of the source, only others or none at all."""
        if not self._read:
            found = "no statement of the account, a file for another source"
            raise refusal(self._file_name, line, column, found, self._one())

    def _one(self) -> str:
        return f"the one ending in '{self._expected[-4:]}'" if self._expected else "an account"


def closed_up(account: str) -> str:
    """Return an account without blanks, in capital letters."""
    return "".join(account.split()).upper()
