"""A training whose run goes to the Hub is kept there while it lasts, and goes on from there in another place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, load_file

from backend.errors import InputError
from backend.runs import Run, RunConfig, append_event, read_json
from backend.runs.hub.unfinished import download_unfinished, snapshot, upload_unfinished
from backend.runs.saved_state import STATE_FILE, last_saved_state, relink_best
from job_templates.train import main
from tests.exported import ROOT
from tests.hub.loopback import LoopbackHub
from tests.waiting import wait_until

INPUTS = ["--dataset", str(ROOT / "examples" / "hiking.csv"), "--tools", str(ROOT / "examples" / "tools.json")]
SIZE = ["--max-examples", "32", "--epochs", "5", "--batch-size", "4", "--checkpoint-minutes", "0.03"]


def command(place: Path | str) -> list[str]:
    return [*INPUTS, *SIZE, "--output-repo", str(place)]


def stored(hub: LoopbackHub) -> dict[str, bytes]:
    """What the repository holds now; nothing before it is made."""
    repo = hub.world.repos.get(("model", "ada/bikes"))
    return {name: file.content for name, file in repo.commits[-1][1].items()} if repo else {}


def states(names: dict[str, bytes]) -> set[str]:
    """The states of an unfinished training among the names."""
    return {name.split("/")[2] for name in names if name.startswith("unfinished/resume/")}


def kill_once_kept(hub: LoopbackHub) -> None:
    """Start train.py, and kill it as soon as the Hub has what it goes on from."""
    script = [sys.executable, str(ROOT / "job_templates" / "train.py"), *command("ada/bikes")]
    process = subprocess.Popen(script, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: process.poll() is not None or states(stored(hub)), 120)
    process.kill()
    assert process.wait(timeout=60) == -9


@pytest.mark.slow  # test_road.py goes on from the Hub, jobs/test_train_resume.py compares weights
def test_a_training_killed_elsewhere_goes_on_from_the_hub(
    hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = hub.world.add_user("ada")
    monkeypatch.setenv("HF_TOKEN", token)
    kill_once_kept(hub)
    files = stored(hub)
    assert len(states(files)) <= 2  # the last one, and the one that does best on held-out rows
    assert not [name for name in files if "tokenizer" in name or name.startswith("checkpoint/")]
    found = download_unfinished("ada/bikes", tmp_path / "found", token)
    assert found is not None
    kept = last_saved_state(found)
    assert kept is not None

    main([*command("ada/bikes"), "--resume"])
    files = stored(hub)
    assert not [name for name in files if name.startswith("unfinished/")]
    events = [json.loads(line) for line in files["metrics.jsonl"].splitlines()]
    assert [event["step"] for event in events if event["event"] == "resume"] == [kept.step]

    main(command(tmp_path / "unbroken"))
    unbroken = Run.open(tmp_path / "unbroken")
    summary, expected = json.loads(files["training.json"]), read_json(unbroken.training_path)
    for same in ("steps", "best_step", "rows", "tokens", "tokens_saved"):
        assert summary[same] == expected[same]
    weights, wanted = load(files["checkpoint/model.safetensors"]), load_file(unbroken.checkpoint / "model.safetensors")
    for name, tensor in wanted.items():
        torch.testing.assert_close(weights[name], tensor, rtol=1e-3, atol=1e-5)


def test_a_hub_that_refuses_does_not_end_the_training(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_TOKEN", hub.world.add_user("ada"))
    hub.fail("POST .*/commit/", 403, "the reason", times=1)
    short = [*command("ada/bikes"), "--resume", "--epochs", "2"]
    main(short)
    said = capsys.readouterr().out
    assert "ada/bikes has no training to resume" in said
    assert "was not saved on the Hub: Could not save the training in ada/bikes: the token does not permit it" in said
    files = stored(hub)
    assert "checkpoint/model.safetensors" in files
    assert not states(files)
    main(short)
    assert "has been trained already" in capsys.readouterr().out
    with pytest.raises(InputError, match=r"ada/bikes was made with other settings \(--lr\)"):
        main([*short, "--lr", "3e-3"])


def test_a_state_takes_the_place_of_the_one_before(hub: LoopbackHub, tmp_path: Path) -> None:
    token = hub.world.add_user("ada")
    hub.world.add_repo("ada/bikes", {"checkpoint/model.safetensors": b"an earlier training's"})
    examples = ROOT / "examples"
    mine = tmp_path / "mine.txt"
    mine.write_text("hiking is fun\n")
    run = Run.create(tmp_path / "run", RunConfig(), examples / "hiking.csv", examples / "tools.json", None, mine)
    append_event(run.metrics_path, {"event": "stage", "stage": "train", "state": "started"})
    assert snapshot(run, tmp_path / "nothing") is None
    for step, best in ((3, 3), (6, 3), (9, 9)):
        state = run.resume / f"checkpoint-{step}"
        state.mkdir(parents=True)
        for name in ("model.safetensors", "optimizer.pt", "tokenizer.json", "training_args.bin"):
            (state / name).write_bytes(bytes(step))
        record = {"global_step": step, "best_model_checkpoint": str(run.resume / f"checkpoint-{best}")}
        (state / STATE_FILE).write_text(json.dumps(record))
        folder = tmp_path / f"snapshot-{step}"
        snapshot(run, folder)
        before = len(hub.world.repos["model", "ada/bikes"].commits)
        upload_unfinished(folder, "ada/bikes", token)
        assert len(hub.world.repos["model", "ada/bikes"].commits) == before + 1
        files = {name.removeprefix("unfinished/resume/") for name in stored(hub)}
        own = {f"checkpoint-{step}/{name}" for name in ("model.safetensors", "optimizer.pt", STATE_FILE)}
        others = {f"checkpoint-{best}/{name}" for name in ("model.safetensors", STATE_FILE)}
        assert {name for name in files if name.startswith("checkpoint-")} == own | others
        assert "checkpoint/model.safetensors" in files
        assert stored(hub)["unfinished/inputs/near_misses.txt"] == b"hiking is fun\n"


def test_a_state_that_moved_finds_its_best_weights(tmp_path: Path) -> None:
    examples = ROOT / "examples"
    run = Run.create(tmp_path / "run", RunConfig(), examples / "hiking.csv", examples / "tools.json")
    for step in (3, 9):
        (run.resume / f"checkpoint-{step}").mkdir(parents=True)
    record = {"global_step": 9, "best_model_checkpoint": "/elsewhere/resume/checkpoint-3"}
    (run.resume / "checkpoint-9" / STATE_FILE).write_text(json.dumps(record))
    kept = last_saved_state(run)
    assert kept is not None
    relink_best(kept)
    there = str(run.resume / "checkpoint-3")
    assert read_json(kept.path / STATE_FILE) == {**record, "best_model_checkpoint": there}
