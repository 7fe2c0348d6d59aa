"""Compares this Python and its installed packages with the requirements."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from backend.doctor.finding import Finding, failed, passed, unknown
from backend.doctor.places import ROOT, venv_python

PAGE, TRAINING, TESTS = "requirements.txt", "requirements-local.txt", "requirements-test.txt"
REQUIRED = ">=3.11,<3.14"
"""The same as in pyproject.toml, which is not on a Space."""
PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==([\w.!+-]+)", re.MULTILINE)
BOUND = re.compile(r"(>=|<)(\d+)\.(\d+)")
SHOWN = 6
NO_FILE = "{file} is not here. On a Space that is normal: it needs none of these packages."


def check_python(version: tuple[int, int, int] | None = None) -> Finding:
    """Check that the pinned packages can be installed for this version of Python."""
    version = version or sys.version_info[:3]
    seen = f"{'.'.join(map(str, version))}; {REQUIRED} is required."
    if fits(version, REQUIRED):
        return passed("Python", seen)
    then = "Install Python 3.11, 3.12 or 3.13, then start scripts/run, which makes .venv with it."
    return failed("Python", seen, then)


def fits(version: tuple[int, int, int], required: str) -> bool:
    """Whether a version is within bounds such as `>=3.11,<3.14`."""
    bounds = [(sign, (int(major), int(minor))) for sign, major, minor in BOUND.findall(required)]
    return all(version[:2] >= bound if sign == ">=" else version[:2] < bound for sign, bound in bounds)


def check_page_packages() -> Finding:
    """Check the packages of the page and the Hub's client."""
    return _check("Packages of the page", PAGE, "the page does not start")


def check_training_packages() -> Finding:
    """Check the packages for training, evaluation and export on this machine."""
    return _check("Packages for training", TRAINING, "nothing is trained, evaluated or exported on this machine")


def check_test_packages() -> Finding:
    """Check the packages for scripts/test, which the app itself does not need."""
    title, wanted = "Packages for tests", pins(TESTS)
    if not wanted:
        return unknown(title, NO_FILE.format(file=TESTS))
    there = {name: version for name in wanted if (version := installed(name))}
    if not there:
        return passed(title, f"None of {TESTS} is installed; scripts/test installs them.")
    differing = _differing({name: wanted[name] for name in there})
    if not differing:
        return passed(title, f"{len(there)} of {len(wanted)} are installed, all as pinned.")
    return failed(title, f"{_listed(differing)}.", how_to_install(TESTS))


@cache
def pins(name: str) -> dict[str, str]:
    """The versions that one requirements file pins, without those of files that it includes.

    Empty if the file is not here: a Space has only requirements.txt.
    """
    try:
        return dict(PIN.findall((ROOT / name).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def installed(name: str) -> str | None:
    """The installed version of a distribution, without its build (`+cpu`); None if it is not installed."""
    try:
        return importlib.metadata.version(name).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return None


def version_lines() -> list[str]:
    """Each pinned package with its installed version, for a report; packages for tests are left out."""
    lines = []
    for name, wanted in {**pins(PAGE), **pins(TRAINING)}.items():
        found = installed(name)
        lines.append(f"{name} {wanted}" if found == wanted else f"{name} {found or 'missing'} (pinned {wanted})")
    return lines


def _check(title: str, file: str, without: str) -> Finding:
    wanted = pins(file)
    if not wanted:
        return unknown(title, NO_FILE.format(file=file))
    missing = [name for name in wanted if installed(name) is None]
    differing = _differing({name: pin for name, pin in wanted.items() if name not in missing})
    if not missing and not differing:
        return passed(title, f"All {len(wanted)} of {file} are installed as pinned.")
    lacks = [f"{len(missing)} of {len(wanted)} are missing, so {without}: {_listed(missing)}"] if missing else []
    return failed(title, "; ".join([*lacks, *([_listed(differing)] if differing else [])]) + ".", how_to_install(file))


def _differing(wanted: Mapping[str, str]) -> list[str]:
    return [f"{name} is {found}, not {pin}" for name, pin in wanted.items() if (found := installed(name)) != pin]


def how_to_install(file: str) -> str:
    """The next step if packages of a requirements file are missing."""
    if _other_python(venv_python()):
        return "This is not the Python of .venv. Run the doctor with .venv/bin/python."
    return f"Start scripts/run, or install {file} with pip."


def _other_python(venv: Path) -> bool:
    return venv.is_file() and Path(sys.prefix).resolve() != venv.parents[1].resolve()


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
