"""Holds the arrows between the rooms: ui → backend ← job_templates, and from higher rooms to lower ones inside each."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[2]
MACHINE_LEARNING = {"torch", "transformers", "trl", "peft", "datasets", "accelerate", "litert_torch", "litert_lm"}
FORBIDDEN = {
    "backend": {"ui", "job_templates", "gradio", "ai_edge_litert"} | MACHINE_LEARNING,
    "job_templates": {"ui", "gradio"},
    "ui": {"job_templates"} | MACHINE_LEARNING,
}
DATA = ("text", "calls", "csv tools", "imports similarity", "rows", "fixers", "rules", "check", "fixing", "editing")
ORDER: dict[str, tuple[str, ...]] = {
    "backend": (
        "errors records ngrams redact environment script_process event_lines",
        "files document",
        "locks trackio",
        "hub prompts",
        "runs",
        "tokens browser_runtime",
        "vocabulary",
        "data",
        "off_topic",
        "scoring",
        "trials",
        "device growing comparing",
        "jobs",
        "inference doctor",
    ),
    "backend.data": DATA,
    "job_templates": (
        "cli worker_process",
        "gpu_check",
        "hub ml",
        "export",
        "answer answer_checkpoint doctor evaluate grow hub_job pipeline sweep train validate",
    ),
    "job_templates.ml": (
        "run templates",
        "models",
        "rows",
        "shared_prefix",
        "training",
        "evaluation",
        "search",
        "litert",
        "export",
    ),
    "job_templates.ml.litert": ("bundle convert", "runtime", "verify"),
    "ui": (
        *("guard work", "html", "services", "page", "jobs"),
        *("data train evaluate export playground runs", "agents", "frame"),
    ),
}
"""The rooms of each package, lowest first; rooms on one line do not import each other (ARCHITECTURE.md)."""
LONGEST, LEAST_MEDIAN = 250, 100
"""Lines of a module: the most that any has, and what the product's modules have in the middle of them, at least."""
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    if name and (ROOT / name).is_file()
]
MODULES = [path for path in TRACKED if path.suffix == ".py"]


def _modules_named(path: Path) -> set[str]:
    """Every module, by its full name, that a file of ours imports or imports from."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _imports(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in _modules_named(path)}


def _upward(package: str, files: dict[str, Path]) -> list[str]:
    """What imports a room that is not below its own, one line each."""
    height = {name: place for place, names in enumerate(ORDER[package]) for name in names.split()}
    below = package + "."
    wrong = set()
    for module, path in files.items():
        room = module.removeprefix(below).partition(".")[0]
        for named in _modules_named(path):
            other = named.removeprefix(below).partition(".")[0]
            known = named.startswith(below) and other in height and room in height
            if known and other != room and height[other] >= height[room]:
                wrong.add(f"{module} imports {below}{other}, which is not below {below}{room}")
    return sorted(wrong)


@pytest.mark.parametrize("package", sorted(ORDER))
def test_rooms_import_lower_rooms_alone(package: str) -> None:
    folder = ROOT.joinpath(*package.split("."))
    files = {_dotted(path): path for path in MODULES if path.is_relative_to(folder)}
    assert _upward(package, files) == []


@pytest.mark.parametrize("package", sorted(ORDER))
def test_every_module_is_in_a_room(package: str) -> None:
    folder = ROOT.joinpath(*package.split("."))
    rooms = {name for names in ORDER[package] for name in names.split()}
    found = {path.relative_to(folder).parts[0].removesuffix(".py") for path in MODULES if path.is_relative_to(folder)}
    assert found - {"__init__"} == rooms


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _past_a_face(module: str, named: set[str], faces: dict[str, set[str]], inner: set[str]) -> list[str]:
    """What a module imports from the inside of a package that it is not in, one line each.

    `faces` are the packages with the names that they offer, `inner` the other modules.
    """
    own = module if module in faces else module.rpartition(".")[0]
    wrong = set()
    for name in named & inner:
        package, _, last = name.rpartition(".")
        if not f"{own}.".startswith(f"{package}.") and last not in faces[package]:
            wrong.add(f"{module} imports {name}: import from {package} instead")
    return sorted(wrong)


def _offered(path: Path) -> set[str]:
    """The names in a package's `__all__`."""
    assigned = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.Assign)]
    return {
        name for node in assigned if ast.unparse(node.targets[0]) == "__all__" for name in ast.literal_eval(node.value)
    }


