"""The records that the packages exchange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
IssueFile = Literal["csv", "tools"]
FormatName = Literal["native", "json"]
Declarations = Literal["full", "names", "none"]

GROWN_BY = "grown by "
"""The start of the origin of a row that a large model wrote: `grown by TEACHER on DATE`."""

FORMATS: tuple[FormatName, ...] = ("native", "json")
DECLARATIONS: tuple[Declarations, ...] = ("full", "names", "none")


@dataclass(frozen=True, slots=True)
class Tool:
    """One function the model may call; `parameters` is a JSON schema of type object, or empty."""

    name: str
    description: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def properties(self) -> Mapping[str, Any]:
        """The schema of each argument, by name."""
        properties: Mapping[str, Any] = self.parameters.get("properties") or {}
        return properties

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the arguments that every call must have."""
        return tuple(self.parameters.get("required") or ())

    def to_dict(self) -> dict[str, Any]:
        """Returns the tool in OpenAI's function schema, the input of chat templates."""
        function: dict[str, Any] = {"name": self.name, "description": self.description}
        if self.parameters:
            function["parameters"] = dict(self.parameters)
        return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Returns the call as `{"name": …, "arguments": {…}}`."""
        return {"name": self.name, "arguments": dict(self.arguments)}


@dataclass(frozen=True, slots=True)
class Example:
    """One row of the data: a user's message, and the calls that answer it.

    `id` is derived from the row's content, so that it does not depend on the order. `line` is the row's first physical
    line in its file, from 1 (0 if the data has no lines). `answer` is the text of a row without calls. `split` is the
    value in the row's `split` column, if there is one, and `origin` that in its `origin` column.
    """

    id: str
    line: int
    message: str
    calls: tuple[Call, ...]
    answer: str = ""
    split: str | None = None
    origin: str = ""

    @property
    def is_grown(self) -> bool:
        """Whether a large model wrote the row, by its origin."""
        return self.origin.strip().casefold().startswith(GROWN_BY)


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem in the input, its place, and how to fix it.

    `line` is the physical line in the file, from 1; None if the problem belongs to no line. `column` is a CSV
    column's name, or a path inside tools.json such as `[0].function.name`. `way_out` says what leads out of an error
    that has no fix.
    """

    severity: Severity
    code: str
    file: IssueFile
    line: int | None
    column: str | None
    message: str
    fix: str | None = None
    way_out: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the issue as one JSON object."""
        return {
            "severity": self.severity,
            "code": self.code,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "fix": self.fix,
            "way_out": self.way_out,
        }
