"""Kotlin's spelling of names, types and texts that a person wrote in tools.json."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

HARD_KEYWORDS = frozenset({
    "as", "break", "class", "continue", "do", "else", "false", "for", "fun", "if", "in", "interface", "is", "null",
    "object", "package", "return", "super", "this", "throw", "true", "try", "typealias", "typeof", "val", "var", "when",
    "while",
})  # fmt: skip
"""Words that are no names in Kotlin unless they stand between backticks (Kotlin's grammar, "hard keywords")."""

TAKEN_CLASSES = frozenset({
    "Any", "AppCall", "Boolean", "Declared", "Double", "List", "Long", "Map", "OpenApi", "String", "Unreadable",
})  # fmt: skip
"""Names that the templates use, and that a tool's class of the same name would hide."""

LONGEST_NAME = 60
"""Characters of a class name: its file's name must stay under the file system's 255."""

_INVISIBLE = r"\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
_UNSAFE = re.compile(rf'[\\"${_INVISIBLE}]')
_UNSAFE_IN_JSON = re.compile(rf"[${_INVISIBLE.replace(chr(92) + 'x00-' + chr(92) + 'x1f', '')}]")
_COMMENT_MARKS = re.compile(rf"/(?=\*)|\*(?=/)|[{_INVISIBLE}]+")
_SHORT = {"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b"}


def string_literal(text: str) -> str:
    """`text` between double quotes, so that Kotlin reads back exactly it; unseen characters become `\\uXXXX`."""
    return '"' + _UNSAFE.sub(lambda found: _SHORT.get(found.group()) or _unicode(found), text) + '"'


def raw_json(value: Any, indent: int) -> str:
    """`value` as indented JSON for a raw Kotlin string, its later lines moved right by `indent` spaces.

    JSON holds no triple quote, and `$`, which starts a template even in a raw string, is spelled `\\u0024`.
    """
    text = _UNSAFE_IN_JSON.sub(_unicode, json.dumps(value, ensure_ascii=False, indent=2))
    return text.replace("\n", "\n" + " " * indent)


def comment_text(text: str) -> str:
    """`text` on one line, with nothing in it that could open or end a comment."""
    return " ".join(_COMMENT_MARKS.sub(" ", text).split())


def class_names(names: Iterable[str]) -> dict[str, str]:
    """Returns a class name for each tool, in order. No two are equal, even if a file system ignores case."""
    taken = {name.lower() for name in TAKEN_CLASSES}
    return {name: _unused(_camel(name, "Tool")[:LONGEST_NAME], taken) for name in names}


def property_names(names: Iterable[str]) -> dict[str, str]:
    """Returns a property name for each argument, in order, between backticks if the name is a keyword."""
    taken: set[str] = set()
    found = {}
    for name in names:
        camel = _camel(name, "Argument")[:LONGEST_NAME]
        plain = _unused(camel[0].lower() + camel[1:], taken)
        found[name] = f"`{plain}`" if plain in HARD_KEYWORDS else plain
    return found


def kotlin_type(schema: Any) -> tuple[str, str]:
    """The Kotlin type of an argument, and the function of the generated file that reads it."""
    known: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    kind = str(known.get("type", "")).lower()
    if kind == "array" and known.get("prefixItems"):
        return "List<Any?>", "::items"
    if kind == "array":
        item, reader = kotlin_type(known.get("items"))
        if item == "Any":
            return "List<Any?>", "::items"
        return f"List<{item}>", f"listOfEach({reader})"
    return _TYPES.get(kind, ("Any", "::anything"))


_TYPES = {
    "string": ("String", "::text"),
    "integer": ("Long", "::whole"),
    "number": ("Double", "::number"),
    "boolean": ("Boolean", "::flag"),
    "object": ("Map<String, Any?>", "::fields"),
}


def _camel(name: str, fallback: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    camel = "".join(word[0].upper() + word[1:] for word in words)
    return camel if camel[:1].isalpha() else fallback + camel


def _unused(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate.lower() in taken:
        candidate, number = f"{name}{number}", number + 1
    taken.add(candidate.lower())
    return candidate


def _unicode(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
