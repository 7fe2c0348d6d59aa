"""No file of the server leaves it: not by any input of any endpoint, not by any way in, not by any address."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

import pytest

from backend.runs import RunConfig
from backend.runs.store import FolderStore
from tests.attacks.conftest import Target
from tests.attacks.outsider import Outsider
from tests.attacks.shapes import META, PLAIN, SHAPES, spellings
from tests.attacks.surface import WAYS, Endpoint, Surface, run, run_and_render
from tests.attacks.vault import Decoy, Vault, serve_decoy
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples"


@pytest.fixture
def decoy(vault: Vault) -> Iterator[Decoy]:
    """A web server whose answers hold a secret."""
    served = serve_decoy(f"user_message,tool_calls\n{vault.secret('what was fetched from an address')},[]\n")
    yield served
    served.stop()


@pytest.mark.slow  # the next tests hold the rest of a request
@pytest.mark.parametrize("way", WAYS)
def test_no_input_takes_a_file_of_the_server(way: str, outsider: Outsider, surface: Surface, vault: Vault) -> None:
    answers = []
    for endpoint in surface.endpoints:
        for at in range(len(endpoint.inputs)) if way == "run" else endpoint.slots:
            bait = vault.bait(f"{way}: {endpoint.name}, input {at} ({endpoint.inputs[at]})")
            answers.append(WAYS[way](outsider, endpoint, endpoint.data(at, SHAPES[PLAIN](str(bait)))))
    assert vault.taken(answers) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_of_a_value_takes_a_file_of_the_server(
    shape: str, outsider: Outsider, surface: Surface, vault: Vault
) -> None:
    answers = []
    for endpoint in _one_for_each_type(surface):
        for at in endpoint.slots:
            bait = vault.bait(f"{shape}: {endpoint.name}, input {at} ({endpoint.inputs[at]})")
            answers.append(run_and_render(outsider, surface, endpoint, endpoint.data(at, SHAPES[shape](str(bait)))))
    assert vault.taken(answers) == []


def test_no_way_to_write_a_path_leads_out(laptop: Target, outsider: Outsider, surface: Surface, vault: Vault) -> None:
    """Each is asked of a JSON input and of a file input, and by the address of a download."""
    answers: list[str | bytes] = []
    render, upload = surface.named("render"), surface.fired_by("upload-csv")
    for written in spellings(Path("/x"), laptop.uploads, ROOT):
        bait = vault.bait(written)
        path = spellings(bait, laptop.uploads, ROOT)[written]
        place = {"step": "data", "run": SHAPES[PLAIN](path)}
        answers.append(run(outsider, render, render.data(place=place)).text)
        answers.append(run_and_render(outsider, surface, upload, [{"step": "data"}, None, SHAPES[PLAIN](path)]))
        for route in ("file=", "file/", "proxy=", "stream/"):
            for target in (path, quote(path), quote(path, safe="")):
                sent = target.replace(" ", "%20").replace("\0", "%00").replace("\\", "%5C")
                answers.append(outsider.exactly(f"/gradio_api/{route}{sent}")[1])
    assert vault.taken(answers) == []


def test_links_and_neighbours_of_the_uploads_lead_nowhere(
    laptop: Target, outsider: Outsider, surface: Surface, vault: Vault
) -> None:
    beside = vault.bait("a folder whose name begins like the uploads'", Path(f"{laptop.uploads}-beside"))
    above = vault.bait("a file beside the uploads", laptop.folder)
    link, folder_link = laptop.temporary / "link.csv", laptop.temporary / "linked"
    link.symlink_to(vault.bait("a link"))
    folder_link.symlink_to(vault.folder)
    linked = folder_link / vault.bait("a link to a folder").name
    answers: list[str | bytes] = []
    for path in (beside, above, link, linked):
        for endpoint in _one_for_each_type(surface):
            for at in endpoint.slots:
                answers.append(run(outsider, endpoint, endpoint.data(at, SHAPES[PLAIN](str(path)))).text)
        answers += _downloaded(outsider, path)
    assert vault.taken(answers) == []


def test_what_the_app_itself_knows_is_no_upload(
    laptop: Target, outsider: Outsider, surface: Surface, vault: Vault
) -> None:
    """Its environment, its sources, the key that names uploads, its runs and those of an account."""
    vault.bait("another account's run", laptop.home / ".accounts/ada/20260101-000000-abcd", "run.json")
    made = FolderStore(laptop.home).create(RunConfig(), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json", "Run")
    key = laptop.home / ".uploads" / "key"
    key.parent.mkdir(exist_ok=True)
    if not key.exists():
        key.write_bytes(os.urandom(32))
    own = [key, made.path / "run.json", ROOT / "app.py", ROOT / "backend/hub/accounts.py"]
    own += [path for path in (ROOT / ".git", ROOT / ".git/config") if path.is_file()]
    account = laptop.home / ".accounts/ada/20260101-000000-abcd/run.json"
    answers: list[str | bytes] = []
    for path in (*own, account, Path("/proc/self/environ"), Path(f"/proc/{laptop.app.pid}/environ")):
        for endpoint in _one_for_each_type(surface):
            for at in endpoint.slots:
                answers.append(run(outsider, endpoint, endpoint.data(at, SHAPES[PLAIN](str(path)))).text)
        answers += _downloaded(outsider, path)
    assert vault.taken(answers) + laptop.environment.taken(answers) == []
    kept = {path.read_bytes() for path in laptop.received()}
    assert [path.name for path in own if path.read_bytes() in kept] == []
    assert [path.name for path in own if path.read_bytes() in answers] == []


def test_no_address_is_fetched(outsider: Outsider, surface: Surface, decoy: Decoy, vault: Vault) -> None:
    addresses = [decoy.url + "/rows.csv", decoy.url.replace("127.0.0.1", "localhost") + "/tools.json"]
    addresses += [decoy.url.replace("http://", f"{scheme}") + "/rows.csv" for scheme in ("HTTP://", "//", "http:/")]
    answers: list[str | bytes] = []
    for address, shape in zip(addresses, cycle(SHAPES), strict=False):
        for endpoint in _one_for_each_type(surface):
            for at in endpoint.slots:
                for value in (
                    SHAPES[PLAIN](address),
                    SHAPES["a file with an address"](address),
                    SHAPES[shape](address),
                ):
                    answers.append(run(outsider, endpoint, endpoint.data(at, value)).text)
        for route in ("file=", "file/", "proxy="):
            answers.append(outsider.exactly(f"/gradio_api/{route}{address}")[1])
    assert decoy.asked == []
    assert vault.taken(answers) == []


def test_the_rest_of_a_request_takes_no_file(
    laptop: Target, outsider: Outsider, surface: Surface, vault: Vault
) -> None:
    """The event's data, the session, the trigger, and the address of the page that asks."""
    answers: list[str | bytes] = []
    for endpoint in surface.endpoints:
        bait = vault.bait(f"event data: {endpoint.name}")
        event = {"do": {"path": str(bait), **META}, "step": str(bait), "run": str(bait), "path": str(bait), **META}
        answers.append(run_and_render(outsider, surface, endpoint, endpoint.data(), event_data=event))
    enter, render, bait = surface.named("enter"), surface.named("render"), vault.bait("the page's address")
    for key in ("run", "data", "like", "asking", "fixing", "offer", "deep_link", "page", "__theme"):
        for path in (str(bait), f"../../vault/{bait.name}", f"../vault/{bait.stem}"):
            query = f"?{key}={quote(path)}&step=evaluate"
            answers.append(outsider.get(query).text)
            answers.append(outsider.get(f"config{query}").text)
            body = {"data": [], "fn_index": enter.id, "session_hash": path}
            sent = outsider.post(f"gradio_api/run/predict{query}", json=body, headers={"Referer": laptop.url + query})
            entered = surface.place(enter, sent.json()) if sent.status_code == 200 else None
            answers += [sent.text, run(outsider, render, render.data(place=entered), session_hash=path).text]
    assert vault.taken(answers) == []


