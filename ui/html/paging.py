"""Divides long tables into pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from markupsafe import Markup

from ui.html.markup import button

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Slice(Generic[Item]):
    """The items of one page; `page` counts from 0 and always exists."""

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

    def pager(self, **data: str) -> Markup:
        """The position in the table, with buttons for the previous and the next page; empty if there is only one page.

        Each button's data are its page and `data`.
        """
        if self.pages == 1:
            return Markup("")
        last = self.first + len(self.items) - 1
        back = self._turn("Previous", self.page - 1, data)
        on = self._turn("Next", self.page + 1, data)
        return Markup('<div class="pager"><span>{:,}–{:,} of {:,}</span><span>{}{}</span></div>').format(
            self.first, last, self.total, back, on
        )

    def _turn(self, label: str, page: int, data: Mapping[str, str]) -> Markup:
        there = 0 <= page < self.pages
        return button("page", label, kind="quiet small", disabled=not there, **data, page=page)


def page_number(text: str | None) -> int:
    """The page that a pager's button names; 0 if it names none."""
    return int(text) if text and len(text) < 10 and text.isdecimal() else 0
