from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from backend.device.kotlin_text import (
    HARD_KEYWORDS,
    LONGEST_NAME,
    TAKEN_CLASSES,
    class_names,
    comment_text,
    kotlin_type,
    property_names,
    raw_json,
    string_literal,
)

ANY_TEXT = st.text(st.characters())  # lone surrogates included: JSON can spell them
NAME_LISTS = st.lists(
    st.text() | st.sampled_from([*TAKEN_CLASSES, *HARD_KEYWORDS, "a_b", "aB", "AB", "a" * 300]), unique=True
)


@given(ANY_TEXT)
def test_a_literal_is_one_line_of_plain_characters(text: str) -> None:
    literal = string_literal(text)

    literal.encode("utf-8")
    assert len(literal.splitlines()) == 1
    assert re.fullmatch(r'"(?:[^"\\$]|\\[tbrn"\\$]|\\u[0-9a-f]{4})*"', literal), "nothing ends it or starts a template"


@given(st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3))
def test_raw_json_means_the_same_and_neither_ends_nor_fills_a_raw_string(value: dict[str, str]) -> None:
    text = raw_json(value, indent=4)

    assert json.loads(text) == value
    assert '"""' not in f"x{text}x"
    assert "$" not in text
    text.encode("utf-8")


@given(ANY_TEXT)
def test_a_comment_can_be_neither_left_nor_nested(text: str) -> None:
    comment = comment_text(text)

    assert "*/" not in comment
    assert "/*" not in comment
    assert len(comment.splitlines()) <= 1
    comment.encode("utf-8")


@given(NAME_LISTS)
def test_class_names_are_unique_names_that_hide_nothing(names: list[str]) -> None:
    found = class_names(names)

    assert list(found) == names
    assert len({name.lower() for name in found.values()}) == len(names), "unique where a file system ignores case"
    for name in found.values():
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)
        assert len(name) < LONGEST_NAME + 10
        assert name not in TAKEN_CLASSES


@given(NAME_LISTS)
def test_property_names_are_unique_and_quoted_where_they_are_keywords(names: list[str]) -> None:
    found = property_names(names)

    assert list(found) == names
    assert len(set(found.values())) == len(names)
    for name in found.values():
        assert re.fullmatch(r"[a-z][A-Za-z0-9]*|`[a-z]+`", name)
        assert name not in HARD_KEYWORDS


def test_names_read_as_kotlin_names() -> None:
    assert class_names(["set_timer", "find-nearby.poi", "openURL"]) == {
        "set_timer": "SetTimer",
        "find-nearby.poi": "FindNearbyPoi",
        "openURL": "OpenURL",
    }
    assert property_names(["start_time", "in", "Query"]) == {"start_time": "startTime", "in": "`in`", "Query": "query"}


def test_types_follow_the_schema() -> None:
    assert kotlin_type({"type": "integer"}) == ("Long", "::whole")
    assert kotlin_type({"type": "ARRAY", "items": {"type": "array", "items": {"type": "number"}}}) == (
        "List<List<Double>>",
        "listOfEach(listOfEach(::number))",
    )
    assert kotlin_type({"type": "array", "items": {"type": "array"}}) == ("List<List<Any?>>", "listOfEach(::items)")
    assert kotlin_type({"type": ["string", "null"]}) == ("Any", "::anything")
    assert kotlin_type(True) == ("Any", "::anything")
