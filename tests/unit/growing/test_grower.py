"""Growing with texts that a person carries: requests, answers, decisions, the ledger, and the CSV in the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.data import load_dataset
from backend.data.check import check_files
from backend.errors import InputError
from backend.growing import Grower, Ledger, Material, make_plan, read_material, with_grown
from backend.growing.orders import Order
from tests.unit.growing.sets import HELD_OUT, OPTIONS, SEEDS, answer, material, silent, unlike

DATE = "2026-11-28"


def obeying(orders: list[Order], messages: Iterator[str]) -> str:
    """An answer that does what the orders say."""
    rows = []
    for number, order in enumerate(orders, 1):
        message = next(messages)
        needed: dict[str, object] = {"play_music": {"query": message}, "set_light": {"room": "hall"}}.get(
            order.tool, {}
        )
        rows.append((number, message, order.tool, {**needed, **order.arguments}))
    return answer(*rows)


def labels_for(prompt_text: str, rows: str) -> str:
    """Second labels that agree with the rows, read from the messages of the request for labels."""
    calls = {row["message"]: row["calls"] for row in json.loads(rows)["rows"]}
    block = prompt_text.split("messages. If no tool fits")[1].split("BEGIN-")[1].split("\nEND-")[0]
    asked = [json.loads(line) for line in block.splitlines()[1:]]
    return json.dumps({"labels": [{"n": one["n"], "calls": calls[one["message"]]} for one in asked]})


def begun(folder: Path, found: Material) -> Grower:
    return Grower(found, Ledger.create(folder, found, make_plan(found, 30), "a chat", DATE))


def test_the_paste_way_from_the_first_prompt_to_the_csv(tmp_path: Path) -> None:
    found = material(tmp_path)
    grower, messages = begun(tmp_path / "grown", found), unlike(0)
    while request := grower.next_request():
        text = obeying([grower.orders[at] for at in request.orders], messages)
        labelling = grower.labelling(grower.sift(text, request.orders))
        assert labelling is not None
        grower.decide(grower.take_answer(request, text), labels_for(labelling.text, text))
    ledger = Ledger.open(tmp_path / "grown", found)
    assert ledger.totals.line(ledger.plan.rows) == "60 rows asked, 60 of 60 kept, 0 refused"
    assert all(one.labelled_twice for one in ledger.accepted())
    (tmp_path / "new.csv").write_bytes(with_grown(tmp_path / "rows.csv", ledger))
    report = check_files(tmp_path / "new.csv", tmp_path / "tools.json", OPTIONS)
    assert report.ok
    _, rows = load_dataset(tmp_path / "new.csv", tmp_path / "tools.json", OPTIONS)
    assert {row.origin for row in rows if row.is_grown} == {"grown by a chat on 2026-11-28"}
    assert {row.split for row in rows if row.is_grown} == {"train"}
    assert [row.message for row in rows if not row.is_grown] == [text for text, _ in (*SEEDS, *HELD_OUT)]


def test_no_prompt_has_a_held_out_row(tmp_path: Path) -> None:
    found = silent(tmp_path)
    grower, messages = begun(tmp_path / "grown", found), unlike(0)
    shown = ""
    while request := grower.next_request():
        text = obeying([grower.orders[at] for at in request.orders], messages)
        labelling = grower.labelling(grower.sift(text, request.orders))
        shown += request.prompt.text + (labelling.text if labelling else "")
        grower.decide(grower.take_answer(request, text), None)
    assert all(text in shown for text, _ in SEEDS)
    assert not any(word in shown for word in ("Zebra", "cellar", "quagga"))


def test_data_stands_between_fences_that_it_cannot_close(tmp_path: Path) -> None:
    grower = begun(tmp_path / "grown", material(tmp_path))
    request = grower.next_request()
    assert request is not None
    mark = request.prompt.system.split("BEGIN-")[1][:12]
    parts = request.prompt.user.split(f"BEGIN-{mark}\n")
    outside = parts[0] + "".join(part.split(f"\nEND-{mark}\n", 1)[1] for part in parts[1:])
    assert len(parts) == 5
    assert not any(text in outside for text, _ in SEEDS)
    assert "set_light" not in outside


def test_a_stopped_growth_goes_on_with_the_same_request(tmp_path: Path) -> None:
    found = material(tmp_path)
    grower = begun(tmp_path / "grown", found)
    first = grower.next_request()
    assert first is not None
    text = obeying([grower.orders[at] for at in first.orders], unlike(0))
    grower.take_answer(first, text, (100, 50))
    again = Grower(found, Ledger.open(tmp_path / "grown", found))
    assert again.waiting is not None
    entry = again.decide(again.waiting, None, (10, 5))
    assert entry.tokens == (110, 55)
    assert again.waiting is None
    third = Grower(found, Ledger.open(tmp_path / "grown", found))
    assert third.next_request() == again.next_request()
    assert len(Ledger.open(tmp_path / "grown", found).accepted()) == len(first.orders)


def test_rows_that_were_refused_are_asked_for_again_with_what_exists(tmp_path: Path) -> None:
    grower = begun(tmp_path / "grown", material(tmp_path))
    first = grower.next_request()
    assert first is not None
    half = obeying([grower.orders[at] for at in first.orders][:10], unlike(0))
    grower.decide(grower.take_answer(first, half), None)
    requests = []
    while request := grower.next_request():
        requests.append(request)
        grower.decide(grower.take_answer(request, "I cannot do that."), None)
    missing = set(first.orders[10:])
    assert missing <= {at for request in requests for at in request.orders}
    assert sum(len(missing & set(request.orders)) for request in requests) == 2 * len(missing)
    same_tool = next(request for request in requests if set(request.orders) & missing)
    assert json.loads(half)["rows"][0]["message"] in same_tool.prompt.user


def test_a_row_that_is_not_accepted_is_not_in_the_csv_and_comes_back(tmp_path: Path) -> None:
    found = material(tmp_path)
    grower = begun(tmp_path / "grown", found)
    request = grower.next_request()
    assert request is not None
    text = obeying([grower.orders[at] for at in request.orders], unlike(0))
    grower.decide(grower.take_answer(request, text), None)
    ledger = Ledger.open(tmp_path / "grown", found)
    before = with_grown(tmp_path / "rows.csv", ledger)
    ledger.leave_out([request.orders[0]])
    assert len(ledger.accepted()) == len(request.orders) - 1
    assert with_grown(tmp_path / "rows.csv", ledger) != before
    ledger.leave_out([])
    assert with_grown(tmp_path / "rows.csv", ledger) == before


def test_another_set_and_a_full_folder_are_refused(tmp_path: Path) -> None:
    found = material(tmp_path)
    begun(tmp_path / "grown", found)
    with pytest.raises(InputError, match="Continue with --resume"):
        begun(tmp_path / "grown", found)
    with pytest.raises(InputError, match="nothing to resume"):
        Ledger.open(tmp_path / "empty", found)
    (tmp_path / "other").mkdir()
    other = material(tmp_path / "other")
    assert Ledger.open(tmp_path / "grown", other).plan == make_plan(other, 30)
    rows = (tmp_path / "other" / "rows.csv").read_text(encoding="utf-8").replace("Play some jazz", "Play some blues")
    (tmp_path / "other" / "rows.csv").write_text(rows, encoding="utf-8")
    changed = read_material(tmp_path / "other" / "rows.csv", tmp_path / "other" / "tools.json", OPTIONS)
    with pytest.raises(InputError, match="other tools, rows, seed"):
        Ledger.open(tmp_path / "grown", changed)


@pytest.mark.parametrize("damage", ['{"schema": 1}', "not JSON", '{"schema": 2}', "[]"])
def test_a_damaged_entry_is_named(tmp_path: Path, damage: str) -> None:
    found = material(tmp_path)
    begun(tmp_path / "grown", found)
    (tmp_path / "grown/requests/00001.json").write_text(damage, encoding="utf-8")
    with pytest.raises(InputError, match=r"00001\.json"):
        Ledger.open(tmp_path / "grown", found)


def test_two_processes_do_not_grow_in_one_folder(tmp_path: Path) -> None:
    found = material(tmp_path)
    begun(tmp_path / "grown", found)
    ledgers = [Ledger.open(tmp_path / "grown", found) for _ in range(2)]
    with ledgers[0].locked(), pytest.raises(InputError, match="Another process"), ledgers[1].locked():
        pass
    with ledgers[1].locked():
        pass
