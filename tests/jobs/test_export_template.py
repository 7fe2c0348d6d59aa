"""Our chat templates in LiteRT-LM's own engine (minijinja): each renders the trained prompt, however an app asks."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from backend.device.canonical import canonical_tools
from backend.prompts import DEVELOPER_SENTENCE, get_format
from backend.records import DECLARATIONS, FORMATS, Declarations, FormatName, Tool
from backend.runs import Run, read_json

NESTED = Tool(
    "plan_trip",
    'Plan "it" with <b> & {braces} {{ x }} \\ back, ü 日本,\n a new line',
    {
        "type": "object",
        "properties": {
            "when": {"type": "string", "enum": ["now", "later"], "description": "W"},
            "Count": {"type": "integer", "description": "how many", "minimum": 1},
            "words": {"type": "array", "description": "W", "items": {"type": "string"}},
            "stops": {
                "type": "array",
                "description": "S",
                "items": {
                    "type": "object",
                    "properties": {"b": {"type": "string", "description": "B"}, "a": {"type": "number"}},
                    "required": ["b"],
                },
            },
            "place": {
                "type": "object",
                "description": "P",
                "properties": {"inner": {"type": "object", "description": "I", "properties": {}}},
                "required": ["inner"],
            },
        },
        "required": ["when"],
    },
)
TOOLS = (NESTED, Tool("stop", "No arguments.", {}))
MESSAGES = ("Where is water?", "  trim me \n", 'two\nlines "quoted" {{ 7 * 7 }} {% x %} \\n ü', "", "<b>&'</b>")
OPENINGS: tuple[list[dict[str, Any]], ...] = (
    [{"role": "system", "content": DEVELOPER_SENTENCE}],
    [{"role": "developer", "content": DEVELOPER_SENTENCE}],
    [{"role": "system", "content": [{"type": "text", "text": DEVELOPER_SENTENCE}]}],
    [],
)


def handed_over(tools: Sequence[Tool]) -> list[list[dict[str, Any]]]:
    """The tools as written, in canonical order, keys reversed, with a `return`, the last first, reworded, or one."""
    written = [tool.to_dict()["function"] for tool in tools]
    reversed_keys = json.loads(json.dumps(written), object_pairs_hook=lambda pairs: dict(pairs[::-1]))
    returning = [{**one, "return": {"type": "string"}} for one in written]
    reworded = [{**one, "description": "Something else."} for one in written]
    return [written, canonical_tools(tools), reversed_keys, returning, written[::-1], reworded, written[:1]]


def differences(file: str, name: FormatName, declarations: Declarations, answer: Any) -> None:
    """Put every prompt that the runtime renders otherwise than we do onto `answer`; runs in a process of its own."""
    import litert_lm

    from job_templates.ml.litert.runtime.phone_model import NO_CACHE, DescribedTool

    fmt = get_format(name, declarations)
    found = []
    with litert_lm.Engine(file, backend=litert_lm.Backend.CPU(thread_count=1), cache_dir=NO_CACHE) as engine:
        for tools in handed_over(TOOLS):
            for opening in OPENINGS:
                with engine.create_conversation(
                    messages=opening,
                    tools=[DescribedTool(tool) for tool in tools],
                    automatic_tool_calling=False,
                    chat_template=fmt.chat_template(TOOLS),
                ) as conversation:
                    for message in MESSAGES:
                        rendered = conversation.render_message_to_string(message)
                        if "<bos>" + rendered != fmt.prompt(TOOLS, message):
                            found.append(rendered)
    answer.put(found)


@pytest.mark.parametrize("declarations", DECLARATIONS)
@pytest.mark.parametrize("name", FORMATS)
def test_the_runtime_renders_the_trained_prompt(
    exported_run: Run, name: FormatName, declarations: Declarations
) -> None:
    file: Path = exported_run.export_dir / read_json(exported_run.export_dir / "verification.json")["file"]
    context = multiprocessing.get_context("spawn")  # the runtime's threads do not survive a fork
    answer = context.Queue()
    process = context.Process(target=differences, args=(str(file), name, declarations, answer))
    process.start()
    assert answer.get(timeout=120) == []
    process.join()
    assert process.exitcode == 0
