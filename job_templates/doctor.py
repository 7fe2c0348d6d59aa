# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "huggingface_hub==2.4.0",
# ]
# ///
"""Check what the app needs: this machine, with --hub also your account on Hugging Face, with --spend also its jobs.

Every check reports passed, failed or could not check, with the reason and the next step. The report on stdout contains
no token, no account name and no home folder, so you can show it to others. Progress is on stderr.

--hub costs nothing. It creates a private repository, writes to it, reads it back and deletes it. If your login may not
delete it, the repository stays and later checks use it again. --spend also runs two short jobs: one on cpu-basic,
which is cancelled while it runs, and one on --flavor, which runs one operation on its GPU. It first shows the highest
possible cost and asks for your consent. Everything that was created is removed at the end, also after Ctrl-C, and the
results so far are reported. If the command is killed, the next check removes what is left.

Exit code 0: all passed; 1: something failed; 2: wrong usage; 3: nothing failed, but something could not be checked.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

if sys.version_info < (3, 11):  # noqa: UP036 - older versions cannot parse the modules below
    sys.stderr.write(
        f"failed  Python  {sys.version.split()[0]}; 3.11, 3.12 or 3.13 is required.\n"
        "Next: install one of these, then start scripts/run, which creates .venv with it.\n"
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
NOT_TRIED = "No job was started, because the checks of the account did not finish."
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NO_CLIENT = "huggingface_hub is not installed for this Python, so the account cannot be checked."


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--hub", action="store_true", help="check the account too; costs nothing")
    command.add_argument(
        "--spend", action="store_true", help="check jobs too, after showing the price (includes --hub)"
    )
    command.add_argument(
        "--flavor", default=DEFAULT_FLAVOR, help="the machine of the second job (default: %(default)s)"
    )
    command.add_argument("--yes", action="store_true", help="start the jobs without asking")
    command.add_argument("--report", type=Path, metavar="FILE", help="also write the report to a file")
    command.add_argument("--json", action="store_true", help="print one JSON object instead of the report")
    return command


def main(argv: Sequence[str] | None = None) -> int:
    """Check, report, and return the exit code."""
    command = parser()
    options = command.parse_args(argv)
    if options.spend and not options.yes and not sys.stdin.isatty():
        command.error(
            "--spend asks for your consent, and there is no terminal to ask in. Give --yes to agree to the price."
        )
    if options.report and (refusal := unwritable(options.report)):
        command.error(refusal)
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, end)
    progress = Progress()
    try:
        progress.begin(MACHINE)
        check_machine(progress)
        if options.hub or options.spend:
            check_hub(progress, options)
    except (Terminated, KeyboardInterrupt):
        hand_over(progress.report(ended=True), options)
        raise
    report = progress.report()
    hand_over(report, options)
    return report.exit_code


def end(number: int, _frame: FrameType | None) -> NoReturn:
    """End the checks and ignore later signals, so that what was created is removed and the results are reported."""
    for later in ENDINGS:
        signal.signal(later, signal.SIG_IGN)
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated


def unwritable(report: Path) -> str | None:
    """The reason why the report cannot be written there; None if it can. No file is left."""
    if report.is_dir():
        return "--report needs the name of a file, not of a folder."
    folder = report.absolute().parent
    if part := no_folder(folder):
        return f"--report: {part} is not a folder. Name another file."
    if report.exists() and not report.is_file():  # a device or a FIFO is written to directly
        return None
    try:
        with tempfile.TemporaryFile(dir=existing(folder)):
            return None
    except OSError as error:
        return f"--report: {report} cannot be written: {error.strerror or error}. Name another file."


def hand_over(report: Report, options: argparse.Namespace) -> None:
    """Print the report, and write it to --report if given. Raises InputError if either fails."""
    written = json.dumps(report.to_json(), indent=2) + "\n" if options.json else report.text()
    try:
        with disk_errors(Path("the report on stdout")):
            print(written, end="", flush=True)
    except InputError as error:
        if isinstance(error.__cause__, BrokenPipeError):
            raise error.__cause__ from None
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the rest of its buffer cannot be written there
        raise
    finally:
        if options.report:
            write_output(options.report, written.encode())


class Progress:
    """Prints the progress of the checks on stderr, and collects the findings in groups for the report."""

    def __init__(self) -> None:
        self.groups: list[tuple[str, list[Finding]]] = []
        self.account: AccountFindings | None = None
        self.token = ""

    def begin(self, group: str) -> None:
        """Start a group; later findings belong to it."""
        self.groups.append((group, []))

    def report(self, *, ended: bool = False) -> Report:
        """The findings so far, without the account's name and the token; `ended` if checks are missing."""
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
        """Print that a check begins, if a person reads stderr; a removal (ends with …) is always printed."""
        if what.endswith("…"):
            print(what, file=sys.stderr, flush=True)
        elif sys.stderr.isatty():
            print(f"Checking: {what}", file=sys.stderr, flush=True)

    def found(self, finding: Finding) -> None:
        """Collect a finding; print it at once if it did not pass."""
        self.groups[-1][1].append(finding)
        if finding.outcome != "passed":
            then = f" Next: {finding.next}" if finding.next else ""
            print(f"{finding.outcome.value}: {finding.title}: {finding.seen}{then}", file=sys.stderr, flush=True)


def check_hub(progress: Progress, options: argparse.Namespace) -> None:
    """Check the account, and its jobs with --spend; only this imports the Hub's client."""
    progress.begin(ACCOUNT)
    try:
        from backend.doctor.hub import FREE, AccountFindings, check_account, local_token
    except ImportError:
        then = "Run the doctor with .venv/bin/python, or start scripts/run once."
        progress.found(failed("Hugging Face client", NO_CLIENT, then))
        return
    token = local_token()
    progress.account, progress.token = AccountFindings(), token or ""
    print(FREE, file=sys.stderr, flush=True)
    jobs = spending(options, token) if options.spend and token else None
    found = check_account(token, progress, jobs, progress.account)
    if options.spend and not found.jobs:
        progress.found(unknown(JOBS, NOT_TRIED))


def spending(options: argparse.Namespace, token: str) -> Jobs:
    """Returns a function that shows the price of the jobs, asks for consent, and runs them if it is given."""
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
            return not_started(plan, "You did not agree to the price, so no job was started.", watcher)
        return check_jobs(visit, plan, watcher)

    return jobs


def agree(plan: Plan, yes: bool) -> bool:
    """Print the highest possible cost of the jobs, and ask for consent."""
    print(plan.summary, file=sys.stderr, flush=True)
    if yes:
        return True
    print("Start these jobs? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


if __name__ == "__main__":
    run(main)
