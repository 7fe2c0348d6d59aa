"""The Android project of an exported file: a Gradle project with one screen around the kit, as texts and as one zip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.device.android import (
    KOTLIN,
    KOTLIN_FILE,
    LITERTLM_ANDROID,
    MIN_SDK,
    README,
    KitFacts,
    android_kit,
    data_of_run,
    write_zip,
)
from backend.device.canonical import ANDROID_TOOLS
from backend.device.kotlin import render, tool_classes
from backend.device.project_tests import read_call_test
from backend.records import Example, Tool
from backend.runs import Run


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions that the project pins, as their makers' documents pair them (read 2026-11-28; not resolved here).

    Kotlin 2.4 needs R8 9.1.29, which the Android Gradle plugin has since 9.1 (developer.android.com/build/
    kotlin-support); plugin 9.2 needs Gradle 9.4.1 and supports API 36 (its release notes).
    """

    gradle: str = "9.4.1"
    agp: str = "9.2.1"
    kotlin: str = "2.4.0"
    compile_sdk: int = 36
    junit: str = "4.13.2"


VERSIONS = Versions()

_SETTINGS = {
    "settings.gradle.kts": "settings.gradle.kts",
    "build.gradle.kts": "build.gradle.kts",
    "gradle.properties": "gradle.properties",
    "gradle/libs.versions.toml": "libs.versions.toml",
    "gradle/wrapper/gradle-wrapper.properties": "gradle_wrapper.properties",
    ".gitignore": "gitignore",
    "app/build.gradle.kts": "app.build.gradle.kts",
    "app/src/main/AndroidManifest.xml": "AndroidManifest.xml",
    "app/src/main/res/layout/activity_main.xml": "activity_main.xml",
    "app/src/main/res/values/strings.xml": "strings.xml",
}
"""Path in the project to name of the template."""

_SOURCES = ("MainActivity.kt", "Session.kt", "ModelFile.kt", "SharedLog.kt", "CarryOut.kt")


def project_files(tools: Sequence[Tool], facts: KitFacts, rows: Sequence[Example] = ()) -> dict[str, str]:
    """Returns the project's files, path to text. Some calls of `rows` become unit tests."""
    kit = android_kit(tools, facts)
    values = {
        "facts": facts,
        "file": facts.file,
        "package": facts.package,
        "tools": tool_classes(tools),
        "versions": VERSIONS,
        "litertlm": LITERTLM_ANDROID,
        "kotlin": KOTLIN,
        "min_sdk": MIN_SDK,
        "tools_file": ANDROID_TOOLS,
    }
    package = facts.package.replace(".", "/")
    templates = {**_SETTINGS, **{f"app/src/main/java/{package}/{name}": name for name in _SOURCES}, README: README}
    return {
        **{path: render(f"project/{name}.jinja", **values) for path, name in templates.items()},
        f"app/src/main/java/{package}/{KOTLIN_FILE}": kit[KOTLIN_FILE],
        f"app/src/main/assets/{ANDROID_TOOLS}": kit[ANDROID_TOOLS],
        f"app/src/test/java/{package}/ReadCallTest.kt": read_call_test(tools, facts.prompt_format, facts.package, rows),
    }


def write_android_project(out: Path, tools: Sequence[Tool], facts: KitFacts, rows: Sequence[Example] = ()) -> Path:
    """Write the project as a zip whose bytes depend on nothing but the arguments; returns its path.

    Raises InputError if the disk refuses.
    """
    return write_zip(out, project_files(tools, facts, rows))


def project_of_run(run: Run) -> dict[str, str]:
    """Returns the project's files, path to text; raises InputError as facts_of_run does."""
    tools, rows, facts = data_of_run(run)
    return project_files(tools, facts, rows)


def write_project_of_run(run: Run, out: Path) -> Path:
    """Write the project as a zip; returns its path. Raises InputError as facts_of_run does, or if the disk refuses."""
    return write_zip(out, project_of_run(run))
