"""The version of LiteRT-LM for the browser in package-lock.json, and whether npm has installed it."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path

from backend.errors import InputError
from backend.files import write_bytes
from backend.runs import fallback_folder, refusal

LOCK_FILE, NODE_MODULES = "package-lock.json", "node_modules"
MANIFESTS = ("package.json", LOCK_FILE)
PACKAGES = {"core": "@litert-lm/core", "wasm-utils": "@litertjs/wasm-utils"}
NPM_DONE = ".package-lock.json"
"""The file that npm writes to node_modules at the end; without it, the installation is incomplete."""


@cache
def runtime_root(app: Path) -> Path:
    """Returns the folder whose node_modules are served: the app's, or a temporary one if npm cannot write to that.

    The temporary folder gets the files from which npm installs.
    """
    if is_installed(app) or refusal(app) is None:
        return app
    try:
        folder = fallback_folder("browser-runtime")
        for name in MANIFESTS:
            write_bytes(folder / name, (app / name).read_bytes())
    except (InputError, OSError):  # the installation reports the error
        return app
    return folder


@lru_cache(maxsize=8)
def pinned(root: Path) -> dict[str, str]:
    """Returns the version of each package in package-lock.json, by the name in its served path."""
    packages = json.loads((root / LOCK_FILE).read_text(encoding="utf-8"))["packages"]
    return {short: packages[f"node_modules/{name}"]["version"] for short, name in PACKAGES.items()}


def installed(root: Path) -> dict[str, str | None]:
    """Returns the version of each package in node_modules, by the name in its served path; None if it is missing."""
    return {short: _version(root / NODE_MODULES / name) for short, name in PACKAGES.items()}


def is_installed(root: Path) -> bool:
    """Whether npm has completely installed the pinned versions."""
    return (root / NODE_MODULES / NPM_DONE).is_file() and installed(root) == pinned(root)


def _version(package: Path) -> str | None:
    try:
        found = json.loads((package / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    version = found.get("version") if isinstance(found, dict) else None
    return version if isinstance(version, str) else None
