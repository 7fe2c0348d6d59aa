"""What a Space reads of this repository: the README's front matter, and the files that its builder looks for."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from scripts.space_check import OLDEST
from tests.conftest import ROOT
from tests.hub.oauth import EXPIRES_SECONDS, SCOPES
from tests.hub.space_card import front_matter, our_card, problems

CARD = our_card()
WANTED = {"title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file", "tags"}
WANTED |= {"short_description", "hf_oauth", "hf_oauth_scopes", "hf_oauth_expiration_minutes", "suggested_hardware"}


def test_the_front_matter_is_complete_and_the_hub_accepts_it() -> None:
    assert problems(CARD) == []
    assert sorted(WANTED - set(CARD)) == []
    assert (CARD["sdk"], CARD["hf_oauth"]) == ("gradio", True)
    assert (ROOT / CARD["app_file"]).is_file()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("short_description", "From tools.json and a CSV to a model that runs on your phone."),
        ("colorFrom", "orange"),
        ("sdk", "streamlit"),
        ("python_version", 3.11),
        ("hf_oauth_scopes", ["jobs", "write-everything"]),
        ("hf_oauth_scopes", ["jobs", "jobs"]),
        ("hf_oauth_expiration_minutes", 43_201),
        ("suggested_hardware", "zero-a10g"),
        ("tags", "gemma"),
        ("emoji", "phone"),
        ("sdk_verison", "6.31.0"),
    ],
)
def test_what_the_hub_refuses_is_found(setting: str, value: Any) -> None:
    (problem,) = problems({**CARD, setting: value})
    assert problem.startswith(f'"{setting}" ')


@pytest.mark.parametrize(
    "text", ["# No settings\n", "---\ntitle: one\n# No end\n", "---\n- one\n---\n", "---\na: [\n---\n"]
)
def test_front_matter_that_is_none_is_found(text: str) -> None:
    with pytest.raises(ValueError, match="The front matter"):
        front_matter(text)


def test_the_space_runs_what_is_pinned() -> None:
    pinned = re.search(r"^gradio==(.+)$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert pinned is not None
    assert CARD["sdk_version"] == pinned[1]
    required = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert CARD["python_version"] == ".".join(map(str, OLDEST))
    assert required == f">={CARD['python_version']},<3.14"


def test_the_login_asks_for_what_the_app_needs_and_for_nothing_else() -> None:
    """Each scope with its reader: terms, repositories of the app's own, jobs, a way to pay, and teachers."""
    assert set(CARD["hf_oauth_scopes"]) == {"gated-repos", "contribute-repos", "jobs", "read-billing", "inference-api"}
    assert SCOPES.split() == ["openid", "profile", *CARD["hf_oauth_scopes"]]
    assert CARD["hf_oauth_expiration_minutes"] * 60 == EXPIRES_SECONDS
    documented = (ROOT / "docs/huggingface.md").read_text(encoding="utf-8")
    assert [scope for scope in CARD["hf_oauth_scopes"] if f"`{scope}`" not in documented] == []


def test_the_licence_is_the_one_that_lies_here() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert CARD["license"] == "apache-2.0"
    assert re.search(r"^ +Apache License\n +Version 2\.0, January 2004$", text, re.MULTILINE)
    assert [number for number in range(1, 10) if f"\n   {number}. " not in text] == []
    assert "\n   Copyright 2026 The FunctionGemma Trainer authors\n" in text
    assert "[yyyy]" not in text


def test_no_debian_package_is_asked_for() -> None:
    """Gradio Spaces bring NodeSource's nodejs with npm; Debian's npm conflicts with it, and the build fails."""
    assert [path.name for path in ROOT.glob("*packages.txt")] == []
    assert [path.name for path in ROOT.glob("pre-requirements.txt")] == []
