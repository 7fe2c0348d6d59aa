"""A tokenizer that somebody else made neither ends the app nor occupies it: the rest of the check is there."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from backend.data import CheckOptions, check_files
from backend.errors import InputError
from backend.tokens import counter_for, load_plain_counter
from tests.conftest import ROOT
from tests.hub.loopback import LoopbackHub
from ui.services.checks import Checker
from ui.work import Bounds, Data

TOOLS = ROOT / "examples" / "tools.json"
SOUND: dict[str, Any] = json.loads(Tokenizer(WordLevel({"<unk>": 0, "a": 1}, unk_token="<unk>")).to_str())


def split(pattern: str) -> dict[str, Any]:
    return {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}}


HOSTILE: dict[str, dict[str, Any]] = {
    "panics when it is read": {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}},
    "panics when it counts": split("(a+)+$"),
    "fails when it counts": {"model": {"type": "BPE", "vocab": {"x": 0}, "merges": [], "unk_token": "y"}},
    "takes for ever": split("(a|aa){18}[0-9]"),
    "no tokenizer": {"model": {"type": "Unigram", "unk_id": 5, "vocab": [["a", -1.0]]}},
}


def base(hub: LoopbackHub, change: dict[str, Any]) -> CheckOptions:
    """Options to check with a base of eve's."""
    hub.world.add_repo("eve/base", {"tokenizer.json": json.dumps({**SOUND, **change}).encode()})
    return CheckOptions(base_model="eve/base", folders=False, token=False)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Rows whose messages a backtracking expression likes."""
    path = tmp_path / "rows.csv"
    with (ROOT / "examples" / "hiking.csv").open(encoding="utf-8", newline="") as given:
        header, *lines = csv.reader(given)
    at = header.index("user_message")
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [header, *([*line[:at], f"{'a' * 60} {line[at]}", *line[at + 1 :]] for line in lines)]
        )
    return path


QUICK = ("panics when it counts", "takes for ever")
"""The others end in the same sentence, and test_what_a_library_throws_is_told_in_words holds each of them."""


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=() if kind in QUICK else pytest.mark.slow) for kind in HOSTILE]
)
def test_the_check_gives_everything_else_and_says_why_no_tokens(hub: LoopbackHub, rows: Path, kind: str) -> None:
    expected = check_files(rows, TOOLS)
    checker = Checker(Bounds(seconds=8.0, bytes=4 * 1024**3))
    task = checker.check(Data(rows, TOOLS, base(hub, HOSTILE[kind])), "eve")
    assert task.done.wait(120)
    assert task.error is None
    assert task.result is not None
    assert task.result.tokens is None
    assert "eve/base" in task.result.tokens_error or "tokenizer.json" in task.result.tokens_error
    assert (task.result.rows, task.result.examples) == (expected.rows, expected.examples)


def test_a_sound_base_is_counted_within_the_limits(hub: LoopbackHub, rows: Path) -> None:
    task = Checker().check(Data(rows, TOOLS, base(hub, {})), "eve")
    assert task.done.wait(120)
    assert task.result is not None
    assert task.result.tokens is not None
    assert task.result.tokens.tokenizer == "eve/base"


@pytest.mark.parametrize("kind", [kind for kind in HOSTILE if kind != "takes for ever"])
def test_what_a_library_throws_is_told_in_words(hub: LoopbackHub, kind: str) -> None:
    options = base(hub, HOSTILE[kind])
    with pytest.raises(InputError, match=r"cannot (be read|count)"):
        counter_for(options.base_model, [], [], False, folders=False).encode("a" * 60 + "!")


def test_no_expression_of_a_runs_own_tokenizer_is_tried(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(json.dumps({**SOUND, **split("(a|aa){18}[0-9]")}), "utf-8")
    with pytest.raises(InputError, match="has regular expressions"):
        load_plain_counter(tmp_path, "run")
    escaped = json.dumps({**SOUND, **split("(a|aa){18}[0-9]")}).replace("Regex", "Re\\u0067ex")
    (tmp_path / "tokenizer.json").write_text(escaped, "utf-8")
    with pytest.raises(InputError, match="has regular expressions"):
        load_plain_counter(tmp_path, "run")
    # Gemma 3's vocabulary has a piece of this name
    word = json.loads(Tokenizer(WordLevel({"<unk>": 0, "a": 1, "Regex": 2}, unk_token="<unk>")).to_str())
    (tmp_path / "tokenizer.json").write_text(json.dumps(word), "utf-8")
    assert load_plain_counter(tmp_path, "run").encode("Regex") == [2]
    (tmp_path / "tokenizer.json").write_text(json.dumps(SOUND), "utf-8")
    assert load_plain_counter(tmp_path, "run").encode("a") == [1]


@pytest.mark.parametrize("name", ["backend", "ui/static", "./backend", "~", "/etc", "../shared", "a/b/c", ""])
def test_no_folder_is_looked_at_for_somebody_else(hub: LoopbackHub, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(InputError) as raised:
        counter_for(name, [], [], False, folders=False)
    assert "has no tokenizer" not in str(raised.value)
    assert not [asked for asked in hub.trace if "ui/static" not in asked]


def test_large_data_of_a_shared_app_is_given_up_on_in_time(rows: Path, tmp_path: Path) -> None:
    """One visitor's file must not hold a worker for ever."""
    large = tmp_path / "large.csv"
    large.write_bytes(rows.read_bytes() + b"".join(rows.read_bytes().splitlines(keepends=True)[1:]) * 4)
    data = Data(large, TOOLS, CheckOptions(folders=False))
    assert data.large
    task = Checker(Bounds(seconds=0.05, bytes=4 * 1024**3)).check(data, "eve")
    assert task.done.wait(120)
    assert "more than 0 seconds" in (task.error or "")
    patient = Checker(Bounds(seconds=0.05, bytes=4 * 1024**3)).check(Data(large, TOOLS, CheckOptions()), "")
    assert patient.done.wait(120)
    assert patient.error is None
