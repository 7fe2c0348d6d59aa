"""Reads zip archives in pieces: no part is written under its own name, and none expands over the limits."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from backend.data.imports.records import MAX_IMPORT_BYTES, GivenFile
from backend.data.text import count
from backend.errors import InputError
from backend.files import open_regular

MOST_PARTS = 1_000
_PIECE = 1 << 16
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_FLAG_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)
"""What zipfile raises for a damaged archive."""


class ZipParts:
    """The parts of an open zip archive; together they give at most MAX_IMPORT_BYTES."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive = archive
        self._name = name
        self._left = MAX_IMPORT_BYTES
        self._infos = {info.filename: info for info in archive.infolist() if not info.is_dir()}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parts, which are never used as paths."""
        return tuple(self._infos)

    def check(self) -> None:
        """Raises InputError if the archive has too many parts, is encrypted, or says that it expands too far."""
        infos = self._infos.values()
        if len(infos) > MOST_PARTS:
            raise InputError(
                f"{self._name} holds {count(len(infos), 'file')}; at most {MOST_PARTS:,} are read. Put only the rows "
                "and the tools.json into it."
            )
        if any(info.flag_bits & _FLAG_ENCRYPTED for info in infos):
            raise InputError(f"{self._name} is encrypted. Save it without a password.")
        if any(info.compress_type not in _READABLE for info in infos):
            raise InputError(f"{self._name} is compressed in an unusual way. Save it as an ordinary zip archive.")
        if sum(info.file_size for info in infos) > MAX_IMPORT_BYTES:
            raise self._too_large()

    def pieces(self, part: str) -> Iterator[bytes]:
        """Yields a part's bytes. Raises InputError if it is damaged, or the parts so far are over the limit."""
        try:
            with self._archive.open(self._infos[part]) as file:
                while piece := file.read(_PIECE):
                    self._left -= len(piece)
                    if self._left < 0:
                        raise self._too_large()
                    yield piece
        except _BROKEN as error:
            raise InputError(
                f"{self._name} is damaged: {part[:80]!r} in it cannot be read. Make the file again."
            ) from error

    def _too_large(self) -> InputError:
        return InputError(
            f"{self._name} expands to more than {MAX_IMPORT_BYTES // 2**20} MB, so it is not read. Keep the rows that "
            "differ most."
        )


@contextmanager
def open_parts(file: GivenFile) -> Iterator[ZipParts | None]:
    """Opens a zip archive; gives None if the file is none. Raises InputError if it is over a limit."""
    try:
        with open_regular(file.path) as opened:
            if opened.read(2) != b"PK":
                yield None
                return
        archive = zipfile.ZipFile(file.path)
    except _BROKEN:
        yield None
        return
    with archive:
        parts = ZipParts(archive, file.name)
        parts.check()
        yield parts


def data_parts(names: tuple[str, ...]) -> list[str]:
    """Returns the parts that may hold rows or tools: no hidden files, and no texts about the data."""
    paths = [(name, PurePosixPath(name)) for name in names]
    return [
        name
        for name, path in paths
        if not any(step.startswith((".", "__MACOSX")) for step in path.parts)
        and path.suffix.lower() not in (".md", ".rst", ".html", ".pdf", ".py", ".ipynb", ".png", ".jpg", ".jpeg")
        and path.stem.upper() not in ("README", "LICENSE", "LICENCE", "CITATION", "DATASET_INFO", "DATASET_INFOS")
    ]
