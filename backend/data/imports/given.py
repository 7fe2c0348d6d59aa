"""Sorts the given files into rows and tools by their content; a zip archive stands for the files in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from backend.data.csv import normal_split
from backend.data.imports.archives import data_parts, open_parts
from backend.data.imports.looking import FORMATS, LookedAt, look_at
from backend.data.imports.records import GivenFile
from backend.data.imports.spreadsheets import SPREADSHEETS
from backend.data.text import escape, listing
from backend.errors import InputError

TOOLS_NAME = "tools.json"
_MOST_NOTED = 5
_UNPACK = "An archive in an archive is not opened: unpack the outer one, and give the inner one."


@dataclass(frozen=True, slots=True)
class SortedFiles:
    """The files of rows and the one with the tools, as far as they are there.

    `truths` are BFCL's files of answers. `packed` says that the files come from an archive, so that their paths end
    with the import. `notes` name what was skipped.
    """

    rows: tuple[LookedAt, ...]
    truths: tuple[LookedAt, ...]
    tools: LookedAt | None
    packed: bool
    notes: tuple[str, ...] = ()

    @property
    def format(self) -> str:
        """The name of the format, with the kind of file unless it is JSON or CSV."""
        names = dict.fromkeys(looked.rows.name for looked in self.rows if looked.rows)
        kinds = dict.fromkeys(looked.reader.name for looked in self.rows if looked.reader)
        shown = [kind for kind in kinds if kind not in ("JSON", "CSV")] + (["zip"] if self.packed else [])
        return " and ".join(names) + (f" ({', '.join(shown)})" if shown else "")


def sorted_files(given: Sequence[GivenFile], scratch: Path) -> SortedFiles:
    """Returns the files by what they hold; `scratch` is a folder for the parts of an archive.

    Raises InputError if a file is no data, or if it is unclear which file is which.
    """
    looked: list[LookedAt] = []
    notes: list[str] = []
    packed = False
    for file in given:
        parts = _unpacked(file, scratch)
        if parts is None:
            looked.append(look_at(file))
            continue
        packed = True
        found, skipped = _look_at_parts(parts)
        if not found:
            inner = any(name.casefold().endswith(".zip") for name in skipped)
            held = f"It holds: {listing(skipped)}. {_UNPACK if inner else ''}".strip()
            raise InputError(f"{file.name} holds neither rows nor tools. {held} {FORMATS}")
        looked += found
        notes += [f"Skipped in {file.name}: {listing(skipped, _MOST_NOTED)}."] if skipped else []
    return _by_role(looked, packed, tuple(notes))


def _unpacked(file: GivenFile, scratch: Path) -> list[GivenFile] | None:
    """Writes an archive's parts under names of our own; None if the file is no archive, or a spreadsheet."""
    with open_parts(file) as parts:
        if parts is None or any(sheet.reads(file) for sheet in SPREADSHEETS) or _is_document(parts.names):
            return None
        files = []
        for number, name in enumerate(data_parts(parts.names)):
            path = scratch / f"{file.role or 'file'}-{number}"
            with path.open("wb") as out:
                for piece in parts.pieces(name):
                    out.write(piece)
            files.append(GivenFile(path, _shown(name), None, split_in(name)))
        return files


def _is_document(names: Sequence[str]) -> bool:
    return any(name in ("[Content_Types].xml", "AndroidManifest.xml") for name in names)


def _shown(name: str) -> str:
    """Returns a part's name for messages: its last two steps, without invisible characters."""
    return escape("/".join(PurePosixPath(name).parts[-2:]))[-120:]


def split_in(name: str) -> str:
    """Returns `train` or `test` if a word of the file's name says so, else an empty text."""
    words = re.split(r"[^a-z]+", PurePosixPath(name).name.casefold())
    return next((split for word in words if word and (split := normal_split(word)) in ("train", "test")), "")


def _look_at_parts(parts: Sequence[GivenFile]) -> tuple[list[LookedAt], list[str]]:
    """Returns the parts that hold data, and the names of those that do not."""
    found, skipped = [], []
    for part in parts:
        try:
            looked = look_at(part)
        except InputError:
            skipped.append(part.name)
            continue
        if looked.role is None and not looked.fault:
            skipped.append(part.name)
        else:
            found.append(looked)
    return found, skipped


def _by_role(looked: Sequence[LookedAt], packed: bool, notes: tuple[str, ...]) -> SortedFiles:
    rows = [one for one in looked if one.role == "rows"]
    tools = [one for one in looked if one.role == "tools"]
    for one in (one for one in looked if one.role is None):
        wanted = _likely(one, bool(rows), bool(tools))
        if wanted == "tools":
            tools.append(one)
        elif wanted == "rows":
            rows.append(replace(one, role="rows", standard=True))
    if len(tools) > 1:
        named = [one for one in tools if one.file.name.rpartition("/")[2] == TOOLS_NAME]
        if len(named) != 1:
            raise InputError(
                f"{listing(one.file.name for one in tools)} all hold tools. Give one tools.json, and the rows with it."
            )
        tools = named
    truths = [one for one in rows if one.truth]
    questions = [one for one in rows if not one.truth]
    if truths and not questions:
        raise InputError(
            f"{truths[0].file.name} holds BFCL's answers without their questions. Give the file of the same name with "
            "the questions too, or both in a zip archive."
        )
    if len(questions) > 1 and not packed:
        raise InputError(
            f"{listing(one.file.name for one in questions)} all hold rows. Give one file of rows and one tools.json, "
            "or all of them in a zip archive."
        )
    splits = {one.file.split for one in questions}
    if splits != {"train", "test"}:
        questions = [replace(one, file=replace(one.file, split="")) for one in questions]
    return SortedFiles(tuple(questions), tuple(truths), tools[0] if tools else None, packed, notes)


def _likely(one: LookedAt, rows: bool, tools: bool) -> str:
    """Returns the role of a file whose content says neither: the one that is free, or that its place gave it."""
    if one.fault and rows and not tools:
        return "tools"
    if one.file.role == "tools" and not tools and (one.fault or one.reader):
        return "tools"
    if one.fault:
        raise InputError(one.fault)
    if one.file.role == "rows" and not rows and (one.reader is None or one.reader.name in ("CSV", "TSV")):
        return "rows"
    raise InputError(_unknown(one))


def _unknown(one: LookedAt) -> str:
    """Says which keys or columns the file has, and what is needed."""
    first = next(_values(one), {})
    keys = (
        f" Its {'columns' if one.reader and one.reader.name != 'JSON' else 'keys'} are: {listing(first)}."
        if first
        else ""
    )
    return (
        f"{one.file.name} holds neither rows nor tools in a known form.{keys} A row needs the user's message and the "
        f"calls that answer it, such as user_message and tool_calls. {FORMATS}"
    )


def _values(one: LookedAt) -> Iterator[dict[str, object]]:
    for record in one.reader.records(one.file) if one.reader else ():
        if record.value:
            yield dict(record.value)
