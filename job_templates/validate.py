# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "huggingface_hub==2.4.0",
#     "pandas==3.1.1",
#     "numpy==2.4.6",
#     "jinja2==3.1.6",
#     "sentencepiece==0.2.3",
#     "protobuf==7.36.2",
#     "tokenizers==0.23.3",
#     "scikit-learn==1.9.1",
# ]
# ///
"""Check a tools.json and a CSV: every problem with its line, what is allowed, and the fix where there is one.

With --fix the safe fixes are written to another file, and that file is checked; the input stays as it is.

Exit code 0: no errors (warnings are allowed); 1: errors, or the input cannot be read; 2: wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

from backend.data import CheckOptions, CheckReport, check_files, resolve_source
from backend.data.check import plan_lines, report_text
from backend.data.fixing import plan_fixes, safe_codes
from backend.data.rules import get_rule
from backend.errors import InputError
from backend.files import write_output
from backend.records import DECLARATIONS, FORMATS
from backend.runs import default_config
from job_templates.cli import run


def main() -> int:
    """Check the files that the command line names; returns the exit code."""
    command_line = parser()
    arguments = command_line.parse_args()
    if arguments.fix and arguments.output is None:
        command_line.error("--fix needs --output FIXED.csv")
    if not arguments.fix and (arguments.output or arguments.tools_output or arguments.fix_code):
        command_line.error("--output, --tools-output and --fix-code belong to --fix")
    report = fix_and_check(arguments) if arguments.fix else check(arguments)
    if arguments.json:
        print(json.dumps(report.to_json()))
    else:
        print(report_text(report))
    return 0 if report.ok else 1


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", required=True, help="a CSV, or a dataset on the Hub such as name/my-tools")
    parser.add_argument("--tools", required=True, type=Path, help="the tools.json")
    parser.add_argument("--split", help="check only this split: of a Hub dataset, or of a CSV with a split column")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--allow-multiple-calls", action="store_true", help="rows may call several tools")
    parser.add_argument("--allow-no-call", action="store_true", help="rows may call nothing")
    fix = parser.add_argument_group("fixing")
    fix.add_argument("--fix", action="store_true", help="mend what can be mended safely, then check the result")
    fix.add_argument("--output", type=Path, metavar="FIXED.csv", help="where the mended CSV goes")
    fix.add_argument("--tools-output", type=Path, metavar="T.json", help="where the mended tools.json goes")
    fix.add_argument(
        "--fix-code", action="append", metavar="CODE", help="mend this rule instead of all safe ones; may be repeated"
    )
    budget = parser.add_argument_group("the token budget")
    budget.add_argument("--base-model", default="starter", help="whose tokenizer counts (default: %(default)s)")
    budget.add_argument("--prompt-format", choices=FORMATS, default="native", help="default: %(default)s")
    budget.add_argument(
        "--declarations",
        choices=DECLARATIONS,
        help="default: the base model's own, none for starter and full for others",
    )
    budget.add_argument("--max-seq-length", type=positive, help="tokens a row may have (default: as many as it takes)")
    budget.add_argument("--kv-cache-max-len", type=positive, default=1024, help="tokens on the phone (default: 1024)")
    return parser


def positive(text: str) -> int:
    """A number of tokens from the command line; `auto` is left to the default."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


def options_from(arguments: argparse.Namespace) -> CheckOptions:
    """What the command line asks the check to assume."""
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


def check(arguments: argparse.Namespace) -> CheckReport:
    """The report; a dataset that cannot be found is one more error in it, beside those of the tools."""
    options = options_from(arguments)
    try:
        dataset = resolve_source(arguments.dataset, arguments.split or "train")
    except InputError as error:
        report = check_files(Path(arguments.dataset), arguments.tools, options)
        issues = (
            replace(issue, message=str(error)) if issue.code == "csv-unreadable" else issue for issue in report.issues
        )
        return replace(report, issues=tuple(issues))
    return check_files(dataset, arguments.tools, options)


def fix_and_check(arguments: argparse.Namespace) -> CheckReport:
    """Write the mended files, say on stderr what was changed, and give the report on them.

    Without --tools-output tools.json stays as it is. Raises InputError for an unknown code or a file that cannot be
    written.
    """
    options = options_from(arguments)
    dataset = resolve_source(arguments.dataset, arguments.split or "train")
    codes = arguments.fix_code or safe_codes()
    if arguments.tools_output is None:
        codes = [code for code in codes if get_rule(code).file == "csv"]
    plan = plan_fixes(dataset, arguments.tools, options, codes)
    write(arguments.output, plan.csv_text)
    if arguments.tools_output:
        write(arguments.tools_output, plan.tools_text)
    for line in plan_lines(plan):
        print(line, file=sys.stderr)
    return check_files(arguments.output, arguments.tools_output or arguments.tools, options)


def write(path: Path, text: str) -> None:
    """Write a file as UTF-8, whole or not at all; a path that cannot be written is an InputError."""
    try:
        write_output(path, text.encode("utf-8", errors="surrogatepass"))
    except InputError as error:
        reason = getattr(error.__cause__, "strerror", None) or error
        raise InputError(f"{path} cannot be written: {reason}. Give another path.") from error


if __name__ == "__main__":
    run(main)
