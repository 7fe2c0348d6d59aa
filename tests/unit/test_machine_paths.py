"""No file of the repository names a folder of one machine: a home, or what lies around the checkout that is tested."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.unit.test_architecture import ROOT, TRACKED

HOMES = rb"/(?:root|(?:home|Users)/[\w.-]+)/|[A-Za-z]:\\+Users\\+[\w.-]+"
USUAL = re.compile("app|bin|builds|code|data|etc|home|mnt|opt|private|root|run|srv|src|tmp|usr|var|workspace|Users")
"""Names of folders in the root folder that texts may speak of."""


def _own_places() -> set[Path]:
    """Folders of the machine that runs this test: around the checkout, Python's own, and those that pip is set to."""
    command = [sys.executable, "-m", "pip", "config", "list"]  # prints nothing if there is no pip
    settings = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    sources = "\n".join(re.findall(r".*(?:index-url|find-links|constraint)=.*", settings))
    set_to = {Path(place) for place in re.findall(r"(?:(?<=file://)|(?<=[\s'=]))/[^\s']+", sources)}
    whole = {ROOT, Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve(), *set_to}
    return {place for found in whole for place in (found, *found.parents) if not _is_usual(place)}


def _is_usual(place: Path) -> bool:
    """Whether many machines have such a folder."""
    usual = len(place.parts) == 2 and USUAL.fullmatch(place.name)
    return len(place.parts) == 1 or bool(usual) or place == Path("/usr/local")


def _machine_paths(text: bytes, places: Iterable[Path]) -> list[bytes]:
    """The home folders in a text, and what lies in the places."""
    own = b"|".join(re.escape(bytes(place)) for place in sorted(places))
    pattern = rb"(?<![\w.~-])(?:" + HOMES + (rb"|(?:" + own + rb")/" if own else b"") + rb")"
    return [found.group() for found in re.finditer(pattern, text)]


def test_no_machine_path_in_the_repository() -> None:
    places = _own_places()
    found = {str(path.relative_to(ROOT)): _machine_paths(path.read_bytes(), places) for path in TRACKED}
    assert {name: paths for name, paths in found.items() if paths} == {}


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        (("", "home", "ada", "x.py"), True),
        (("", "Users", "ada", "x.py"), True),
        (("", "root", "x.py"), True),
        (("C:", "Users", "ada"), True),
        (("", "builds", "7", "x.py"), True),
        (("", "builds", "8", "x.py"), False),
        (("~", "root", "x.py"), False),
        (("", "tmp", "x.py"), False),
        (("", "home"), False),
    ],
)
def test_a_machine_path_is_found(parts: tuple[str, ...], found: bool) -> None:
    text = f'open("{(chr(92) if parts[0] == "C:" else "/").join(parts)}")'
    assert bool(_machine_paths(text.encode(), [Path("/builds/7")])) is found


def test_the_places_of_this_machine_are_computed() -> None:
    assert ROOT in _own_places()
    assert Path("/") not in _own_places()
    assert Path("/tmp") not in _own_places()
