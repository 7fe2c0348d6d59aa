"""What there is to say about the data before its details: checking, ready, or not, and what to do next."""

from __future__ import annotations

from markupsafe import Markup

from backend.data import CheckReport
from ui.data.problems import summary_line, wish_fix
from ui.data.upload import settled
from ui.html import text
from ui.html.markup import Tone, button, callout, card, link, progress
from ui.page.location import Place
from ui.page.page import go
from ui.page.state import Scene
from ui.services.fix_request import SAFE, safely_mended
from ui.services.uploads import Source, draft_link


def data_state(scene: Scene) -> Markup:
    """A card about the data that is open; nothing where none is."""
    if scene.source_error:
        return callout("warn", "These files are gone", scene.source_error)
    if scene.source is None or scene.check is None:
        return Markup("")
    check, name = scene.check, scene.source.name
    if check.result is not None:
        return _summary(scene, scene.source, check.result)
    if check.error is None:
        stop = button("stop", "Stop", kind="quiet small")
        return card(
            f"Checking {name}", progress(check.fraction or None, check.doing or "Reading the files"), aside=stop
        )
    actions = Markup("").join([button("again", "Check again"), button("other", "Use other files")])
    tone: Tone = "warn" if check.stop.is_set() else "error"
    return callout(tone, f"{name} was not checked", check.error, actions)


def press(scene: Scene, data: dict[str, str]) -> Place:
    """Do what a button of the card says."""
    match data.get("do"):
        case "other":
            return Place()
        case "stop" if scene.check:
            scene.check.stop.set()
            return scene.place
        case "again":
            scene.services.checker.restart(scene.services.owner)
            return scene.place
        case "fix":
            return wish_fix(scene, data)
        case "undo" if scene.source and scene.source.origin.parent:
            return settled(scene, Place(data=scene.source.origin.parent))
        case "train":
            return go("train")(scene)
        case _:
            return scene.place


def _summary(scene: Scene, source: Source, report: CheckReport) -> Markup:
    line = summary_line(report.rows, len(report.tools), report.issues)
    body = [Markup('<p class="summary">{}</p>').format(line), _made(scene, source)]
    errors = sum(issue.severity == "error" for issue in report.issues)
    if errors:
        says = f"{text.count(errors, 'error')} must be mended before training."
        body.append(callout("error", "Not ready to train", says))
    actions = [] if scene.plan else [*_train(errors), *_fix_all(report, errors)]
    if actions:
        body.append(Markup('<div class="actions">{}</div>').format(Markup("").join(actions)))
    return card(source.name, Markup("").join(body), aside=button("other", "Use other files", kind="quiet small"))


def _train(errors: int) -> list[Markup]:
    return [] if errors else [button("train", "Continue to Train", kind="primary")]


def _fix_all(report: CheckReport, errors: int) -> list[Markup]:
    count = safely_mended(report.issues)
    kind = "primary" if errors else "quiet"
    return [button("fix", f"Fix all safe problems ({count:,})", kind=kind, fixing=SAFE)] if count else []


def _made(scene: Scene, source: Source) -> Markup:
    """What was done to the files here, with the way back and the files themselves."""
    draft = scene.place.data
    if not source.origin.made or not draft or scene.run:
        return Markup("")
    undo = button("undo", "Undo", kind="bare small") if source.origin.parent else Markup("")
    links = [
        link(draft_link(draft, "dataset"), "Download the CSV", kind="bare small", download=True),
        link(draft_link(draft, "tools"), "Download tools.json", kind="bare small", download=True),
    ]
    return Markup('<div class="made"><span>{}</span> {}</div>').format(
        source.origin.made, Markup("").join([*links, undo])
    )
