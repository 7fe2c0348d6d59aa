"""The Android kit of an exported file: its tools, a Kotlin file and the steps, as texts for the page and as one zip."""

from __future__ import annotations

import io
import json
import shlex
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.data import CheckOptions, load_dataset
from backend.data.tools import AppName, read_tools
from backend.device.app_use import conversation_detail, off_topic_sentence, works_constrained
from backend.device.canonical import ANDROID_TOOLS, canonical_tools
from backend.device.kotlin import ANSWER_MARGIN, MAX_DEPTH, PACKAGE, kotlin_source, render, tool_classes, usage_source
from backend.device.verification import Verification
from backend.files import write_output
from backend.off_topic import with_answers
from backend.prompts import PromptFormat, get_format
from backend.records import Declarations, Example, FormatName, Tool
from backend.runs import Run, answers_by_language
from backend.tokens import TokenCounter, load_plain_counter

LITERTLM_ANDROID = "0.18.0"
"""The newest litertlm-android that apps were seen to pin (2026-11-22); Google's Maven repository was not reachable."""

KOTLIN = "2.4"
"""The oldest Kotlin that reads litertlm-android since 0.17.0 (LiteRT-LM, docs/api/kotlin/getting_started.md)."""

MIN_SDK = 24
"""The AAR's own minSdk."""

KOTLIN_FILE = "FunctionGemma.kt"
README = "README.md"

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class KitFacts:
    """What the kit says about an exported file.

    `file` is its name without folders; `context` its KV cache, `prompt_tokens` the prompt around an empty message and
    `answer_tokens` the longest answer in the data, all in tokens. `constrained` says that the file passed verification
    with constrained decoding. `conversation` is what verification found about conversations, or empty; so is `silence`,
    about messages that are not for the tools. `app_names` are the app's own names of what a fix has renamed.
    """

    file: str
    prompt_format: FormatName
    declarations: Declarations
    context: int
    prompt_tokens: int
    answer_tokens: int
    package: str = PACKAGE
    constrained: bool = False
    conversation: str = ""
    silence: str = ""
    app_names: tuple[AppName, ...] = ()

    @property
    def question_tokens(self) -> int:
        """The tokens that the context leaves for a message; 0 where prompt and answer alone fill it."""
        return max(0, self.context - self.prompt_tokens - self.answer_tokens - ANSWER_MARGIN)


def android_kit(tools: Sequence[Tool], facts: KitFacts) -> dict[str, str]:
    """The kit's files, name to text, in the order in which the page shows them."""
    return {
        KOTLIN_FILE: kotlin_source(
            tools,
            facts.prompt_format,
            facts.file,
            facts.context,
            facts.answer_tokens,
            facts.package,
            constrained=facts.constrained,
            app_names=facts.app_names,
        ),
        ANDROID_TOOLS: json.dumps(canonical_tools(tools), ensure_ascii=False, indent=2) + "\n",
        README: instructions(tools, facts),
    }


def write_android_kit(out: Path, tools: Sequence[Tool], facts: KitFacts) -> Path:
    """Write the kit as a zip whose bytes depend on nothing but the tools and the facts; returns its path.

    Raises InputError if the disk refuses.
    """
    return write_zip(out, android_kit(tools, facts))


def write_zip(out: Path, files: Mapping[str, str]) -> Path:
    """Write texts, path to text, as a zip whose bytes depend on nothing else; returns its path.

    Raises InputError if the disk refuses.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix, whatever the machine, so that the permissions below are read as such
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED, 9)
    write_output(out, buffer.getvalue())
    return out


def instructions(tools: Sequence[Tool], facts: KitFacts) -> str:
    """The steps from the exported file to an app, as Markdown."""
    return render(
        "README.md.jinja",
        facts=facts,
        kotlin_file=KOTLIN_FILE,
        tools_file=ANDROID_TOOLS,
        dependency=gradle_dependency(),
        version=LITERTLM_ANDROID,
        kotlin=KOTLIN,
        min_sdk=MIN_SDK,
        push_app=push_to_app(facts),
        push_gallery=push_to_gallery(facts),
        usage=usage_source(tools).rstrip(),
        tools=tool_classes(tools),
        answer_limit=facts.answer_tokens + ANSWER_MARGIN,
        margin=ANSWER_MARGIN,
        max_depth=MAX_DEPTH,
    )


def gradle_dependency() -> str:
    """The line for the app's `build.gradle.kts`."""
    return f'implementation("com.google.ai.edge.litertlm:litertlm-android:{LITERTLM_ANDROID}")'


