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
# ]
# ///
"""Check a tools.json and a CSV. Prints every problem with its line, what is allowed, and the fix if there is one.

Other formats of rows are read too, such as chat messages in JSONL (docs/data.md). --import-to saves them as a standard
CSV and tools.json.

It also says how many off-topic messages the evaluation asks, how many can be taught, and which your tools might answer.

--fix applies the safe fixes, writes the result to another file and checks that file. The input is not changed.

Exit code 0: no errors (warnings are allowed); 1: errors, or the input cannot be read; 2: wrong usage.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from dataclasses import replace
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()
    gc.set_threshold(100_000)  # a check makes many records and no cycles; with 700, a tenth of its time is collection

from backend.data import CheckOptions, CheckReport, check_files, resolve_set
from backend.data.check import plan_lines, report_text
from backend.data.fixing import plan_fixes, safe_codes
from backend.data.imports import ImportSummary
from backend.data.rows import ResolvedSet
from backend.data.rules import get_rule
from backend.errors import InputError
from backend.files import disk_errors, write_output
from backend.off_topic import choose_messages
from backend.records import DECLARATIONS, FORMATS, Issue
from backend.runs import default_config
from job_templates.cli import run

UNREADABLE = "csv-unreadable"


def main() -> int:
    """Check the files that the command line names, and return the exit code."""
    command_line = parser()
    arguments = command_line.parse_args()
    if arguments.fix and arguments.output is None:
        command_line.error("--fix needs --output FIXED.csv")
    if not arguments.fix and (arguments.output or arguments.tools_output or arguments.fix_code or arguments.leave_out):
        command_line.error("--output, --tools-output, --fix-code and --leave-out need --fix")
    try:
        found = resolve_set(arguments.dataset, arguments.tools, arguments.split or "train")
    except InputError as error:
        if arguments.fix or arguments.import_to:
            raise
        report, read = unreadable(arguments, str(error)), ImportSummary()
    else:
        read = found.summary
        if arguments.import_to:
            save(found, arguments.import_to)
        report = fix_and_check(found, arguments) if arguments.fix else check(found, arguments)
    show(report, read, as_json=arguments.json)
    return 0 if report.ok else 1


def show(report: CheckReport, read: ImportSummary, *, as_json: bool) -> None:
    """Print the report, with what was read from another format before it."""
    off_topic = choose_messages(report.tools, report.examples)
    if as_json:
        imported = {"import": read.to_json()} if read.format else {}
        print(json.dumps({**imported, **report.to_json(), "off_topic": off_topic.to_json()}))
    else:
        above = [*read.sentences, ""] if read.format else []
        print("\n".join([*above, *off_topic.summary(), "", report_text(report)]))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--dataset", required=True, help="a CSV, rows in another format, or a dataset on the Hub such as name/my-tools"
    )
    parser.add_argument("--tools", type=Path, help="the tools.json (default: the tools that the dataset declares)")
    parser.add_argument(
        "--import-to", type=Path, metavar="FOLDER", help="save the rows and tools that were read as CSV and tools.json"
    )
    parser.add_argument("--split", help="check only this split of a Hub dataset, or of a CSV with a split column")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--allow-multiple-calls", action="store_true", help="rows may call several tools")
    parser.add_argument("--allow-no-call", action="store_true", help="rows may have no call")
    fix = parser.add_argument_group("fixing")
    fix.add_argument("--fix", action="store_true", help="apply all safe fixes, then check the result")
    fix.add_argument("--output", type=Path, metavar="FIXED.csv", help="the file for the fixed CSV")
    fix.add_argument("--tools-output", type=Path, metavar="T.json", help="the file for the fixed tools.json")
    fix.add_argument(
        "--fix-code",
        action="append",
        metavar="CODE",
        help="apply the fix of this rule instead of all safe ones; may be given several times",
    )
    fix.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="CODE",
        help="after the fixes, leave out the rows that still have an error of this rule, or of any rule: all; may be "
        "given several times",
    )
    budget = parser.add_argument_group("the token budget")
    budget.add_argument(
        "--base-model", default="starter", help="the model whose tokenizer counts the tokens (default: %(default)s)"
    )
    budget.add_argument("--prompt-format", choices=FORMATS, default="native", help="default: %(default)s")
    budget.add_argument(
        "--declarations",
        choices=DECLARATIONS,
        help="default: none for starter, full for other base models",
    )
    budget.add_argument("--max-seq-length", type=positive, help="most tokens of a row (default: no limit)")
    budget.add_argument(
        "--kv-cache-max-len",
        type=positive,
        default=1024,
        help="most tokens of prompt and answer together on the phone (default: %(default)s)",
    )
    return parser


def positive(text: str) -> int:
    """Returns the number of tokens in `text`. Raises ArgumentTypeError if it is below 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


