"""Reads Parquet with pyarrow, in batches so small that no batch expands far."""

from __future__ import annotations

import resource
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backend.data.imports.records import MAX_IMPORT_BYTES, GivenFile, Record
from backend.errors import InputError
from backend.files import open_regular

_BATCH_BYTES = 64 * 1024 * 1024
_MOST_BATCH = 1_000
_MOST_VALUES_A_ROW = 20_000
_MEMORY = 3 * 1024**3
"""Address space that reading may take beyond what the process has."""


class ParquetReader:
    """Reads the rows of a Parquet file, as the Hub's datasets have them."""

    name = "Parquet"

    def reads(self, file: GivenFile) -> bool:
        """Whether the file begins with Parquet's signature."""
        return starts_with(file.path, b"PAR1")

    def records(self, file: GivenFile) -> Iterator[Record]:
        """Yields the rows, without the nulls of absent keys. Raises InputError if the file is damaged or too large."""
        from pyarrow import ArrowException  # only Parquet needs it
        from pyarrow.parquet import ParquetFile

        try:
            with bounded_memory(_MEMORY), ParquetFile(file.path, memory_map=False) as table:
                size = _batch_size(table.metadata, file.name)
                number = 0
                for batch in table.iter_batches(batch_size=size, use_threads=False):
                    if batch.nbytes > MAX_IMPORT_BYTES:
                        raise _too_large(file.name)
                    for row in batch.to_pylist():
                        number += 1
                        yield Record(f"row {number}", present(row))
        except MemoryError as error:
            raise _too_large(file.name) from error
        except (ArrowException, OSError, ValueError) as error:
            why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise InputError(f"{file.name} is a damaged Parquet file: {why}. Download or write it again.") from error


def _batch_size(metadata: Any, name: str) -> int:
    """Returns the rows to read at once: a batch of the longest values stays small, also if they are repeated."""
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    chunks = [group.column(at) for group in groups for at in range(group.num_columns)]
    if sum(chunk.total_uncompressed_size for chunk in chunks) > MAX_IMPORT_BYTES:
        raise _too_large(name)
    if sum(chunk.num_values for chunk in chunks) > _MOST_VALUES_A_ROW * max(metadata.num_rows, 1):
        raise InputError(f"{name} has rows of more than {_MOST_VALUES_A_ROW:,} values, so it is not read.")
    largest = max((chunk.total_uncompressed_size for chunk in chunks), default=1)
    return max(1, min(_MOST_BATCH, _BATCH_BYTES // max(largest, 1)))


def present(value: Any) -> Any:
    """Returns a value without the keys whose value is null: Arrow writes every key of a column into every row."""
    if isinstance(value, Mapping):
        return {key: present(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        if value and all(isinstance(item, tuple) and len(item) == 2 for item in value):  # Arrow's map type
            return {str(key): present(item) for key, item in value if item is not None}
        return [present(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def starts_with(path: Path, signature: bytes) -> bool:
    """Whether the file begins with these bytes; False if it cannot be read."""
    try:
        with open_regular(path) as file:
            return file.read(len(signature)) == signature
    except OSError:
        return False


@contextmanager
def bounded_memory(extra: int) -> Iterator[None]:
    """Lowers this process's soft limit of address space to what it has and `extra` bytes, and restores it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = _address_space() + extra
    limits = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([wanted, *limits]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int:
    """The address space of this process in bytes, from /proc; where there is none, a generous guess."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except OSError:
        return 64 * 1024**3
    return int(pages) * resource.getpagesize()


def _too_large(name: str) -> InputError:
    return InputError(
        f"{name} expands to more than {MAX_IMPORT_BYTES // 2**20} MB, so it is not read. Keep the rows that differ "
        "most, and write them again."
    )
