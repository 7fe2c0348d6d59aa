from __future__ import annotations

import json
import re
import shlex
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from backend.data.tools import AppName
from backend.device.android import (
    LITERTLM_ANDROID,
    KitFacts,
    android_kit,
    gradle_dependency,
    instructions,
    push_to_app,
    push_to_gallery,
    write_android_kit,
)
from backend.device.canonical import canonical_tools
from backend.errors import InputError
from backend.prompts import NEUTRALIZED, RESERVED, native_parser
from backend.records import FormatName, Tool

MINUTES = {"type": "integer", "description": "How long."}
TOOLS = (
    Tool("set_timer", "Sets a timer.", {"type": "object", "properties": {"minutes": MINUTES}, "required": ["minutes"]}),
    Tool("stop", "Stops everything."),
)
FACTS = KitFacts("timer_q8_ekv1024.litertlm", "native", "full", context=1024, prompt_tokens=710, answer_tokens=34)


def test_the_kit_holds_kotlin_tools_and_steps() -> None:
    kit = android_kit(TOOLS, FACTS)

    assert list(kit) == ["FunctionGemma.kt", "tools_android.json", "README.md"]
    assert json.loads(kit["tools_android.json"]) == canonical_tools(TOOLS)
    assert all(text.endswith("\n") and not text.endswith("\n\n") for text in kit.values())


def test_renamed_tools_and_arguments_are_mapped_to_the_names_of_the_app() -> None:
    names = (AppName("set_timer", (), "clock/set timer"), AppName("set_timer", ("steps", "[]", "type_value"), "ty`pe"))
    kit = android_kit(TOOLS, replace(FACTS, app_names=names))

    assert (
        '    "set_timer" to "clock/set timer",\n    "set_timer.steps[].type_value" to "ty`pe",\n'
        in kit["FunctionGemma.kt"]
    )
    assert "| `set_timer` | `clock/set timer` |\n" in kit["README.md"]
    assert all("APP_NAMES" not in text for text in android_kit(TOOLS, FACTS).values())


def test_native_kotlin_hands_over_tools_and_carries_calls_out_itself() -> None:
    kotlin = android_kit(TOOLS, replace(FACTS, package="org.example.timer"))["FunctionGemma.kt"]

    assert "package org.example.timer\n" in kotlin
    assert "automaticToolCalling = automatic.isNotEmpty()," in kotlin
    assert "maxNumTokens = 1024," in kotlin
    assert "maxOutputToken = 50," in kotlin
    assert "open class SetTimerTool : DeclaredTool(" in kotlin
    assert "val minutes: Long," in kotlin


def test_only_a_file_that_passed_with_constraints_has_them_switched_on() -> None:
    free, bound = (android_kit(TOOLS, replace(FACTS, constrained=constrained)) for constrained in (False, True))

    assert "ExperimentalFlags.enableConversationConstrainedDecoding = true" in bound["FunctionGemma.kt"]
    assert "import com.google.ai.edge.litertlm.ExperimentalFlags" not in free["FunctionGemma.kt"]
    assert "no conversation can be created: switch constrained decoding off" in free["README.md"]
    assert "no conversation can be created" not in bound["README.md"]
    unchecked = android_kit(TOOLS, replace(FACTS, prompt_format="json"))["README.md"]
    assert "Verification could not check it" in unchecked
    assert "no conversation can be created" not in unchecked


@pytest.mark.parametrize("prompt_format", ["native", "json"])
def test_the_steps_say_what_an_answer_without_a_call_is(prompt_format: FormatName) -> None:
    found = "Of 150 messages that are not for these tools, 3 are answered with a call (95 % interval 0.7–5.7 %)."
    readme = android_kit(TOOLS, replace(FACTS, prompt_format=prompt_format, silence=found))["README.md"]

    assert "| `answer.nothingToDo` | true if there is no call and no problem" in readme
    assert "if (answer.nothingToDo) println(" in readme
    assert f"in which the model wrote it. {found}\n" in readme
    assert "in which the model wrote it.\n" in android_kit(TOOLS, FACTS)["README.md"]


