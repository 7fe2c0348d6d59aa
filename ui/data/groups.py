"""Problems grouped by rule: the rule, its lines, and each case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from backend.data.rows import LEAVE_OUT as ROW_LEFT_OUT
from backend.data.rows import Rule
from backend.data.rules import all_rules
from backend.records import Issue
from ui.data.editing import edit_problem
from ui.html import Slice, badge, button, code, text
from ui.work import LEAVE_OUT

PAGE_SIZE = 8
FEW = 6
MOST_RANGES = 6
TONES: dict[str, Any] = {"error": "error", "warning": "warn", "info": "plain"}
FILES = {"csv": "CSV", "tools": "tools.json"}
ORDER = {"error": 0, "warning": 1, "info": 2}
Detail = Callable[[Issue, int, Mapping[str, str]], Markup]
"""Renders the row or rows of a problem, given their page and the data that their pager's buttons need."""


@dataclass(frozen=True, slots=True)
class Group:
    """The problems of one code and severity, by line."""

    rule: Rule
    severity: str
    issues: tuple[Issue, ...]

    @property
    def name(self) -> str:
        """The group's unique name."""
        return f"{self.rule.code}-{self.severity}"


@dataclass(frozen=True, slots=True)
class Unfolded:
    """The open parts of the list: groups by name, a page within one of them, and the problem whose rows are shown.

    A problem in a row of the CSV is given by its `line`, one that follows from several rows by its `place` in
    tools.json; `rows_page` is the page of these rows.
    """

    groups: frozenset[str] | None = None
    group: str = ""
    page: int = 0
    line: int | None = None
    place: str = ""
    rows_page: int = 0

    def shows(self, group: Group, few: bool) -> bool:
        """Whether a group is open: as the visitor left it; at first only if there are few groups."""
        if self.groups is None:
            return few
        return group.name in self.groups or group.name == self.group

    def picks(self, group: Group, issue: Issue) -> bool:
        """Whether the rows of a problem are shown."""
        if group.name != self.group:
            return False
        return issue.line == self.line if self.line is not None else bool(self.place) and issue.column == self.place


def grouped(issues: Iterable[Issue]) -> list[Group]:
    """The issues by code and severity, errors first, then in the order of the file."""
    rules = {rule.code: rule for rule in all_rules()}
    found: dict[tuple[str, str], list[Issue]] = defaultdict(list)
    for issue in issues:
        found[issue.severity, issue.code].append(issue)
    groups = [
        Group(rules[code], severity, tuple(sorted(members, key=lambda issue: issue.line or 0)))
        for (severity, code), members in found.items()
    ]
    return sorted(
        groups, key=lambda group: (ORDER[group.severity], group.rule.file != "tools", group.issues[0].line or 0)
    )


def group_list(groups: Sequence[Group], unfolded: Unfolded, detail: Detail | None, *, fixes: bool = True) -> Markup:
    """Every group as a collapsible section; `detail` renders the row of a line."""
    few = sum(len(group.issues) for group in groups) <= FEW
    shown = Markup("").join(_group(group, unfolded, detail, few, fixes) for group in groups)
    return Markup('<div class="groups">{}</div>').format(shown)


def _group(group: Group, unfolded: Unfolded, detail: Detail | None, few: bool, fixes: bool) -> Markup:
    fixable = [issue for issue in group.issues if issue.fix] if fixes and group.rule.fixer else []
    together = _fix_all(group, len(fixable)) if fixable and (group.rule.safe or group.rule.batch) else Markup("")
    together += _leave_out_all(group) if fixes else Markup("")
    together = Markup('<div class="group-actions">{}</div>').format(together) if together else together
    severity = badge("note" if group.severity == "info" else group.severity, TONES[group.severity])
    return Markup(
        '<div class="group"><details data-group="{name}"{open}><summary>{severity}'
        '<span class="group-name"><b>{rule.title}</b> <span class="rule">{rule.code}</span>'
        '<span class="note clipped">{summary}</span></span></summary>'
        '<div class="group-body"><p class="note">{rule.explanation}</p>{cases}</div></details>{together}</div>'
    ).format(
        name=group.name,
        open=" open" if unfolded.shows(group, few) else "",
        severity=severity,
        rule=group.rule,
        summary=_summary(group),
        cases=_cases(group, unfolded, detail, fixes),
        together=together,
    )


def _summary(group: Group) -> str:
    """The lines of the problems; for a single problem also its message."""
    only = group.issues[0]
    if len(group.issues) > 1:
        return where_all(group.issues)
    return only.message if only.line is None else f"{where_all(group.issues)}: {only.message}"


def _fix_all(group: Group, count: int) -> Markup:
    label = (f"Fix {count:,}" if count > 1 else "Fix") + ("" if group.rule.safe else "…")
    title = f"Fix {text.count(count, 'problem')}: {group.rule.title}"
    return button("fix", label, kind="quiet small", fixing=group.rule.code, title=title)


def _leave_out_all(group: Group) -> Markup:
    """The button that leaves out the rows of the errors that have no fix; empty if there are none."""
    lines = {issue.line for issue in group.issues if issue.way_out == ROW_LEFT_OUT}
    if not lines:
        return Markup("")
    rows = text.count(len(lines), "row")
    title = f"Leave out {rows}: {group.rule.title}"
    return button("fix", f"Leave out {rows}…", kind="quiet small", fixing=f"{LEAVE_OUT}:{group.rule.code}", title=title)


