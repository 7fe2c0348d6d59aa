"""How an exported file behaves as apps use it, read from its verification."""

from __future__ import annotations

import html
from dataclasses import dataclass

from backend.device.checked import Check, Result
from backend.device.verification import Verification
from backend.scoring import OffTopic, Rate

CONVERSATION, CONSTRAINED, APP_CALLS = "conversation goes on", "constrained decoding", "calls in an app"
"""The names of the checks that this summary reads."""
SOUND = 0.9
"""int8 changes about one answer in 24, so a share below it comes from the conversation."""
SELDOM = 0.05
"""A file that surely calls a tool for more than this share of the off-topic messages gets a warning."""


@dataclass(frozen=True, slots=True)
class AppUse:
    """One way in which apps use a file: what happens in one word or two, and what was found."""

    use: str
    outcome: str
    result: Result
    detail: str


def app_use(verification: Verification) -> tuple[AppUse, ...]:
    """Returns each way in which apps use the file; empty if the verification is of a version that did not try them."""
    checks = {check.name: check for check in verification.checks}
    conversation, constrained = checks.get(CONVERSATION), checks.get(CONSTRAINED)
    if conversation is None or constrained is None:
        return ()
    found = [_alone(checks.get(APP_CALLS)), _conversation(conversation, verification.later_messages)]
    report = verification.accuracy
    if report is not None and report.refused is not None:
        refused = report.refused.k
        outcome = f"{refused:,} of {report.refused.n:,} refused"
        tone = Result.PASSED if not refused else Result.UNCHECKED
        found.append(AppUse("The kit's check of each call", outcome, tone, report.refusal_sentence()))
    if verification.off_topic is not None:
        found.append(_silence(verification.off_topic))
    found.append(_constrained(constrained))
    return tuple(one for one in found if one is not None)


def app_use_line(verification: Verification) -> str:
    """Returns one line on how the file behaves in an app; empty if that was not tried."""
    uses = app_use(verification)
    return f"In an app: {'; '.join(use.outcome for use in uses)}." if uses else ""


def app_use_table(verification: Verification) -> list[str]:
    """Returns the lines of a Markdown table of `app_use`; empty if that was not tried."""
    uses = app_use(verification)
    rows = [f"| {use.use} | {use.outcome} | {_cell(use.detail)} |" for use in uses]
    return ["| in an app | outcome | found |", "|---|---|---|", *rows] if rows else []


def works_constrained(verification: Verification) -> bool:
    """Whether the file works with the runtime's constrained decoding."""
    return any(check.name == CONSTRAINED and check.result == Result.PASSED for check in verification.checks)


def conversation_detail(verification: Verification) -> str:
    """Returns what was found about conversations with the file; empty if none was held."""
    return next((check.detail for check in verification.checks if check.name == CONVERSATION), "")


def _alone(check: Check | None) -> AppUse | None:
    if check is None or check.result == Result.UNCHECKED:
        return None
    outcome = "calls arrive" if check.result == Result.PASSED else "calls arrive changed"
    return AppUse("A message alone", outcome, check.result, check.detail)


def _conversation(check: Check, later: Rate | None) -> AppUse:
    """A warning if the later messages of a conversation are surely answered worse than alone (below SOUND)."""
    if check.result == Result.PASSED and later is not None and later.high is not None:
        outcome = f"follow-up messages work, {later.k:,} of {later.n:,} answered as alone"
        result = Result.PASSED if later.high >= SOUND else Result.UNCHECKED
        return AppUse("Several messages in one conversation", outcome, result, check.detail)
    outcomes = {
        Result.PASSED: "follow-up messages work",
        Result.FAILED: "follow-up messages fail",
        Result.UNCHECKED: "follow-up messages were not tried",
    }
    return AppUse("Several messages in one conversation", outcomes[check.result], check.result, check.detail)


def off_topic_sentence(found: OffTopic) -> str:
    """Returns one sentence: how many messages that are not for the tools are answered with a call."""
    calls = found.calls
    if calls.low is None or calls.high is None:
        return ""
    interval = f"{100 * calls.low:.1f}–{100 * calls.high:.1f} %"
    asked = f"Of {calls.n:,} messages that are not for these tools, {calls.k:,}"
    return f"{asked} {'is' if calls.k == 1 else 'are'} answered with a call (95 % interval {interval})."


def _silence(found: OffTopic) -> AppUse:
    """A warning if the file surely calls tools for more off-topic messages than SELDOM."""
    result = Result.UNCHECKED if found.calls.low is not None and found.calls.low > SELDOM else Result.PASSED
    outcome = f"calls for {found.calls.k:,} of {found.calls.n:,} messages that are not for it"
    return AppUse("A message that is not for the app", outcome, result, off_topic_sentence(found))


def _constrained(check: Check) -> AppUse:
    """A file that refuses constraints is sound, so this is never shown as a failure of the file."""
    outcomes = {
        Result.PASSED: "constrained decoding works",
        Result.FAILED: "switch constrained decoding off",
        Result.UNCHECKED: "constrained decoding was not tried",
    }
    result = Result.UNCHECKED if check.result == Result.FAILED else check.result
    return AppUse("Constrained decoding", outcomes[check.result], result, check.detail)


def _cell(text: str) -> str:
    """Returns a text as one line that cannot end a table's cell or become markup."""
    return html.escape(" ".join(text.split()), quote=False).replace("|", "\\|").replace("[", "\\[")
