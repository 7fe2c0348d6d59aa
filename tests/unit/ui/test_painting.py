from __future__ import annotations

import gradio as gr
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from ui.html.markup import button, call_card, card, table
from ui.html.paging import Slice, page_number
from ui.page.location import RUNS, STEPS, Location
from ui.page.updates import KeyedUpdate, changes, value_of


def test_only_what_changed_is_sent() -> None:
    with gr.Blocks():
        one, other = gr.HTML(), gr.HTML()
    first, seen = changes({one: "a", other: "b"}, {})
    assert first == {one: "a", other: "b"}
    again, seen = changes({one: "a", other: "c"}, seen)
    assert again == {other: "c"}
    assert changes({one: "a"}, seen)[0] == {}


def test_a_keyed_update_is_sent_when_its_key_changes_and_not_otherwise() -> None:
    with gr.Blocks():
        field = gr.Textbox()
    _, seen = changes({field: KeyedUpdate("run 1", "start")}, {})
    assert changes({field: KeyedUpdate("run 1", "another start")}, seen)[0] == {}
    changed, _ = changes({field: KeyedUpdate("run 2", "start")}, seen)
    assert {block: value_of(update) for block, update in changed.items()} == {field: "start"}


@given(st.text(max_size=200))
def test_text_of_users_never_becomes_markup(said: str) -> None:
    drawn = [card(said, said), button("do", said, run=said), table([said], [[said]]), call_card(said, {said: said})]
    for piece in drawn:
        inside = piece.replace("&lt;", "").replace("&#34;", "").replace("&#39;", "")
        for dangerous in ("<script", "<img", "javascript:", 'onerror="'):
            assert (dangerous in inside) <= (dangerous in said.replace("<", "").replace('"', ""))


def test_markup_made_here_passes_as_it_is() -> None:
    assert "<b>bold</b>" in card("title", Markup("<b>bold</b>"))
    assert "&lt;b&gt;" in card("title", "<b>")


@given(st.integers(0, 200), st.integers(-5, 50), st.integers(1, 20))
def test_a_page_of_a_table_always_exists(total: int, page: int, size: int) -> None:
    part = Slice.of(list(range(total)), page, size)
    assert 0 <= part.page < part.pages
    assert list(part.items) == list(range(total))[part.page * size : (part.page + 1) * size]
    assert total == 0 or part.items


def test_a_page_is_read_from_a_button_and_nothing_else() -> None:
    assert [page_number(word) for word in ("3", None, "", "-1", "x", "1.5")] == [3, 0, 0, 0, 0, 0]


@given(
    st.builds(
        Location,
        run=st.none() | st.text(min_size=1),
        data=st.none() | st.text(min_size=1),
        step=st.sampled_from((*STEPS, RUNS)),
        picked=st.none() | st.text(min_size=1),
    )
)
def test_a_place_survives_the_browser(place: Location) -> None:
    assert Location.from_mapping(place.to_dict()) == place


def test_an_address_names_what_is_open_and_no_question() -> None:
    place = Location(run="20261122-104512-3f2a", step="train", asking="20261122-104512-3f2a")
    assert place.query == "?run=20261122-104512-3f2a&step=train"
    assert Location().query == ""
    assert Location.from_mapping({"step": "nowhere"}).step == "data"
    compared = Location(step="runs", picked="one,two", order="-time", only="one two 1")
    assert compared.query == "?step=runs&picked=one%2Ctwo&order=-time"
