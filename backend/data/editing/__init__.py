"""Edits rows and tools: forms for the page, their problems, and the files after a change."""

from backend.data.editing.change import EMPTY_CSV, EMPTY_TOOLS, Edited, edit, open_form
from backend.data.editing.checking import Problem, problems_of
from backend.data.editing.forms import (
    ArgumentForm,
    CallForm,
    ColumnsForm,
    EditRequest,
    Form,
    RowForm,
    TextForm,
    ToolForm,
    ValueField,
)
from backend.data.editing.places import NEW, Place, place_of_issue, read_place
from backend.data.editing.shape import reshaped
from backend.data.editing.state import form_text, read_form
from backend.data.editing.values import allowed_values, field_kind

__all__ = [
    "EMPTY_CSV",
    "EMPTY_TOOLS",
    "NEW",
    "ArgumentForm",
    "CallForm",
    "ColumnsForm",
    "EditRequest",
    "Edited",
    "Form",
    "Place",
    "Problem",
    "RowForm",
    "TextForm",
    "ToolForm",
    "ValueField",
    "allowed_values",
    "edit",
    "field_kind",
    "form_text",
    "open_form",
    "place_of_issue",
    "problems_of",
    "read_form",
    "read_place",
    "reshaped",
]
