"""Checks that the Python files for a Space can be parsed there, and that their imports are among them."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping, Sequence

from backend.errors import InputError
from scripts.space_files import FOLDERS, SpaceFile

OLDEST = (3, 11)
"""The Python of a Space: README.md's python_version."""


def check_code(files: Sequence[SpaceFile]) -> None:
    """Raises InputError with file and line if Python cannot parse a file, or an imported file is missing."""
    trees = {file.path: _parsed(file) for file in files if file.path.endswith(".py")}
    places = set(_places(trees))
    for path, tree in trees.items():
        for line, name in _imported(tree):
            if name.partition(".")[0] in FOLDERS and name not in places:
                raise InputError(
                    f"{path}, line {line}: it imports {name}, which is not among the files for the Space. Add that "
                    "file to git, or remove the import, then try again."
                )


def _parsed(file: SpaceFile) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(file.content, file.path, feature_version=OLDEST)
            compile(tree, file.path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise InputError(f"{file.path}{line}: Python cannot read it: {reason}. Fix that, then try again.") from error
    return tree


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yields the line and the dotted name of each import; `from ui import page` names ui and ui.page."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names if alias.name != "*")


def _places(trees: Mapping[str, ast.Module]) -> Iterator[str]:
    """Yields the dotted names of all modules, their packages, and the names that they define."""
    for path, tree in trees.items():
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        yield from (".".join([*parts, name]) for name in _bound(tree, ".".join(parts)))


def _bound(tree: ast.Module, module: str) -> Iterator[str]:
    """Yields the names that a module defines, without the modules that it imports from its own package."""
    own = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == module]
    submodules = [alias for node in own for alias in node.names]
    for node in ast.walk(tree):
        if node in submodules:
            continue
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Name():
                yield node.id
            case ast.alias():
                yield (node.asname or node.name).partition(".")[0]
