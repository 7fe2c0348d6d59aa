"""Each script's inline metadata (PEP 723): what it needs, pinned as in requirements*.txt, so that `uv run` starts it.

Nothing is installed here: what is imported by a script, and by the modules that it imports, is held against it.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(
    path for path in (ROOT / "job_templates").glob("*.py") if path.stem not in ("__init__", "cli", "worker_process")
)
BLOCK = re.compile(r"(?m)^# /// script$\s(?P<content>(^#(| .*)$\s)+)^# ///$")  # PEP 723's own pattern
DISTRIBUTIONS = {
    "ai_edge_litert": "ai-edge-litert",
    "ai_edge_quantizer": "ai-edge-quantizer",
    "google": "protobuf",
    "httpx2": "huggingface_hub",  # its own dependency
    "litert_lm": "litert-lm-api",
    "litert_lm_builder": "litert-lm-builder",
    "litert_torch": "litert-torch",
    "python_calamine": "python-calamine",
    "scipy": "scikit-learn",  # its own dependency
    "sklearn": "scikit-learn",
}
STARTS = {"hub_job": ("train", "evaluate", "export", "pipeline")}
"""What a script starts as processes of its own."""
WORKERS = {"conversion": ("convert_worker", "quantize_worker")}


def metadata(script: Path) -> dict[str, object]:
    found = BLOCK.search(script.read_text(encoding="utf-8"))
    assert found is not None, f"{script.name} has no inline metadata"
    return tomllib.loads("\n".join(line[2:] for line in found["content"].splitlines()))


def pins() -> dict[str, str]:
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("requirements.txt", "requirements-local.txt")]
    return {line.partition("==")[0]: line for text in texts for line in text.splitlines() if "==" in line}


@cache
def _imports(path: Path) -> tuple[str, ...]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(names)


def _files(name: str) -> Iterator[Path]:
    """The files that importing a module of ours runs."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        place = ROOT.joinpath(*parts[:count])
        yield from (path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file())


def needed(script: Path) -> set[str]:
    """The distributions that a script, what it imports and the workers that it starts import."""
    todo = [script, *(script.with_name(f"{name}.py") for name in STARTS.get(script.stem, ()))]
    seen, found = set(todo), set()
    while todo:
        path = todo.pop()
        workers = [path.with_name(f"{name}.py") for name in WORKERS.get(path.stem, ())]
        names = list(_imports(path))
        ours = {file for name in names if name.startswith(("backend.", "job_templates.")) for file in _files(name)}
        found |= {name.partition(".")[0] for name in names}
        todo += [file for file in ours.union(workers) if file not in seen]
        seen |= ours.union(workers)
    found -= {"backend", "job_templates", *sys.stdlib_module_names}
    return {DISTRIBUTIONS.get(name, name) for name in found}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_names_all_it_needs_as_it_is_pinned(script: Path) -> None:
    told = metadata(script)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert told["requires-python"] == project["requires-python"]
    dependencies = told["dependencies"]
    assert isinstance(dependencies, list)
    assert set(dependencies) <= set(pins().values())
    assert {pins()[name] for name in needed(script)} <= set(dependencies)