def options_from(arguments: argparse.Namespace) -> CheckOptions:
    """Returns the options of the check."""
    return CheckOptions(
        split=arguments.split,
        allow_multiple_calls=arguments.allow_multiple_calls,
        allow_no_call=arguments.allow_no_call,
        base_model=arguments.base_model,
        prompt_format=arguments.prompt_format,
        declarations=arguments.declarations or default_config(arguments.base_model).declarations,
        max_seq_length=arguments.max_seq_length,
        kv_cache_max_len=arguments.kv_cache_max_len,
    )


def unreadable(arguments: argparse.Namespace, reason: str) -> CheckReport:
    """Returns the report on files that cannot be read: the reason is one of its errors."""
    if arguments.tools is not None and not Path(arguments.dataset).is_file():
        report = check_files(Path(arguments.dataset), arguments.tools, options_from(arguments))
        issues = (replace(one, message=reason) if one.code == UNREADABLE else one for one in report.issues)
        return replace(report, issues=tuple(issues))
    return CheckReport(0, (), (), (Issue("error", UNREADABLE, "csv", None, None, reason),), {}, None, ())


def check(found: ResolvedSet, arguments: argparse.Namespace) -> CheckReport:
    """Returns the report."""
    return check_files(found.dataset, found.tools, options_from(arguments))


def save(found: ResolvedSet, folder: Path) -> None:
    """Write the standard CSV and tools.json. Raises InputError if a file cannot be written."""
    for path, name in ((found.dataset, f"{found.dataset.stem}.csv"), (found.tools, "tools.json")):
        with disk_errors(path, "read"):
            content = path.read_bytes()
        write_output(folder.expanduser() / name, content)


def fix_and_check(found: ResolvedSet, arguments: argparse.Namespace) -> CheckReport:
    """Write the fixed files, print the changes on stderr, and return the report on these files.

    Without --tools-output, tools.json is not changed. Raises InputError if a code is unknown or a file cannot be
    written.
    """
    options = options_from(arguments)
    codes = arguments.fix_code or safe_codes()
    if arguments.tools_output is None:
        codes = [code for code in codes if get_rule(code).fixed_file == "csv"]
    plan = plan_fixes(found.dataset, found.tools, options, codes, leave_out_codes=arguments.leave_out)
    write(arguments.output, plan.csv_text)
    if arguments.tools_output:
        write(arguments.tools_output, plan.tools_text)
    for line in plan_lines(plan):
        print(line, file=sys.stderr)
    return check_files(arguments.output, arguments.tools_output or found.tools, options)


def write(path: Path, text: str) -> None:
    """Write a file as UTF-8, completely or not at all. Raises InputError if it cannot be written."""
    try:
        write_output(path, text.encode("utf-8", errors="surrogatepass"))
    except InputError as error:
        reason = getattr(error.__cause__, "strerror", None) or error
        raise InputError(f"{path} cannot be written: {reason}. Give another path.") from error


if __name__ == "__main__":
    run(main)