def push_to_app(facts: KitFacts, application: str = "com.example.app") -> str:
    """The commands that put the file into a debuggable app's own folder."""
    name = shlex.quote(facts.file)
    inner = shlex.quote(f"run-as {application} mkdir -p files")
    copy = shlex.quote(f"run-as {application} cp {shlex.quote('/data/local/tmp/' + facts.file)} files/")
    return f"adb push {name} /data/local/tmp/\nadb shell {inner}\nadb shell {copy}"


def push_to_gallery(facts: KitFacts) -> str:
    """The command that puts the file where AI Edge Gallery's file picker finds it."""
    return f"adb push {shlex.quote(facts.file)} /sdcard/Download/"


def data_of_run(run: Run) -> tuple[tuple[Tool, ...], tuple[Example, ...], KitFacts]:
    """The run's tools and rows, and what its kit says, all of it counted with the checkpoint's own tokenizer.

    Raises InputError if the file was not exported and verified, or if the checkpoint's tokenizer cannot be read.
    """
    verified = Verification.read(run.export_dir / "verification.json")
    every_row = CheckOptions(allow_multiple_calls=True, allow_no_call=True)
    tools, rows = load_dataset(run.dataset_path, run.tools_path, every_row, whole_set=False)
    config = run.config
    answers = answers_by_language(config.no_call_answer)
    rows = with_answers(rows, answers)
    fmt = get_format(config.prompt_format, config.declarations)
    counter = load_plain_counter(run.checkpoint, run.name)
    facts = KitFacts(
        file=verified.file,
        prompt_format=config.prompt_format,
        declarations=config.declarations,
        context=verified.context,
        prompt_tokens=prompt_tokens(tools, fmt, counter),
        answer_tokens=answer_tokens(rows, fmt, counter, answers.values()),
        constrained=works_constrained(verified),
        conversation=conversation_detail(verified),
        silence=off_topic_sentence(verified.off_topic) if verified.off_topic else "",
        app_names=read_tools(run.tools_path).app_names,
    )
    return tools, rows, facts


def facts_of_run(run: Run) -> tuple[tuple[Tool, ...], KitFacts]:
    """The run's tools, and what its kit says; raises InputError as data_of_run does."""
    tools, _, facts = data_of_run(run)
    return tools, facts


def kit_of_run(run: Run) -> dict[str, str]:
    """The kit's files, name to text; raises InputError as facts_of_run does."""
    return android_kit(*facts_of_run(run))


def write_kit_of_run(run: Run, out: Path) -> Path:
    """Writes the kit as a zip and returns its path. Raises InputError as facts_of_run does, or if the disk refuses."""
    return write_android_kit(out, *facts_of_run(run))


def prompt_tokens(tools: Sequence[Tool], fmt: PromptFormat, counter: TokenCounter) -> int:
    """The tokens of a prompt around its message."""
    return len(counter.encode(fmt.prompt(tools, "?"))) - len(counter.encode("?"))


def answer_tokens(
    rows: Sequence[Example], fmt: PromptFormat, counter: TokenCounter, sentences: Iterable[str] = ()
) -> int:
    """The tokens of the longest answer, its stop token among them; 0 if there is none.

    The answers are those that the rows expect, and the `sentences` that the model may write instead of a call.
    """
    answers = {fmt.completion(row.calls, row.answer) for row in rows}
    answers |= {fmt.completion((), sentence) for sentence in sentences}
    return max((len(counter.encode(answer)) for answer in answers), default=0)
