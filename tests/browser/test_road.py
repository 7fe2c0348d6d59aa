"""The whole workflow in a browser, from data to an answer, with few epochs, because only the page is tested."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import litert_lm
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, Visitor
from tests.browser.screens import WANTED, for_readme, take
from tests.conftest import DataSet

Visit = Callable[..., Visitor]
TRAINING_MS, EXPORT_MS = 900_000, 240_000
EPOCHS = {"example": 25 if WANTED else 6, "cycling": 2}


@pytest.mark.slow  # each step alone: test_runs, test_evaluate, test_downloads, test_try, jobs/test_export
def test_the_example_completes_the_workflow_step_by_step(visit: Visit, app: App, tmp_path: Path) -> None:
    visitor = visit()
    page = visitor.page
    visitor.button("Use the example")
    visitor.button("Continue to Train")
    expect(page.locator("#train-blank")).to_be_hidden()
    expect(page.get_by_text("a demo model to try the workflow")).to_be_visible()
    for effort, epochs in (("Thorough", "50"), ("Fast", "10"), ("Balanced", "auto")):
        page.get_by_text(effort, exact=True).click()
        expect(page.get_by_label("Epochs")).to_have_value(epochs)
    expect(page.locator("#estimate")).to_contain_text("in 25 epochs")
    _few_epochs(page, EPOCHS["example"])
    _few_rows(page)
    expect(page.locator("#estimate")).to_contain_text(f"in {EPOCHS['example']} epoch")
    take(page, "train-settings")
    visitor.button("Start training")
    expect(page.locator("#train-state")).to_contain_text("Training")
    expect(page.locator("#train-state .bar")).to_be_visible()
    expect(page.locator("#loss .js-line").first).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Log").click()
    expect(page.locator("#train-log")).to_contain_text("rows to train on")
    take(page, "train-busy")
    expect(page.locator("#train-result")).to_contain_text("Rows trained on", timeout=TRAINING_MS)
    expect(page.locator("#loss-title")).to_contain_text(re.compile(r"held out [\d.]+ · right answers \d+ % likely"))
    take(page, "train-done")

    visitor.button("Continue to Evaluate")
    _evaluated(page)
    take(page, "evaluate-done")
    for_readme(page)

    visitor.button("Continue to Export")
    page.get_by_role("button", name="Options").click()
    expect(page.locator("#export-note")).to_contain_text("256 is enough")
    page.get_by_label("Context").click()
    page.get_by_role("option", name="256", exact=True).click()
    take(page, "export-options")
    visitor.button("Export")
    expect(page.locator("#export-state .phases")).to_be_visible(timeout=EXPORT_MS)
    take(page, "export-busy")
    saved = _exported(page, tmp_path)
    take(page, "export-done")
    expect(page.locator("#export-file")).to_contain_text("_q8_ekv256.litertlm")
    _same_and_opens(saved, app, page)
    _kit_for_android(page)

    visitor.button("Try it")
    _tried(page)
    take(page, "try-done")

    page.reload()
    expect(page.locator("#message")).to_be_visible()
    assert "run=" in page.url
    assert "step=try" in page.url
    for step in ("data", "train", "evaluate", "export"):
        visitor.step(step)
    expect(page.locator("#export-file .figure")).not_to_have_count(0)


@pytest.mark.slow  # the same workflow as above, on real data
def test_cycling_completes_the_workflow_by_itself(visit: Visit, app: App, cycling: DataSet, tmp_path: Path) -> None:
    visitor = visit(width=390, height=844)
    page = visitor.page
    visitor.upload(cycling.tools, cycling.dataset)
    expect(page.locator("#data-state")).to_contain_text("942 rows · 6 tools · 0 errors")
    visitor.button("Continue to Train")
    _few_epochs(page, EPOCHS["cycling"])
    page.get_by_text("Evaluate, export", exact=True).click()
    visitor.button("Start training")
    expect(page.locator("#train-result")).to_contain_text("Rows trained on", timeout=TRAINING_MS)
    visitor.step("evaluate")
    _evaluated(page)
    visitor.step("export")
    saved = _exported(page, tmp_path)
    _same_and_opens(saved, app, page)
    visitor.step("try")
    _tried(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def _few_epochs(page: Page, epochs: int) -> None:
    """Set a short training, with a learning rate for few steps."""
    page.get_by_label("Epochs").fill(str(epochs))
    if epochs < 25:
        page.get_by_role("button", name="Advanced").click()
        page.get_by_label("Learning rate").fill("0.002")


def _few_rows(page: Page) -> None:
    """Set a part of the rows, except for screenshots."""
    if not WANTED:
        page.get_by_label("Rows at most").fill("200")


def _evaluated(page: Page) -> None:
    """The three accuracies with intervals, those of the base, the verdict, the bars, the wrong rows."""
    scores = page.locator("#scores")
    expect(scores.locator(".figure")).to_have_count(4, timeout=120_000)
    expect(scores.locator(".callout")).to_contain_text("85 %")
    expect(scores).to_contain_text("before training: ")
    expect(page.locator("#per-tool .point").first).to_be_attached()
    expect(page.locator("#wrong-rows tbody tr").first).to_be_visible()  # so few epochs never get every row right
    page.get_by_label("Error", exact=True).click()
    kind = page.get_by_role("option").nth(1)
    name = kind.inner_text().partition(" (")[0]
    kind.click()
    for badge in page.locator("#wrong-rows .badge").all():
        expect(badge).to_have_text(name)


def _exported(page: Page, folder: Path) -> Path:
    """Wait for the verdict, and download the file."""
    file = page.locator("#export-file")
    expect(file).to_contain_text("SHA-256", timeout=EXPORT_MS)
    expect(file.locator(".table tbody tr")).not_to_have_count(0)
    with page.expect_download() as download:
        file.get_by_role("link", name="Download").click()
    saved = folder / download.value.suggested_filename
    download.value.save_as(saved)
    return saved


def _same_and_opens(saved: Path, app: App, page: Page) -> None:
    """The downloaded bytes are the file's, its hash is the one shown, and the phone's runtime opens it."""
    run = page.url.partition("run=")[2].partition("&")[0]
    (made,) = (app.home / run / "export").glob("*.litertlm")
    digest = hashlib.sha256(saved.read_bytes()).hexdigest()
    assert digest == hashlib.sha256(made.read_bytes()).hexdigest()
    expect(page.locator("#export-file")).to_contain_text(digest)
    with litert_lm.Engine(str(saved), backend=litert_lm.Backend.CPU(thread_count=2), cache_dir=":nocache") as engine:
        assert engine.bos_token_id == 2


def _kit_for_android(page: Page) -> None:
    """The kit's files can be read and copied, and the zip holds the same."""
    kit = page.locator("#android-kit")
    with page.expect_download() as download:
        kit.get_by_role("link", name="Download all as a zip").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(files) == {"FunctionGemma.kt", "tools_android.json", "README.md"}
    for name, content in files.items():
        kit.locator("summary", has_text=name).click()
        file = kit.locator(".kit-file", has=page.locator("summary", has_text=name))
        assert file.locator(".listing").text_content() == content
        kit.get_by_role("button", name=f"Copy {name}").click()


def _tried(page: Page) -> None:
    """An example from the held-out rows, and a message of one's own; both stay in the session's history."""
    page.locator("#try-examples .chip").first.click()
    expect(page.locator("#answer")).to_contain_text("tokens/s", timeout=60_000)
    page.locator("#message textarea").fill("is there water nearby")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("is there water nearby", timeout=60_000)
    # so short a training may well answer with silence
    written = page.locator("#answer .listing").or_(page.locator("#answer").get_by_text("The model wrote nothing"))
    expect(written).to_be_visible()
    expect(page.locator("#history li")).to_have_count(1)
