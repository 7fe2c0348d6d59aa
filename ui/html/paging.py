"""Long tables, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ui.html.markup import Html, button

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Slice(Generic[Item]):
    """The items of one page; `page` counts from 0 and is always one that exists."""

    items: Sequence[Item]
    page: int
    pages: int
    first: int
    total: int

    @classmethod
    def of(cls, items: Sequence[Item], page: int, size: int) -> Slice[Item]:
        """The page of `items`, or the nearest that exists."""
        pages = max(1, -(-len(items) // size))
        page = min(max(0, page), pages - 1)
        return cls(items[page * size : (page + 1) * size], page, pages, page * size + 1, len(items))

    def pager(self) -> Html:
        """Where in the table this is, with buttons to the pages beside it; nothing where one page is all."""
        if self.pages == 1:
            return Html("")
        last = self.first + len(self.items) - 1
        back = button("page", "Previous", kind="quiet small", page=self.page - 1)
        on = button("page", "Next", kind="quiet small", page=self.page + 1)
        if self.page == 0:
            back = Html(back.text.replace("<button", "<button disabled", 1))
        if self.page == self.pages - 1:
            on = Html(on.text.replace("<button", "<button disabled", 1))
        return Html(
            f'<div class="pager"><span>{self.first:,}–{last:,} of {self.total:,}</span><span>{back}{on}</span></div>'
        )


def page_number(text: str | None) -> int:
    """The page that a pager's button names, 0 where it names none."""
    return int(text) if text and len(text) < 10 and text.isdecimal() else 0
