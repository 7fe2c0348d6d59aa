"""Reads the records of JSON and JSONL, one at a time, so that a large file is not a large tree in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from backend.data.imports.records import MAX_IMPORT_BYTES, GivenFile, Record
from backend.data.text import DecodedFile, read_source
from backend.errors import InputError

_WRAPPERS = ("data", "rows", "examples", "train", "items", "records", "dataset", "conversations_list")
_DECODER = json.JSONDecoder(strict=False)
_SPACE = re.compile(r"[\s,]*")
NOT_JSON, NOT_AN_OBJECT = "the line is not JSON", "it is not a JSON object"


def text_of(file: GivenFile) -> DecodedFile:
    """Returns the decoded text of a file. Raises InputError if it cannot be opened or is over the limit."""
    source = read_source(file.path, MAX_IMPORT_BYTES)
    if source.problem:
        raise InputError(f"{file.name} cannot be opened: {source.problem}. Check the path.")
    if source.too_large:
        raise InputError(
            f"{file.name} has {source.size / 2**20:,.0f} MB; at most {MAX_IMPORT_BYTES // 2**20} MB are read. Keep "
            "the rows that differ most."
        )
    return source


def looks_like_json(text: str) -> bool:
    """Whether the text begins as a JSON list or object does."""
    return text[:1000].lstrip("\ufeff \t\r\n").startswith(("[", "{"))


class JsonReader:
    """Reads JSONL, a JSON list of objects, or an object around such a list."""

    name = "JSON"

    def reads(self, file: GivenFile) -> bool:
        """Whether the content is a text that begins as JSON does."""
        source = read_source(file.path, MAX_IMPORT_BYTES)
        return source.readable and looks_like_json(source.text)

    def records(self, file: GivenFile) -> Iterator[Record]:
        """Yields the records. Raises InputError if a JSON document is damaged; a damaged line of JSONL is a record."""
        yield from json_records(text_of(file).text, file.name)


def json_records(text: str, name: str) -> Iterator[Record]:
    """Yields the records of a JSON text; each place is a line of JSONL, or the number of an item."""
    bare = text.lstrip("\ufeff \t\r\n")
    if bare.startswith("["):
        if not _is_line(bare):
            yield from _items(text, text.index("[") + 1, name)
            return
    elif not _is_line(bare):
        yield from _wrapped(text, name)
        return
    yield from _lines(text)


def _is_line(text: str) -> bool:
    """Whether the first line is a complete object or list, and another one follows: JSONL."""
    first, _, rest = text.partition("\n")
    if not rest.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _lines(text: str) -> Iterator[Record]:
    start = number = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].strip("\ufeff \t\r")
        start, number = end + 1, number + 1
        if not line:
            continue
        try:
            value = _DECODER.decode(line)
        except (ValueError, RecursionError):
            yield Record(f"line {number}", {}, NOT_JSON)
            continue
        yield _record(f"line {number}", value)


def _record(place: str, value: Any) -> Record:
    return Record(place, value) if isinstance(value, dict) else Record(place, {}, NOT_AN_OBJECT)


def _items(text: str, position: int, name: str) -> Iterator[Record]:
    """Yields the items of the list whose first item begins at or after `position`."""
    number = 0
    while True:
        space = _SPACE.match(text, position)
        position = space.end() if space else position
        if position >= len(text):
            raise _damaged(text, position, name, "the list has no end")
        if text[position] == "]":
            return
        try:
            value, position = _DECODER.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise _damaged(text, error.pos, name, error.msg) from error
        except (ValueError, RecursionError) as error:  # a number of too many digits, or too many levels
            raise _damaged(text, position, name, str(error)) from error
        number += 1
        yield _record(f"item {number}", value)


def _wrapped(text: str, name: str) -> Iterator[Record]:
    """Yields the records in an object around a list, or the object itself as the only record."""
    try:
        value = _DECODER.decode(text.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise _damaged(text, error.pos, name, error.msg) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(text, 0, name, str(error)) from error
    inner = next((value[key] for key in _WRAPPERS if _is_list_of_objects(value.get(key))), None)
    if inner is None:
        yield Record("item 1", value)
        return
    yield from (_record(f"item {number}", item) for number, item in enumerate(inner, 1))


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _damaged(text: str, position: int, name: str, why: str) -> InputError:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return InputError(f"{name} is not JSON: {why}, line {line}, column {column}. Correct it there, or save it again.")
