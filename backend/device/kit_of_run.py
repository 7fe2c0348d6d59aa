"""The Android kit of a run's exported file: what its tools, rows, checkpoint and verification say, put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from backend.data import CheckOptions, load_dataset
from backend.device.android import KitFacts, android_kit, write_android_kit
from backend.device.verification import Verification
from backend.prompts import PromptFormat, get_format
from backend.records import Example, Tool
from backend.runs import Run
from backend.tokens import TokenCounter, load_plain_counter


def facts_of_run(run: Run) -> tuple[tuple[Tool, ...], KitFacts]:
    """The run's tools, and what its kit says, all of it counted with the checkpoint's own tokenizer.

    Raises InputError where the file was not exported and verified, or the checkpoint's tokenizer cannot be read.
    """
    verified = Verification.read(run.export_dir / "verification.json")
    every_row = CheckOptions(allow_multiple_calls=True, allow_no_call=True)
    tools, rows = load_dataset(run.dataset_path, run.tools_path, every_row, whole_set=False)
    config = run.config
    fmt = get_format(config.prompt_format, config.declarations)
    counter = load_plain_counter(run.checkpoint, run.name)
    facts = KitFacts(
        file=verified.file,
        prompt_format=config.prompt_format,
        declarations=config.declarations,
        context=verified.context,
        prompt_tokens=prompt_tokens(tools, fmt, counter),
        answer_tokens=answer_tokens(rows, fmt, counter),
    )
    return tools, facts


def kit_of_run(run: Run) -> dict[str, str]:
    """The kit's files, name to text; raises InputError as facts_of_run does."""
    return android_kit(*facts_of_run(run))


def write_kit_of_run(run: Run, out: Path) -> Path:
    """Write the kit as a zip and return its path; raises InputError as facts_of_run does, or where the disk refuses."""
    return write_android_kit(out, *facts_of_run(run))


def prompt_tokens(tools: Sequence[Tool], fmt: PromptFormat, counter: TokenCounter) -> int:
    """The tokens of a prompt around its message."""
    return len(counter.encode(fmt.prompt(tools, "?"))) - len(counter.encode("?"))


def answer_tokens(rows: Sequence[Example], fmt: PromptFormat, counter: TokenCounter) -> int:
    """The tokens of the longest answer that the rows expect, its stop token among them; 0 without rows."""
    answers = {fmt.completion(row.calls, row.answer) for row in rows}
    return max((len(counter.encode(answer)) for answer in answers), default=0)
