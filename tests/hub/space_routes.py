"""The loop-back Hub's Spaces: repositories with an SDK that only a paid plan may host, and that take no binary files.

From hub-docs (docs/hub/spaces-overview.md, spaces-config-reference.md, xet) and what huggingface_hub 2.4.0 sends and
says of its answers. A Space is made with `.gitattributes` and a README of the Hub's own. A commit is refused that holds
a binary file which does not go the LFS way, or a README whose settings the Hub does not take. The wording of the
refusals 402 and 400 is made up, except for "contains binary files", which git prints.

It leaves out: building and running a Space, its hardware, secrets, variables and volumes, its visibility after it was
made, the build's log, its address on hf.space, the free ZeroGPU Spaces, organisations, and the scan for secrets.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from tests.hub.refusal import Refusal
from tests.hub.repo_routes import RepoRoutes
from tests.hub.repos import StoredFile
from tests.hub.space_card import front_matter, problems

if TYPE_CHECKING:
    from tests.hub.loopback import LoopbackHub, Route

SPACE, SDKS = "space", ("gradio", "docker", "static")
NO_PLAN = "Gradio and Docker Spaces need a PRO subscription on cpu-basic hardware"
NO_BINARY = "Your push was rejected because it contains binary files. Please use https://huggingface.co/docs/hub/xet"
GIT_ATTRIBUTES = b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"
README = "---\ntitle: {name}\nemoji: \U0001f680\ncolorFrom: gray\ncolorTo: gray\nsdk: {sdk}\npinned: false\n---\n"


class SpaceRoutes(RepoRoutes):
    """The handlers for repositories, with what differs for Spaces; `hosts` are users whose plan may host one."""

    def __init__(self, hub: LoopbackHub) -> None:
        super().__init__(hub)
        self.hosts: set[str] = set()

    def reset(self) -> None:
        """Forget who may host."""
        self.hosts = set()

    def routes(self) -> list[Route]:
        """Every endpoint of repositories, and the files of Spaces."""
        resolve = "/spaces/{user}/{name}/resolve/{revision}/{path:path}"
        files: list[Route] = [("GET", resolve, self._resolve), ("HEAD", resolve, self._resolve)]
        return [*super().routes(), ("GET", "/api/spaces", self._list), *files]

    def _named(self, request: Request) -> tuple[str, str]:
        kind, name = super()._named(request)
        return (SPACE if request.url.path.startswith("/spaces/") else kind), name

    async def _create(self, request: Request) -> Response:
        """As for other repositories; a Space needs an SDK that the Hub knows, and an owner whose plan may host it."""
        asked = await request.json()
        if asked.get("type") != SPACE:
            return await super()._create(request)
        authorization = request.headers.get("authorization")
        sdk, owner = asked.get("sdk"), asked.get("organization") or self.world.user(authorization)
        if sdk not in SDKS:
            raise Refusal(400, f'"sdk" must be one of [{", ".join(SDKS)}]')
        self.world.may_create(owner, authorization)
        if (SPACE, f"{owner}/{asked['name']}") not in self.world.repos and sdk != "static" and owner not in self.hosts:
            raise Refusal(402, NO_PLAN)
        answer = await super()._create(request)
        if answer.status_code == 200:
            repo = self.world.repos[SPACE, f"{owner}/{asked['name']}"]
            readme = README.format(name=asked["name"], sdk=sdk).encode()
            contents = {".gitattributes": GIT_ATTRIBUTES, "README.md": readme}
            repo.commit({path: StoredFile(content, lfs=False) for path, content in contents.items()})
        return answer

    async def _validate_yaml(self, request: Request) -> Response:
        asked = await request.json()
        if asked.get("repoType") != SPACE:
            return await super()._validate_yaml(request)
        errors = [{"message": message} for message in card_problems(asked["content"])]
        return JSONResponse({"errors": errors, "warnings": []}, 400 if errors else 200)

    async def _preupload(self, request: Request) -> Response:
        """As for other repositories; a binary file of a Space goes the LFS way, however small it is."""
        answer = await super()._preupload(request)
        if self._named(request)[0] != SPACE:
            return answer
        samples = {file["path"]: base64.b64decode(file["sample"]) for file in (await request.json())["files"]}
        files = json.loads(bytes(answer.body))["files"]
        modes = {path: "lfs" if is_binary(sample) else None for path, sample in samples.items()}
        return JSONResponse(
            {"files": [{**file, "uploadMode": modes[file["path"]] or file["uploadMode"]} for file in files]}
        )

    async def _commit(self, request: Request) -> Response:
        """As for other repositories; what a Space does not take is refused, whole."""
        if self._named(request)[0] == SPACE:
            self._writable(request)
            items = [json.loads(line) for line in (await request.body()).splitlines()]
            sent = {item["value"]["path"]: item["value"]["content"] for item in items if item["key"] == "file"}
            files = {path: base64.b64decode(content) for path, content in sent.items()}
            if binary := [path for path, content in files.items() if is_binary(content)]:
                raise Refusal(400, f"{NO_BINARY} to store them. Offending files: {', '.join(binary)}")
            if "README.md" in files and (wrong := card_problems(files["README.md"].decode())):
                raise Refusal(400, f"Invalid metadata in README.md: {'; '.join(wrong)}")
        return await super()._commit(request)


def card_problems(text: str) -> list[str]:
    """What the Hub refuses in a Space's README."""
    try:
        return problems(front_matter(text))
    except ValueError as error:
        return [str(error)]


def is_binary(content: bytes) -> bool:
    """Whether git would call this binary."""
    return b"\0" in content
