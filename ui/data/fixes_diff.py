"""Changes as a person reads them: the text before, the text after, and what differs in colour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from markupsafe import Markup

from backend.data.text.changes import Change
from backend.data.text.display import escape
from ui.html.markup import code, table
from ui.html.paging import Slice

PAGE_SIZE = 12
LONGEST = 1500
"""Characters up to which two texts are compared piece by piece: longer ones would hold up the page."""
SHOWN = 600
FILES = {"csv": "CSV", "tools": "tools.json"}
_PIECES = re.compile(r"\w+|\s+|.", re.DOTALL)


def change_list(changes: Sequence[Change], page: int) -> Markup:
    """One page of the changes."""
    part = Slice.of(changes, page, PAGE_SIZE)
    rows = [[_where(change), _change(change)] for change in part.items]
    return Markup("").join([table(["Where", "Change"], rows, kind="changes", caption="What will change"), part.pager()])


def _where(change: Change) -> Markup:
    column = Markup("<div>{}</div>").format(code(change.column)) if change.column else ""
    place = f"{FILES[change.file]}, line {change.line:,}" if change.line else FILES[change.file]
    return Markup('<div>{}</div>{}<div class="rule">{}</div>').format(place, column, change.code)


def _change(change: Change) -> Markup:
    if change.dropped:
        return Markup('<div class="diff"><del><b>Row dropped</b> {}</del></div>').format(_cut(change.before))
    before, after = marked(change.before, change.after)
    return Markup(
        '<div class="diff"><del><span class="unseen">before: </span>{}</del>'
        '<ins><span class="unseen">after: </span>{}</ins></div>'
    ).format(before, after)


def marked(before: str, after: str) -> tuple[Markup, Markup]:
    """Both texts, what cannot be seen written out, and the pieces that differ between them marked."""
    one, other = escape(before), escape(after)
    if max(len(one), len(other)) > LONGEST:
        return _cut(one), _cut(other)
    first, second = _PIECES.findall(one), _PIECES.findall(other)
    left, right = [], []
    for kind, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        left.append(_piece(first[a:b], kind != "equal"))
        right.append(_piece(second[c:d], kind != "equal"))
    return Markup("").join(left) or Markup("–"), Markup("").join(right) or Markup("–")


def _piece(pieces: Sequence[str], differs: bool) -> Markup:
    content = Markup.escape("".join(pieces))
    return Markup("<mark>{}</mark>").format(content) if differs and content else content


def _cut(content: str) -> Markup:
    shown = escape(content)
    return Markup.escape(shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…")
