"""The Android project: its files fit together, its Kotlin compiles and runs, and its unit tests pass on the JVM.

Not checked here: the Gradle build, Android's resource compiler and a phone.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from backend.device.android import KitFacts, android_kit
from backend.device.project import project_files, write_android_project
from backend.device.project_tests import ROWS_PER_TOOL
from backend.errors import InputError
from backend.records import FORMATS, Call, Example, FormatName, Tool
from tests.unit.device.kotlin_calls import SWITCH
from tests.unit.device.kotlin_run import run_kotlin
from tests.unit.device.kotlin_session import MAIN, REPLIES

TOOLS = (SWITCH, Tool("stop", "Stops."), Tool("a$b", 'Says "$x" */', {"type": "object", "properties": {}}))
FACTS = KitFacts("my $model's <8>.litertlm", "native", "full", context=1024, prompt_tokens=710, answer_tokens=34)
CALLS = (
    Call("set_light", {"room": 'a"$b', "level": 5.0, "share": 2, "grid": [[1, 2.0]], "colours": ["red"]}),
    Call("set_light", {"room": "hall", "place": {"lat": 1.5, "floor": None}, "free": [1, None], "step": None}),
    Call("set_light", {"room": "hall", "colour": "no such colour"}),
    Call("stop"),
    Call("stop"),
    Call("gone", {"x": 1}),
    *(Call("set_light", {"room": str(number)}) for number in range(5)),
)
ROWS = tuple(Example(str(at), at + 2, "Do it", (call,)) for at, call in enumerate(CALLS))
JAVA = "app/src/main/java/com/example/functiongemma"
TEST = "app/src/test/java/com/example/functiongemma/ReadCallTest.kt"
ANDROID = "{http://schemas.android.com/apk/res/android}"


def test_the_project_holds_the_kit_and_all_that_gradle_reads() -> None:
    project, kit = project_files(TOOLS, FACTS, ROWS), android_kit(TOOLS, FACTS)

    assert project[f"{JAVA}/FunctionGemma.kt"] == kit["FunctionGemma.kt"]
    assert project["app/src/main/assets/tools_android.json"] == kit["tools_android.json"]
    assert {"settings.gradle.kts", "build.gradle.kts", "app/build.gradle.kts", "README.md", TEST} <= set(project)
    assert all(text.endswith("\n") and not text.endswith("\n\n") for text in project.values())


def test_every_library_and_plugin_that_gradle_names_is_pinned_in_the_catalog() -> None:
    project = project_files(TOOLS, FACTS)
    catalog = tomllib.loads(project["gradle/libs.versions.toml"])
    known = {f"libs.{name.replace('-', '.')}" for name in catalog["libraries"]}
    known |= {f"libs.plugins.{name.replace('-', '.')}" for name in catalog["plugins"]}
    named = re.findall(r"\((libs\.[a-z.]+)\)", project["build.gradle.kts"] + project["app/build.gradle.kts"])

    assert set(named) == known
    for entry in (*catalog["libraries"].values(), *catalog["plugins"].values()):
        assert re.fullmatch(r"\d+\.\d+\.\d+|\d+\.\d+", catalog["versions"][entry["version"]["ref"]])
    assert (
        f"| Gradle | {re.findall('gradle-(.*)-bin', project['gradle/wrapper/gradle-wrapper.properties'])[0]} |"
        in (project["README.md"])
    )


def test_the_app_asks_for_no_permission_but_internet() -> None:
    manifest = ET.fromstring(project_files(TOOLS, FACTS)["app/src/main/AndroidManifest.xml"])

    permissions = [node.attrib[f"{ANDROID}name"] for node in manifest.iter("uses-permission")]
    assert permissions == ["android.permission.INTERNET"]


def resources(project: dict[str, str]) -> dict[str, set[str]]:
    """The names of the project's own resources, by kind."""
    layout = ET.fromstring(project["app/src/main/res/layout/activity_main.xml"])
    strings = ET.fromstring(project["app/src/main/res/values/strings.xml"])
    ids = {node.attrib[f"{ANDROID}id"].removeprefix("@+id/") for node in layout.iter() if f"{ANDROID}id" in node.attrib}
    return {"layout": {"activity_main"}, "id": ids, "string": {node.attrib["name"] for node in strings}}


def generated_ids(project: dict[str, str]) -> str:
    """The class R, which Android's tools make of the resources."""
    kinds = [
        f"object {kind} {{\n{''.join(f'const val {name} = {at}; ' for at, name in enumerate(sorted(names), 1))}\n}}"
        for kind, names in resources(project).items()
    ]
    return "package com.example.functiongemma\n\nobject R {\n" + "\n".join(kinds) + "\n}\n"


