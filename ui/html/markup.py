"""The HTML elements of every step; `Markup.format` and `Markup.join` escape their arguments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

Tone = Literal["plain", "accent", "ok", "warn", "error"]


def badge(text: str, tone: Tone = "plain") -> Markup:
    """A short label of a state."""
    return Markup('<span class="badge {}">{}</span>').format(tone, text)


def code(text: object) -> Markup:
    """A name or value, in the fixed-width font."""
    return Markup("<code>{}</code>").format(text)


def button(
    do: str, label: object, *, kind: str = "quiet", title: str = "", disabled: bool = False, **data: object
) -> Markup:
    """A button whose click reaches Python as the event `act` with `do` and the given data."""
    off = Markup(" disabled") if disabled else ""
    extra = Markup("").join(Markup(' data-{}="{}"').format(key, value) for key, value in data.items())
    hint = Markup(' title="{0}" aria-label="{0}"').format(title) if title else ""
    return Markup('<button{} type="button" class="btn {}" data-do="{}"{}{}>{}</button>').format(
        off, kind, do, extra, hint, label
    )


def link(href: str, label: object, *, kind: str = "quiet", download: bool = False, name: str = "") -> Markup:
    """A link that looks like a button; `name` is the file name of a download."""
    called = Markup('="{}"').format(name) if name else ""
    extra = Markup(" download{}").format(called) if download else ""
    return Markup('<a class="btn {}" href="{}"{}>{}</a>').format(kind, href, extra, label)


def heading(title: str, lead: object = "") -> Markup:
    """A step's title and the sentence below it."""
    below = Markup('<p class="lead">{}</p>').format(lead) if lead else ""
    return Markup('<header class="heading"><h1>{}</h1>{}</header>').format(title, below)


def card(title: str, body: object, *, note: object = "", aside: object = "") -> Markup:
    """A titled panel; `aside` is at the right of its title."""
    right = Markup('<div class="aside">{}</div>').format(aside) if aside else ""
    under = Markup('<p class="note">{}</p>').format(note) if note else ""
    head = Markup('<div class="card-head"><h2>{}</h2>{}</div>').format(title, right)
    return Markup('<section class="card">{}{}{}</section>').format(head, under, body)


def callout(tone: Tone, title: str, body: object = "", actions: object = "") -> Markup:
    """A short message with the fact and the next act."""
    text = Markup("<p>{}</p>").format(body) if body else ""
    role = "alert" if tone == "error" else "status"
    return Markup('<div class="callout {}" role="{}"><strong>{}</strong>{}{}</div>').format(
        tone, role, title, text, _actions(actions)
    )


def empty(title: str, body: object, actions: object = "") -> Markup:
    """A placeholder that says what will be here and how to get it."""
    return Markup('<div class="empty"><h2>{}</h2><p>{}</p>{}</div>').format(title, body, _actions(actions))


def _actions(actions: object) -> Markup:
    return Markup('<div class="actions">{}</div>').format(actions) if actions else Markup("")


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure with its name and a note."""

    label: str
    value: object
    note: object = ""
    tone: Tone = "plain"


def figures(items: Sequence[Figure]) -> Markup:
    """Numbers side by side."""
    cell = Markup('<div class="figure {}"><dt>{}</dt><dd class="value">{}</dd><dd class="note">{}</dd></div>')
    cells = (cell.format(item.tone, item.label, item.value, item.note) for item in items)
    return Markup('<dl class="figures">{}</dl>').format(Markup("").join(cells))


def facts(pairs: Iterable[tuple[str, object]]) -> Markup:
    """Names and values, one pair per line."""
    return Markup('<dl class="facts">{}</dl>').format(_pairs(pairs))


def _pairs(pairs: Iterable[tuple[str, object]]) -> Markup:
    return Markup("").join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, value) for name, value in pairs)


def table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    kind: str = "",
    caption: str = "",
    heads: Sequence[Markup] | None = None,
) -> Markup:
    """A table that becomes a list of cards on a narrow screen; `heads` replace the cells of its head."""
    cells = heads or [Markup('<th scope="col">{}</th>').format(header) for header in headers]
    head = Markup("").join(cells)
    body = Markup("").join(_table_row(headers, row) for row in rows)
    name = Markup('<caption class="unseen">{}</caption>').format(caption) if caption else ""
    return Markup('<table class="table {}">{}<thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(
        kind, name, head, body
    )


def _table_row(headers: Sequence[str], row: Sequence[object]) -> Markup:
    cells = zip(headers, row, strict=True)
    cell = Markup('<td data-label="{}">{}</td>')
    return Markup("<tr>{}</tr>").format(Markup("").join(cell.format(header, value) for header, value in cells))


def progress(fraction: float | None, text: object, left: object = "") -> Markup:
    """A progress bar with the activity and the time left; without a fraction, it shows no amount."""
    known = fraction is not None
    share = 100 * min(1.0, max(0.0, fraction or 0.0))
    style = Markup(' style="width:{:.1f}%"').format(share) if known else ""
    value = Markup(' aria-valuenow="{:.0f}"').format(share) if known else ""
    bar = Markup(
        '<div class="bar{}" role="progressbar" aria-label="{}" aria-valuemin="0" aria-valuemax="100"{}><i{}></i></div>'
    ).format("" if known else " unknown", text, value, style)
    return _captioned(text, left, bar)


def meter(share: float, name: str, value: str, tone: Tone = "accent") -> Markup:
    """A bar for a share from 0 to 1, with its name and its value as text."""
    width = 100 * min(1.0, max(0.0, share))
    bar = Markup('<div class="bar still {}"><i style="width:{:.1f}%"></i></div>').format(tone, width)
    return _captioned(name, value, bar)


def _captioned(name: object, value: object, bar: Markup) -> Markup:
    return Markup(
        '<div class="progress"><div class="progress-text"><span>{}</span><span>{}</span></div>{}</div>'
    ).format(name, value, bar)


def call_card(name: str, arguments: Mapping[str, Any]) -> Markup:
    """One tool call: the tool, then each argument and its value."""
    rows = _pairs((key, value_text(value)) for key, value in arguments.items())
    body = Markup('<dl class="arguments">{}</dl>').format(rows) if rows else Markup('<p class="note">No arguments</p>')
    return Markup('<div class="call"><div class="call-name">{}</div>{}</div>').format(name, body)


def call_text(call: Mapping[str, Any]) -> Markup:
    """One call on a line: `tool(argument: value)`."""
    inside = ", ".join(f"{key}: {value_text(value)}" for key, value in call.get("arguments", {}).items())
    return Markup('<span class="call-line"><b>{}</b><wbr>({})</span>').format(call["name"], inside)


def value_text(value: object) -> str:
    """An argument's value for display: text unchanged, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def no_data(what: str) -> Markup:
    """The placeholder of another step while there is no data."""
    return empty("No data yet", what, button("step", "Go to Data", kind="primary", step="data"))
