"""From what a workbook changes to the mapping files that say it, checked as a whole rulebook."""

from __future__ import annotations

import difflib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from recon_engine.errors import Rejected, RulebookError
from recon_engine.ids import sha256_hex
from recon_engine.rulebook.rulebook import Rulebook, load
from recon_engine.rulebook.sheets.compare import Comparison, Edit, compare
from recon_engine.rulebook.sheets.content import FileContent, edited, said, written
from recon_engine.rulebook.sheets.workbook import OUTCOME, read, refused
from recon_engine.rulebook.yaml import Document
from recon_engine.rulebook.yaml import read as read_yaml

PLACED = re.compile(r"^(?P<file>\S+\.yaml):(?P<line>\d+):\d+ ")
HASH_SHOWN = 12
Cells = dict[tuple[str, int], str]
"""The cell that a line of a mapping file came from, by file and line."""


@dataclass(frozen=True)
class Proposal:
    """What a workbook would make of the mappings: nothing is changed by it."""

    sentences: tuple[str, ...]
    """The diff in plain words, one a change; none where nothing changes."""
    files: Mapping[str, bytes | None]
    """By `fees/northpay_2026.yaml` the file as it would be; None: it goes."""
    before: Mapping[str, bytes | None]
    """The same files as they are; None: it is new."""
    old_hash: str
    """Of the rulebook as it is."""
    hash: str
    """Of the rulebook as it would be."""

    @property
    def name(self) -> str:
        """Return the name of the folder that keeps it; the same change has the same name."""
        return sha256_hex(self.diff.encode("utf-8"))[:HASH_SHOWN]

    @property
    def diff(self) -> str:
        """Return the sentences, and below them the lines of the files that change."""
        hashes = f"rulebook {self.old_hash[:HASH_SHOWN]} -> {self.hash[:HASH_SHOWN]}"
        lines = [hashes, "", *self.sentences, ""]
        for name, content in self.files.items():
            old, new = (
                (text or b"").decode("utf-8").splitlines() for text in (self.before[name], content)
            )
            if content is None:
                lines.append(f"{name}: the file goes")
            lines += difflib.unified_diff(old, new, name, name, lineterm="", n=1)
        return "\n".join(lines) + "\n"


def propose(content: bytes, shown: str, rules: Rulebook) -> Proposal:
    """Return what a workbook changes in the rulebook that it was exported from.

    Raises: RulebookError with every problem; Rejected where the rulebook is another one by now.
    """
    book = read(content, shown)
    if book.hash != rules.hash:
        raise Rejected(
            f"{shown}: found a workbook of the rulebook {book.hash[:HASH_SHOWN] or 'unknown'}, "
            f"expected one of {rules.hash[:HASH_SHOWN]}, as the mappings are now; export again "
            f"and make the changes there, {OUTCOME}"
        )
    compared = compare(book, rules)
    if compared.problems:
        raise refused(compared.problems)
    if not compared.sentences:
        return Proposal((), {}, {}, rules.hash, rules.hash)
    before: dict[str, bytes | None] = {}
    after: dict[str, bytes | None] = {}
    contents: dict[str, FileContent] = {}
    for file, edits in by_file(compared.edits).items():
        name, path = f"{file}.yaml", rules.folder / f"{file}.yaml"
        now = path.read_bytes() if path.exists() else None
        wanted = edited(said(now.decode("utf-8-sig")) if now else {}, edits, file)
        if wanted is None:
            before[name], after[name] = now, None
            continue
        new = written(now, wanted, file, f"{rules.folder.name}/{name}")
        if new != now:
            before[name], after[name], contents[file] = now, new, wanted
    proposed = checked(after, contents, compared, rules)
    return Proposal(tuple(compared.sentences), after, before, rules.hash, proposed.hash)


def by_file(edits: Iterable[Edit]) -> dict[str, list[Edit]]:
    """Return edits by the file that they change."""
    files: dict[str, list[Edit]] = {}
    for edit in edits:
        files.setdefault(edit.file, []).append(edit)
    return files


def checked(
    files: Mapping[str, bytes | None],
    contents: Mapping[str, FileContent],
    compared: Comparison,
    rules: Rulebook,
) -> Rulebook:
    """Return the rulebook that the folder would hold with some of its files changed.

    Raises: RulebookError with every problem, after the cell that the line came from.
    """
    with tempfile.TemporaryDirectory(prefix="recon-rulebook-") as scratch:
        folder = Path(shutil.copytree(rules.folder, Path(scratch) / rules.folder.name))
        for name, content in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            if content is None:
                (folder / name).unlink()
            else:
                (folder / name).write_bytes(content)
        try:
            return load(folder)
        except RulebookError as error:
            cells = dict(cells_by_line(folder, contents, compared))
            lines = str(error).splitlines()[:-1]
            raise refused(placed(line, cells) for line in lines) from error


def cells_by_line(
    folder: Path, contents: Mapping[str, FileContent], compared: Comparison
) -> Iterator[tuple[tuple[str, int], str]]:
    """Yield the cell whose value stands in a line of a changed file."""
    for file, content in contents.items():
        shown = f"{folder.name}/{file}.yaml"
        document = read_yaml(folder / f"{file}.yaml", shown)
        if not isinstance(document, Document):
            continue
        for (own, place), cell in compared.cells.items():
            loc = content.loc(place) if own == file else None
            if loc:
                yield (shown, document.place(loc)[0]), cell


def placed(line: str, cells: Cells) -> str:
    """Return a problem of a file after the cell that its line came from, where one did."""
    found = PLACED.match(line)
    cell = cells.get((found["file"], int(found["line"]))) if found else None
    return f"{cell} as {line}" if cell else line
