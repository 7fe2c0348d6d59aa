"""The browser's runtime: pinned, served under its own version, and nothing beside it."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from backend.browser_runtime import pinned
from ui.services import browser_runtime as web_runtime

ROOT = Path(__file__).resolve().parents[3]
VERSION = "1.2.3"


def test_the_lock_file_pins_versions_and_names_no_registry() -> None:
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(lock)["packages"]
    assert "http" not in lock
    assert {name: bool(packages[f"node_modules/{name}"]["integrity"]) for name in web_runtime.PACKAGES.values()} == {
        "@litert-lm/core": True,
        "@litertjs/wasm-utils": True,
    }
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert wanted == {"@litert-lm/core": pinned(ROOT)["core"]}


def _lock(folder: Path) -> None:
    packages = {f"node_modules/{name}": {"version": VERSION} for name in web_runtime.PACKAGES.values()}
    (folder / "package-lock.json").write_text(json.dumps({"packages": packages}), encoding="utf-8")


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """An app that serves packages made here: their layout, little content."""
    files = {
        "@litert-lm/core/package.json": json.dumps({"version": VERSION}),
        "@litert-lm/core/dist/load.js": f"import {{ one }} from {web_runtime.BARE_IMPORT};",
        "@litert-lm/core/wasm/runtime.wasm": "\0asm and the rest",
        "@litert-lm/core/README.md": "words",
        "@litertjs/wasm-utils/package.json": json.dumps({"version": VERSION}),
        "@litertjs/wasm-utils/dist/index.js": "export const one = 1;",
        "secret.js": "not ours to give",
        ".package-lock.json": "{}",
    }
    for name, content in files.items():
        path = tmp_path / "node_modules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    _lock(tmp_path)
    app = FastAPI()
    web_runtime.add_runtime_routes(app, tmp_path)
    return TestClient(app)


def test_scripts_and_wasm_come_with_their_types(client: TestClient) -> None:
    script = client.get(f"/litertlm/{VERSION}/core/dist/load.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.text == "import { one } from '../../wasm-utils/dist/index.js';"
    assert client.get(f"/litertlm/{VERSION}/wasm-utils/dist/index.js").text == "export const one = 1;"
    assert client.get("/model_worker.js").headers["content-type"].startswith("text/javascript")


def test_wasm_is_packed_once_for_whoever_takes_gzip(client: TestClient, tmp_path: Path) -> None:
    address = f"/litertlm/{VERSION}/core/wasm/runtime.wasm"
    plain = client.get(address, headers={"accept-encoding": "identity"})
    packed = client.get(address, headers={"accept-encoding": "gzip"})
    assert plain.headers["content-type"] == packed.headers["content-type"] == "application/wasm"
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.content == packed.content == b"\0asm and the rest"  # the client unpacks
    kept = tmp_path / "node_modules/@litert-lm/core/wasm/runtime.wasm.gz"
    assert gzip.decompress(kept.read_bytes()) == plain.content


@pytest.mark.parametrize(
    "path",
    ["core/README.md", "core/package.json", "core/..%2F..%2Fsecret.js", "core/dist/none.js", "other/dist/load.js"],
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(f"/litertlm/{VERSION}/{path}").status_code == 404


def test_another_version_is_not_served(client: TestClient) -> None:
    assert client.get("/litertlm/1.2.2/core/dist/load.js").status_code == 404


def test_without_npm_the_page_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _lock(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert web_runtime.runtime_route(tmp_path) is None
    assert web_runtime.install_runtime(tmp_path) is None
    assert "npm is not installed" in capsys.readouterr().err


def test_wasm_that_cannot_be_packed_is_served_as_it_is(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "node_modules/@litert-lm/core/wasm/runtime.wasm.gz").mkdir()  # nothing can be renamed to this
    answer = client.get(f"/litertlm/{VERSION}/core/wasm/runtime.wasm", headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers
    assert answer.content == b"\0asm and the rest"


def test_a_checkout_that_cannot_be_written_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _lock(tmp_path)
    (tmp_path / "npm").write_text("#!/bin/sh\n")
    (tmp_path / "npm").chmod(0o755)
    (tmp_path / "node_modules.lock").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    thread = web_runtime.install_runtime(tmp_path)
    assert thread is not None
    thread.join()
    said = capsys.readouterr().err
    assert "is not installed. Could not write" in said
    assert "run on the server only" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("npm", ["#!/none/such\n", "#!/bin/sh\necho no room >&2; exit 1\n"])
def test_what_npm_says_when_it_fails_is_told(
    tmp_path: Path, npm: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _lock(tmp_path)
    (tmp_path / "npm").write_text(npm)
    (tmp_path / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    thread = web_runtime.install_runtime(tmp_path)
    assert thread is not None
    thread.join()
    said = capsys.readouterr().err
    assert "npm could not install LiteRT-LM for the browser: no room" in said or "No such file" in said
    assert "Traceback" not in said


def test_half_an_installation_is_none(client: TestClient, tmp_path: Path) -> None:
    assert client
    assert web_runtime.runtime_route(tmp_path) == f"litertlm/{VERSION}"
    (tmp_path / "node_modules/.package-lock.json").unlink()  # npm writes it last
    assert web_runtime.runtime_route(tmp_path) is None


@pytest.mark.parametrize(
    ("npm", "told", "noted"),
    [
        (None, "npm is not installed", False),
        ("mkdir -p node_modules", "Installing LiteRT-LM for the browser", True),
        ("echo no network >&2; exit 1", "The next start tries again", False),
    ],
)
def test_set_up_goes_on_whatever_npm_does(tmp_path: Path, npm: str | None, told: str, noted: bool) -> None:
    (tmp_path / "package-lock.json").write_text("{}")
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for tool in ("cksum", "grep", "mkdir"):
        (binaries / tool).symlink_to(str(shutil.which(tool)))
    if npm is not None:
        (binaries / "npm").write_text(f"#!/bin/bash\n{npm}\n")
        (binaries / "npm").chmod(0o755)
    script = f"set -euo pipefail; . {ROOT}/scripts/setup.sh; install_web; install_web; echo reached"
    command, path = ["/bin/bash", "-c", script], {"PATH": str(binaries)}
    done = subprocess.run(command, cwd=tmp_path, env=path, capture_output=True, text=True, check=False)
    assert done.stdout == "reached\n", done.stderr
    assert told in done.stderr
    assert (tmp_path / "node_modules/.installed").exists() == noted
    assert done.stderr.count(told) == (1 if noted else 2)  # what was noted as done is not done again
