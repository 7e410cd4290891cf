"""Card numbers are found before a file takes its landing name, so that we never keep one.

Every byte is scanned, mapped column or not. What looks like a card number is excused only where an
id column of ours holds that very number: by rule, never because it seemed harmless.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recon_engine.errors import Rejected
from recon_engine.rulebook.sources import Source

if TYPE_CHECKING:
    import pyarrow as pa

ID_FIELDS = frozenset(
    {
        "bank_account",
        "bank_ref",
        "batch_ref",
        "document_id",
        "document_line",
        "end_to_end_ref",
        "modification_ref",
        "origin_key",
        "processor_account",
        "provider_ref",
        "sequence_no",
        "statement_id",
        "structured_ref",
    }
)
"""Fields of ours that hold ids, some of 16 digits with a check digit; what a source declares as the
identity of its lines is exempt as well."""

PREFIXES = (
    ("4", "4", (13, 16, 18, 19)),  # Visa
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),  # Mastercard
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),  # American Express
    ("6011", "6011", (16, 17, 18, 19)),  # Discover
    ("644", "659", (16, 17, 18, 19)),  # Discover
    ("3528", "3589", (16, 17, 18, 19)),  # JCB
    ("300", "305", (14, 15, 16, 17, 18, 19)),  # Diners
    ("309", "309", (14, 15, 16, 17, 18, 19)),  # Diners
    ("36", "36", (14, 15, 16, 17, 18, 19)),  # Diners
    ("38", "39", (14, 15, 16, 17, 18, 19)),  # Diners
    ("62", "62", (16, 17, 18, 19)),  # UnionPay
    ("5018", "5018", tuple(range(13, 20))),  # Maestro, this one and the following
    ("5020", "5020", tuple(range(13, 20))),
    ("5038", "5038", tuple(range(13, 20))),
    ("5893", "5893", tuple(range(13, 20))),
    ("6304", "6304", tuple(range(13, 20))),
    ("6759", "6759", tuple(range(13, 20))),
    ("6761", "6763", tuple(range(13, 20))),
)
"""First and last prefix of a range, and the lengths that its numbers have."""

# A digit run of 13 to 19, or the groups that cards are printed in (4-4-4-4, perhaps with 1 to 3
# digits more, 4-6-5, 4-6-4) with one separator throughout. The decimals of a rate
# (`1.4111111111111111`) are no card.
CANDIDATE = re.compile(
    r"([2-6])(?<![0-9]{2})(?<![0-9]\.[0-9])"
    r"(?=([0-9]{12,18}"
    r"|[0-9]{3}( {1,3}| ?- ?|\.)(?:[0-9]{4}\3[0-9]{4}\3[0-9]{4}|[0-9]{6}\3[0-9]{4,5}))"
    r"(?![0-9])((?:\3[0-9]{1,3}(?![0-9]))?))"
)
ROUGH = r"[2-6][0-9]{3}[ .-]{0,3}[0-9]{4}"
"""What every candidate begins with, for a first pass over a column that runs outside Python."""
MANY_DIGITS = r"[2-6](?:[^0-9]{0,6}[0-9]){12}"
"""The same for texts with characters beyond ASCII, which may stand between the digits."""
TRACK = re.compile(
    r"%?[Bb]([0-9]{12,19})\^[^^\r\n]{2,26}\^[0-9]{4}|;([0-9]{12,19})=[0-9]{4}[0-9]{3,}"
)
REFERENCE_ELEMENT = re.compile(
    r"<(?:[A-Za-z0-9]+:)?(?:MsgId|AcctSvcrRef|PmtInfId|InstrId|EndToEndId|TxId|MndtId|ClrSysRef"
    r"|ChqNb|AcctOwnrTxId|AcctSvcrTxId|MktInfrstrctrTxId|PrcgId|NtryRef)>$"
)
"""Elements of ISO 20022 that hold references, whether or not a field of ours takes them
(TransactionReferences, GroupHeader and ReportEntry)."""
IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}")
IBAN_LENGTHS = range(15, 35)
MARGIN = 96
"""Characters kept on both sides of a block's seam: more than the longest pattern or IBAN."""
DOUBLED = str.maketrans("0123456789", "0246813579")
"""A digit twice, and if that has two digits, their sum (Luhn)."""
LOOK_ALIKES = {ord(dash): "-" for dash in "\u2010\u2011\u2012\u2013\u2014\u2212"} | {
    ord(hidden): None for hidden in "\x00\u00ad\u200b\u200c\u200d\u2060\ufeff"
}


