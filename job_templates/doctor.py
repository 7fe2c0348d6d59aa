# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "huggingface_hub==2.4.0",
# ]
# ///
"""Check what the app needs: this machine, with --hub also your account on Hugging Face, with --spend also its jobs.

Every check says passed, failed or could not check, with the reason and the next step. The report on stdout holds no
token, no account's name and no home folder, so that it can be shown to others; what is being checked is on stderr.

--hub costs nothing: it makes a private repository, fills it, reads it back and deletes it; a login that may not delete
leaves it, and later checks use it again. --spend also runs two short jobs: one on cpu-basic, which is cancelled while
it runs, and one on --flavor, which makes one operation on its GPU. It says what they cost at most, and asks. What was
made is removed at the end, also after Ctrl-C, and what was found by then is reported; what a killed check left is
removed by the next one.

Exit code 0: all passed; 1: something failed; 2: wrong usage; 3: nothing failed, but something could not be checked.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

if sys.version_info < (3, 11):  # noqa: UP036 - older ones cannot even read the modules below
    sys.stderr.write(
        f"failed  Python  {sys.version.split()[0]}; 3.11, 3.12 or 3.13 is required.\n"
        "Next: install one of these, then start scripts/run, which makes .venv with it.\n"
    )
    sys.exit(1)

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

import argparse
import json
import os
import signal
import tempfile
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from backend.doctor import Finding, Report, Watcher, check_machine, existing, failed, no_folder, unknown
from backend.errors import InputError
from backend.files import disk_errors, write_output
from backend.redact import redact
from job_templates.cli import Terminated, run

if TYPE_CHECKING:
    from backend.doctor.hub import AccountFindings, Jobs, Plan, Visit

DEFAULT_FLAVOR = "t4-small"
MACHINE, ACCOUNT, JOBS = "This machine", "Account on Hugging Face", "Jobs on Hugging Face"
NOT_TRIED = "No job was started, because the checks of the account did not come so far."
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NO_CLIENT = "huggingface_hub is not installed for this Python, so the account cannot be asked."


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--hub", action="store_true", help="check the account too; costs nothing")
    command.add_argument("--spend", action="store_true", help="check jobs too, after the price was shown (with --hub)")
    command.add_argument(
        "--flavor", default=DEFAULT_FLAVOR, help="the machine of the second job (default: %(default)s)"
    )
    command.add_argument("--yes", action="store_true", help="start the jobs without asking")
    command.add_argument("--report", type=Path, metavar="FILE", help="write the report to a file, too")
    command.add_argument("--json", action="store_true", help="print one JSON object instead of the report")
    return command


def main(argv: Sequence[str] | None = None) -> int:
    """Check, report, and return the exit code."""
    command = parser()
    options = command.parse_args(argv)
    if options.spend and not options.yes and not sys.stdin.isatty():
        command.error("--spend asks before it spends, and nobody can answer here. Give --yes to agree to the price.")
    if options.report and (refusal := unwritable(options.report)):
        command.error(refusal)
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, end)
    teller = Teller()
    try:
        teller.begin(MACHINE)
        check_machine(teller)
        if options.hub or options.spend:
            check_hub(teller, options)
    except (Terminated, KeyboardInterrupt):
        hand_over(teller.report(ended=True), options)
        raise
    report = teller.report()
    hand_over(report, options)
    return report.exit_code


def end(number: int, _frame: FrameType | None) -> NoReturn:
    """End the checks, once: what was made is removed and what was found is reported, whatever signal comes after."""
    for later in ENDINGS:
        signal.signal(later, signal.SIG_IGN)
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated


def unwritable(report: Path) -> str | None:
    """Why the report cannot be written there; None if it can. Nothing is left behind."""
    if report.is_dir():
        return "--report needs the name of a file, not of a folder."
    folder = report.absolute().parent
    if part := no_folder(folder):
        return f"--report: {part} is no folder. Name another file."
    if report.exists() and not report.is_file():  # a device or a FIFO is written to directly
        return None
    try:
        with tempfile.TemporaryFile(dir=existing(folder)):
            return None
    except OSError as error:
        return f"--report: {report} cannot be written: {error.strerror or error}. Name another file."


def hand_over(report: Report, options: argparse.Namespace) -> None:
    """Print the report, and write it where it was asked for; InputError if either cannot be."""
    written = json.dumps(report.to_json(), indent=2) + "\n" if options.json else report.text()
    try:
        with disk_errors(Path("the report on stdout")):
            print(written, end="", flush=True)
    except InputError as error:
        if isinstance(error.__cause__, BrokenPipeError):
            raise error.__cause__ from None
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left in its buffer cannot go there
        raise
    finally:
        if options.report:
            write_output(options.report, written.encode())


class Teller:
    """Says on stderr how far the checks are, and keeps what was found, in groups, for the report."""

    def __init__(self) -> None:
        self.groups: list[tuple[str, list[Finding]]] = []
        self.account: AccountFindings | None = None
        self.token = ""

    def begin(self, group: str) -> None:
        """What is found from now on is of this group."""
        self.groups.append((group, []))

    def report(self, *, ended: bool = False) -> Report:
        """What was found so far, without the account's name and the token; `ended` if more was to be checked."""
        groups = [
            part
            for name, found in self.groups
            for part in (
                (name, [one for one in found if not one.title.startswith("Job")]),
                (JOBS, [one for one in found if one.title.startswith("Job")]),
            )
            if part[1]
        ]
        return Report(groups, self.account.name if self.account else None, [self.token], ended)

    def doing(self, what: str) -> None:
        """A check begins, or what was made is removed, which is told in any case."""
        if what.endswith("…"):
            print(what, file=sys.stderr, flush=True)
        elif sys.stderr.isatty():
            print(f"Checking: {what}", file=sys.stderr, flush=True)

    def found(self, finding: Finding) -> None:
        """A check that did not pass is told at once."""
        self.groups[-1][1].append(finding)
        if finding.outcome != "passed":
            then = f" Next: {finding.next}" if finding.next else ""
            print(f"{finding.outcome.value}: {finding.title}: {finding.seen}{then}", file=sys.stderr, flush=True)


