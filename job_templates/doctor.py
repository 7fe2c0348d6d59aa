# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "huggingface_hub==2.4.0",
# ]
# ///
"""Check what the app needs: this machine, with --hub also your account on Hugging Face, with --spend also its jobs.

Every check says passed, failed or could not check, with the reason and the next step. The report on stdout holds no
token, no account's name and no home folder, so that it can be shown to others; what is being checked is on stderr.

--hub costs nothing: it makes a private repository, fills it, reads it back and deletes it. --spend also runs two short
jobs: one on cpu-basic, which is cancelled while it runs, and one on --flavor, which makes one operation on its GPU. It
says what they cost at most, and asks. What was made is removed at the end, also after Ctrl-C; what a killed check left
is removed by the next one.

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

import argparse
import json
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.doctor import Finding, Report, Watcher, check_machine, failed, unknown
from backend.errors import InputError
from backend.files import write_output
from job_templates.cli import run

if TYPE_CHECKING:
    from backend.doctor.account import Jobs
    from backend.doctor.plan import Plan
    from backend.doctor.visit import Visit

DEFAULT_FLAVOR = "t4-small"
MACHINE, ACCOUNT, JOBS = "This machine", "Account on Hugging Face", "Jobs on Hugging Face"
NOT_TRIED = "No job was started, because the checks of the account did not come so far."
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
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # a closed terminal ends it as it ends a job
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))
    teller = Teller()
    groups = [(MACHINE, check_machine(teller))]
    account, token = None, ""
    if options.hub or options.spend:
        account, token, more = check_hub(teller, options)
        groups += more
    report = Report(groups, account, [token])
    written = json.dumps(report.to_json(), indent=2) + "\n" if options.json else report.text()
    print(written, end="")
    if options.report:
        write_output(options.report, written.encode())
    return report.exit_code


class Teller:
    """Says on stderr how far the checks are."""

    def doing(self, what: str) -> None:
        """A check begins."""
        if sys.stderr.isatty():
            print(f"Checking: {what}", file=sys.stderr, flush=True)

    def found(self, finding: Finding) -> None:
        """A check that did not pass is told at once."""
        if finding.outcome != "passed":
            then = f" Next: {finding.next}" if finding.next else ""
            print(f"{finding.outcome.value}: {finding.title}: {finding.seen}{then}", file=sys.stderr, flush=True)


def check_hub(teller: Teller, options: argparse.Namespace) -> tuple[str | None, str, list[tuple[str, list[Finding]]]]:
    """The account's name, its token, and what was found; the client is imported here, where it is needed."""
    try:
        from backend.doctor.account import FREE, check_account, local_token
    except ImportError:
        then = "Run the doctor with .venv/bin/python, or start scripts/run once."
        return None, "", [(ACCOUNT, [failed("Hugging Face client", NO_CLIENT, then)])]
    token = local_token()
    print(FREE, file=sys.stderr, flush=True)
    jobs = spending(teller, options, token) if options.spend and token else None
    found = check_account(token, teller, jobs)
    if options.spend and not found.jobs:
        found.jobs.append(unknown(JOBS, NOT_TRIED))
    return found.name, token or "", [(ACCOUNT, found.free), *([(JOBS, found.jobs)] if found.jobs else [])]


def spending(teller: Teller, options: argparse.Namespace, token: str) -> Jobs:
    """What runs the jobs, if their price is known and agreed to."""
    from backend.doctor.jobs import check_jobs, not_started
    from backend.doctor.plan import plan_jobs

    try:
        plan = plan_jobs(token, options.flavor)
    except InputError as error:
        refusal = failed("Jobs: price", str(error), "Check again later, or choose another machine with --flavor.")
        teller.found(refusal)
        return lambda _visit, _teller: [refusal]
    agreed = agree(plan, options.yes)

    def jobs(visit: Visit, watcher: Watcher) -> list[Finding]:
        if not agreed:
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
