"""LiteRT-LM for the browser as package-lock.json pins it, and whether npm has installed it."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path

from backend.errors import InputError
from backend.files import write_bytes
from backend.runs import kept_temporary, refusal

LOCK_FILE, NODE_MODULES = "package-lock.json", "node_modules"
MANIFESTS = ("package.json", LOCK_FILE)
PACKAGES = {"core": "@litert-lm/core", "wasm-utils": "@litertjs/wasm-utils"}
NPM_DONE = ".package-lock.json"
"""What npm writes into node_modules at the end of an installation: without it a kill left half of one."""


@cache
def runtime_root(app: Path) -> Path:
    """The folder whose node_modules are served: the app's, or a temporary one if that lacks them and cannot be written.

    The temporary one holds the files that tell npm what to install.
    """
    if is_installed(app) or refusal(app) is None:
        return app
    try:
        folder = kept_temporary("browser-runtime")
        for name in MANIFESTS:
            write_bytes(folder / name, (app / name).read_bytes())
    except (InputError, OSError):  # the installation says why it fails
        return app
    return folder


@lru_cache(maxsize=8)
def pinned(root: Path) -> dict[str, str]:
    """The version of each package that package-lock.json names, by the name we serve it under."""
    packages = json.loads((root / LOCK_FILE).read_text(encoding="utf-8"))["packages"]
    return {short: packages[f"node_modules/{name}"]["version"] for short, name in PACKAGES.items()}


def installed(root: Path) -> dict[str, str | None]:
    """The version of each package in node_modules, by the name we serve it under; None if it is not there."""
    return {short: _version(root / NODE_MODULES / name) for short, name in PACKAGES.items()}


def is_installed(root: Path) -> bool:
    """Whether npm has installed what is pinned, to the end."""
    return (root / NODE_MODULES / NPM_DONE).is_file() and installed(root) == pinned(root)


def _version(package: Path) -> str | None:
    try:
        found = json.loads((package / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    version = found.get("version") if isinstance(found, dict) else None
    return version if isinstance(version, str) else None
