"""Which accounts of a bank's file are read: the one of the source, and what of all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recon_engine.parsers.parser import refusal

if TYPE_CHECKING:
    from recon_engine.rulebook.sources import Source

CURRENCY_LETTERS = 3


class Account:
    """The account that a source reads out of its files; without one, every account is read."""

    def __init__(self, source: Source, file_name: str) -> None:
        self._expected = closed_up(source.bank_account)
        self._file_name = file_name

    def named(self, printed: str, line: int, column: str, *, suffixed: bool = False) -> str:
        """Return an account as printed, or as the source writes it where `suffixed`.

        A suffixed account may carry its currency behind the number: `DE89...EUR`.
        Raises: ParseError for another account than the source's, and for none.
        """
        account = printed.strip()
        if not account:
            raise refusal(self._file_name, line, column, "nothing", "an account")
        if not self._expected or closed_up(account) == self._expected:
            return account
        bare, letters = account[:-CURRENCY_LETTERS].rstrip(), account[-CURRENCY_LETTERS:]
        if suffixed and letters.isalpha() and closed_up(bare) == self._expected:
            return bare
        found = f"account ending in '{closed_up(account)[-4:]}', a file for another account"
        expected = f"the one ending in '{self._expected[-4:]}'"
        raise refusal(self._file_name, line, column, found, expected)


def closed_up(account: str) -> str:
    """Return an account without blanks, in capital letters."""
    return "".join(account.split()).upper()