def check_hub(teller: Teller, options: argparse.Namespace) -> None:
    """Check the account, and its jobs with --spend; the client is imported here, where it is needed."""
    teller.begin(ACCOUNT)
    try:
        from backend.doctor.hub import FREE, AccountFindings, check_account, local_token
    except ImportError:
        then = "Run the doctor with .venv/bin/python, or start scripts/run once."
        teller.found(failed("Hugging Face client", NO_CLIENT, then))
        return
    token = local_token()
    teller.account, teller.token = AccountFindings(), token or ""
    print(FREE, file=sys.stderr, flush=True)
    jobs = spending(options, token) if options.spend and token else None
    found = check_account(token, teller, jobs, teller.account)
    if options.spend and not found.jobs:
        teller.found(unknown(JOBS, NOT_TRIED))


def spending(options: argparse.Namespace, token: str) -> Jobs:
    """What asks for the price of the jobs, once the login is known to permit them, and runs them if it is agreed to."""
    from backend.doctor.hub import check_jobs, not_started, plan_jobs

    def jobs(visit: Visit, watcher: Watcher) -> list[Finding]:
        try:
            plan = plan_jobs(token, options.flavor)
        except InputError as error:
            then = "Check again later, or choose another machine with --flavor."
            refusal = failed("Jobs: price", redact(str(error)), then)
            watcher.found(refusal)
            return [refusal]
        if not agree(plan, options.yes):
            return not_started(plan, "The price was not agreed to, so no job was started.", watcher)
        return check_jobs(visit, plan, watcher)

    return jobs


def agree(plan: Plan, yes: bool) -> bool:
    """Say what the jobs cost at most, and ask."""
    print(plan.told, file=sys.stderr, flush=True)
    if yes:
        return True
    print("Start these jobs? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


if __name__ == "__main__":
    run(main)