@dataclass(frozen=True)
class Sighting:
    """A card number in a text: where it begins and ends, and its digits."""

    at: int
    end: int
    digits: str


def is_card(digits: str) -> bool:
    """Say whether digits have the prefix, the length and the check digit (Luhn) of a card."""
    checked = digits[-1::-2] + digits[-2::-2].translate(DOUBLED)
    return sum(map(int, checked)) % 10 == 0 and any(
        len(digits) in lengths and first <= digits[: len(first)] <= last
        for first, last, lengths in PREFIXES
    )


def plain(text: str) -> str:
    """Return a text with full-width digits, odd spaces and dashes as plain ones."""
    if text.isascii():
        return text.replace("\x00", "")
    return unicodedata.normalize("NFKC", text).translate(LOOK_ALIKES)


def find_cards(text: str, start: int = 0) -> Iterator[Sighting]:
    """Yield the card numbers of a plain text from a position on, by position."""
    for match in CANDIDATE.finditer(text, start):
        shorter = match[1] + match[2]
        for printed in dict.fromkeys((shorter, shorter + match[4])):
            digits = re.sub("[^0-9]", "", printed)
            at, end = match.start(), match.start() + len(printed)
            if is_card(digits) and stands_alone(text, at, end) and not in_iban(text, at, end):
                yield Sighting(at, end, digits)
                break


def stands_alone(text: str, begin: int, end: int) -> bool:
    """Say whether digits are a word, or glued to words only (`VISA4111...`), not part of a code."""
    left = re.search(r"[A-Za-z0-9]*$", text[max(0, begin - MARGIN) : begin])
    right = re.match(r"[A-Za-z0-9]*", text[end : end + MARGIN])
    glued = (left[0] if left else "") + (right[0] if right else "")
    return not glued or glued.isalpha()


def in_reference_element(text: str, begin: int) -> bool:
    """Say whether a number begins the content of an ISO 20022 reference element."""
    return REFERENCE_ELEMENT.search(text[max(0, begin - MARGIN) : begin]) is not None