def test_every_resource_that_is_used_is_declared_and_the_other_way_round() -> None:
    project = project_files(TOOLS, FACTS)
    declared = resources(project)
    used = set(re.findall(r"R\.(\w+)\.(\w+)", project[f"{JAVA}/MainActivity.kt"]))
    for path in ("app/src/main/AndroidManifest.xml", "app/src/main/res/layout/activity_main.xml"):
        used |= {("string", name) for name in re.findall(r"@string/(\w+)", project[path])}

    assert used == {(kind, name) for kind, names in declared.items() for name in names}


def test_the_zip_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    first = write_android_project(tmp_path / "deep" / "project.zip", TOOLS, FACTS, ROWS)
    second = write_android_project(tmp_path / "again.zip", TOOLS, FACTS, ROWS)

    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == project_files(TOOLS, FACTS, ROWS)


def test_a_disk_that_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(InputError, match="Could not write"):
        write_android_project(tmp_path / "file" / "project.zip", TOOLS, FACTS)


def test_an_apps_own_package_moves_every_file() -> None:
    project = project_files(TOOLS, replace(FACTS, package="org.example.light"))

    assert [path for path in project if path.endswith(".kt")]
    assert all("org/example/light/" in path for path in project if path.endswith(".kt"))
    assert all("package org.example.light\n" in text for path, text in project.items() if path.endswith(".kt"))


UNREAD = "The model's answer cannot be read. Carry nothing out, and ask the user to say it in other words."


@pytest.mark.slow
@pytest.mark.parametrize("prompt_format", FORMATS)
def test_the_project_compiles_and_its_unit_tests_pass(prompt_format: FormatName, tmp_path: Path) -> None:
    facts = replace(FACTS, prompt_format=prompt_format)
    project = project_files(TOOLS, facts, ROWS)
    sources = {Path(path).name: text for path, text in project.items() if path.endswith(".kt")}
    sources |= {"R.kt": generated_ids(project), "Main.kt": MAIN.replace("REPLY", REPLIES[prompt_format])}

    printed = run_kotlin(sources, tmp_path, "*.kt", "android/*.kt")

    tests = {"row1SetLight", "row2SetLight", "row3Stop", "row4SetLight", "missingArgumentOfSetLight", "unknownTool"}
    tests |= {"noCallAndNoProblemIsNothingToDo", *(["anEmptyReplyIsNothingToDo"] if prompt_format == "json" else [])}
    tests |= {f"unknownArgumentOf{name}" for name in ("SetLight", "Stop", "AB")}
    assert ROWS_PER_TOOL == 3
    assert printed[0] == f"[{', '.join(sorted(tests))}]"
    said = ["Did you mean SetLight(room=x, colour=red", "done" if prompt_format == "native" else "", "true", "true"]
    assert printed[1:5] == [
        "No model yet: pick the file or download it.",
        "Load the model first.",
        f"{FACTS.file}: loaded in N ms",
        f"[{FACTS.file}]",
    ]
    for expected, line in zip(said, printed[5:9], strict=True):
        assert line.startswith(expected)
    assert printed[9] == "[> hall, --- new conversation, > hall]"
    digest = hashlib.sha256(b"x" * 200_000).hexdigest()
    assert printed[10] == (
        "[Device: Maker Phone 1 (armeabi-v7a), Android: 15 (API 35), App: com.example 1.0, "
        f"File: {FACTS.file}, Size: 200000 bytes, SHA-256: {digest}]"
    )
    stays = "The new file does not load, so the old one stays."
    abi = "litertlm-android has no library for this phone: it needs arm64-v8a or x86_64; this phone has armeabi-v7a."
    assert printed[11:24] == [
        f"{stays} Failed to create engine: INVALID_ARGUMENTtrue",
        f"[{FACTS.file}, 200000, cache]",
        f"{stays} {abi} java.lang.UnsatisfiedLinkError: no liblitertlm_jni.sotrue",
        f"[{FACTS.file}, 200000, cache]",
        "true",
        "true",
        "506 Size: 6 bytes",
        "Nothing to do: this message is not for this app. |  | ",
        "Nothing to do: this message is not for this app. | I cannot do that. | ",
        f"Unreadable(name=, arguments={{}}, reason={UNREAD}, suggestion=null)",
        f"Not understood: {UNREAD} |  | {UNREAD[:31]}",
        "2",
        "Failed to create engine: INVALID_ARGUMENT[]",
    ]
    assert printed[24:] == [
        "false",
        "The file ended after 1 of 2 bytes.",
        "true",
        "[25, 50, 75, 100]",
        "The address must begin with https://.",
        f"[{FACTS.file}, {1 << 18}]",
    ]
