"""The pieces that every step is made of, as HTML; all text that comes in is escaped here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

Tone = Literal["plain", "accent", "ok", "warn", "error"]


@dataclass(frozen=True, slots=True)
class Html:
    """Markup that is already safe to show."""

    text: str

    def __str__(self) -> str:
        return self.text


def esc(value: object) -> str:
    """The value as escaped text; markup made here passes as it is."""
    return value.text if isinstance(value, Html) else escape(str(value))


def joined(parts: Iterable[Html]) -> Html:
    """Several pieces one after the other."""
    return Html("".join(part.text for part in parts))


def badge(text: str, tone: Tone = "plain") -> Html:
    """A small word that says a state."""
    return Html(f'<span class="badge {tone}">{esc(text)}</span>')


def code(text: object) -> Html:
    """A name or value, in the fixed-width font."""
    return Html(f"<code>{esc(text)}</code>")


def button(do: str, label: object, *, kind: str = "quiet", title: str = "", **data: object) -> Html:
    """A button whose press reaches Python as the event `act` with `do` and the given data."""
    extra = "".join(f' data-{key}="{esc(value)}"' for key, value in data.items())
    hint = f' title="{esc(title)}" aria-label="{esc(title)}"' if title else ""
    return Html(f'<button type="button" class="btn {kind}" data-do="{esc(do)}"{extra}{hint}>{esc(label)}</button>')


def link(href: str, label: object, *, kind: str = "quiet", download: bool = False) -> Html:
    """A link that looks like a button."""
    extra = " download" if download else ""
    return Html(f'<a class="btn {kind}" href="{esc(href)}"{extra}>{esc(label)}</a>')


def heading(title: str, lead: object = "") -> Html:
    """A step's title and the sentence under it."""
    below = f'<p class="lead">{esc(lead)}</p>' if lead else ""
    return Html(f'<header class="heading"><h1>{esc(title)}</h1>{below}</header>')


def card(title: str, body: object, *, note: object = "", aside: object = "") -> Html:
    """A titled panel; `aside` stands at the right of its title."""
    right = f'<div class="aside">{esc(aside)}</div>' if aside else ""
    under = f'<p class="note">{esc(note)}</p>' if note else ""
    return Html(
        f'<section class="card"><div class="card-head"><h2>{esc(title)}</h2>{right}</div>{under}{esc(body)}</section>'
    )


def callout(tone: Tone, title: str, body: object = "", actions: object = "") -> Html:
    """A short message that matters: what is so, and what to do."""
    text = f"<p>{esc(body)}</p>" if body else ""
    row = f'<div class="actions">{esc(actions)}</div>' if actions else ""
    role = "alert" if tone == "error" else "status"
    return Html(f'<div class="callout {tone}" role="{role}"><strong>{esc(title)}</strong>{text}{row}</div>')


def empty(title: str, body: object, actions: object = "") -> Html:
    """What stands where there is nothing yet: what will be here and how to get it."""
    row = f'<div class="actions">{esc(actions)}</div>' if actions else ""
    return Html(f'<div class="empty"><h2>{esc(title)}</h2><p>{esc(body)}</p>{row}</div>')


@dataclass(frozen=True, slots=True)
class Figure:
    """One number worth reading, with its name and what qualifies it."""

    label: str
    value: object
    note: object = ""
    tone: Tone = "plain"


def figures(items: Sequence[Figure]) -> Html:
    """Numbers side by side."""
    cells = "".join(
        f'<div class="figure {item.tone}"><dt>{esc(item.label)}</dt><dd class="value">{esc(item.value)}</dd>'
        f'<dd class="note">{esc(item.note)}</dd></div>'
        for item in items
    )
    return Html(f'<dl class="figures">{cells}</dl>')


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Names and values, one pair a line."""
    rows = "".join(f"<div><dt>{esc(name)}</dt><dd>{esc(value)}</dd></div>" for name, value in pairs)
    return Html(f'<dl class="facts">{rows}</dl>')


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, kind: str = "", caption: str = "") -> Html:
    """A table that becomes a list of cards on a narrow screen."""
    head = "".join(f'<th scope="col">{esc(header)}</th>' for header in headers)
    body = "".join(
        "<tr>"
        + "".join(f'<td data-label="{esc(h)}">{esc(cell)}</td>' for h, cell in zip(headers, row, strict=True))
        + "</tr>"
        for row in rows
    )
    name = f'<caption class="unseen">{esc(caption)}</caption>' if caption else ""
    return Html(f'<table class="table {kind}">{name}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')


def progress(fraction: float | None, text: object, left: object = "") -> Html:
    """A bar with what is being done and how much time is left; no fraction, no claim."""
    known = fraction is not None
    share = 100 * min(1.0, max(0.0, fraction or 0.0))
    style = f' style="width:{share:.1f}%"' if known else ""
    value = f' aria-valuenow="{share:.0f}"' if known else ""
    return Html(
        f'<div class="progress"><div class="progress-text"><span>{esc(text)}</span><span>{esc(left)}</span></div>'
        f'<div class="bar{"" if known else " unknown"}" role="progressbar" aria-label="{esc(text)}" aria-valuemin="0" '
        f'aria-valuemax="100"{value}><i{style}></i></div></div>'
    )


def meter(share: float, name: str, value: str, tone: Tone = "accent") -> Html:
    """A bar that shows a share, 0..1, of something, with its name and what it comes to."""
    width = 100 * min(1.0, max(0.0, share))
    return Html(
        f'<div class="progress"><div class="progress-text"><span>{esc(name)}</span><span>{esc(value)}</span></div>'
        f'<div class="bar still {tone}"><i style="width:{width:.1f}%"></i></div></div>'
    )


def call_card(name: str, arguments: Mapping[str, Any]) -> Html:
    """One tool call: the tool, then each argument and its value."""
    rows = "".join(
        f"<div><dt>{esc(key)}</dt><dd>{esc(value_text(value))}</dd></div>" for key, value in arguments.items()
    )
    body = f'<dl class="arguments">{rows}</dl>' if rows else '<p class="note">No arguments</p>'
    return Html(f'<div class="call"><div class="call-name">{esc(name)}</div>{body}</div>')


def call_text(call: Mapping[str, Any]) -> Html:
    """One call on a line: `tool(argument: value)`."""
    inside = ", ".join(f"{key}: {value_text(value)}" for key, value in call.get("arguments", {}).items())
    return Html(f'<span class="call-line"><b>{esc(call["name"])}</b><wbr>({esc(inside)})</span>')


def value_text(value: object) -> str:
    """An argument's value as it is shown: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def no_data(what: str) -> Html:
    """What another step shows while there is no data."""
    return empty("No data yet", what, button("step", "Go to Data", kind="primary", step="data"))