def in_iban(text: str, begin: int, end: int) -> bool:
    """Say whether digits lie inside a bank account number whose own check (mod 97) holds."""
    window = max(0, begin - IBAN_LENGTHS.stop - 8)
    for match in IBAN_START.finditer(text, window, begin + 4):
        squeezed, covered = "", 0
        for offset, char in enumerate(text[match.start() : match.start() + MARGIN // 2]):
            if char == " ":
                continue
            if not (char.isascii() and char.isalnum()):
                break
            squeezed, covered = squeezed + char.upper(), match.start() + offset + 1
            if covered >= end and len(squeezed) in IBAN_LENGTHS and is_iban(squeezed):
                return True
    return False


def is_iban(squeezed: str) -> bool:
    """Say whether a bank account number, without spaces, has the right check digits (ISO 13616)."""
    turned = squeezed[4:] + squeezed[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


def masked(text: str) -> str:
    """Return a text in which card numbers show their last four digits only."""
    text = plain(text)
    for track in TRACK.finditer(text):
        digits = track[1] or track[2]
        text = text.replace(digits, f"...{digits[-4:]}")
    parts, done = [], 0
    for sighting in find_cards(text):
        if sighting.at < done:
            continue
        parts += [text[done : sighting.at], f"...{sighting.digits[-4:]}"]
        done = sighting.end
    return "".join((*parts, text[done:]))


class ByteScan:
    """Finds card numbers and track data in bytes as they pass, across the seams of blocks too."""

    def __init__(self, encoding: str) -> None:
        try:
            decoder = codecs.getincrementaldecoder(encoding)
        except LookupError:
            decoder = codecs.getincrementaldecoder("utf-8")
        self._decoder = decoder(errors="replace")
        self._text, self._done, self._line = "", 0, 1
        self.lines: defaultdict[str, list[int]] = defaultdict(list)
        self.track: tuple[int, str] | None = None

    def feed(self, block: bytes, *, final: bool = False) -> None:
        """Take the next block; `final` once, with what is left or nothing."""
        self._text += plain(self._decoder.decode(block, final))
        limit = len(self._text) if final else max(self._done, len(self._text) - MARGIN)
        for track in TRACK.finditer(self._text, self._done):
            if self.track is None and track.start() < limit:
                lines_before = self._text.count("\n", self._done, track.start())
                self.track = (self._line + lines_before, (track[1] or track[2])[-4:])
        for sighting in find_cards(self._text, self._done):
            if sighting.at >= limit:
                break
            self._move(sighting.at)
            if not in_reference_element(self._text, sighting.at):
                self.lines[sighting.digits].append(self._line)
        self._move(limit)
        cut = max(0, limit - MARGIN)
        self._text, self._done = self._text[cut:], limit - cut

    def _move(self, position: int) -> None:
        """Go forward in the text, counting the lines passed."""
        self._line += self._text.count("\n", self._done, position)
        self._done = position


class CardGuard:
    """Weighs what the bytes hold against what the id columns explain."""

    def __init__(self, source: Source) -> None:
        self._exempt = ID_FIELDS | set(source.identity)
        self._bytes = ByteScan(source.layout.encoding)
        self._explained: Counter[str] = Counter()
        self._explained_rows: set[tuple[str, int]] = set()
        self._found: tuple[int, str, str] | None = None

    def see_block(self, block: bytes) -> None:
        """Scan a block of the file."""
        self._bytes.feed(block)

    def see_records(self, batch: pa.RecordBatch) -> None:
        """Scan the fields of records: a number may stand there that the bytes hide or break."""
        rows = batch.column("row_no")
        for name in batch.schema.names:
            if name in {"row_no", "row_digest"}:
                continue
            for position, text in suspects(batch.column(name)):
                row_no = rows[position].as_py()
                for sighting in find_cards(plain(text)):
                    self._weigh(name, row_no, sighting.digits)

    def _weigh(self, name: str, row_no: int, digits: str) -> None:
        if name in self._exempt:
            self._explained[digits] += 1
            self._explained_rows.add((digits, row_no))
        elif self._found is None:
            self._found = (row_no, name, digits[-4:])

    def check(self, file_name: str) -> None:
        """Let the file pass, or raise Rejected with line, field and last four digits."""
        self._bytes.feed(b"", final=True)
        if self._bytes.track is not None:
            line, last = self._bytes.track
            raise refusal(file_name, f"line {line}", "the magnetic track of a card", last)
        if self._found is not None:
            line, field, last = self._found
            raise refusal(file_name, f"line {line}, field {field}", "a card number", last)
        for digits, lines in self._bytes.lines.items():
            if len(lines) <= self._explained[digits]:
                continue
            beyond = (n for n in lines if (digits, n) not in self._explained_rows)
            line = next(beyond, lines[-1])
            raise refusal(file_name, f"line {line}", "a card number", digits[-4:])
        if any(find_cards(plain(file_name))):
            raise refusal(file_name, "its name", "a card number", "")


def suspects(column: pa.Array) -> list[tuple[int, str]]:
    """Return position and text of the cells that may hold a card number."""
    import pyarrow.compute as pc

    keep = pc.match_substring_regex(column, ROUGH)
    odd = pc.invert(pc.string_is_ascii(column))
    if pc.any(odd).as_py():
        normal = pc.utf8_normalize(column, form="NFKC")
        keep = pc.or_(keep, pc.and_(odd, pc.match_substring_regex(normal, MANY_DIGITS)))
    positions = pc.indices_nonzero(pc.fill_null(keep, fill_value=False))
    texts = column.take(positions)
    return list(zip(positions.to_pylist(), texts.to_pylist(), strict=True))


def refusal(file_name: str, place: str, found: str, last_four: str) -> Rejected:
    """Return the error of a file that holds card data; it shows the last four digits at most."""
    ending = f" ending {last_four}" if last_four else ""
    where = f"{masked(file_name)} {place}"
    return Rejected(f"{where}: found {found}{ending}, expected none; the file was not landed")
