"""Two people at one Space: eve knows every name of what is ada's, and gets none of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from backend.runs import FolderStore, RunConfig
from tests.attacks.conftest import Target
from tests.attacks.orders import asking, confirm, delete, ordered, priced, runs_listed
from tests.attacks.outsider import Outsider
from tests.attacks.shapes import PLAIN, SHAPES
from tests.attacks.surface import Surface, read_stream, run, run_and_render
from tests.attacks.vault import Vault
from tests.browser.conftest import FLAGS
from tests.conftest import ROOT
from tests.hub.loopback import LoopbackHub
from tests.waiting import wait_until

EXAMPLES = ROOT / "examples"
TOOLS = (EXAMPLES / "tools.json").read_bytes()
SESSION = "the-session-of-ada"
pytestmark = pytest.mark.slow  # unit/ui/guard holds who owns what, browser/test_runs.py two visitors


@dataclass(frozen=True)
class Owned:
    """What is ada's, by the names that eve has come to know."""

    vault: Vault
    run: str
    draft: str
    uploads: tuple[str, str]
    event: str


@pytest.fixture(scope="module")
def owned(space: Target, people: dict[str, Outsider], shared: Surface) -> Owned:
    """A run, data, uploads and a queued call of ada's, each with a secret in it."""
    vault, ada = space.vault(), people["ada"]
    assert "Logged in as ada" in runs_listed(Surface(ada), ada)
    rows = (EXAMPLES / "hiking.csv").read_text().splitlines()
    secret = '"{} is where I walk","[{{""name"": ""start_hike"", ""args"": {{}}}}]"'
    dataset = "\n".join([*rows, secret.format(vault.secret("ada's rows"))]).encode()
    uploads = (ada.uploaded("tools.json", TOOLS), ada.uploaded("hiking.csv", dataset))
    upload, render = shared.fired_by("upload-csv"), shared.named("render")
    files = [[SHAPES[PLAIN](path)] for path in uploads]
    draft = shared.place(upload, run(ada, upload, [{"step": "data"}, *files], session_hash=SESSION).json())["data"]
    run(ada, render, render.data(), session_hash=SESSION)
    files_kept = (space.temporary / "ada.csv", EXAMPLES / "tools.json")
    files_kept[0].write_bytes(dataset)
    account = FolderStore(space.home / ".accounts" / "ada")
    made = account.create(RunConfig(), *files_kept, vault.secret("the name of ada's run"))
    for path in ("evaluation.json", "logs/train.log", "training.json"):
        (made.path / path).parent.mkdir(exist_ok=True)
        (made.path / path).write_text(json.dumps({"secret": vault.secret(f"{path} of ada's run")}))
    files_kept[0].unlink()
    body = {"data": [dataset.decode(), TOOLS.decode()], "session_hash": SESSION}
    validate = shared.named("validate")
    joined = ada.post("gradio_api/queue/join", json={**body, "fn_index": validate.id}).json()
    return Owned(vault, made.id, draft, uploads, joined["event_id"])


@pytest.fixture
def ada_at_home(
    playwright: Playwright, chromium: str, space: Target, hub_server: LoopbackHub
) -> Iterator[tuple[Page, dict[str, str]]]:
    """ada in her browser, and the headers of the last request that her page sent."""
    browser: Browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    page, sent = browser.new_context().new_page(), dict[str, str]()
    page.on("request", lambda request: sent.update(request.headers) if request.method == "POST" else None)
    page.goto(space.url)
    page.locator("#runs [data-login]").first.click()
    page.get_by_role("link", name="ada", exact=True).click()
    expect(page.locator("#runs")).to_contain_text("Logged in as ada")
    yield page, sent
    browser.close()
    hub_server.jobs.reset()


def test_a_price_is_confirmed_by_the_page_that_asked_and_by_nothing_else(
    ada_at_home: tuple[Page, dict[str, str]],
    people: dict[str, Outsider],
    shared: Surface,
    space: Target,
    hub_server: LoopbackHub,
) -> None:
    """With ada's cookie and the offer's name, but not from ada's page."""
    (page, sent), before = ada_at_home, ordered(space.home)
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    other = page.context.new_page()
    heads: dict[str, str] = {}
    other.on("request", lambda request: heads.update(request.headers) if request.method == "POST" else None)
    other.goto(page.url)
    expect(other.locator(".stepper li")).to_have_count(5)
    wait_until(lambda: heads)
    token = {"x-fgt-page": sent.get("x-fgt-page", "")}
    thief = Outsider(page.url.partition("?")[0])
    # All that ada's browser holds, but for what stands in her page.
    thief.cookies = dict(cookies)
    place = priced(shared, asking(thief, "ada-asks", token), "A job that ada asked for")
    assert place is not None
    assert place.get("offer")
    attempts = [{}, {"x-fgt-page": ""}, {"x-fgt-page": "undefined"}, {"x-fgt-page": heads.get("x-fgt-page", "")}]
    for client, head in [(who, head) for who in (thief, people["eve"], people["visitor"]) for head in attempts]:
        confirm(shared, asking(client, "ada-asks", head), place)
        confirm(shared, asking(client, "another-session", head), place)
    for name in ("eve", "visitor"):
        confirm(shared, asking(people[name], "ada-asks", token), place)
    assert ordered(space.home) == before
    confirm(shared, asking(thief, "ada-asks", token), place)
    assert len(ordered(space.home) - before) == 1
    wait_until(lambda: len(hub_server.jobs.asked) == 1)
    other.close()


