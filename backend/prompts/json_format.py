"""The JSON prompt: tools as JSON in a system turn, calls as a JSON array. An opt-in for apps that read raw text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from backend.prompts import tokens
from backend.prompts.base import Parsed, ParseError, jinja_string
from backend.prompts.native_parser import check_silence, strip_stop_tokens
from backend.records import Call, Declarations, FormatName, Tool

INTRODUCTION = "You are a helpful assistant with access to the following tools:"
INSTRUCTION = "When a tool is needed, respond ONLY with the tool call in this format:"
PATTERN = '[{"name": "function_name", "args": {"query": "value"}}]'


class JsonFormat:
    """Tools and calls as JSON. LiteRT-LM does not turn such answers into tool calls: the app must read the text."""

    name: FormatName = "json"
    stop_token = tokens.END_OF_TURN

    def __init__(self, declarations: Declarations) -> None:
        self.declarations: Declarations = declarations

    def prompt(self, tools: Sequence[Tool], message: str) -> str:
        """The whole prompt, from `<bos>` to the opened model turn."""
        user_turn = _turn("user", tokens.neutralize(message))
        return f"{tokens.BOS}{self._system_turn(tools)}{user_turn}{tokens.START_OF_TURN}model\n"

    def completion(self, calls: Sequence[Call], answer: str = "") -> str:
        """A JSON array of `{"name", "args"}` or plain text, a newline, and `<end_of_turn>`."""
        if not calls:
            return "\n".join(filter(None, (answer.strip(), tokens.END_OF_TURN)))
        array = [{"name": call.name, "args": dict(call.arguments)} for call in calls]
        return f"{json.dumps(array, ensure_ascii=False)}\n{tokens.END_OF_TURN}"

    def parse(self, text: str) -> Parsed:
        """Read an answer that is one JSON array of calls, clean text, or nothing; raises ParseError."""
        body = strip_stop_tokens(text).strip()
        stray = tokens.RESERVED.search(body)
        if stray is not None:
            raise ParseError(f"the answer contains {stray.group()}", stray.start())
        if not body:
            check_silence(text)
        if not body.startswith(("[", "{")):
            return Parsed((), body)
        return Parsed(tuple(_call(item) for item in _array(body)), "")

    def chat_template(self, tools: Sequence[Tool]) -> str:
        """A jinja template with this run's system turn written into it, so no app can hand the tools over otherwise."""
        opening = jinja_string(self._system_turn(tools))
        control = f"{{%- set control_tokens = {list(tokens.NEUTRALIZED)} -%}}"
        return f"{control}\n{{{{- bos_token ~ {opening} -}}}}\n{_TURNS}"

    def _system_turn(self, tools: Sequence[Tool]) -> str:
        if self.declarations == "none":
            return ""
        shown: list[Any] = [tool.to_dict() if self.declarations == "full" else tool.name for tool in tools]
        listing = json.dumps(shown, indent=2, ensure_ascii=False)
        return _turn("system", f"{INTRODUCTION}\n\n{listing}\n\n{INSTRUCTION}\n{PATTERN}")


_TURNS = """\
{%- macro words(text) -%}
  {%- set found = namespace(text=text) -%}
  {%- for token in control_tokens -%}
    {%- set found.text = found.text | replace(token, token[:1] ~ ' ' ~ token[1:]) -%}
  {%- endfor -%}
  {{- found.text -}}
{%- endmacro -%}
{%- for message in messages if message['role'] not in ['system', 'developer'] -%}
  {%- set model = message['role'] in ['assistant', 'model'] -%}
  {%- set found = message['content'] -%}
  {%- set joined = namespace(text='') -%}
  {{- '<start_of_turn>' ~ ('model' if model else words(message['role'])) ~ '\\n' -}}
  {%- for item in ([found] if found is string or found is mapping else found or []) -%}
    {%- set text = item if item is string else item['text'] -%}
    {%- if text is string -%}
      {%- set joined.text = joined.text ~ (text | trim) -%}
    {%- elif item is mapping and item['type'] != 'image' -%}
      {%- set joined.text = joined.text ~ (item | tojson) -%}
    {%- endif -%}
  {%- endfor -%}
  {{- joined.text if model else words(joined.text) -}}
  {{- '\\n<end_of_turn>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<start_of_turn>model\\n' -}}{%- endif -%}
"""


def _turn(role: str, text: str) -> str:
    return f"{tokens.START_OF_TURN}{role}\n{text.strip()}\n{tokens.END_OF_TURN}\n"


def _array(body: str) -> list[Any]:
    try:
        found = json.loads(body, parse_constant=_no_constant)
    except ValueError as error:
        raise ParseError(f"the answer is no JSON: {error}", getattr(error, "pos", 0)) from error
    except RecursionError as error:
        raise ParseError("the answer is nested too deeply", 0) from error
    if not isinstance(found, list) or not found:
        raise ParseError("the answer is JSON, but no array of calls", 0)
    return found


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON number")


def _call(item: Any) -> Call:
    if not isinstance(item, Mapping) or set(item) != {"name", "args"}:
        raise ParseError('a call must have exactly the keys "name" and "args"', 0)
    if not isinstance(item["name"], str) or not isinstance(item["args"], Mapping):
        raise ParseError('"name" must be a string and "args" an object', 0)
    return Call(item["name"], dict(item["args"]))
