"""The page's icons as inline SVG."""

from __future__ import annotations

from markupsafe import Markup


def _line(path: Markup) -> Markup:
    return Markup(
        '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" '
        'stroke-linejoin="round" aria-hidden="true">{}</svg>'
    ).format(path)


CHECK = _line(Markup('<path d="M5 12.5l4.5 4.5L19 7.5"/>'))
CROSS = _line(Markup('<path d="M6 6l12 12M18 6L6 18"/>'))
BIN = _line(Markup('<path d="M4 7h16M9 7V4.5h6V7M6.5 7l.8 12.5h9.4L17.5 7M10 11v5M14 11v5"/>'))
PLUS = _line(Markup('<path d="M12 5v14M5 12h14"/>'))
LIST = _line(Markup('<path d="M4 6.5h16M4 12h16M4 17.5h16"/>'))
MARK = _line(
    Markup(
        '<path d="M8 4H6.5A2.5 2.5 0 0 0 4 6.5v3L2.5 12 4 14.5v3A2.5 2.5 0 0 0 6.5 20H8M16 4h1.5A2.5 2.5 0 0 1 20 6.5v3'
        'l1.5 2.5-1.5 2.5v3a2.5 2.5 0 0 1-2.5 2.5H16M9.5 12l2 2 3.5-4"/>'
    )
)
