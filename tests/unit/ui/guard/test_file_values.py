from __future__ import annotations

from typing import Any

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.guard import refuse_files_in_answer, storable, without_foreign_files
from ui.guard.file_values import DEEPEST

META = {"_type": "gradio.FileData"}
SECRET = {"path": "/etc/passwd", "meta": META}
MINE = "/uploads/a/rows.csv"


class Ledger:
    """Ada's one upload."""

    def owns(self, owner: str, path: str) -> bool:
        return owner == "ada" and path == MINE


def checked(block: Any, value: Any, owner: str = "ada") -> Any:
    return without_foreign_files([block], [value], Ledger(), owner)[0]


@pytest.mark.parametrize(
    "value",
    [SECRET, [SECRET], {"step": "data", "run": SECRET}, {"a": [{"b": ({"c": SECRET},)}]}, {"path": "/etc/passwd"},
     {"path": "x", "url": "http://x"}, {**SECRET, "meta": None}, {"run": {"path": MINE, "meta": META}}],
)  # fmt: skip
def test_other_inputs_accept_no_file_at_any_depth(value: Any) -> None:
    with pytest.raises(gr.Error, match="takes no file"):
        checked(gr.JSON(), value)


def test_a_place_with_a_folder_named_path_in_its_text_is_no_file() -> None:
    value = {"step": "data", "path": "x", "run": "y"}
    assert checked(gr.JSON(), value) == value


@pytest.mark.parametrize("block", [gr.File(), gr.UploadButton()])
def test_a_file_input_accepts_only_a_path_of_the_same_browser(block: Any) -> None:
    sent = {"path": MINE, "url": "http://evil.test/x", "orig_name": "rows.csv", "is_stream": True, "meta": META}
    assert checked(block, sent) == {"path": MINE, "orig_name": "rows.csv", "meta": META}
    assert checked(block, None) is None


@pytest.mark.parametrize(
    ("value", "owner"),
    [(SECRET, "ada"), ({"path": MINE, "meta": META}, "eve"), ("/etc/passwd", "ada"), ({"path": "http://x"}, "ada"),
     ([SECRET], "ada"), ({"path": None}, "ada"), (7, "ada"), ({"url": "http://x"}, "ada")],
)  # fmt: skip
def test_a_file_input_accepts_nothing_else(value: Any, owner: str) -> None:
    with pytest.raises(gr.Error, match="not uploaded by this page"):
        checked(gr.File(), value, owner)


def test_a_deeply_nested_value_is_refused() -> None:
    value: Any = "x"
    for _ in range(DEEPEST + 1):
        value = [value]
    with pytest.raises(gr.Error, match="nested"):
        checked(gr.JSON(), value)


def test_an_answer_with_a_file_in_it_is_not_sent() -> None:
    with pytest.raises(gr.Error, match="not sent"):
        refuse_files_in_answer([{"calls": [{"name": "open", "arguments": SECRET}]}])
    refuse_files_in_answer([{"calls": [{"name": "open", "arguments": {"path": "home", "mode": "r"}}]}, "text", None])


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["path", "meta", "url", "a"]), inner),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_every_object_that_gradio_treats_as_a_file_is_refused(value: Any) -> None:
    from gradio_client.utils import is_file_obj_with_meta, traverse

    found: list[Any] = []

    def is_file(item: Any) -> bool:
        try:
            return is_file_obj_with_meta(item)
        except AttributeError:  # gradio asks a `meta` that is no object for its type
            return True

    traverse(value, found.append, is_file)
    try:
        checked(gr.JSON(), value)
    except gr.Error:
        return
    assert found == []


def test_lone_surrogates_are_replaced_and_other_characters_stay() -> None:
    assert storable({"a\ud800": ["x\udfff", 1, None]}) == {"a\ufffd": ["x\ufffd", 1, None]}
    assert storable("naïve 😀") == "naïve 😀"
