# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "huggingface_hub==2.4.0",
#     "pandas==3.1.1",
#     "pyarrow==26.0.1",
#     "python-calamine==0.9.1",
#     "numpy==2.4.6",
#     "jinja2==3.1.6",
#     "sentencepiece==0.2.3",
#     "protobuf==7.36.2",
#     "tokenizers==0.23.3",
#     "scikit-learn==1.9.1",
#     "wordfreq==3.1.1",
# ]
# ///
"""Grow a set that has few rows: a large model, the teacher, writes what is missing, and a gate keeps what is sound.

--teacher hf:MODEL asks a model of Hugging Face's Inference Providers with the token in HF_TOKEN. --teacher ADDRESS with
--model NAME asks a server that speaks OpenAI's chat protocol, such as Ollama, llama.cpp, vLLM or LM Studio, with the
key in TEACHER_KEY if it needs one. The tools and the training rows are sent to it; the rows that train.py would hold
out with the same seed and test share are not. Without a teacher, --prompt-only prints a request to paste into any chat,
and --answer reads what it answered.

--output is a folder: it keeps every answer, so that --resume continues, and rows.csv, which is the set with the new
rows. They have `grown by MODEL on DATE` in the column origin, and are never test rows.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

from backend.data import resolve_set
from backend.errors import InputError
from backend.files import disk_errors, open_regular, read_json, write_json_output, write_output
from backend.growing import (
    ChatTeacher,
    Grower,
    Ledger,
    Material,
    Plan,
    Price,
    check_cost,
    estimate,
    grow,
    make_plan,
    open_teacher,
    plan_lines,
    read_material,
    teacher_report,
    with_grown,
)
from backend.scoring import Setup, build_evaluation
from job_templates import cli
from job_templates.ml.run import check_growing_usage, dividing_options, growing_parser, say_report

HUB_KEY, OTHER_KEY = "HF_TOKEN", "TEACHER_KEY"
ROWS, SCORE = "rows.csv", "teacher-evaluation.json"
MOST_PASTED = 12 * 1024 * 1024
"""Bytes of a pasted answer; of a larger file, nothing is read."""


def main(argv: list[str] | None = None) -> None:
    """Grow the set that the flags name. Raises InputError if the input is at fault."""
    command_line = growing_parser(__doc__)
    arguments = command_line.parse_args(argv)
    check_growing_usage(command_line, arguments)
    found = resolve_set(arguments.dataset, arguments.tools, "train", os.environ.get(HUB_KEY))
    material = read_material(found.dataset, found.tools, dividing_options(arguments))
    plan = plan_of(arguments, material)
    if arguments.plan:
        cli.say(json.dumps(plan.to_dict(), ensure_ascii=False, indent=2))
        print("\n".join(plan_lines(plan)), file=sys.stderr)
    elif arguments.score_teacher:
        score_teacher(arguments, material)
    else:
        grow_rows(arguments, material, plan, found.dataset)


def plan_of(arguments: argparse.Namespace, material: Material) -> Plan:
    """Returns the plan in the file, or what is missing. Raises InputError if nothing is."""
    if arguments.use_plan:
        path = arguments.use_plan.expanduser()
        return Plan.from_dict(read_json(path), material.tools, str(path))
    plan = make_plan(material, arguments.rows)
    if not plan.rows:
        raise InputError("No rows are missing. Raise --rows, or give a plan of your own with --use-plan.")
    return plan


def teacher_of(arguments: argparse.Namespace) -> ChatTeacher:
    """Returns the teacher with its key from the environment. Raises InputError."""
    key = os.environ.get(HUB_KEY if arguments.teacher.startswith("hf:") else OTHER_KEY)
    price = Price(*arguments.price) if arguments.price else None
    return open_teacher(arguments.teacher, arguments.model, key, price=price)


def score_teacher(arguments: argparse.Namespace, material: Material) -> None:
    """Score the teacher on the held-out rows, and write the evaluation, which --compare-with of evaluate.py reads."""
    teacher = teacher_of(arguments)
    cli.say(f"{len(material.held_out)} held-out messages are sent to {teacher.name} at {teacher.place}, without labels")
    report = teacher_report(material, teacher, lambda done, rows: cli.say(f"{done} of {rows} answered"))
    say_report(f"Teacher {teacher.name}", report)
    setup = Setup(predictions=teacher.name, prompt_format="native", rows=report.n)
    output = arguments.output.expanduser() / SCORE
    write_json_output(output, build_evaluation(report, None, setup).to_dict())
    cli.say(f"Wrote {output}")


def grow_rows(arguments: argparse.Namespace, material: Material, plan: Plan, dataset: Path) -> None:
    """Ask for rows, or take those of a chat, and write the set with all rows that were kept."""
    teacher = teacher_of(arguments) if arguments.teacher else None
    ledger = ledger_of(arguments, material, plan, teacher.name if teacher else arguments.model or "a chat")
    with ledger.locked():
        grower = Grower(material, ledger)
        if arguments.prompt_only:
            cli.say(prompt_text(grower, arguments))
            return
        try:
            if teacher:
                ask_teacher(arguments, material, grower, ledger, teacher)
            else:
                take_pasted(grower, arguments)
        finally:
            output = ledger.folder / ROWS
            write_output(output, with_grown(dataset, ledger))
            cli.say(ledger.totals.line(ledger.plan.rows))
            cli.say(f"Wrote {output}")


def ledger_of(arguments: argparse.Namespace, material: Material, plan: Plan, name: str) -> Ledger:
    """Returns the ledger in the folder; a request by hand makes it when it is missing."""
    folder = arguments.output.expanduser()
    begun = Ledger.exists(folder)
    if arguments.resume or arguments.answer or (arguments.prompt_only and begun):
        ledger = Ledger.open(folder, material)
        if arguments.teacher:
            ledger.check_teacher(name)
        return ledger
    return Ledger.create(folder, material, plan, name, f"{datetime.now(UTC):%Y-%m-%d}")


def ask_teacher(
    arguments: argparse.Namespace, material: Material, grower: Grower, ledger: Ledger, teacher: ChatTeacher
) -> None:
    """Ask the teacher until the plan is fulfilled; the cost is known and checked before anything is sent."""
    price = teacher.price()
    planned = estimate(material, grower, price)
    cli.say(planned.sentence())
    check_cost(planned, arguments.most_cost)
    cli.say(f"{len(material.given)} rows and the tools are sent to {teacher.name} at {teacher.place}")
    grow(
        grower,
        ledger,
        teacher,
        lambda totals: cli.say(totals.line(ledger.plan.rows)),
        price=price,
        ceiling=arguments.most_cost,
        second_labels=not arguments.no_second_label,
    )


def prompt_text(grower: Grower, arguments: argparse.Namespace) -> str:
    """Returns the text to paste: the next request for rows, or with an answer the request for its second labels."""
    request = grower.next_request()
    if request is None:
        raise InputError("All rows of the plan are kept or were asked for three times. There is no request left.")
    if not arguments.answer:
        return request.prompt.text
    labelling = grower.labelling(grower.sift(read_pasted(arguments.answer), request.orders))
    if labelling is None:
        raise InputError("No row of the answer is left to label. Give --answer alone, to see why.")
    return labelling.text


def take_pasted(grower: Grower, arguments: argparse.Namespace) -> None:
    """Decide on the rows of an answer from a chat."""
    request = grower.next_request()
    if request is None:
        raise InputError("All rows of the plan are kept or were asked for three times. No answer is missing.")
    labels = read_pasted(arguments.labels) if arguments.labels else None
    entry = grower.decide(grower.take_answer(request, read_pasted(arguments.answer)), labels)
    for one in entry.judged or ():
        if one.reason:
            cli.say(f"refused: {one.row.message} ({one.reason}{f': {one.detail}' if one.detail else ''})")
        elif one.doubt:
            cli.say(f"kept: {one.row.message} (the n-gram classifier expects {one.doubt})")


def read_pasted(path: Path) -> str:
    """Returns the text of a file. Raises InputError if it cannot be read or is too large."""
    path = path.expanduser()
    with disk_errors(path, "read"), open_regular(path) as file:
        raw = file.read(MOST_PASTED + 1)
    if len(raw) > MOST_PASTED:
        raise InputError(f"{path} is larger than {MOST_PASTED // 1024**2} MB. Save the answer alone.")
    return raw.decode("utf-8-sig", errors="replace")


if __name__ == "__main__":
    cli.run(main)
