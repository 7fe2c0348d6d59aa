"""The list of runs at the left: name, time, base, state, accuracy and verdict; open one, delete one, begin anew."""

from __future__ import annotations

from dataclasses import replace

from backend.runs import STARTER
from ui.frame.account import account_view
from ui.frame.doctor_panel import begin_check
from ui.html import icons, text
from ui.html.markup import Html, button, callout, esc, joined
from ui.html.part import Part
from ui.page.location import STEPS, Place
from ui.page.state import Scene
from ui.page.updates import Wanted
from ui.services.summaries import Summary

DOING = {"train": "Training", "evaluate": "Evaluating", "export": "Exporting"}
DONE = {"train": "Trained", "evaluate": "Evaluated", "export": "Exported"}


class RunsList:
    """The column of runs."""

    def __init__(self) -> None:
        self.part = Part(elem_id="runs-part")

    def paint(self, scene: Scene) -> Wanted:
        """The whole list."""
        return {self.part: _column(scene).text}

    def press(self, scene: Scene, data: dict[str, str]) -> Place:
        """Do what a button of the list says; InputError where a run cannot be deleted."""
        place, run_id = scene.place, data.get("run", "")
        match data.get("do"):
            case "new":
                return Place()
            case "open":
                return Place(run=run_id, step=_step_of(scene, run_id))
            case "ask":
                return replace(place, asking=run_id)
            case "delete" if any(summary.id == run_id for summary in scene.runs):
                scene.services.delete(run_id)
                return Place() if place.run == run_id else replace(place, asking=None)
            case "doctor":
                return begin_check(scene, data.get("of", ""))
            case "find":
                scene.services.find_again()
                return place
            case _:
                return replace(place, asking=None)


def _step_of(scene: Scene, run_id: str) -> str:
    """The step that says most about a run: the last that it reached."""
    found = next((summary for summary in scene.runs if summary.id == run_id), None)
    return found.stage if found and found.stage in STEPS else "train"


def _column(scene: Scene) -> Html:
    foot = joined([_finding(scene), _untold(scene), account_view(scene)])
    brand = f'<a class="brand" href="./">{icons.MARK}<span>FunctionGemma Trainer</span></a>'
    new = button("new", Html(f'<span class="plus">{icons.PLUS}</span>New run'), kind="quiet wide", closes="drawer")
    head = f'<div class="runs-head"><span>Runs</span><span>{len(scene.runs) or ""}</span></div>'
    if not scene.runs:
        return Html(
            f'{brand}{new}{head}<p class="runs-none">Runs that you start are kept here, also after a restart.</p>{foot}'
        )
    items = "".join(_item(summary, scene.place) for summary in scene.runs)
    return Html(f'{brand}{new}{head}<ol class="runs-list">{items}</ol>{foot}')


def _finding(scene: Scene) -> Html:
    """What the search on the Hub is at, while it matters."""
    task = scene.services.finding
    if task is None or task.result is not None:
        return Html("")
    if task.error:
        again = button("find", "Look again", kind="quiet small")
        return callout("warn", "Your runs on Hugging Face could not be listed", task.error, again)
    return Html('<p class="runs-none">Looking for your runs on Hugging Face</p>')


def _untold(scene: Scene) -> Html:
    """What to know of a run that was deleted here and could not be marked on the Hub."""
    reason = scene.services.untold
    if reason is None:
        return Html("")
    body = f"{reason} Until then it may come back when this app starts on an empty disk; you can delete it again."
    return callout("warn", "A deleted run may come back", body, button("find", "Try again", kind="quiet small"))


def _item(summary: Summary, place: Place) -> str:
    current = summary.id == place.run
    if summary.id == place.asking:
        question = f"<p>Delete <b>{esc(summary.name)}</b> and all its files?</p>"
        yes = button("delete", "Delete", kind="danger small", run=summary.id)
        no = button("keep", "Keep", kind="quiet small", run=summary.id)
        asked = f'{question}<div class="actions">{yes}{no}</div>'
        return (
            f'<li class="run"><div class="confirm" role="alertdialog" aria-label="Delete this run">{asked}</div></li>'
        )
    mark = ' aria-current="true"' if current else ""
    lines = "".join(f'<span class="line">{line}</span>' for line in _lines(summary))
    return (
        f'<li class="run{" current" if current else ""}">'
        f'<button type="button" class="open" data-closes="drawer" data-do="open" data-run="{esc(summary.id)}"{mark}>'
        f'<span class="title">{esc(summary.name)}</span>{lines}</button>'
        f'<button type="button" class="remove" data-do="ask" data-run="{esc(summary.id)}" title="Delete this run" '
        f'aria-label="Delete the run {esc(summary.name)}">{icons.BIN}</button></li>'
    )


def _lines(summary: Summary) -> list[Html]:
    base = "starter" if summary.base == STARTER else summary.base.rstrip("/").rpartition("/")[2]
    if summary.error:
        return [Html('<span class="error">cannot be read</span>'), Html(esc(text.when(summary.created)))]
    lines = [Html(f"{esc(base)} · {esc(text.when(summary.created))}")]
    if summary.accuracy and summary.state != "running":
        verdict = f" · {summary.verdict}" if summary.verdict else ""
        lines.append(Html(f"<b>{text.percent(summary.accuracy.value)}</b> right{esc(verdict)}"))
    if state := _state(summary):
        lines.append(state)
    return lines


def _state(summary: Summary) -> Html | None:
    """What is going on, where that is not plain from the accuracy."""
    doing = DOING.get(summary.stage, "")
    match summary.state:
        case "running":
            share = "" if summary.fraction is None else f" {summary.fraction * 100:.0f} %"
            return Html(f'<span class="busy">{doing}{share}</span>')
        case "queued":
            return Html(f'<span class="busy">{doing} waits its turn</span>')
        case "failed":
            return Html(f'<span class="error">{doing} failed</span>')
        case "cancelled":
            return Html(f"{doing} cancelled")
        case "done":
            return Html(DONE[summary.stage])
        case _:
            return Html("Not started")
