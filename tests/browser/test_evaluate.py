"""The Evaluate step of a bad model: it shows the reasons, and the rows for each of them."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from backend.runs import Run
from backend.runs.run import new_id
from tests.browser.conftest import App, Visitor
from tests.browser.screens import take
from tests.scripted import evaluate_scripted

Visit = Callable[..., Visitor]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
EVALUATING_MS = 120_000


@pytest.fixture(scope="module")
def weak(app: App, trained_run: Run) -> Run:
    """A trained starter whose answers are scripted: it calls tools, and mostly the wrong ones."""
    run = Run.open(app.keep(trained_run, new_id()))
    evaluate_scripted(run)
    return run


@pytest.fixture
def small(app: App, trained_run: Run) -> Run:
    """The same starter, which has not been evaluated."""
    return Run.open(app.keep(trained_run, new_id()))


@pytest.mark.slow  # unit/ui/test_evaluate.py holds its parts
def test_a_bad_model_says_why_and_shows_the_rows(visit: Visit, weak: Run) -> None:
    page = visit(query=_at(weak)).page
    evaluation, tuned = _evaluation(weak), _evaluation(weak)["tuned"]
    figures = page.locator("#scores .figure")
    expect(figures).to_have_count(4)
    for who in ("before training: ", "classifier: "):
        expect(figures.filter(has_text=who)).to_have_count(3)
    verdict = "The model is worse than the classifier. It is not ready to ship."
    expect(page.locator("#scores .notes strong")).to_have_text(verdict)
    expect(page.locator("#advice li")).to_have_count(len(evaluation["advice"]))
    take(page, "evaluate-weak")

    assert evaluation["advice"][0]["kind"] == "false calls"  # its rows are in a list of their own
    for at, advice in list(enumerate(evaluation["advice"]))[1:3]:
        page.locator(f'#advice [data-advice="{at}"]').click()
        expect(page.locator("#wrong-rows .picked")).to_contain_text(advice["text"])
        expect(page.locator("#row-browser")).to_be_focused()
        assert _total(page) == len(set(advice["rows"]))
    page.locator("#wrong-rows").get_by_role("button", name="Show others too").click()
    expect(page.locator("#wrong-rows .picked")).to_have_count(0)
    _choose(page, "Rows", "All rows")
    expect(page.locator("#wrong-rows .pager")).to_contain_text(f"of {len(tuned['rows'])}")
    page.locator("#wrong-rows").get_by_role("button", name="Next").click()
    expect(page.locator("#wrong-rows .pager")).to_contain_text("9–16 of")
    _choose(page, "Tool", tuned["rows"][0]["expected"][0]["name"])
    tool = page.locator("#wrong-rows tbody tr td:nth-child(2)").first
    expect(tool).to_contain_text(tuned["rows"][0]["expected"][0]["name"])
    _choose(page, "Tool", "All")

    kind, count = max(tuned["error_classes"].items(), key=lambda pair: pair[1])
    page.locator(f'#errors [data-kind="{kind}"]').click()
    error = page.get_by_label("Error", exact=True)
    expect(error).to_have_value(re.compile(rf".+ \({count}\)"))
    label = error.input_value().removesuffix(f" ({count})")
    expect(page.locator("#wrong-rows .badge").first).to_have_text(label)
    assert _total(page) == count
    assert set(_badges(page)) == {label}
    expect(page.locator("#wrong-rows tbody tr").first.locator("mark").first).to_be_visible()

    gold = next(iter(tuned["confusion"]))
    page.locator("#confusion").scroll_into_view_if_needed()
    _click_first_cell(page)
    picked = page.locator("#wrong-rows .picked")
    expect(picked).to_contain_text(f"{gold} expected")
    assert _total(page) == tuned["confusion"][gold][gold]


def test_how_sure_the_model_is_is_shown_and_orders_the_rows(visit: Visit, weak: Run) -> None:
    page = visit(query=_at(weak)).page
    picked = {row["id"]: row["probability"] for row in _evaluation(weak)["tuned"]["rows"]}
    goal = _evaluation(weak)["confidence"]["goals"][0]["cutoff"]
    expect(page.locator("#sure .main-svg").first).to_be_visible()
    sentence = page.locator("#sure-details li").first
    expect(sentence).to_contain_text(f"{goal['right']['k']} of {goal['right']['n']} answered rows are right")
    expect(sentence).to_contain_text(f"at least {100 * goal['threshold']:.10g} %")
    _choose(page, "Rows", "All rows")
    for order, surest in (("Least sure first", False), ("Surest first", True)):
        _choose(page, "Order", order)
        known = sorted(picked.values(), reverse=surest)
        shown = page.locator("#wrong-rows .note", has_text="sure: ")
        expect(shown.first).to_have_text(f"sure: {100 * known[0]:.1f} %")
        assert shown.all_inner_texts() == [f"sure: {100 * probability:.1f} %" for probability in known[:8]]
    page.locator("#wrong-rows").get_by_role("button", name="Next").click()
    expect(page.locator("#wrong-rows .pager")).to_contain_text("9–16 of")
    expect(shown.first).to_have_text(f"sure: {100 * known[8]:.1f} %")
    advice = _evaluation(weak)["advice"]
    at = next(at for at, one in enumerate(advice) if set(one["rows"]) and set(one["rows"]) <= set(picked))
    page.locator(f'#advice [data-advice="{at}"]').click()
    expect(page.locator("#wrong-rows .picked")).to_be_visible()
    expect(shown.first).to_have_text(f"sure: {100 * max(picked[name] for name in advice[at]['rows']):.1f} %")


@pytest.mark.slow  # unit/ui/test_evaluate_filters.py holds its parts
def test_it_is_compared_with_the_classifier_and_with_another_run(visit: Visit, app: App, weak: Run) -> None:
    other = _twin(app, weak)
    page = visit(query=_at(weak)).page
    pair = _evaluation(weak)["floor_mcnemar"]
    floor = {row["id"] for row in _evaluation(weak)["floor"]["rows"] if row["right"]}
    own = {row["id"] for row in _evaluation(weak)["tuned"]["rows"] if row["right"]}
    for choice, name in (("the n-gram classifier", "The classifier"), (f"the run {other.name}", "The run twin")):
        _choose(page, "Compare with", choice)
        shown = page.locator("#beside-table")
        expect(shown).to_contain_text(name)
        assert shown.locator("table").evaluate("table => getComputedStyle(table).display") == "table"
        expect(shown).to_contain_text(f"{pair['better']} gained, {pair['worse']} lost")
        shown.get_by_role("button", name=f"Show the rows that only {choice}").click()
        expect(page.locator("#wrong-rows .picked")).to_contain_text(f"Only {choice}")
        expect(page.locator("#row-browser")).to_be_focused()
        assert _total(page) == len(floor - own) == pair["worse"]
        expect(page.locator("#wrong-rows tbody tr").first).to_contain_text(f"{name}: ")
    take(page, "evaluate-beside")


@pytest.mark.slow  # unit/scoring/test_export_csv.py holds the table, test_downloads.py a download
def test_all_results_can_be_downloaded(visit: Visit, weak: Run, tmp_path: Path) -> None:
    page = visit(query=_at(weak)).page
    table = _save(page, page.get_by_role("link", name="Download as CSV"), tmp_path).read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [row["id"] for row in rows] == [row["id"] for row in _evaluation(weak)["tuned"]["rows"]]
    saved = _save(page, page.get_by_role("link", name="evaluation.json"), tmp_path).read_bytes()
    assert json.loads(saved) == _evaluation(weak)
    for chart in ("per-tool", "confusion", "sure"):
        expect(page.locator(f"#{chart} .main-svg").first).to_be_visible()
        picture = _save(page, page.locator(f'[data-png="{chart}"]'), tmp_path)
        assert (picture.name, picture.read_bytes()[:4]) == (f"{chart}.png", b"\x89PNG")


@pytest.mark.slow  # unit/scoring/test_probes.py and unit/ui/test_evaluate.py hold its parts
def test_probes_run_if_the_switch_is_on(visit: Visit, small: Run) -> None:
    evaluate_scripted(small)
    visitor = visit(query=_at(small))
    page = visitor.page
    expect(page.locator("#probes .card")).to_have_count(0)
    page.get_by_role("switch", name="Also probe with typos").check()
    visitor.button("Evaluate again")
    expect(page.locator("#evaluate-state")).to_contain_text("Evaluating")
    expect(page.locator("#evaluate-state .phases")).to_contain_text("The base model answers", timeout=EVALUATING_MS)
    expect(page.locator("#probes tbody tr")).to_have_count(5, timeout=EVALUATING_MS)
    expect(page.get_by_role("switch", name="Also probe with typos")).to_be_checked()
    take(page, "evaluate-probes")
    for name, probe in _evaluation(small)["probes"].items():
        row = page.locator("#probes tbody tr", has_text=name)
        expect(row).to_contain_text(f"{probe['combined']['value'] * 100:.1f} %")
        if probe["broken"]:
            row.get_by_role("button").click()
            expect(page.locator("#wrong-rows .picked")).to_contain_text(f"wrong with the probe “{name}”")
            expect(page.locator("#wrong-rows tbody tr").first).to_contain_text("as “")


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])  # only colours differ
def test_it_fits_a_phone_and_the_keyboard(visit: Visit, weak: Run, scheme: str) -> None:
    page = visit(width=390, height=844, scheme=scheme, query=_at(weak)).page
    expect(page.locator("#confusion .main-svg").first).to_be_visible()
    assert page.evaluate(OVERFLOW) == 0
    page.locator("#advice .btn").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#off-topic")).to_be_focused()
    assert page.evaluate(OVERFLOW) == 0
    page.locator("#advice .btn").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#row-browser")).to_be_focused()
    expect(page.locator("#wrong-rows .picked")).to_be_in_viewport()
    page.locator("#errors .kinds button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#wrong-rows .picked")).to_have_count(0)
    assert page.evaluate(OVERFLOW) == 0


def test_what_cannot_be_made_is_not_served(app: App, weak: Run) -> None:
    for name in ("android-kit.zip", "android-project.zip", "checkpoint.zip"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{app.url}runs/{weak.path.name}/{name}", timeout=20)
        assert refused.value.code == 404, name


def _twin(app: App, run: Run) -> Run:
    """Another run on the same rows, which answers as the classifier does."""
    folder = app.home / new_id()
    shutil.copytree(run.path, folder, ignore=shutil.ignore_patterns("checkpoint"))
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps({**record, "name": "twin"}), encoding="utf-8")
    evaluation = _evaluation(run)
    (folder / "evaluation.json").write_text(json.dumps({**evaluation, "tuned": evaluation["floor"]}), encoding="utf-8")
    return Run.open(folder)


def _at(run: Run) -> str:
    return f"?run={run.path.name}&step=evaluate"


def _evaluation(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run.evaluation_path.read_bytes())
    return found


def _total(page: Page) -> int:
    """The number of rows that match the filters, from the pager, or from the only page."""
    expect(page.locator("#wrong-rows tbody tr").first).to_be_visible()
    pager = page.locator("#wrong-rows .pager span").first
    return int(pager.inner_text().rpartition(" ")[2]) if pager.count() else page.locator("#wrong-rows tbody tr").count()


def _badges(page: Page) -> list[str]:
    return page.locator("#wrong-rows .badge").all_inner_texts()


def _choose(page: Page, label: str, start: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.evaluate("field => field.scrollIntoView({block: 'center'})")  # the list needs space, and does not scroll
    field.click()
    page.get_by_role("option").filter(has_text=start).click()


def _click_first_cell(page: Page) -> None:
    """Click the heat map's upper left cell: the first tool, expected and called."""
    drawn = page.locator("#confusion .nsewdrag").bounding_box()
    assert drawn is not None
    page.mouse.click(drawn["x"] + 12, drawn["y"] + 12)


def _save(page: Page, target: Locator, folder: Path) -> Path:
    with page.expect_download() as download:
        target.click()
    saved = folder / download.value.suggested_filename
    download.value.save_as(saved)
    return saved
