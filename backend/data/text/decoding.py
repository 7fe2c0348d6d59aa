"""Decodes the bytes of a file: its kind, its encoding, its text, and the lines that are not UTF-8."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from backend.files import open_regular

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive, such as an .xlsx, .ods or .docx file"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF-", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"ARROW1", "an Arrow file"),
    (b"LITERTLM", "a LiteRT-LM model"),
)
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_SAMPLE = 65_536


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """The text of a file, or the reason why it has none.

    `problem` is the reason if the file could not be opened. `kind` is the name of a binary format. `bad_lines` are the
    physical lines that are not UTF-8, each with its text decoded as Windows-1252.
    """

    path: Path
    size: int = 0
    text: str = ""
    encoding: str = "utf-8"
    bom: bool = False
    problem: str | None = None
    too_large: bool = False
    kind: str | None = None
    bad_lines: tuple[tuple[int, str], ...] = ()

    @property
    def readable(self) -> bool:
        """Whether the file has text."""
        return self.problem is None and not self.too_large and self.kind is None


def read_source(path: Path, limit: int) -> DecodedFile:
    """Returns the file at `path`; a file over `limit` bytes is not read into memory."""
    try:
        if not path.exists():
            return DecodedFile(path, problem="there is no such file")
        if not path.is_file():
            return DecodedFile(path, problem="it is not a regular file")
        size = path.stat().st_size
        if size > limit:
            return DecodedFile(path, size, too_large=True)
        with open_regular(path) as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        return DecodedFile(path, problem=getattr(error, "strerror", None) or str(error))
    if len(data) > limit:  # the file grew meanwhile
        return DecodedFile(path, len(data), too_large=True)
    return decode(path, data)


def decode(path: Path, data: bytes) -> DecodedFile:
    """Decodes the bytes of a whole file as UTF-8; a line that is not UTF-8 is decoded as Windows-1252."""
    size = len(data)
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            if encoding == "utf-8":
                return _utf8(path, data[len(mark) :], size, bom=True)
            return DecodedFile(path, size, data.decode(encoding, "replace"), encoding, bom=True)
    kind = next((name for signature, name in _SIGNATURES if data.startswith(signature)), None)
    if kind is not None:
        return DecodedFile(path, size, kind=kind)
    wide = _utf16_without_mark(data)
    if wide is not None:
        return DecodedFile(path, size, data.decode(wide, "replace"), wide)
    if _looks_binary(data):
        return DecodedFile(path, size, kind="a binary file")
    return _utf8(path, data, size, bom=False)


def _utf8(path: Path, data: bytes, size: int, *, bom: bool) -> DecodedFile:
    try:
        return DecodedFile(path, size, data.decode("utf-8"), bom=bom)
    except UnicodeDecodeError:
        text, bad_lines = _decode_lines(data)
    encoding = "windows-1252" if bad_lines else "utf-8"
    return DecodedFile(path, size, text, encoding, bom, bad_lines=tuple(bad_lines))


def _decode_lines(data: bytes) -> tuple[str, list[tuple[int, str]]]:
    """Returns the text, and the lines that are not UTF-8, decoded as Windows-1252; lone surrogates are allowed."""
    parts: list[str] = []
    bad: list[tuple[int, str]] = []
    for number, match in enumerate(_LINE.finditer(data), 1):
        line = match.group()
        try:
            parts.append(line.decode("utf-8", "surrogatepass"))
        except UnicodeDecodeError:
            text = line.decode("cp1252", "replace")
            parts.append(text)
            bad.append((number, text.rstrip("\r\n")))
    return "".join(parts), bad


def _utf16_without_mark(data: bytes) -> str | None:
    sample = data[:_SAMPLE]
    half = len(sample) // 2
    if half < 4:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.7 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _looks_binary(data: bytes) -> bool:
    """Whether more than one byte in twenty is a control character that text files do not contain."""
    sample = data[:_SAMPLE]
    if not sample:
        return False
    controls = sum(sample.count(bytes([value])) for value in (*range(9), *range(14, 32)))
    return controls * 20 > len(sample)