@pytest.mark.parametrize("prompt_format", ["native", "json"])
def test_kotlin_changes_and_finds_the_control_tokens_that_python_does(prompt_format: FormatName) -> None:
    kotlin = android_kit(TOOLS, replace(FACTS, prompt_format=prompt_format))["FunctionGemma.kt"]
    listed = kotlin[kotlin.index("val NEUTRALIZED = listOf(") :]

    assert tuple(re.findall(r'^    "(.*)",$', listed[: listed.index("\n)")], re.MULTILINE)) == NEUTRALIZED
    assert RESERVED.pattern.replace("\\", "\\\\") in kotlin
    assert f"const val MAX_DEPTH = {native_parser.MAX_DEPTH}\n" in kotlin


def test_json_kotlin_reads_text_and_declares_no_tools() -> None:
    kotlin = android_kit(TOOLS, replace(FACTS, prompt_format="json"))["FunctionGemma.kt"]

    assert "OpenApiTool" not in kotlin
    assert "systemInstruction" not in kotlin
    assert "org.json" not in kotlin, "Android's reader takes text that is no JSON"


def test_the_zip_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    first = write_android_kit(tmp_path / "deep" / "kit.zip", TOOLS, FACTS)
    second = write_android_kit(tmp_path / "again.zip", TOOLS, FACTS)

    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name).decode() for name in archive.namelist()} == android_kit(TOOLS, FACTS)


def test_a_disk_that_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(InputError, match="Could not write"):
        write_android_kit(tmp_path / "file" / "kit.zip", TOOLS, FACTS)


def test_the_steps_count_the_room_for_a_question() -> None:
    text = instructions(TOOLS, FACTS)

    assert FACTS.question_tokens == 1024 - 710 - 34 - 16
    assert "**264 tokens for a message**" in text
    assert "**None:** 1000 tokens of prompt" in instructions(TOOLS, replace(FACTS, prompt_tokens=1000))


def test_the_steps_pin_the_version_and_name_every_command() -> None:
    text = instructions(TOOLS, FACTS)

    assert gradle_dependency() == f'implementation("com.google.ai.edge.litertlm:litertlm-android:{LITERTLM_ANDROID}")'
    for line in (gradle_dependency(), push_to_gallery(FACTS), *push_to_app(FACTS).splitlines()):
        assert line in text
    assert "is AppCall.SetTimer ->" in text
    assert "\n           AppCall.Stop ->" in text


def test_the_steps_say_what_comes_back_and_how_a_conversation_goes_on() -> None:
    native, json_text = (
        instructions(TOOLS, replace(FACTS, prompt_format=prompt_format)) for prompt_format in ("native", "json")
    )

    for text in (native, json_text):
        assert 'chat.respond("set_timer" to mapOf("ok" to true))' in text
        assert "The kit never carries it out" in text
        assert "the call was cut at 50 tokens" in text
        assert "A text that ends at the limit of 50 tokens is not marked" in text
        assert "**Not checked:** `minimum`, `maximum` and `pattern`, and the values of arguments without an" in text
    assert "class MySetTimer : SetTimerTool()" in native
    assert "override fun execute" not in json_text


def test_the_steps_conclude_from_the_share_of_later_messages() -> None:
    held = instructions(
        TOOLS, replace(FACTS, conversation="5 of 9 later messages get the calls that they get alone. It stops.")
    )

    assert (
        "get alone. So let each message have its own conversation unless it needs the ones before it. It stops." in held
    )
    for other in ("", "No conversation was held."):
        assert "So let each message" not in instructions(TOOLS, replace(FACTS, conversation=other))


def test_the_steps_say_what_the_gallery_shows_of_this_model() -> None:
    baked = instructions(TOOLS, replace(FACTS, declarations="none"))

    assert "shows no tool call: to see calls" in instructions(TOOLS, FACTS)
    assert "needs its tools in the prompt" not in instructions(TOOLS, FACTS)
    assert "the prompt does not contain them" in baked
    assert "shows the model's JSON as text" in instructions(TOOLS, replace(FACTS, prompt_format="json"))


def test_a_strange_file_name_stays_one_word_on_both_sides_of_adb() -> None:
    facts = replace(FACTS, file="my model's $x.litertlm")

    push, _, copy = (shlex.split(line) for line in push_to_app(facts).splitlines())
    assert push == ["adb", "push", facts.file, "/data/local/tmp/"]
    assert shlex.split(copy[2]) == ["run-as", "com.example.app", "cp", f"/data/local/tmp/{facts.file}", "files/"]
