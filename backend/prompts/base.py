"""What every prompt format can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.records import Call, Declarations, FormatName, Tool


@dataclass(frozen=True, slots=True)
class Parsed:
    """An answer as an app receives it: the calls in order, and the text around them."""

    calls: tuple[Call, ...]
    text: str


class ParseError(ValueError):
    """An answer that the phone's parser rejects. `position` is the offset of the error, in characters."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (at character {position})")
        self.position = position


class PromptFormat(Protocol):
    """Renders tools and a message as a prompt, and parses the answer."""

    name: FormatName
    declarations: Declarations
    stop_token: str

    def prompt(self, tools: Sequence[Tool], message: str) -> str:
        """The whole prompt, from `<bos>` to the opened model turn."""
        ...

    def completion(self, calls: Sequence[Call], answer: str = "") -> str:
        """What the model must write, its stop token included; without calls it is `answer`, which may be empty."""
        ...

    def parse(self, text: str) -> Parsed:
        """Reads an answer strictly. Raises ParseError if the phone would get neither calls nor clean text."""
        ...

    def chat_template(self, tools: Sequence[Tool]) -> str:
        """The jinja template that renders `prompt`, for checkpoints and `.litertlm` files.

        It contains what `prompt` says of `tools`, so an app cannot pass them in another form.
        """
        ...


def jinja_string(text: str) -> str:
    """`text` as a string literal that jinja2 and minijinja both read back unchanged."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


@dataclass(frozen=True, slots=True)
class Reading:
    """The content of a raw answer. If it cannot be read, `error` is the reason and `text` the whole answer."""

    calls: tuple[Call, ...] = ()
    text: str = ""
    error: str | None = None


def read_answer(fmt: PromptFormat, raw: str) -> Reading:
    """Reads a raw answer with the format's strict parser. Never raises."""
    try:
        parsed = fmt.parse(raw)
    except ParseError as error:
        return Reading((), raw, f"The answer cannot be read as a call: {error}.")
    return Reading(parsed.calls, parsed.text)
