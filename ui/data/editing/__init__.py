"""Edits rows and tools on the page: the form, the buttons that open it, Undo and Redo."""

from ui.data.editing.history import next_draft, redo, undo
from ui.data.editing.opening import add_buttons, begin, edit_link, edit_problem, open_place
from ui.data.editing.panel import Editing

__all__ = [
    "Editing",
    "add_buttons",
    "begin",
    "edit_link",
    "edit_problem",
    "next_draft",
    "open_place",
    "redo",
    "undo",
]
