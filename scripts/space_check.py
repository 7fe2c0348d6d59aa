"""Checks that the Python files for a Space can be parsed there, and that their imports are among them."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend.errors import InputError
from scripts.space_files import FOLDERS, SpaceFile

OLDEST = (3, 11)
"""The Python of a Space: README.md's python_version."""


@dataclass(frozen=True, slots=True)
class Names:
    """The line and the dotted name of each import of a module, and the dotted names that others can import from it."""

    imported: tuple[tuple[int, str], ...]
    offered: frozenset[str]


def names_of(file: SpaceFile) -> Names:
    """Returns the names of a Python file. Raises InputError with file and line if Python cannot parse it.

    `from ui import page` imports ui and ui.page. A module offers its packages, itself and what it defines, but no
    modules that it imports from its own package.
    """
    tree = _parsed(file)
    parts = file.path.removesuffix(".py").removesuffix("/__init__").split("/")
    module = ".".join(parts)
    imported: list[tuple[int, str]] = []
    defined: set[str] = set()
    submodules: set[ast.alias] = set()
    for node in ast.walk(tree):  # breadth first: an import comes before its names
        match node:
            case ast.Import():
                imported += [(node.lineno, alias.name) for alias in node.names]
            case ast.ImportFrom() if node.module and not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*"]
                imported += [(node.lineno, name) for name in (node.module, *names)]
                if node.module == module:
                    submodules.update(node.names)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                defined.add(node.name)
            case ast.Name():
                defined.add(node.id)
            case ast.alias() if node not in submodules:
                defined.add((node.asname or node.name).partition(".")[0])
    packages = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return Names(tuple(imported), frozenset([*packages, *(f"{module}.{name}" for name in defined)]))


def check_code(files: Sequence[SpaceFile], read: Callable[[SpaceFile], Names] = names_of) -> None:
    """Raises InputError with file and line if Python cannot parse a file, or an imported file is missing."""
    modules = {file.path: read(file) for file in files if file.path.endswith(".py")}
    offered = {name for names in modules.values() for name in names.offered}
    for path, names in modules.items():
        for line, name in names.imported:
            if name.partition(".")[0] in FOLDERS and name not in offered:
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