def test_packages_are_entered_by_their_faces() -> None:
    """Modules at the top of backend and job_templates are rooms of their own: they have no other face."""
    product = {_dotted(path): path for path in MODULES if path.is_relative_to(ROOT / "backend")}
    product |= {_dotted(path): path for path in MODULES if path.is_relative_to(ROOT / "job_templates")}
    product |= {_dotted(path): path for path in MODULES if path.is_relative_to(ROOT / "ui")} | {"app": ROOT / "app.py"}
    faces = {name: _offered(path) for name, path in product.items() if path.name == "__init__.py"}
    inner = {name for name in product if (name not in faces and name.count(".") > 1) or name.startswith("ui.")} - set(
        faces
    )
    assert [
        line for name, path in product.items() for line in _past_a_face(name, _modules_named(path), faces, inner)
    ] == []


def test_an_import_past_a_face_is_told_in_one_line() -> None:
    faces = {"ui.html": {"text"}, "ui.page": set[str]()}
    inner = {"ui.html.text", "ui.html.markup", "ui.page.page"}
    named = {"ui.html", "ui.html.text", "ui.html.markup", "ui.page.page"}
    assert _past_a_face("ui.page.state", named, faces, inner) == [
        "ui.page.state imports ui.html.markup: import from ui.html instead",
    ]


def test_an_import_of_a_higher_room_is_told_in_one_line(tmp_path: Path) -> None:
    wrong = tmp_path / "launch.py"
    wrong.write_text("from ui.html import text\nfrom ui.train.fields import read_settings\n")
    assert _upward("ui", {"ui.jobs.launch": wrong}) == [
        "ui.jobs.launch imports ui.train, which is not below ui.jobs",
    ]


@pytest.mark.parametrize("room", sorted(FORBIDDEN))
def test_imports_point_one_way(room: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in MODULES
        if path.is_relative_to(ROOT / room) and (found := _imports(path) & FORBIDDEN[room])
    }
    assert wrong == {}


def _loaded(statement: str, names: set[str]) -> str:
    """Which of these modules a process has loaded after a statement."""
    script = f"import importlib, sys\n{statement}\nprint(sorted({names!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_backend_loads_without_the_web_and_without_torch() -> None:
    modules = sorted(_dotted(path) for path in MODULES if path.is_relative_to(ROOT / "backend"))
    assert _loaded(f"for name in {modules!r}: importlib.import_module(name)", set(FORBIDDEN["backend"])) == "[]"


def test_what_runs_often_loads_no_more_than_it_needs() -> None:
    """Pandas and the Hub's client take longer to load than a thousand rows take to check, torch than a template."""
    assert _loaded("import backend.data", {"pandas", "huggingface_hub", "tokenizers", "httpx2", "sklearn"}) == "[]"
    assert _loaded("import backend.vocabulary", {"wordfreq", "tokenizers", "google.protobuf"}) == "[]"
    assert _loaded("import ui.work", {"gradio", "fastapi", "pandas", "plotly", "huggingface_hub"}) == "[]"
    assert _loaded("import job_templates.ml.templates", {"torch", "transformers", "numpy"}) == "[]"


def _length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _ideas(lengths: dict[str, int]) -> list[str]:
    """Which modules are longer than one idea, and whether those of the product are mostly shreds, one line each."""
    wrong = [f"{name} has {length} lines, more than {LONGEST}" for name, length in lengths.items() if length > LONGEST]
    product = [
        length
        for name, length in lengths.items()
        if name.partition("/")[0] in FORBIDDEN and not name.endswith("__init__.py")
    ]
    if product and (middle := median(product)) < LEAST_MEDIAN:
        rooms = ", ".join(FORBIDDEN)
        wrong.append(f"half of the modules of {rooms} have {middle:g} lines or fewer: {LEAST_MEDIAN} are the least")
    return wrong


def test_every_module_is_one_idea() -> None:
    """Neither several nor a part of one."""
    assert _ideas({str(path.relative_to(ROOT)): _length(path) for path in MODULES}) == []


def test_no_weights_and_no_large_files_in_the_repository() -> None:
    def text_or_picture(path: Path) -> bool:
        return path.suffix == ".png" or b"\0" not in path.read_bytes()

    assert [str(path.relative_to(ROOT)) for path in TRACKED if not text_or_picture(path)] == []
    assert [str(path.relative_to(ROOT)) for path in TRACKED if path.stat().st_size > 1_000_000] == []


def test_version_is_said_once() -> None:
    from backend.runs.version import VERSION

    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
