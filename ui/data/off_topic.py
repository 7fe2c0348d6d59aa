"""The off-topic messages beside the open data: how many are asked and taught, and which are left out and why."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from backend.off_topic import ChosenMessages, Group
from backend.runs import put_back_keys
from ui.html import Figure, Part, badge, button, callout, card, figures, progress, table, text
from ui.page import KeyedUpdate, Location, Page, PageState, Panel, Updates

TITLE = "Messages that are not for these tools"
LEAD = (
    "A model that only sees rows with a call calls a tool for every sentence. So each evaluation asks it messages of "
    "other topics, in eight languages, and counts the calls. If “Stay silent” is on in the Train step, it also learns "
    "from other such messages, without a call. Both sets are this product's own."
)
LEFT_OUT = (
    "Your tools might answer these, so they are neither asked nor taught. Put a group back if no tool should answer "
    "its messages."
)
PUT_BACK = "You put these back: they count as messages that no tool should answer."
HEADERS = ("Topic or word", "Why", "Messages", "")
MOST_EXAMPLES = 10


class OffTopicMessages(Panel):
    """The card with the numbers and the groups."""

    def __init__(self) -> None:
        self.card = Part(elem_id="off-topic-messages")

    def render(self, page_state: PageState) -> Updates:
        """The choice, or its progress."""
        task, source = page_state.off_topic, page_state.source
        state = task and (task.done.is_set(), task.error)
        key = f"{page_state.data_key} {source and source.origin.put_back} {state} {page_state.run is None}"
        return {self.card: KeyedUpdate(key, lambda: _card(page_state))}

    def wire(self, page: Page) -> None:
        """Register the buttons of the groups."""
        page.on_click(self.card, _click)


def _click(page_state: PageState, data: dict[str, str]) -> Location:
    """Open the same files with a group put back, or left out again."""
    source, key = page_state.source, data.get("key", "")
    choice = page_state.off_topic.result if page_state.off_topic else None
    if source is None or choice is None or page_state.run is not None:
        return page_state.location
    keys = put_back_keys(source.origin.put_back)
    match data.get("do"):
        case "put-back" if key in {group.key for group in choice.left_out}:
            keys |= {key}
        case "leave-out":
            keys -= {key}
        case _:
            return page_state.location
    origin = replace(source.origin, put_back=",".join(sorted(keys)))
    draft = page_state.services.upload_store.add_changed(source, origin=origin)
    changed = replace(page_state.location, data=draft)
    if task := replace(page_state, location=changed).off_topic:
        task.done.wait(1.0)
    return changed


def _card(page_state: PageState) -> Markup:
    task = page_state.off_topic
    if task is None:
        return Markup("")
    if task.error:
        return callout("error", "The off-topic messages were not compared with your tools", task.error)
    if task.result is None:
        return card(TITLE, progress(None, "Comparing the off-topic messages with your tools"), note=LEAD)
    return card(TITLE, choice_view(task.result, free=page_state.run is None), note=LEAD)


def choice_view(choice: ChosenMessages, *, free: bool) -> Markup:
    """The numbers and the groups; `free` says whether the groups can be put back and left out again."""
    left = sum(len(group.messages) for group in choice.left_out)
    items = [
        Figure("Asked", f"{len(choice.asked):,}", "in every evaluation"),
        Figure("Can be taught", f"{len(choice.taught):,}", "other ones in each epoch"),
        Figure("Left out", f"{left:,}", f"in {text.count(len(choice.left_out), 'group')}"),
    ]
    parts = [figures(items)]
    if choice.put_back:
        parts.append(_groups(PUT_BACK, choice.put_back, "leave-out", "Leave out again", free=free))
    if choice.left_out:
        parts.append(_groups(LEFT_OUT, choice.left_out, "put-back", "Put back", free=free))
    else:
        parts.append(Markup('<p class="note">None is left out: no word of your tools or rows is about them.</p>'))
    return Markup('<div class="stack">{}</div>').format(Markup("").join(parts))


def _groups(lead: str, groups: tuple[Group, ...], do: str, label: str, *, free: bool) -> Markup:
    rows = [
        [
            Markup("<span><b>{}</b></span>").format(group.key),
            Markup("<span>{}</span>").format(group.reason),
            _messages(group),
            button(do, label, kind="quiet small", title=f"{label}: {group.key}", key=group.key) if free else "",
        ]
        for group in groups
    ]
    shown = table(HEADERS, rows, kind="off-topic-groups", caption=lead)
    return Markup('<div><p class="note">{}</p>{}</div>').format(lead, shown)


def _messages(group: Group) -> Markup:
    """The number of the group's messages, with the first of them behind it."""
    if not group.messages:
        return Markup("<span>0</span>")
    found = [*((message, "asked") for message in group.asked), *((message, "taught") for message in group.taught)]
    items = Markup("").join(
        Markup("<li>{} {}</li>").format(message.text, badge(use)) for message, use in found[:MOST_EXAMPLES]
    )
    left = len(found) - MOST_EXAMPLES
    more = Markup('<li class="note">and {:,} more</li>').format(left) if left > 0 else ""
    title = f"{len(group.asked):,} to ask, {len(group.taught):,} to teach"
    return Markup('<details class="more"><summary>{}</summary><ul class="examples">{}{}</ul></details>').format(
        title, items, more
    )
