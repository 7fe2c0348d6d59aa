"""The loop-back Hub's buckets: what `hf jobs uv run` puts scripts and folders into.

Contents travel as on the real Hub, through hf_xet, into a store that is a folder (a CAS address of local://). It leaves
out copying, listing buckets, and downloads by anybody but a job that mounts them.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from tests.hub.jobs import now
from tests.hub.refusal import Refusal

if TYPE_CHECKING:
    from tests.hub.loopback import LoopbackHub, Route


class Buckets:
    """Buckets by name: each file's xet hash by its path."""

    def __init__(self, hub: LoopbackHub) -> None:
        self._hub = hub
        self._store: Path | None = None
        self.all: dict[str, dict[str, str]] = {}

    def reset(self) -> None:
        """Forget everything."""
        if self._store:
            shutil.rmtree(self._store, ignore_errors=True)
        self._store, self.all = None, {}

    def routes(self) -> list[Route]:
        """Every endpoint: method, path, handler."""
        bucket = "/api/buckets/{user}/{name}"
        return [
            ("POST", bucket, self._create),
            ("GET", bucket, self._info),
            ("GET", bucket + "/tree", self._tree),
            ("GET", bucket + "/tree/{path:path}", self._tree),
            ("GET", bucket + "/xet-write-token", self._token),
            ("POST", bucket + "/batch", self._batch),
        ]

    def write(self, volume: dict[str, Any], place: Path) -> None:
        """Write a bucket's folder where a job mounts it."""
        from hf_xet import XetFileInfo, XetSession

        prefix = volume.get("path", "").strip("/") + "/"
        files = {name: told for name, told in self.all[volume["source"]].items() if name.startswith(prefix)}
        with XetSession().new_file_download_group(endpoint=f"local://{self._folder()}") as group:
            for name, xet_hash in files.items():
                target = place / name.removeprefix(prefix)
                target.parent.mkdir(parents=True, exist_ok=True)
                group.start_download_file(XetFileInfo(xet_hash, None), str(target))

    def _folder(self) -> Path:
        if self._store is None:
            self._store = Path(tempfile.mkdtemp(prefix="hub-xet-"))
        return self._store

    def _named(self, request: Request) -> str:
        name = f"{request.path_params['user']}/{request.path_params['name']}"
        self._hub.world.may_write(request.path_params["user"], request.headers.get("authorization"))
        return name

    async def _create(self, request: Request) -> Response:
        name = self._named(request)
        url = {"url": f"{self._hub.endpoint}/buckets/{name}", "name": name}
        known = name in self.all
        self.all.setdefault(name, {})
        return JSONResponse(url, 409 if known else 200)

    async def _info(self, request: Request) -> Response:
        name = self._known(request)
        facts = {"id": name, "private": True, "createdAt": now(), "size": 0, "totalFiles": len(self.all[name])}
        return JSONResponse(facts)

    async def _tree(self, request: Request) -> Response:
        prefix = request.path_params.get("path", "")
        rows = [
            {"type": "file", "path": path, "size": 0, "xetHash": told, "uploadedAt": now()}
            for path, told in self.all[self._known(request)].items()
            if not prefix or path.startswith(prefix.rstrip("/") + "/")
        ]
        return self._hub.paged(request, rows)

    async def _token(self, request: Request) -> Response:
        self._known(request)
        told = {"casUrl": f"local://{self._folder()}", "exp": int(time.time()) + 3600, "accessToken": "xet"}
        headers = {
            "X-Xet-Cas-Url": told["casUrl"],
            "X-Xet-Token-Expiration": str(told["exp"]),
            "X-Xet-Access-Token": "xet",
        }
        return JSONResponse(told, headers=headers)

    async def _batch(self, request: Request) -> Response:
        files = self.all[self._known(request)]
        for line in (await request.body()).splitlines():
            told = json.loads(line)
            if told["type"] == "addFile":
                files[told["path"]] = told["xetHash"]
            else:
                files.pop(told["path"], None)
        return JSONResponse({"failed": []})

    def _known(self, request: Request) -> str:
        name = self._named(request)
        if name not in self.all:
            raise Refusal(404, "Bucket not found", "RepoNotFound")
        return name
