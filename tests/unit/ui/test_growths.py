"""Growths below the page: folders, ids, offers, tokens, and what a pasted text must have."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend.errors import InputError
from tests.unit.data.builders import quoted, write_files
from tests.unit.growing.chat_server import MODEL, ChatServer, Fault, Handler
from tests.unit.growing.sets import HELD_OUT, LIGHT, MUSIC, OPTIONS, SEEDS
from tests.waiting import wait_until
from ui.services import Growth, Task, TeacherChoice, choice_of
from ui.services.growth import MOST_PASTED
from ui.services.growth_tasks import GrowthTasks
from ui.services.growths import Growths
from ui.services.identity import Identity
from ui.work import Data

OWNER = Identity(machine=True, page="page-1")
SECRET = "sk-unit-90b1c2"


@pytest.fixture
def data(tmp_path: Path) -> Data:
    header = quoted("user_message", "tool_calls", "split")
    rows = [*(quoted(*row, "train") for row in SEEDS), *(quoted(*row, "test") for row in HELD_OUT)]
    dataset, tools = write_files(tmp_path, "\n".join([header, *rows]) + "\n", [LIGHT, MUSIC])
    return Data(dataset, tools, OPTIONS)


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    server = ChatServer((SECRET, "hf_ada", "hf_eve"))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def opened(growths: Growths, growth: str, data: Data) -> Task[Growth]:
    task = growths.opened(growth, "draft", data)
    wait_until(task.done.is_set)
    return task


def planned(growths: Growths, data: Data, choice: TeacherChoice, rows: int = 20) -> Task[Growth]:
    """A new growth with rows for one tool."""
    task = opened(growths, growths.new(), data)
    growth = task.result
    assert growth is not None
    growth.change(["tools", "set_light", "rows"], rows)
    growth.change(["tools", "play_music", "rows"], 0)
    growth.choose(choice)
    return task


def offered(growths: Growths, task: Task[Growth], identity: Identity) -> str | None:
    """Ask what a teacher means, and return why it cannot be asked."""
    assert task.result is not None
    growths.ask(task.result, identity)
    offer = growths.offer(task.result)
    assert offer is not None
    wait_until(offer.done.is_set)
    return offer.error


def test_a_plan_and_a_choice_survive_a_restart_and_belong_to_one_set(tmp_path: Path, data: Data) -> None:
    growths = Growths(tmp_path / "kept", GrowthTasks())
    choice = choice_of("address", " http://127.0.0.1:1/v1 ", " some  model ", 2)
    growth = planned(growths, data, choice).result
    assert growth is not None
    again = Growths(tmp_path / "kept", GrowthTasks())
    assert again.latest("draft") == growth.folder.name
    assert again.latest("other") is None
    found = opened(again, growth.folder.name, data).result
    assert found is not None
    assert (found.plan, found.choice) == (
        growth.plan,
        TeacherChoice("address", "http://127.0.0.1:1/v1", "some model", 2),
    )
    other = again.opened(growth.folder.name, "other", data)
    wait_until(other.done.is_set)
    assert "planned for other data" in str(other.error)
    for name in ("../kept", "", "x" * 24, "a" * 23):
        assert "no such rows" in str(again.opened(name, "draft", data).error)


def test_an_account_finds_what_it_began_before_its_login_and_nobody_elses(tmp_path: Path, data: Data) -> None:
    tasks = GrowthTasks()
    visitors = Growths(tmp_path / "visitors", tasks)
    ada = Growths(tmp_path / "ada", tasks, tmp_path / "visitors")
    eve = Growths(tmp_path / "eve", tasks, tmp_path / "visitors")
    begun = planned(visitors, data, TeacherChoice()).result
    own = planned(ada, data, TeacherChoice()).result
    assert begun is not None
    assert own is not None
    taken = opened(ada, begun.folder.name, data).result
    assert taken is not None
    assert (taken.plan, taken.folder) == (begun.plan, tmp_path / "ada" / begun.folder.name)
    for name in (own.folder.name, begun.folder.name):
        strange = opened(eve, name, data).result
        assert strange is not None
        assert strange.folder == tmp_path / "eve" / name
        assert strange.plan != own.plan


def test_nothing_is_asked_before_the_page_that_saw_the_offer_starts_it(
    tmp_path: Path, data: Data, chat: ChatServer
) -> None:
    growths = Growths(tmp_path / "kept", GrowthTasks())
    task = planned(growths, data, TeacherChoice("address", chat.address, MODEL))
    growth = task.result
    assert growth is not None
    growths.start(task, OWNER, SECRET)
    assert growths.asking(growth) is None
    assert offered(growths, task, OWNER) is None
    for page in (None, "page-2"):
        with pytest.raises(InputError, match="Another page"):
            growths.start(task, replace(OWNER, page=page), SECRET)
    assert chat.asked == []
    growths.start(task, OWNER, SECRET)
    growths.start(task, OWNER, SECRET)
    asking = growths.asking(growth)
    assert asking is not None
    wait_until(asking.done.is_set)
    assert (asking.error, growth.totals.kept) == (None, 20)
    assert len(chat.chats) == 2
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET in path.read_text(encoding="utf-8")]
    assert SECRET not in f"{asking} {growth}"


def test_a_logout_ends_what_asks_with_its_token(
    tmp_path: Path, data: Data, chat: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_INFERENCE_ROUTER", chat.address)
    chat.pricing = [{"provider": "a", "status": "live", "pricing": {"input": 0.1, "output": 0.1}}]
    begun, go_on = threading.Event(), threading.Event()

    def slow(handler: Handler, text: str) -> None:
        begun.set()
        go_on.wait(30)
        handler.stream(text)

    chat.faults = [Fault(send=slow)]
    tasks = GrowthTasks()
    growths = Growths(tmp_path / "ada", tasks)
    task = planned(growths, data, TeacherChoice("hub", "", MODEL))
    ada = Identity("ada", "hf_ada", page="page-1")
    assert offered(growths, task, ada) is None
    growths.start(task, ada, None)
    assert begun.wait(30)
    assert task.result is not None
    with pytest.raises(InputError, match="being written"):
        growths.ask(task.result, ada)
    tasks.forget("hf_eve")
    asking = growths.asking(task.result)
    assert asking is not None
    assert not asking.stop.is_set()
    tasks.forget("hf_ada")
    go_on.set()
    wait_until(asking.done.is_set)
    assert asking.error == "This was stopped."
    assert {one.headers.get("Authorization") for one in chat.chats} == {"Bearer hf_ada"}


def test_a_price_that_is_unknown_or_above_the_limit_starts_nothing(
    tmp_path: Path, data: Data, chat: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_INFERENCE_ROUTER", chat.address)
    growths, ada = Growths(tmp_path / "ada", GrowthTasks()), Identity("ada", "hf_ada", page="page-1")
    task = planned(growths, data, TeacherChoice("hub", "", MODEL))
    assert "lists no price" in str(offered(growths, task, ada))
    chat.pricing = [{"provider": "a", "status": "live", "pricing": {"input": 5000.0, "output": 5000.0}}]
    assert "more than the limit of 1" in str(offered(growths, task, ada))
    with pytest.raises(InputError, match="Log in with Hugging Face first"):
        growths.ask(task.result or pytest.fail("not open"), Identity(page="page-1"))
    growths.start(task, ada, None)
    assert chat.chats == []


def test_a_pasted_text_is_taken_only_with_rows_and_labels(tmp_path: Path, data: Data, chat: ChatServer) -> None:
    growths = Growths(tmp_path / "kept", GrowthTasks())
    growth = planned(growths, data, TeacherChoice(), rows=3).result
    assert growth is not None
    with pytest.raises(InputError, match="has not begun"):
        growth.paste("{}")
    growth.begin()
    with pytest.raises(InputError, match="the plan stays"):
        growth.change(["near_misses"], 5)
    for text, why in (("sorry", "No row was found"), ("x" * (MOST_PASTED + 1), "over 400,000 characters")):
        with pytest.raises(InputError, match=why):
            growth.paste(text)
    prompt = growth.prompt()
    assert prompt is not None
    growth.paste(chat.written(prompt.text))
    assert growth.waiting
    with pytest.raises(InputError, match="No label was found"):
        growth.paste("sorry")
    labelling = growth.prompt()
    assert labelling is not None
    growth.paste(chat.written(labelling.text))
    assert [one.labelled_twice for one in growth.kept] == [True, True, True]
    assert (growth.more, growth.prompt()) == (False, None)
    growth.take([0, 1, 2], accept=False)
    with pytest.raises(InputError, match="No row is accepted"):
        growth.with_rows(data.dataset)
    growth.take([1], accept=True)
    assert growth.with_rows(data.dataset).count(b"grown by a chat on") == 1


@pytest.mark.parametrize("most", [None, 0, -1, float("nan"), float("inf"), 1e9])
def test_a_limit_is_an_amount(most: float | None) -> None:
    with pytest.raises(InputError, match="limit in US dollars"):
        choice_of("hub", "", MODEL, most)


def test_a_choice_is_bounded() -> None:
    with pytest.raises(InputError, match="500 characters"):
        choice_of("address", "x" * 501, MODEL, 1)
    assert choice_of("other", "http://x", MODEL, 1) == TeacherChoice("hand", "", MODEL, 1)