@pytest.mark.parametrize("name", ["eve", "visitor"])
def test_nobody_reads_a_run_or_data_of_another(
    name: str, people: dict[str, Outsider], shared: Surface, owned: Owned
) -> None:
    answers, who = [], people[name]
    for endpoint in shared.endpoints:
        for step in ("data", "evaluate"):
            for named in ({"run": owned.run}, {"data": owned.draft}, {"like": owned.run, "data": owned.draft}):
                event = {"do": "open", **named, "step": step}
                data = endpoint.data(place={"step": step, **named})
                answers.append(run_and_render(who, shared, endpoint, data, event_data=event))
    predict = shared.named("predict")
    answers.append(run(who, predict, [owned.run, "a message"]).text)
    answers.append(run(who, predict, [f"../ada/{owned.run}", "a message"]).text)
    assert _secrets(owned, answers) == []


@pytest.mark.parametrize("name", ["eve", "visitor"])
def test_nobody_downloads_a_file_of_another(
    name: str, space: Target, people: dict[str, Outsider], owned: Owned
) -> None:
    who, folder = people[name], space.home / ".accounts/ada"
    runs = [owned.run, f"..%2fada%2f{owned.run}", f".accounts/ada/{owned.run}", f"%2e%2e/ada/{owned.run}"]
    archives = ("android-kit.zip", "android-project.zip")
    files = ("evaluation.json", "run.json", "rows.csv", *archives, "training.json", "logs/train.log")
    targets = [f"/runs/{one}/{file}" for one in runs for file in files]
    targets += [f"/data/{owned.draft}/{which}" for which in ("dataset", "tools")]
    kept = [*folder.rglob("*"), *owned.uploads]
    targets += [f"/gradio_api/file{mark}{path}" for path in kept for mark in ("=", "/")]
    answers = [who.exactly(target) for target in targets]
    assert _secrets(owned, [body for _, body in answers]) == []
    assert [target for target, (status, _) in zip(targets, answers, strict=True) if status == 200] == []


@pytest.mark.parametrize("name", ["eve", "visitor"])
def test_nobody_uses_an_upload_of_another(
    name: str, people: dict[str, Outsider], shared: Surface, owned: Owned
) -> None:
    who, answers = people[name], []
    files = [SHAPES[PLAIN](path) for path in owned.uploads]
    for endpoint in shared.endpoints:
        for at in endpoint.slots:
            answers.append(run_and_render(who, shared, endpoint, endpoint.data(at, files[1])))
    upload = shared.fired_by("upload-csv")
    reply = run(who, upload, [{"step": "data"}, *([file] for file in files)])
    answers.append(reply.text)
    if reply.status_code == 200 and (place := shared.place(upload, reply.json())) and place.get("data"):
        answers.append(who.get(f"data/{place['data']}/dataset").text)
    assert _secrets(owned, answers) == []


@pytest.mark.parametrize("name", ["eve", "visitor"])
def test_nobody_takes_over_a_session_of_another(
    name: str, people: dict[str, Outsider], shared: Surface, owned: Owned
) -> None:
    """The name of a session and of a call are no more than names."""
    who, answers = people[name], []
    for endpoint in shared.endpoints:
        answers.append(run(who, endpoint, endpoint.data(), session_hash=SESSION, event_data={"do": "again"}).text)
    for path in (
        f"call/validate/{owned.event}",
        f"call/v2/validate/{owned.event}",
        f"queue/data?session_hash={SESSION}",
    ):
        answers.append(read_stream(who, f"gradio_api/{path}", patience=2))
    for path in (f"stream/{owned.event}", f"stream/{owned.event}/close", "reset", "cancel"):
        body = {"data": [], "event_id": owned.event, "session_hash": SESSION, "fn_index": 0}
        answers.append(who.post(f"gradio_api/{path}", json=body).text)
    link = who.get(f"gradio_api/deep_link?session_hash={SESSION}").text.strip('"')
    answers.append(who.get(f"?deep_link={link}").text if len(link) < 200 else link)
    assert _secrets(owned, answers) == []


def test_nobody_deletes_or_continues_a_run_of_another(
    space: Target, people: dict[str, Outsider], shared: Surface, owned: Owned, hub_server: LoopbackHub
) -> None:
    before = _contents(space, owned)
    for name in ("eve", "visitor"):
        for named in (owned.run, f"../ada/{owned.run}", f"../../.accounts/ada/{owned.run}"):
            delete(shared, asking(people[name], f"session-of-{name}"), named)
    ask = asking(people["eve"], "session-of-eve")
    for endpoint in shared.endpoints:
        for what in ("resume", "again", "cancel", "evaluate", "export", "start", "confirm"):
            if len(endpoint.inputs) < 6:
                ask(endpoint, endpoint.data(place={"step": "train", "run": owned.run}), {"do": what, "run": owned.run})
    assert _contents(space, owned) == before
    assert hub_server.jobs.asked == []


def test_a_login_ends_on_the_server_when_one_logs_out(space: Target, shared: Surface) -> None:
    leaving = Outsider(space.url)
    leaving.log_in("eve")
    copied = Outsider(space.url)
    copied.cookies = dict(leaving.cookies)
    assert "Logged in as eve" in runs_listed(shared, copied)
    leaving.get("logout")
    assert "Logged in as eve" not in runs_listed(shared, leaving)
    assert "Logged in as eve" not in runs_listed(shared, copied)
    copied.get("logout")
    copied.cookies = dict(leaving.cookies)
    assert "Logged in as eve" not in runs_listed(shared, copied)


def _secrets(owned: Owned, answers: Sequence[str | bytes]) -> list[str]:
    """The secrets in answers alone: ada's own folder holds them all."""
    return owned.vault.found_in(answers)


def _contents(space: Target, owned: Owned) -> dict[str, bytes]:
    folder = space.home / ".accounts/ada" / owned.run
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
