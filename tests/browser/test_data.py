"""The Data step: the content of the files, all their problems, and a page that fits a phone."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import App, Visitor
from tests.browser.screens import take
from tests.browser.settled import wait_until_still
from tests.conftest import ROOT, DataSet

Visit = Callable[..., Visitor]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT_SEGMENTS = """[...document.querySelectorAll('.ft-segments .wrap, .ft-segments label')]
    .filter((box) => box.scrollWidth > box.clientWidth).map((box) => box.innerText)"""

FAULTY_ROWS = """user_message,tool_calls
How fast am I going?,"[{""name"": ""get_ride_status"", ""args"": {""query"": ""speed""}}]"
,"[{""name"": ""get_ride_status"", ""args"": {""query"": ""speed""}}]"
Where is water?,"[{""name"": ""find_nearby_pio"", ""args"": {""query"": ""water""}}]"
Where is food?,"[{""name"": ""find_nearby_poi"", ""args"": {}}]"
Where is coffee?,not json at all
Is there <b>bold</b> water?,"[{""name"": ""find_nearby_poi"", ""args"": {""query"": ""water"", ""near"": ""me""}}]"
"""


def test_the_empty_page_says_what_to_do_and_offers_a_template(visit: Visit) -> None:
    page = visit().page
    expect(page.get_by_role("heading", name="Data")).to_be_visible()
    expect(page.get_by_role("button", name="Use the example")).to_be_visible()
    for name in ("tools.json", "hiking.csv"):
        link = page.get_by_role("link", name=name)
        with page.expect_download() as download:
            link.click()
        assert download.value.path().read_bytes() == (ROOT / "examples" / name).read_bytes()
    take(page, "data-empty")


def test_the_example_shows_its_tools_rows_prompt_and_tokens(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    visitor.button("Use the example")
    expect(page.locator("#data-state")).to_contain_text("5 tools · 0 errors")
    page.get_by_role("tab", name="Tools").click()
    expect(page.locator(".tool")).to_have_count(5)
    expect(page.locator("#tool-counts .bars path, #tool-counts .point")).not_to_have_count(0)
    take(page, "data-tools")
    page.get_by_role("tab", name="Rows").click()
    expect(page.locator("#prompt .listing").nth(1)).to_contain_text("<start_function_call>call:")
    page.get_by_text("Full", exact=True).click()
    expect(page.locator("#prompt .listing").first).to_contain_text("<start_function_declaration>declaration:")
    search = page.get_by_placeholder("Search messages and calls")
    search.press_sequentially("zzz")
    expect(page.locator("#rows")).to_contain_text("No row contains “zzz”")
    for _ in "zzz":
        search.press("Backspace")
    expect(page.locator("#rows .pager")).to_contain_text("1–25 of")
    page.locator("#rows").get_by_role("button", name="Next").click()
    expect(page.locator("#rows .pager")).to_contain_text("26–50 of")
    take(page, "data-rows")
    page.get_by_role("tab", name="Tokens").click()
    expect(page.locator("#tokens")).to_contain_text("KV cache of 1,024 tokens")
    take(page, "data-tokens")


def test_a_broken_upload_shows_every_problem_with_its_line_and_column(
    visit: Visit, cycling: DataSet, tmp_path: Path
) -> None:
    rows = tmp_path / "faulty.csv"
    rows.write_text(FAULTY_ROWS, encoding="utf-8")
    visitor = visit()
    page = visitor.page
    visitor.upload(cycling.tools, rows)
    expect(page.locator("#data-state")).to_contain_text("Not ready to train")
    page.locator("#severity").get_by_text("Errors").click()
    shown = _problems(visitor)
    for line, column in (
        (3, "user_message"),
        (4, "tool_calls"),
        (5, "tool_calls"),
        (6, "tool_calls"),
        (7, "tool_calls"),
    ):
        assert any(f"CSV, line {line}{column}" in row for row in shown), (line, column, shown)
    assert any("Did you mean find_nearby_poi?" in row for row in shown)
    take(page, "data-broken")
    visitor.step("train")
    expect(page.locator("#train-blank")).to_contain_text("must be fixed first")
    expect(page.get_by_role("button", name="Start training")).to_have_count(0)
    take(page, "train-not-ready")


@pytest.mark.slow  # unit/imports/test_mistakes.py holds what is said
def test_a_file_that_is_no_data_is_named_and_broken_json_is_a_problem(visit: Visit, tmp_path: Path) -> None:
    tools, rows, picture = tmp_path / "tools.json", tmp_path / "rows.csv", tmp_path / "picture.csv"
    tools.write_text("{ this is no JSON", encoding="utf-8")
    rows.write_text(FAULTY_ROWS, encoding="utf-8")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00")
    visitor = visit()
    visitor.upload(tools, picture)
    expect(visitor.page.get_by_text("picture.csv is a PNG picture")).to_be_visible()
    visitor = visit()
    visitor.upload(tools, rows)
    expect(visitor.page.locator("#data-state")).to_contain_text("Not ready to train")
    shown = _problems(visitor)
    assert any(row.startswith("error") and "tools.json" in row for row in shown), shown


def test_chat_messages_alone_are_read_with_their_tools(visit: Visit, tmp_path: Path) -> None:
    tool = {"type": "function", "function": {"name": "stop", "description": "Stop.", "parameters": {}}}
    messages = [
        {"role": "system", "content": "Help."},
        {"role": "user", "content": "Halt"},
        {"role": "assistant", "tool_calls": [{"function": {"name": "stop", "arguments": "{}"}}]},
    ]
    rows = tmp_path / "chats.jsonl"
    lines = [{"messages": messages, "tools": [tool]}, {"messages": messages[:2], "tools": [tool]}]
    rows.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    page = visit().page
    page.set_input_files("#upload-csv input[type=file]", rows)
    state = page.locator("#data-state")
    expect(state).to_contain_text("Read as OpenAI chat messages: 1 row, 1 tool, 1 left out because no answer follows")
    for name, link in (("chats.csv", "Download the CSV"), ("tools.json", "Download tools.json")):
        with page.expect_download() as download:
            state.get_by_role("link", name=link).click()
        assert download.value.suggested_filename == name


def test_the_reading_of_a_large_upload_is_shown_and_can_be_stopped(visit: Visit, tmp_path: Path) -> None:
    tool = {"type": "function", "function": {"name": "stop", "description": "Stop. " * 20, "parameters": {}}}
    call = {"role": "assistant", "tool_calls": [{"function": {"name": "stop", "arguments": "{}"}}]}
    rows = tmp_path / "many.jsonl"
    lines = ({"tools": [tool], "messages": [{"role": "user", "content": f"Halt {at}"}, call]} for at in range(45_000))
    rows.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    page = visit().page
    page.set_input_files("#upload-csv input[type=file]", rows)
    offer = page.locator("#data-offer")
    expect(offer).to_contain_text("Reading many.jsonl")
    take(page, "data-reading")
    offer.get_by_role("button", name="Stop").click()
    expect(page.locator("#notice")).to_contain_text("You stopped the reading of these files.")
    expect(offer.get_by_role("button", name="Build a set here")).to_be_visible()


@pytest.mark.slow  # test_road.py reloads its page, unit/ui/test_drafts.py holds what is kept
def test_a_reload_keeps_the_data_and_the_step(visit: Visit, cycling: DataSet) -> None:
    visitor = visit()
    page = visitor.page
    visitor.upload(cycling.tools, cycling.dataset)
    expect(page.locator("#data-state")).to_contain_text("942 rows · 6 tools · 0 errors")
    visitor.button("Continue to Train")
    expect(page.get_by_role("heading", name="Train")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Train")).to_be_visible()
    expect(page.get_by_label("Name", exact=False).first).to_have_value("cycling-copilot")


@pytest.mark.slow  # test_evaluate.py holds a page on a phone
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_a_phone(visit: Visit, scheme: str) -> None:
    visitor = visit(width=390, height=844, scheme=scheme)
    page = visitor.page
    assert page.evaluate(OVERFLOW) == 0
    visitor.button("Use the example")
    expect(page.locator("#data-state")).to_contain_text("0 errors")
    for tab in ("Problems", "Tools", "Rows", "Tokens", "Off-topic"):
        page.get_by_role("tab", name=tab).click()
        wait_until_still(page)
        assert page.evaluate(OVERFLOW) == 0, tab
        assert page.evaluate(CUT_SEGMENTS) == [], tab
    for step in ("train", "evaluate", "export", "try"):
        visitor.step(step)
        wait_until_still(page)
        assert page.evaluate(OVERFLOW) == 0, step
        assert page.evaluate(CUT_SEGMENTS) == [], step
        take(page, f"{step}-empty")
    page.get_by_role("button", name="Runs").click()
    expect(page.locator("#runs")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#runs")).to_be_hidden()


def test_the_steps_can_be_walked_with_the_keyboard(visit: Visit) -> None:
    page = visit().page
    page.locator('.stepper [data-step="data"]').focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Train")).to_be_visible()
    assert page.evaluate("document.activeElement.dataset.step") == "train"


def test_downloads_serve_nothing_but_what_is_offered(app: App) -> None:
    for path in ("examples/README.md", "runs/none/run.json", "gradio_api/file=app.py", "runs/..%2f..%2fetc/passwd"):
        request = urllib.request.Request(app.url + path)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=20)
        assert refused.value.code in (403, 404), path


def test_other_programs_can_validate(app: App, cycling: DataSet) -> None:
    from gradio_client import Client

    client = Client(app.url, verbose=False)
    report = client.predict(FAULTY_ROWS, cycling.tools.read_text(encoding="utf-8"), api_name="/validate")
    assert report["ok"] is False
    assert {3, 4, 5, 6, 7} <= {issue["line"] for issue in report["issues"] if issue["severity"] == "error"}
    json.dumps(report)


def _problems(visitor: Visitor) -> list[str]:
    """The severity and the text of every problem, in open and closed groups."""
    expect(visitor.page.locator("#problems .group").first).to_be_visible()
    shown: list[str] = visitor.page.locator("#problems .group").evaluate_all(
        """groups => groups.flatMap(group => [...group.querySelectorAll('tbody tr')].map(
             row => group.querySelector('.badge').textContent + ' ' + row.textContent))"""
    )
    return shown