def test_no_other_route_gives_a_file(outsider: Outsider, vault: Vault) -> None:
    answers: list[str | bytes] = []
    bait = vault.bait("a route")
    out = "../" * 12 + str(bait).lstrip("/")
    roads = [out, str(bait), quote(out, safe=""), out.replace("../", "..%2f"), out.replace("../", "%2e%2e/")]
    roads += [out.replace("/", "\\").replace("\\", "%5c"), out.replace("../", "....//"), out.replace("../", "..%252f")]
    rooms = ["", "static/", "assets/", "svelte/", "examples/", "runs/", "runs/x/", "data/example/", "data/x/"]
    rooms += ["gradio_api/custom_component/x/client/component/", "gradio_api/vibe-code/", "pwa_icon/", "litert-lm/"]
    for room in rooms:
        for road in roads:
            answers.append(outsider.exactly(f"/{room}{road}")[1])
    for method in ("component_server", "process_recording", "run-history/connect"):
        body = {
            "data": str(bait),
            "component_id": 1,
            "session_hash": outsider.session,
            "fn_name": "ls",
            "path": str(bait),
        }
        answers.append(outsider.post(f"gradio_api/{method}", json=body).content)
    assert vault.taken(answers) == []


def test_what_was_uploaded_is_what_a_file_input_takes(outsider: Outsider, surface: Surface) -> None:
    """The way that the page goes still leads to the data: the attacks above do not fail for want of a way in."""
    outsider.get("")  # the page gives each browser a cookie of its own
    paths = {name: outsider.uploaded(name, (EXAMPLES / name).read_bytes()) for name in ("tools.json", "hiking.csv")}
    upload = surface.fired_by("upload-csv")
    tools, dataset = ([SHAPES[PLAIN](paths[name])] for name in ("tools.json", "hiking.csv"))
    answer = run(outsider, upload, [{"step": "data"}, tools, dataset]).json()
    assert surface.place(upload, answer)["data"]
    assert outsider.get(f"gradio_api/file={paths['hiking.csv']}").content == (EXAMPLES / "hiking.csv").read_bytes()


def _one_for_each_type(surface: Surface) -> list[Endpoint]:
    """Few endpoints which have an input of every type."""
    left = {kind for endpoint in surface.endpoints for kind in endpoint.inputs}
    chosen = []
    for endpoint in sorted(surface.endpoints, key=lambda one: len(one.inputs)):
        if new := left & set(endpoint.inputs):
            chosen.append(endpoint)
            left -= new
    return chosen


def _downloaded(outsider: Outsider, path: Path) -> list[bytes]:
    """What the addresses of downloads give for a path."""
    forms = (str(path), quote(str(path), safe=""), f"/{path}", os.path.relpath(path, ROOT))
    heads: list[dict[str, str]] = [{}, {"Range": "bytes=0-4000"}]
    return [outsider.exactly(f"/gradio_api/file={form}", headers=head)[1] for form in forms for head in heads]