def _cases(group: Group, unfolded: Unfolded, detail: Detail | None, fixes: bool) -> Markup:
    mine = unfolded.group == group.name
    part = Slice.of(group.issues, unfolded.page if mine else 0, PAGE_SIZE)
    rows = Markup("").join(
        _case(group, part.page, issue, detail, fixes) + _detail(group, part.page, issue, detail, unfolded)
        for issue in part.items
    )
    head = Markup("<tr><th>Where</th><th>Problem</th><th>Fix</th></tr>")
    caption = Markup('<caption class="unseen">{}</caption>').format(group.rule.title)
    return Markup('<table class="table problems">{}<thead>{}</thead><tbody>{}</tbody></table>{}').format(
        caption, head, rows, part.pager(group=group.name)
    )


def _case(group: Group, page: int, issue: Issue, detail: Detail | None, fixes: bool) -> Markup:
    place = (
        f"{FILES[issue.file]}, line {issue.line:,}" if issue.line is not None else f"{FILES[issue.file]}, whole file"
    )
    shown: object = Markup("<span>{}</span>").format(place)
    if detail and issue.line is not None and issue.file == "csv":
        shown = button(
            "row", place, kind="text", line=issue.line, group=group.name, page=page, title=f"{place}: show the row"
        )
    elif detail and group.rule.scope == "values":
        shown = button(
            "row", place, kind="text", place=issue.column, group=group.name, page=page, title=f"{place}: show the rows"
        )
    column = Markup("<div>{}</div>").format(code(issue.column)) if issue.column else ""
    return Markup(
        '<tr><td data-label="Where">{}{}</td><td data-label="Problem"><div>{}</div></td>'
        '<td data-label="Fix">{}</td></tr>'
    ).format(shown, column, issue.message, _lead_out(group.rule, issue) if fixes else issue.fix or issue.way_out or "")


def _lead_out(rule: Rule, issue: Issue) -> object:
    """The fix of a problem with its button, or the way out of an error that has none, and the form where to type."""
    edit = edit_problem(issue)
    if issue.fix:
        return Markup('<div class="leads">{}{}</div>').format(_fix(rule, issue) if rule.fixer else issue.fix, edit)
    if issue.way_out != ROW_LEFT_OUT:
        note = Markup('<div class="note">{}</div>').format(issue.way_out) if issue.way_out else ""
        return Markup('<div class="leads">{}{}</div>').format(note, edit) if note or edit else ""
    wanted, title = f"{LEAVE_OUT}:{rule.code}:{issue.line}", f"Leave the row of line {issue.line} out"
    leave = button("fix", "Leave out…", kind="text", fixing=wanted, title=title)
    return Markup('<div class="leads">{}{}</div>').format(edit, leave)


def _fix(rule: Rule, issue: Issue) -> Markup:
    whole = issue.line is None or (issue.file == "tools" and rule.safe)
    wanted = rule.code if whole else f"{rule.code}:{issue.line}"
    label = "Fix" if rule.safe else "Fix…"
    place = f"line {issue.line}" if issue.line is not None else "the file"
    click = button("fix", label, kind="text", fixing=wanted, title=f"Fix {place}: {issue.fix}")
    return Markup("").join([Markup('<div class="note">{}</div>').format(issue.fix), click])


def _detail(group: Group, page: int, issue: Issue, detail: Detail | None, unfolded: Unfolded) -> Markup:
    """The row or rows of a problem, if they are shown."""
    if detail is None or not unfolded.picks(group, issue):
        return Markup("")
    pager = {"group": group.name, "place": issue.column or "", "outer": str(page)}
    shown = detail(issue, unfolded.rows_page, pager)
    return Markup('<tr class="detail"><td colspan="3">{}</td></tr>').format(shown)


def where_all(issues: Sequence[Issue]) -> str:
    """The lines as `30 rows: lines 170–199`; for a single problem its file and line."""
    lines = sorted({issue.line for issue in issues if issue.line is not None})
    if not lines:
        return FILES[issues[0].file] if len(issues) == 1 else f"{FILES[issues[0].file]}, {len(issues):,} times"
    file = FILES[issues[0].file]
    if len(issues) == 1:
        return f"{file}, line {lines[0]:,}"
    noun = "row" if issues[0].file == "csv" else "place"
    return f"{text.count(len(issues), noun)}: {file}, {ranges(lines)}"


def ranges(lines: Sequence[int]) -> str:
    """The lines as ranges, such as `lines 3, 170–199 and 12 more`."""
    runs: list[tuple[int, int]] = []
    for line in lines:
        if runs and line == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], line)
        else:
            runs.append((line, line))
    shown = [f"{first:,}" if first == last else f"{first:,}–{last:,}" for first, last in runs[:MOST_RANGES]]
    left = sum(last - first + 1 for first, last in runs[MOST_RANGES:])
    return f"{'line' if len(lines) == 1 else 'lines'} {', '.join(shown)}" + (f" and {left:,} more" if left else "")
