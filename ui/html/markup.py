"""The pieces that every step is made of, as HTML: `Markup.format` and `Markup.join` escape what comes in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup, escape

Tone = Literal["plain", "accent", "ok", "warn", "error"]


class Html(Markup):
    """Markup for those who still ask for its text."""

    @property
    def text(self) -> str:
        """The markup as plain text."""
        return str(self)


def esc(value: object) -> str:
    """The value as escaped text; markup passes as it is."""
    return str(escape(value))


def joined(parts: Iterable[Markup]) -> Html:
    """Several pieces one after the other."""
    return Html("").join(parts)


def badge(text: str, tone: Tone = "plain") -> Html:
    """A small word that says a state."""
    return Html('<span class="badge {}">{}</span>').format(tone, text)


def code(text: object) -> Html:
    """A name or value, in the fixed-width font."""
    return Html("<code>{}</code>").format(text)


def button(
    do: str, label: object, *, kind: str = "quiet", title: str = "", disabled: bool = False, **data: object
) -> Html:
    """A button whose press reaches Python as the event `act` with `do` and the given data."""
    off = Html(" disabled") if disabled else ""
    extra = Html("").join(Html(' data-{}="{}"').format(key, value) for key, value in data.items())
    hint = Html(' title="{0}" aria-label="{0}"').format(title) if title else ""
    return Html('<button{} type="button" class="btn {}" data-do="{}"{}{}>{}</button>').format(
        off, kind, do, extra, hint, label
    )


def link(href: str, label: object, *, kind: str = "quiet", download: bool = False) -> Html:
    """A link that looks like a button."""
    extra = Html(" download") if download else ""
    return Html('<a class="btn {}" href="{}"{}>{}</a>').format(kind, href, extra, label)


def heading(title: str, lead: object = "") -> Html:
    """A step's title and the sentence under it."""
    below = Html('<p class="lead">{}</p>').format(lead) if lead else ""
    return Html('<header class="heading"><h1>{}</h1>{}</header>').format(title, below)


def card(title: str, body: object, *, note: object = "", aside: object = "") -> Html:
    """A titled panel; `aside` stands at the right of its title."""
    right = Html('<div class="aside">{}</div>').format(aside) if aside else ""
    under = Html('<p class="note">{}</p>').format(note) if note else ""
    head = Html('<div class="card-head"><h2>{}</h2>{}</div>').format(title, right)
    return Html('<section class="card">{}{}{}</section>').format(head, under, body)


def callout(tone: Tone, title: str, body: object = "", actions: object = "") -> Html:
    """A short message that matters: what is so, and what to do."""
    text = Html("<p>{}</p>").format(body) if body else ""
    role = "alert" if tone == "error" else "status"
    return Html('<div class="callout {}" role="{}"><strong>{}</strong>{}{}</div>').format(
        tone, role, title, text, _actions(actions)
    )


def empty(title: str, body: object, actions: object = "") -> Html:
    """What stands where there is nothing yet: what will be here and how to get it."""
    return Html('<div class="empty"><h2>{}</h2><p>{}</p>{}</div>').format(title, body, _actions(actions))


def _actions(actions: object) -> Html:
    return Html('<div class="actions">{}</div>').format(actions) if actions else Html("")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number worth reading, with its name and what qualifies it."""

    label: str
    value: object
    note: object = ""
    tone: Tone = "plain"


def figures(items: Sequence[Figure]) -> Html:
    """Numbers side by side."""
    cell = Html('<div class="figure {}"><dt>{}</dt><dd class="value">{}</dd><dd class="note">{}</dd></div>')
    cells = (cell.format(item.tone, item.label, item.value, item.note) for item in items)
    return Html('<dl class="figures">{}</dl>').format(Html("").join(cells))


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Names and values, one pair a line."""
    return Html('<dl class="facts">{}</dl>').format(_pairs(pairs))


def _pairs(pairs: Iterable[tuple[str, object]]) -> Html:
    return Html("").join(Html("<div><dt>{}</dt><dd>{}</dd></div>").format(name, value) for name, value in pairs)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, kind: str = "", caption: str = "") -> Html:
    """A table that becomes a list of cards on a narrow screen."""
    head = Html("").join(Html('<th scope="col">{}</th>').format(header) for header in headers)
    body = Html("").join(_table_row(headers, row) for row in rows)
    name = Html('<caption class="unseen">{}</caption>').format(caption) if caption else ""
    return Html('<table class="table {}">{}<thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(
        kind, name, head, body
    )


def _table_row(headers: Sequence[str], row: Sequence[object]) -> Html:
    cells = zip(headers, row, strict=True)
    cell = Html('<td data-label="{}">{}</td>')
    return Html("<tr>{}</tr>").format(Html("").join(cell.format(header, value) for header, value in cells))


def progress(fraction: float | None, text: object, left: object = "") -> Html:
    """A bar with what is being done and how much time is left; no fraction, no claim."""
    known = fraction is not None
    share = 100 * min(1.0, max(0.0, fraction or 0.0))
    style = Html(' style="width:{:.1f}%"').format(share) if known else ""
    value = Html(' aria-valuenow="{:.0f}"').format(share) if known else ""
    bar = Html(
        '<div class="bar{}" role="progressbar" aria-label="{}" aria-valuemin="0" aria-valuemax="100"{}><i{}></i></div>'
    ).format("" if known else " unknown", text, value, style)
    return _captioned(text, left, bar)


def meter(share: float, name: str, value: str, tone: Tone = "accent") -> Html:
    """A bar that shows a share, 0..1, of something, with its name and what it comes to."""
    width = 100 * min(1.0, max(0.0, share))
    bar = Html('<div class="bar still {}"><i style="width:{:.1f}%"></i></div>').format(tone, width)
    return _captioned(name, value, bar)


def _captioned(name: object, value: object, bar: Html) -> Html:
    return Html('<div class="progress"><div class="progress-text"><span>{}</span><span>{}</span></div>{}</div>').format(
        name, value, bar
    )


def call_card(name: str, arguments: Mapping[str, Any]) -> Html:
    """One tool call: the tool, then each argument and its value."""
    rows = _pairs((key, value_text(value)) for key, value in arguments.items())
    body = Html('<dl class="arguments">{}</dl>').format(rows) if rows else Html('<p class="note">No arguments</p>')
    return Html('<div class="call"><div class="call-name">{}</div>{}</div>').format(name, body)


def call_text(call: Mapping[str, Any]) -> Html:
    """One call on a line: `tool(argument: value)`."""
    inside = ", ".join(f"{key}: {value_text(value)}" for key, value in call.get("arguments", {}).items())
    return Html('<span class="call-line"><b>{}</b><wbr>({})</span>').format(call["name"], inside)


def value_text(value: object) -> str:
    """An argument's value as it is shown: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def no_data(what: str) -> Html:
    """What another step shows while there is no data."""
    return empty("No data yet", what, button("step", "Go to Data", kind="primary", step="data"))
