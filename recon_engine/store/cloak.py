"""A cloak: what stands in tables for the personal fields of files of one period."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from recon_engine.errors import GateBlocked

if TYPE_CHECKING:
    import pyarrow as pa
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

PREFIX = "personal:"
"""What every token starts with; then the name of its period, a colon, and the sealed text."""
PURPOSE = b"recon personal field 1"
KEY_BYTES = 64


@dataclass(frozen=True)
class Cloak:
    """Makes tokens of texts and reads them again; equal texts of a period have equal tokens."""

    period: str
    """Entity and month of arrival, `E1-2026-03`."""
    secret: bytes = field(repr=False)
    """Of the period: gone with its key."""
    digest_key: bytes = field(repr=False)
    """Of row digests, for all periods."""

    @cached_property
    def _cipher(self) -> AESSIV:
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        key = HKDF(SHA256(), length=KEY_BYTES, salt=None, info=PURPOSE).derive(self.secret)
        return AESSIV(key)

    def token(self, text: str) -> str:
        """Return what stands for a text; an empty one stays as it is."""
        if not text:
            return text
        sealed = self._cipher.encrypt(text.encode("utf-8"), None)
        return f"{PREFIX}{self.period}:{urlsafe_b64encode(sealed).rstrip(b'=').decode()}"

    def reveal(self, token: str) -> str:
        """Return the text that a token of this period stands for; any other text as it is.

        Raises: GateBlocked where the token was changed.
        """
        from cryptography.exceptions import InvalidTag

        start = f"{PREFIX}{self.period}:"
        if not token.startswith(start):
            return token
        packed = token.removeprefix(start)
        try:
            sealed = urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
            return self._cipher.decrypt(sealed, None).decode("utf-8")
        except (ValueError, InvalidTag) as error:
            raise GateBlocked(
                f"{start}: found a token that its key does not open, expected one it made; "
                "nothing was revealed"
            ) from error

    def tokens(self, column: pa.Array) -> pa.Array:
        """Return a column of texts as tokens; NULL stays NULL."""
        import pyarrow as pa

        known: dict[str | None, str | None] = {None: None}
        for text in column.unique().to_pylist():
            if text is not None:
                known[text] = self.token(text)
        return pa.array([known[text] for text in column.to_pylist()], pa.string())

    def digest(self, row_digest: str) -> str:
        """Return what stands for the digest of a row: nobody can try rows against it."""
        return hmac.digest(self.digest_key, row_digest.encode("ascii"), "sha256").hex()

    def digests(self, column: pa.Array) -> pa.Array:
        """Return a column of row digests that nobody can try rows against."""
        import pyarrow as pa

        return pa.array([self.digest(one) for one in column.to_pylist()], pa.string())


def period_of(token: str) -> str:
    """Return the name of the period whose key opens a token; empty for any other text."""
    if not token.startswith(PREFIX):
        return ""
    return token.removeprefix(PREFIX).partition(":")[0]
