"""FunctionGemma's own prompt format, rendered byte for byte as its published chat template does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from backend.prompts import tokens
from backend.prompts.base import Parsed, jinja_string
from backend.prompts.native_parser import parse_answer
from backend.records import Call, Declarations, FormatName, Tool

SCHEMA_KEYS = frozenset({"description", "type", "properties", "required", "nullable"})
"""Names that the template takes for schema keywords: an argument called so vanishes from the declaration."""

TEMPLATE = Path(__file__).with_name("native.jinja")


class NativeFormat:
    """The format the model was made for; the only one whose calls LiteRT-LM turns into tool calls on a phone."""

    name: FormatName = "native"
    stop_token = tokens.START_RESPONSE

    def __init__(self, declarations: Declarations) -> None:
        self.declarations: Declarations = declarations

    def prompt(self, tools: Sequence[Tool], message: str) -> str:
        """The whole prompt, from `<bos>` to the opened model turn."""
        return (
            f"{tokens.BOS}{self._developer_turn(tools)}{tokens.START_OF_TURN}user\n{tokens.neutralize(message).strip()}"
            f"{tokens.END_OF_TURN}\n{tokens.START_OF_TURN}model\n"
        )

    def completion(self, calls: Sequence[Call], answer: str = "") -> str:
        """What the model must write: call blocks and `<start_function_response>`, or text and `<end_of_turn>`."""
        if not calls:
            return answer.strip() + tokens.END_OF_TURN
        return "".join(render_call(call) for call in calls) + tokens.START_RESPONSE

    def parse(self, text: str) -> Parsed:
        """Read an answer by LiteRT-LM's grammar; raises ParseError."""
        return parse_answer(text)

    def chat_template(self, tools: Sequence[Tool]) -> str:
        """Our jinja template, the declarations of `tools` written into it; of no tools, it renders those handed over.

        Written in, they are what was trained, however an app spells, orders or abridges its tools.
        """
        written = jinja_string(self._declarations(tools))
        head = f"{{%- set declared = '{self.declarations}' -%}}\n{{%- set written = {written} -%}}\n"
        head += f"{{%- set control_tokens = {list(tokens.NEUTRALIZED)} -%}}\n"
        return head + TEMPLATE.read_text(encoding="utf-8")

    def _declarations(self, tools: Sequence[Tool]) -> str:
        if self.declarations == "none":
            return ""
        render = render_declaration if self.declarations == "full" else render_name
        return "".join(f"{tokens.START_DECLARATION}{render(tool)}{tokens.END_DECLARATION}" for tool in tools)

    def _developer_turn(self, tools: Sequence[Tool]) -> str:
        if self.declarations == "none":
            return ""
        opening = f"{tokens.START_OF_TURN}developer\n{tokens.DEVELOPER_SENTENCE}"
        return f"{opening}{self._declarations(tools)}{tokens.END_OF_TURN}\n"


def render_call(call: Call) -> str:
    """One call block; arguments are sorted by name without regard to case."""
    arguments = ",".join(f"{key}:{_literal(value, False)}" for key, value in _dictsort(call.arguments))
    return f"{tokens.START_CALL}call:{call.name}{{{arguments}}}{tokens.END_CALL}"


def render_response(name: str, values: Mapping[str, Any]) -> str:
    """Returns the response of a tool, as the chat template writes it; texts hold no control tokens."""
    pairs = ",".join(f"{tokens.neutralize(key)}:{_response_value(value)}" for key, value in _dictsort(values))
    return f"{tokens.START_RESPONSE}response:{tokens.neutralize(name)}{{{pairs}}}{tokens.END_RESPONSE}"


def _response_value(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(tokens.neutralize(value))
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{tokens.neutralize(key)}:{_response_value(item)}' for key, item in _dictsort(value))}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_response_value, value))}]"
    return _literal(value, False)


def render_name(tool: Tool) -> str:
    """A declaration cut down to the tool's name."""
    return f"declaration:{tool.name}{{}}"


def render_declaration(tool: Tool) -> str:
    """A whole declaration: name, description and arguments."""
    text = f"declaration:{tool.name}{{description:{_quoted(tool.description)}"
    if tool.parameters:
        text += ",parameters:{"
        if tool.properties:
            text += f"properties:{{{_properties(tool.properties)}}},"
        if tool.required:
            text += f"required:{_names(tool.required)},"
        if tool.parameters.get("type"):
            text += f"type:{_quoted(str(tool.parameters['type']).upper())}}}"
    return (text + "}").strip()


def _properties(schemas: Mapping[str, Any]) -> str:
    return ",".join(f"{name}:{_schema(schema)}" for name, schema in _dictsort(schemas) if name not in SCHEMA_KEYS)


def _schema(schema: Any) -> str:
    known: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    kind = str(known.get("type", "")).upper()
    text = f"{{description:{_quoted(known.get('description', ''))}"
    if kind == "STRING" and known.get("enum"):
        text += f",enum:{_literal(known['enum'], True)}"
    elif kind == "OBJECT":
        nested = known.get("properties")
        text += f",properties:{{{_properties(nested if isinstance(nested, Mapping) else known)}}}"
        if known.get("required"):
            text += f",required:{_names(known['required'])}"
    elif kind == "ARRAY" and isinstance(known.get("items"), Mapping) and known["items"]:
        text += f",items:{{{_items(known['items'])}}}"
    return f"{text},type:{_quoted(kind)}}}"


def _items(items: Mapping[str, Any]) -> str:
    return ",".join(f"{key}:{_item(key, value)}" for key, value in _dictsort(items) if value is not None)


def _item(key: str, value: Any) -> str:
    if key == "properties":
        return f"{{{_properties(value) if isinstance(value, Mapping) else ''}}}"
    if key == "required":
        return _names(value)
    if key == "type":
        return _literal(value.upper() if isinstance(value, str) else [str(one).upper() for one in value], True)
    return _literal(value, True)


def _literal(value: Any, quote_keys: bool) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        pairs = (
            f"{_quoted(key) if quote_keys else key}:{_literal(item, quote_keys)}" for key, item in _dictsort(value)
        )
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, Sequence):
        return f"[{','.join(_literal(item, quote_keys) for item in value)}]"
    return str(value)


def _quoted(text: object) -> str:
    return f"{tokens.ESCAPE}{text}{tokens.ESCAPE}"


def _names(names: Iterable[str]) -> str:
    return f"[{','.join(_quoted(name) for name in names)}]"


def _dictsort(mapping: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(mapping.items(), key=lambda pair: pair[0].lower())
