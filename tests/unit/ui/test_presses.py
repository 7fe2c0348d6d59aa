"""A look never undoes a press that was made while it looked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastapi
import gradio as gr
import pytest

from ui.html.part import Part
from ui.page.location import Location
from ui.page.page import PATIENCE, Page
from ui.page.pending_events import MOST_SESSIONS, Count, Presses
from ui.page.updates import Seen
from ui.services.tenants import Tenants


class Visitor:
    """A page with one part; `during` happens while a look paints it."""

    def __init__(self, home: Path) -> None:
        self.during: Callable[[], object] = lambda: None
        with gr.Blocks():
            self.part = Part()
            self.page = Page(Tenants(home), lambda page_state: (self.during(), {self.part: page_state.place.step})[1])
            self.press = _handler_of(self.page)
        self.request = gr.Request(session_hash="visitor")

    def look(self, place: str = "data", seen: Seen | None = None) -> dict[Any, Any]:
        return self.page.look(Location(step=place).to_dict(), seen or {}, self.request)


def _handler_of(page: Page) -> Callable[[], dict[Any, Any]]:
    """What a press on the part calls, as gradio would call it."""
    kept: list[Callable[..., dict[Any, Any]]] = []
    page.on(lambda handle, *_, **__: kept.append(handle), lambda _: Location(step="train"))
    return lambda: kept[0](Location(step="data").to_dict(), {}, gr.Request(session_hash="visitor"))


def _looked_during(visitor: Visitor) -> list[dict[Any, Any]]:
    """What a look says that is made once, while the next painting goes on."""
    found: list[dict[Any, Any]] = []

    def look_once() -> None:
        visitor.during = lambda: None
        found.append(visitor.look())

    visitor.during = look_once
    return found


@pytest.fixture
def visitor(tmp_path: Path) -> Visitor:
    return Visitor(tmp_path)


def test_a_look_paints_what_changed(visitor: Visitor) -> None:
    assert visitor.look()[visitor.part] == "data"
    seen = visitor.press()[visitor.page.seen]
    assert list(visitor.look("train", seen)) == [visitor.page.seen]
    assert (
        visitor.look("train", {name: value for name, value in seen.items() if not name.isdecimal()})[visitor.part]
        == "train"
    )


def test_a_look_says_nothing_where_something_was_pressed_meanwhile(visitor: Visitor) -> None:
    def press_once() -> None:
        visitor.during = lambda: None
        visitor.press()

    visitor.during = press_once
    assert list(visitor.look()) == [visitor.page.seen]


def test_a_look_says_nothing_while_a_press_is_under_way(visitor: Visitor) -> None:
    found = _looked_during(visitor)
    visitor.press()
    assert list(found[0]) == [visitor.page.seen]


def test_a_look_waits_for_what_a_press_left(visitor: Visitor) -> None:
    """The press is carried out, but the session still holds what was painted before it; or the browser does."""
    seen = visitor.press()[visitor.page.seen]
    assert [list(visitor.look()) for _ in range(PATIENCE - 1)] == [[visitor.page.seen]] * (PATIENCE - 1)
    assert list(visitor.look("train", seen)) == [visitor.page.seen]
    for _ in range(2):
        assert [list(visitor.look("data", seen)) for _ in range(PATIENCE - 1)] == [[visitor.page.seen]] * (PATIENCE - 1)
        assert visitor.look("data", seen)[visitor.part] == "data"


def test_a_look_says_nothing_while_the_page_is_entered(visitor: Visitor) -> None:
    """A look in that time would paint the very start over what the address names."""
    found = _looked_during(visitor)
    asked = fastapi.Request({"type": "http", "query_string": b"step=train", "headers": []})
    assert visitor.page.enter(gr.Request(asked, session_hash="visitor"))[visitor.part] == "train"
    assert list(found[0]) == [visitor.page.seen]


def test_a_press_that_fails_has_ended_too() -> None:
    presses = Presses()
    with pytest.raises(ValueError, match="no"), presses.under_way("a"):
        raise ValueError("no")
    assert presses.so_far("a") == Count(1, 1)
    assert presses.so_far("b") == Count()


def test_the_oldest_sessions_are_forgotten() -> None:
    presses = Presses()
    for number in range(MOST_SESSIONS + 1):
        with presses.under_way(str(number)):
            pass
    assert presses.so_far("0") == Count()
    assert presses.so_far(str(MOST_SESSIONS)) == Count(1, 1)


def test_a_press_whose_beginning_is_forgotten_does_not_go_on_for_ever() -> None:
    presses = Presses()
    with presses.under_way("a"):
        for number in range(MOST_SESSIONS):
            presses.late(str(number))
    assert presses.so_far("a").quiet
