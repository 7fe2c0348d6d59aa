"""The generated Kotlin is compiled by kotlinc 2.4 and run, not looked at."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from backend.data.tools import AppName
from backend.device.canonical import canonical_tools
from backend.device.kotlin import kotlin_source, usage_source
from backend.device.kotlin_text import string_literal
from backend.records import FormatName, Tool
from tests.unit.device.kotlin_calls import ACCEPTED, BY_HAND, acceptance_source, judged, random_calls
from tests.unit.device.kotlin_json import JSON_TEXTS, READER, read_by_kotlin, read_by_python
from tests.unit.device.kotlin_run import run_kotlin
from tests.unit.device.kotlin_tools import NASTY, NASTY_TEXT, random_tools

CYCLING = Path(__file__).parents[3].parent / "shared" / "data" / "cycling" / "tools.json"

APP_NAMES = (AppName("set_timer", (), NASTY_TEXT), AppName("typed", ("tags", "[]"), "日本 $x"))


def source(tools: Sequence[Tool], package: str, prompt_format: FormatName = "native") -> str:
    usage = usage_source(tools).replace("\n", "\n    ")
    return (
        kotlin_source(tools, prompt_format, "m $x.litertlm", 1024, 40, package)
        + f"\nfun carryOut(answer: Answer) {{\n    {usage}\n}}\n"
    )


NATIVE_CALLS = (
    ('"set_timer", mapOf("minutes" to 5.0, "label" to "a\\$b")', "SetTimer(minutes=5, label=a$b)"),
    ('"set_timer", mapOf("minutes" to 5)', "SetTimer(minutes=5, label=null)"),
    ('"set_timer", mapOf("minutes" to "5")', "The argument minutes cannot be 5, it must be of type integer."),
    ('"set_timer", mapOf("minutes" to 5.5)', "The argument minutes cannot be 5.5, it must be of type integer."),
    ('"set_timer", mapOf("label" to "tea")', "The argument minutes is missing."),
    ('"set_timer", mapOf("minutes" to null)', "The argument minutes must not be null."),
    ('"set-timer", mapOf("x" to "")', "SetTimer2(x=)"),
    ('"stop", emptyMap()', "Stop"),
    ('"fly", emptyMap()', "There is no tool named fly."),
    ('"typed", mapOf("whole" to 1L, "tags" to listOf("a"), "grid" to listOf(listOf(1, 2)))', "grid=[[1, 2]]"),
    ('"typed", mapOf("whole" to 1, "tags" to emptyList<Any>(), "share" to 2)', "share=2.0"),
    ('"typed", mapOf("whole" to 1L, "tags" to listOf("a", 2))', "The argument tags[1] cannot be 2, it must be of"),
    ('"set_timer", mapOf("minutes" to 5, "label" to "C\\"d")', "suggestion=SetTimer(minutes=5, label=c\"d))"),
    ('"set_timer", mapOf("minutes" to 5, "size" to 2)', "There is no argument size."),
)  # fmt: skip

UNREAD = "problem=The model's answer cannot be read."

JSON_ANSWERS = (
    ('[{"name": "set_timer", "args": {"minutes": 5, "label": "a$b"}}]\n', "SetTimer(minutes=5, label=a$b)"),
    ('[{"name": "stop", "args": {}}, {"name": "list", "args": {}}]', "[Stop, List2]"),
    ('[{"name": "typed", "args": {"whole": 1, "tags": ["x"], "place": {"lat": [1, null]}}}]', "place={lat=[1, null]}"),
    ("None of the tools can do that.", "Answer(calls=[], text=None of the tools can do that., raw=None of the tools"),
    ("Hello<end_of_turn>\n", "text=Hello, raw=Hello<end_of_turn>"),
    ('[{"name": "stop", "args"', UNREAD),
    ('[{"name": "stop", "args": {}}] and then', UNREAD),
    ('{"name": "stop", "args": {}}', UNREAD),
    ('[{"name": "stop"}]', UNREAD),
    ('[{"name": "stop", "args": {}}, {"name": "stop", "args": {}, "id": 1}]', UNREAD),
    ("[7]", UNREAD),
    ("[]", UNREAD),
    ("<end_of_turn>", "[Answer(calls=[], text=, raw=<end_of_turn>, problem=null)]"),
    ("", "[Answer(calls=[], text=, raw=, problem=null)]"),
    ("<pad>", UNREAD),
    ("<pad><pad><end_of_turn>", UNREAD),
    ("Hello <escape> you", UNREAD),
)  # fmt: skip


CONVERSATIONS = (
    ('FakeModel.reply = { Message.model(Contents.of("ok"), listOf(ToolCall("stop", emptyMap()))) }', ""),
    ('nasty.FunctionGemma("m", "c", Backend.GPU()).use { it.ask("halt") }', "calls=[Stop], text=ok"),
    ('FakeModel.reply = { Message.model(Contents.of("<start_function_call>call:stop{")) }', ""),
    ('model.ask("halt")', UNREAD),
    ('model.ask("halt").calls.single() is nasty.AppCall.Unreadable', "true"),
    ('FakeModel.reply = { Message.model(Contents.of("a <mask>"), listOf(ToolCall("stop", emptyMap()))) }', ""),
    ('model.ask("halt").calls.single() is nasty.AppCall.Unreadable', "true"),
    ('FakeModel.reply = { throw FakeModel.malformed("<start_function_call>call:x{q:<escape>}") }', ""),
    ('chat.ask("halt")', "raw=<start_function_call>call:x{q:<escape>}, " + UNREAD),
    ('FakeModel.reply = { Message.model(Contents.of("well<end_of_turn>")) }', ""),
    ('chat.ask("<eos> a<escape>b <unused7> 👩‍👩‍👧")', "(calls=[], text=well, raw=well<end_of_turn>, problem=null)"),
    ("FakeModel.asked.last()", "< eos> a< escape>b < unused7> 👩‍👩‍👧"),
    ('chat.respond("stop<eos>" to mapOf("<pad>" to listOf("<bos>", 1, null)), "x" to "<unk>")', "text=well"),
    (
        "FakeModel.asked.last()",
        "ToolResponse(name=stop< eos>, response={< pad>=[< bos>, 1, null]})ToolResponse(name=x, response=< unk>)",
    ),
    ("chat.respond()", "text=well"),
    ('FakeModel.reply = { Message.model(Contents.of("<end_of_turn>")) }', ""),
    ('chat.respond("stop" to "done")', "Answer(calls=[], text=, raw=<end_of_turn>, problem=null)"),
    ('chat.ask("what is jazz")', "Answer(calls=[], text=, raw=<end_of_turn>, problem=null)"),
    ('chat.ask("what is jazz").nothingToDo', "true"),
    ('FakeModel.reply = { Message.model(Contents.of("")) }', ""),
    ('model.ask("what is jazz")', "Answer(calls=[], text=, raw=, problem=null)"),
    ('listOf(model.ask("what is jazz").nothingToDo, chat.respond("stop" to 1).nothingToDo)', "[true, true]"),
    ('FakeModel.reply = { Message.model(Contents.of("<pad>")) }', ""),
    ('model.ask("what is jazz")', UNREAD),
    ('chat.respond("stop" to "done")', UNREAD),
    ('listOf(model.ask("what is jazz").nothingToDo, chat.respond("stop" to 1).nothingToDo)', "[false, false]"),
    ('FakeModel.reply = { Message.model(Contents.of("Das kann ich nicht.<end_of_turn>")) }', ""),
    ('model.ask("was ist Jazz").let { it.text + it.nothingToDo }', "Das kann ich nicht.true"),
    ('FakeModel.reply = { Message.model(Contents.of(""), listOf(ToolCall("stop", emptyMap()))) }', ""),
    ('model.ask("halt").let { it.calls.toString() + it.nothingToDo }', "[Stop]false"),
    ('model.ask("word ".repeat(2000)).nothingToDo', "false"),
    ('FakeModel.reply = { Message.model(Contents.of("well")) }', ""),
    (r'chat.ask("a\uD83D b\uDE00 \uD83D\uDE00 \uD83D")', "text=well"),
    ("FakeModel.asked.last()", "a\ufffd b\ufffd 😀 \ufffd"),
    (r'chat.respond("stop" to listOf("\uD83D\uD83D\uDE00"))', "text=well"),
    ("FakeModel.asked.last()", "response=[\ufffd😀]"),
    ('val cyclic = mutableMapOf<String, Any?>(); cyclic["me"] = listOf(cyclic)', ""),
    ('chat.respond("stop" to cyclic)', "problem=The response has more than 32 levels or holds itself."),
    ('chat.respond("stop" to (1..20_000).fold<Int, Any>(1) { deep, _ -> arrayOf(deep) })', "more than 32 levels"),
    ('chat.respond("stop" to (1..32).fold<Int, Any>(1) { deep, _ -> listOf(deep) })', "text=well"),
    ('chat.respond("stop" to object { override fun toString(): String = "$this." })', "raw=java.lang.StackOverflow"),
    ('FakeModel.reply = { throw UnsatisfiedLinkError("no liblitertlm.so") }', ""),
    ('chat.ask("halt")', "it needs arm64-v8a or x86_64."),
    ('FakeModel.reply = { throw LiteRtLmJniException("Failed to send message: UNKNOWN: once") }', ""),
    ('chat.ask("halt")', "The runtime gave no answer."),
    ('FakeModel.reply = { throw OutOfMemoryError("full") }', ""),
    ('try { chat.ask("halt") } catch (error: OutOfMemoryError) { error.message }', "full"),
    ('FakeModel.reply = { Message.model(Contents.of("well")) }', ""),
    ('chat.ask("halt")', "text=well"),
    ('chat.ask("word ".repeat(2000))', "The message does not fit into the context of 1024 tokens."),
    ('chat.ask("halt")', "This chat ended with an error. Open a new one with chat()."),
    ("FakeModel.asked.clear(); model.warmUp()", ""),
    ("FakeModel.asked.size", "1"),
    ("FakeModel.reply = { throw IllegalStateException() }", ""),
    ("model.warmUp()", "kotlin.Unit"),
    ('model.ask("halt")', "raw=java.lang.IllegalStateException, problem=The runtime gave no answer."),
    ("ExperimentalFlags.enableConversationConstrainedDecoding = true", ""),
    ('model.ask("halt")', "This file does not work with constrained decoding."),
    ("ExperimentalFlags.enableConversationConstrainedDecoding = false; FakeModel.knowsVocabulary = true", ""),
    ("FakeModel.reply = { Message.model(Contents.of(FakeModel.wasConstrained.toString())) }", ""),
    ('model.ask("halt").text', "false"),
    ('bound.FunctionGemma("m", "c").use { it.ask("halt").text + it.ask("halt") }', "true"),
    ("ExperimentalFlags.enableConversationConstrainedDecoding", "false"),
    ('FakeModel.reply = { Message.model(Contents.of(""), listOf(ToolCall("stop", mapOf("x" to 1)))) }', ""),
    ("model.chat(listOf(Halting())).use { it.ask(\"halt\").text }", "response=Unreadable(name=stop, arguments={x=1}"),
    ('model.chat(listOf(nasty.StopTool())).use { it.ask("halt") }', "raw=Read the call from Answer.calls"),
    ("nasty.StopTool().read(\"[\")", "The arguments are no JSON object"),
    ("val again = model.chat()", ""),
    ("chat.close(); chat.close()", ""),
    ('chat.ask("halt")', "This chat is closed. Open another one with chat()."),
    ("model.close(); model.close(); again.close()", ""),
    ('again.ask("halt")', "This chat is closed."),
    ('model.ask("halt")', "The model is closed. Load it again: create another FunctionGemma."),
    ('model.chat().respond("stop" to 1)', "The model is closed."),
    ('try { nasty.FunctionGemma("missing", "c") } catch (error: LiteRtLmJniException) { error.message }', "NOT_FOUND"),
    ("nasty.conversationConfig().systemInstruction", "You are a model that can do function calling with the"),
)  # fmt: skip
"""What an app does with the kit, line by line, and what is printed of it; statements print nothing."""


def main_source(random_sets: int) -> str:
    lines = [
        "import com.google.ai.edge.litertlm.*",
        "class Halting : nasty.StopTool() {",
        "    override fun execute(paramsJsonString: String): String = read(paramsJsonString).toString()",
        "}",
        READER,
        "fun hostile() {",
        *(f"    {line}" for line in read_by_kotlin()),
        "}",
        r'fun show(value: Any?) = println(value.toString().replace("\n", " "))',
        "@OptIn(ExperimentalApi::class)",
        "fun main() {",
        *(f"    declarations({package}.appTools()).forEach(::println)" for package in ("nasty", "cycling")),
        *(f"    declarations(random{index}.appTools()).forEach(::println)" for index in range(random_sets)),
        *(f"    println(nasty.readCall({call}))" for call, _ in NATIVE_CALLS),
        *(f"    println(json.readAnswer({string_literal(answer)}).toString().lines())" for answer, _ in JSON_ANSWERS),
        "    hostile()",
        '    val model = nasty.FunctionGemma("m", "c")',
        "    val chat = model.chat()",
        *(f"    show({line})" if said else f"    {line}" for line, said in CONVERSATIONS),
        "    acceptance()",
        "}",
    ]
    return "\n".join(lines)


@pytest.mark.slow  # test_kotlin_text.py and test_android_kit.py hold parts of the text that is compiled
def test_the_kit_compiles_and_says_in_kotlin_what_the_tools_say(tmp_path: Path) -> None:
    entries = [entry.get("function", entry) for entry in json.loads(CYCLING.read_text(encoding="utf-8"))]
    cycling = [Tool(entry["name"], entry["description"], entry["parameters"]) for entry in entries]
    random_sets = random_tools()
    cases = (*BY_HAND, *random_calls())
    sources = {
        "Nasty.kt": source(NASTY, "nasty"),
        "Json.kt": source(NASTY, "json", "json"),
        "Bound.kt": kotlin_source(
            NASTY, "native", "m.litertlm", 1024, 40, "bound", constrained=True, app_names=APP_NAMES
        ),
        "Accepted.kt": kotlin_source(ACCEPTED, "native", "m.litertlm", 1024, 40, "accepted"),
        "Acceptance.kt": acceptance_source(cases),
        "Cycling.kt": source(cycling, "cycling"),
        "Main.kt": main_source(len(random_sets)),
        **{f"Random{index}.kt": source(tools, f"random{index}") for index, tools in enumerate(random_sets)},
    }

    printed = iter(run_kotlin(sources, tmp_path, "*.kt"))

    for tools in (NASTY, cycling, *random_sets):
        for expected in canonical_tools(tools):
            assert json.dumps(json.loads(next(printed))) == json.dumps(expected), (
                "keys, their order and every character"
            )
    for given_call, expected_call in (*NATIVE_CALLS, *JSON_ANSWERS):
        assert expected_call in next(printed), given_call
    for text in JSON_TEXTS:
        assert next(printed) == read_by_python(text), text[:100]
    for line, said in CONVERSATIONS:
        if said:
            assert said in next(printed), line
    for name, arguments in cases:
        assert next(printed) == f"{str(judged(name, arguments)[0]).lower()} true", (name, arguments)
