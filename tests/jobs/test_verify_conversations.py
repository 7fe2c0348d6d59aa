"""A conversation with an exported file goes on, and a file whose template breaks it fails."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from backend.device.canonical import ANDROID_TOOLS
from backend.inference import ConversationReply, ModelSession
from backend.prompts import get_format
from backend.records import Call
from backend.runs import Run, read_json
from job_templates.ml.litert.bundle.bundle import write_bundle
from job_templates.ml.litert.verify.agreement import checkpoint_answers
from job_templates.ml.litert.verify.conversations import NAME, Conversation, check_conversations
from job_templates.ml.litert.verify.structure import Expected
from job_templates.ml.litert.verify.verification import Subject, verify
from tests.jobs.test_verify import Parts, silent

ONLY_LAST = ("loop.last or loop.nextitem['role'] != 'tool'", "loop.last")
"""What the published template does: a second message does not begin with the first."""
NOT_NEUTRAL = ("for token in control_tokens", "for token in []")
FEW_TOKENS = ("for token in control_tokens", "for token in control_tokens[:6]")
EMPTY_RESPONSES = ("answered_pairs(values if values is mapping", "answered_pairs({} if values is mapping")
FIRST_RESPONSE = (
    "or [{}]) -%}\n    {%- if item is mapping and 'response'",
    "or [{}])[:1] -%}\n    {%- if item is mapping and 'response'",
)
NO_TURN_END = ("'<end_of_turn>\\n'", "'\\n'")


def check_of(parts: Parts, template: str) -> tuple[dict[str, Any], str]:
    """The conversation check of the file with another template, and the verdict."""
    parts.metadata.jinja_prompt_template = template
    path = parts.folder / "damaged.litertlm"
    write_bundle(path, parts.model, parts.tokenizer, parts.metadata)
    trained = replace(parts.trained, held_out=parts.trained.held_out[:6])
    expected = Expected("native", template, (parts.run.checkpoint / "tokenizer.model").read_bytes(), 1024)
    record = verify(Subject(path, expected, trained, lambda: checkpoint_answers(parts.source, trained)), silent)
    [check] = [check.to_dict() for check in record.checks if check.name == NAME]
    return check, record.verdict.value


def test_the_exported_file_holds_conversations(exported_run: Run, tmp_path: Path) -> None:
    parts = Parts(exported_run, tmp_path)
    check, verdict = check_of(parts, parts.metadata.jinja_prompt_template)
    later = read_json(exported_run.export_dir / "verification.json")["later_messages"]
    assert 0 <= later["k"] <= later["n"]
    assert later["n"] > 20
    assert (check["result"], verdict) == ("passed", "passed")
    assert "in 5 conversations, with and without tool responses" in check["detail"]
    assert re.search(r"[1-9]\d* of the messages follow an answer that is empty\.", check["detail"])
    assert "later messages get the calls that they get alone" in check["detail"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (ONLY_LAST, "cannot render this message after the ones before it"),
        (NOT_NEUTRAL, "The prompt is"),
        (NO_TURN_END, "The prompt is"),
        (FEW_TOKENS, "The prompt is"),
        (EMPTY_RESPONSES, "A tool's response is"),
        (FIRST_RESPONSE, "A tool's response is"),
    ],
    ids=[
        "the published template",
        "control tokens pass",
        "a turn is left open",
        "some control tokens pass",
        "responses are empty",
        "one response of two",
    ],
)
def test_a_template_that_breaks_conversations_fails_the_file(
    exported_run: Run, tmp_path: Path, change: tuple[str, str], reason: str
) -> None:
    parts = Parts(exported_run, tmp_path)
    sound = parts.metadata.jinja_prompt_template
    assert change[0] in sound
    check, verdict = check_of(parts, sound.replace(*change))
    assert (check["result"], verdict) == ("failed", "failed")
    assert reason in check["detail"]


def test_a_worker_holds_a_conversation_and_hands_responses_back(exported_run: Run) -> None:
    parts = exported_run.export_dir
    [file] = parts.glob("*.litertlm")
    with ModelSession(file, parts / ANDROID_TOOLS) as session:
        replies = session.converse(["where can I get water", "call for help"], {"ok": True}, 1)
    user = [reply for reply in replies if isinstance(reply.sent, str)]
    assert [reply.sent for reply in user] == ["where can I get water", "call for help"]
    for before, reply in pairwise(replies):
        if not isinstance(reply.sent, str):
            assert before.calls
            assert [part["name"] for part in reply.sent["content"]] == [call.name for call in before.calls]
            assert reply.prompt is not None
            assert reply.prompt.count("response:") == len(before.calls)


def test_a_conversation_ends_where_the_context_does(exported_run: Run) -> None:
    parts = exported_run.export_dir
    [file] = parts.glob("*.litertlm")
    with ModelSession(file, parts / ANDROID_TOOLS) as session:
        replies = session.converse(["how far is it to the next hut " * 10] * 40)
        assert 1 < len(replies) < 40
        assert session.ask("where is water").error is None or session.ask("where is water").raw


def reply(prompt: str | None, sent: str = "hi", *calls: Call) -> ConversationReply:
    return ConversationReply(sent, prompt, calls, "", None if prompt else "It broke.")


def test_the_check_needs_a_second_message() -> None:
    fmt = get_format("native")
    first = fmt.prompt((), "hi").removeprefix("<bos>")
    alone = [Conversation("alone", (reply(first),))]
    assert check_conversations(alone, None, {}, fmt).result.value == "could not check"
    assert check_conversations([], None, {}, fmt).result.value == "could not check"
    assert check_conversations([], "No conversation can be opened.", {}, fmt).result.value == "failed"
    broken = [Conversation("alone", (reply(first), reply(None)))]
    assert check_conversations(broken, None, {}, fmt).detail == "Message 2 alone: It broke."
