"""What the Hub accepts in a Space's README.md: its front matter, as the documentation has it on 2026-11-27.

Sources: hub-docs' docs/hub/spaces-config-reference.md and docs/hub/spaces-oauth.md; the length of `short_description`
from the refusal that others report (espnet/espnet#6709). It leaves out what needs the Hub itself: whether a version of
Gradio exists, and whether models and datasets do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from tests.conftest import ROOT

COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
SDKS = {"gradio", "docker", "static"}
HARDWARE = {"cpu-basic", "cpu-upgrade", "t4-small", "t4-medium", "l4x1", "l4x4", "l40sx1", "l40sx4", "l40sx8"}
HARDWARE |= {"a10g-small", "a10g-large", "a10g-largex2", "a10g-largex4", "a100-large", "a100x4", "a100x8"}
ALWAYS = ("openid", "profile")
SCOPES = {*ALWAYS, "email", "read-billing", "read-memberships", "read-repos", "gated-repos", "contribute-repos"}
SCOPES |= {"write-repos", "manage-repos", "read-collections", "write-collections", "inference-api", "read-endpoints"}
SCOPES |= {"write-endpoints", "jobs", "webhooks", "write-discussions"}
LONGEST_DESCRIPTION = 60
LONGEST_LOGIN_MINUTES = 43_200
NEEDED = ("title", "sdk")
FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)


def front_matter(text: str) -> dict[str, Any]:
    """The settings at the top of a README; ValueError where there are none, or they are no YAML mapping."""
    found = FRONT_MATTER.match(text)
    if found is None:
        raise ValueError("The front matter has no beginning or no end.")
    try:
        settings = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        raise ValueError(f"The front matter is no YAML: {error}") from error
    if not isinstance(settings, dict):
        raise ValueError("The front matter is no mapping.")
    return settings


def our_card() -> dict[str, Any]:
    """The settings of this repository's README."""
    return front_matter((ROOT / "README.md").read_text(encoding="utf-8"))


def scopes_of(card: dict[str, Any]) -> str:
    """What a Space finds in OAUTH_SCOPES."""
    return " ".join(dict.fromkeys([*ALWAYS, *card.get("hf_oauth_scopes", [])]))


def problems(card: dict[str, Any]) -> list[str]:
    """What the Hub would refuse, or would not know; empty where nothing is."""
    missing = [f'"{name}" is required' for name in NEEDED if name not in card]
    unknown = [f'"{name}" is not known' for name in card if name not in CHECKS]
    known = [(name, value, *CHECKS[name]) for name, value in card.items() if name in CHECKS]
    wrong = [f'"{name}" {words}' for name, value, fits, words in known if not fits(value)]
    return [*missing, *unknown, *wrong]


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value)) and len(set(value)) == len(value)


def _truth(value: Any) -> bool:
    return isinstance(value, bool)


def _one_of(known: set[str]) -> tuple[Callable[[Any], bool], str]:
    return lambda value: isinstance(value, str) and value in known, f"must be one of [{', '.join(sorted(known))}]"


def _matching(pattern: str, words: str) -> tuple[Callable[[Any], bool], str]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None, words


CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "title": (_text, "must be a string"),
    "emoji": _matching(r"[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f\u200d]{1,8}", "must be an emoji"),
    "colorFrom": _one_of(COLOURS),
    "colorTo": _one_of(COLOURS),
    "sdk": _one_of(SDKS),
    "sdk_version": _matching(r"\d+\.\d+\.\d+", "must be a version"),
    "python_version": _matching(r"3\.\d+(\.\d+)?", "must be a string such as 3.11"),
    "app_file": (_text, "must be a string"),
    "app_port": (lambda value: isinstance(value, int), "must be a number"),
    "base_path": _matching(r"/\S*", "must start with /"),
    "suggested_hardware": _one_of(HARDWARE),
    "fullWidth": (_truth, "must be a boolean"),
    "header": _one_of({"mini", "default"}),
    "short_description": (
        lambda value: _text(value) and len(value) <= LONGEST_DESCRIPTION,
        f"length must be less than or equal to {LONGEST_DESCRIPTION} characters long",
    ),
    "license": (_text, "must be a string"),
    "models": (_texts, "must be a list of strings"),
    "datasets": (_texts, "must be a list of strings"),
    "tags": (_texts, "must be a list of strings"),
    "thumbnail": (_text, "must be a string"),
    "pinned": (_truth, "must be a boolean"),
    "hf_oauth": (_truth, "must be a boolean"),
    "hf_oauth_scopes": (
        lambda value: _texts(value) and set(value) <= SCOPES,
        f"must be a list of [{', '.join(sorted(SCOPES))}]",
    ),
    "hf_oauth_expiration_minutes": (
        lambda value: isinstance(value, int) and 0 < value <= LONGEST_LOGIN_MINUTES,
        f"must be less than or equal to {LONGEST_LOGIN_MINUTES}",
    ),
    "hf_oauth_authorized_org": (lambda value: _text(value) or _texts(value), "must be a string or a list of strings"),
    "disable_embedding": (_truth, "must be a boolean"),
    "startup_duration_timeout": _matching(r"\d+[smh]", "must be a duration such as 30m"),
    "custom_headers": (lambda value: isinstance(value, dict), "must be a mapping"),
    "preload_from_hub": (_texts, "must be a list of strings"),
}
