"""The flags of grow.py, and the options that decide which rows are held out."""

from __future__ import annotations

import argparse
from pathlib import Path

from backend.data import CheckOptions
from backend.growing import ROWS_A_TOOL
from backend.runs import RunConfig, settings_of
from job_templates.ml.run.options import add_setting_flag
from job_templates.ml.run.scored_rows import check_options

DIVIDING = ("test_split", "seed", "allow_multiple_calls", "allow_no_call")
"""The settings of a run on which its held-out rows depend."""


def growing_parser(description: str | None) -> argparse.ArgumentParser:
    """The command line of grow.py."""
    command = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--dataset", required=True, help="a CSV, rows in another format, or a dataset on the Hub")
    command.add_argument("--tools", help="the tools.json (default: the tools that the dataset declares)")
    command.add_argument("--output", type=Path, metavar="FOLDER", help="the folder of the answers and of rows.csv")
    for setting in settings_of(RunConfig):
        if setting.name in DIVIDING:
            add_setting_flag(command, setting)
    what = command.add_argument_group("what is written")
    what.add_argument("--plan", action="store_true", help="print the plan as JSON, which --use-plan reads, and stop")
    what.add_argument(
        "--use-plan", type=Path, metavar="FILE", help="write what this plan says (default: what is missing)"
    )
    what.add_argument(
        "--rows",
        type=positive,
        default=ROWS_A_TOOL,
        metavar="N",
        help="rows to write for a tool that has fewer (default: %(default)s)",
    )
    who = command.add_argument_group("the teacher")
    who.add_argument("--teacher", metavar="hf:MODEL|ADDRESS", help="who writes the rows")
    who.add_argument("--model", metavar="NAME", help="the model at an ADDRESS, or in the chat")
    who.add_argument(
        "--price",
        type=float,
        nargs=2,
        metavar=("PROMPT", "ANSWER"),
        help="US dollars for a million tokens (default: Hugging Face's list)",
    )
    who.add_argument("--most-cost", type=float, metavar="DOLLARS", help="refuse to cost more; needs a known price")
    who.add_argument(
        "--no-second-label",
        action="store_true",
        help="do not label rows a second time, which costs half",
    )
    who.add_argument("--resume", action="store_true", help="continue in the folder of --output")
    who.add_argument(
        "--score-teacher",
        action="store_true",
        help="write no rows, but score the teacher on the held-out rows: their messages are sent to it, without labels",
    )
    paste = command.add_argument_group("without a teacher")
    paste.add_argument(
        "--prompt-only", action="store_true", help="print the next request; with --answer, that for labels"
    )
    paste.add_argument("--answer", type=Path, metavar="FILE", help="the answer to the request that was printed last")
    paste.add_argument("--labels", type=Path, metavar="FILE", help="the answer to the labelling of --answer")
    return command


def check_growing_usage(command_line: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """End with wrong usage if flags do not go together."""
    if not arguments.plan and arguments.output is None:
        command_line.error("--output FOLDER is needed, except with --plan")
    by_hand = arguments.prompt_only or arguments.answer
    if not arguments.plan and bool(arguments.teacher) == bool(by_hand):
        command_line.error("name a --teacher, or use --prompt-only and --answer")
    if arguments.labels and not arguments.answer:
        command_line.error("--labels needs the --answer that was labelled")


def dividing_options(arguments: argparse.Namespace) -> CheckOptions:
    """Returns the options with which train.py reads and divides the rows. Raises InputError if one is out of range."""
    given = {name: getattr(arguments, name) for name in DIVIDING if getattr(arguments, name) is not None}
    return check_options(RunConfig.from_dict(given))


def positive(text: str) -> int:
    """Returns the number of rows in `text`. Raises ArgumentTypeError if it is below 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number
