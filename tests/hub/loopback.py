"""A Hugging Face Hub on 127.0.0.1 for the real client over real sockets.

It speaks what huggingface_hub 2.4.0 sends for: whoami, creating repositories, preupload, commits (ndjson), LFS upload,
file lists, resolve with its redirect to another origin, auth-check, gated and private repositories, tokens with a role.
Faults can be ordered, and every request is kept in `trace`.

It leaves out: Xet, multipart LFS, pull requests, branches and tags, deleting and moving repositories, organisations,
Spaces, Jobs, buckets, OAuth, search, rate limits of its own, signed URLs that expire, and the security scan.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from tests.hub.repos import Refusal, Repo, StoredFile, World, is_lfs

Handler = Callable[[Request], Awaitable[Response]]


@dataclass
class Fault:
    """An answer to give instead: to the next `times` requests whose "METHOD /path" the pattern is found in."""

    pattern: str
    status: int
    headers: dict[str, str]
    message: str
    times: int
    delay_seconds: float


class LoopbackHub:
    """The server; `world` is what it knows, `trace` what it was asked."""

    def __init__(self, listener: socket.socket) -> None:
        port = listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{port}"
        self.cdn = f"http://localhost:{port}"  # another origin: the client must not send its token there
        self._listener = listener
        self._server = uvicorn.Server(uvicorn.Config(self._app(), log_level="error", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.world = World()
        self.trace: list[str] = []
        self.authorized_cdn_requests = 0
        self._faults: list[Fault] = []

    def start(self) -> None:
        """Serve until `stop`."""
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop serving and close the socket."""
        self._server.should_exit = True
        self._thread.join()

    def fail(
        self,
        pattern: str,
        status: int,
        message: str = "",
        headers: dict[str, str] | None = None,
        times: int = 1_000,
        delay_seconds: float = 0,
    ) -> None:
        """Order a fault."""
        self._faults.append(Fault(pattern, status, headers or {}, message, times, delay_seconds))

    def _app(self) -> FastAPI:
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        for method, path, handler in (
            ("GET", "/api/whoami-v2", self._whoami),
            ("POST", "/api/repos/create", self._create),
            ("POST", "/api/validate-yaml", self._validate_yaml),
            ("GET", "/api/{kinds}/{user}/{name}/auth-check", self._auth_check),
            ("GET", "/api/{kinds}/{user}/{name}/auth-check/write", self._write_check),
            ("POST", "/api/{kinds}/{user}/{name}/preupload/{revision}", self._preupload),
            ("POST", "/api/{kinds}/{user}/{name}/commit/{revision}", self._commit),
            ("GET", "/api/{kinds}/{user}/{name}/tree/{revision}", self._tree),
            ("GET", "/api/{kinds}/{user}/{name}/tree/{revision}/{path:path}", self._tree),
            ("GET", "/api/{kinds}/{user}/{name}/revision/{revision}", self._info),
            ("GET", "/api/{kinds}/{user}/{name}", self._info),
            ("PUT", "/lfs/{oid}", self._lfs_put),
            ("GET", "/lfs/{oid}", self._lfs_get),
            ("POST", "/lfs/{oid}/verify", self._lfs_verify),
        ):
            app.add_api_route(path, self._guarded(handler), methods=[method])
        for prefix in ("", "/datasets"):
            batch = prefix + "/{user}/{name}.git/info/lfs/objects/batch"
            app.add_api_route(batch, self._guarded(self._lfs_batch), methods=["POST"])
            resolve = prefix + "/{user}/{name}/resolve/{revision}/{path:path}"
            app.add_api_route(resolve, self._guarded(self._resolve), methods=["GET", "HEAD"])
        return app

    def _guarded(self, handler: Handler) -> Handler:
        """The handler with its refusals as the Hub words them, with ordered faults, and traced."""

        async def answer(request: Request) -> Response:
            asked = f"{request.method} {request.url.path}"
            self.trace.append(asked)
            for fault in self._faults:
                if fault.times > 0 and re.search(fault.pattern, asked):
                    fault.times -= 1
                    time.sleep(fault.delay_seconds)
                    return JSONResponse({"error": fault.message}, fault.status, fault.headers)
            try:
                return await handler(request)
            except Refusal as refusal:
                headers = {"X-Error-Message": refusal.message}
                if refusal.code:
                    headers["X-Error-Code"] = refusal.code
                return JSONResponse({"error": refusal.message}, refusal.status, headers)

        return answer

    def _user(self, request: Request) -> str | None:
        return self.world.user(request.headers.get("authorization"))

    def _named(self, request: Request) -> tuple[str, str]:
        """The kind and the name of the repository in the request's path."""
        kinds = request.path_params.get("kinds")
        if kinds is None:
            kinds = "datasets" if request.url.path.startswith("/datasets/") else "models"
        return kinds.removesuffix("s"), f"{request.path_params['user']}/{request.path_params['name']}"

    def _readable(self, request: Request) -> Repo:
        return self.world.read(*self._named(request), self._user(request))

    def _writable(self, request: Request) -> Repo:
        return self.world.write(*self._named(request), request.headers.get("authorization"))

    async def _whoami(self, request: Request) -> Response:
        user = self._user(request)
        if user is None:
            raise Refusal(401, "Invalid username or password.")
        role = self.world.roles[request.headers["authorization"].removeprefix("Bearer ")]
        auth = {"type": "access_token", "accessToken": {"displayName": "test", "role": role}}
        return JSONResponse({"type": "user", "id": user, "name": user, "fullname": user, "orgs": [], "auth": auth})

    async def _create(self, request: Request) -> Response:
        asked = await request.json()
        owner = asked.get("organization") or self._user(request)
        self.world.may_write(owner, request.headers.get("authorization"))
        kind, name = asked.get("type") or "model", f"{owner}/{asked['name']}"
        url = f"{self.endpoint}/{'' if kind == 'model' else kind + 's/'}{name}"
        if (kind, name) in self.world.repos:
            error = f"You already created this {kind} repo: {name}"
            return JSONResponse({"error": error, "url": url}, 409)
        self.world.repos[kind, name] = Repo(kind, name, private=asked.get("visibility") == "private")
        return JSONResponse({"url": url, "name": name, "id": name})

    async def _validate_yaml(self, request: Request) -> Response:
        content = (await request.json())["content"]
        valid = not content.startswith("---\n") or "\n---" in content[4:]
        errors = [] if valid else [{"message": "The front matter has no end."}]
        return JSONResponse({"errors": errors, "warnings": []}, 200 if valid else 400)

    async def _auth_check(self, request: Request) -> Response:
        self._readable(request)
        return Response()

    async def _write_check(self, request: Request) -> Response:
        self._writable(request)
        return Response()

    async def _info(self, request: Request) -> Response:
        kind, name = self._named(request)
        repo = self.world.see(kind, name, self._user(request))
        sha, files = repo.at(request.path_params.get("revision", "main"))
        facts = {"_id": name, "id": name, "sha": sha, "private": repo.private, "gated": repo.gated, "tags": []}
        return JSONResponse({**facts, "siblings": [{"rfilename": path} for path in files]})

    async def _tree(self, request: Request) -> Response:
        repo = self._readable(request)
        _, files = repo.at(request.path_params["revision"])
        folder = request.path_params.get("path", "")
        inside = {path: file for path, file in files.items() if not folder or path.startswith(folder + "/")}
        if folder and not inside:
            raise Refusal(404, f"{folder} does not exist on {request.path_params['revision']}", "EntryNotFound")
        recursive = request.query_params.get("recursive", "").lower() in ("1", "true")
        return JSONResponse(_tree_rows(inside, folder, recursive=recursive))

    async def _preupload(self, request: Request) -> Response:
        repo = self._writable(request)
        _, files = repo.at(request.path_params["revision"])
        answer = []
        for file in (await request.json())["files"]:
            mode = "lfs" if is_lfs(file["path"], file["size"]) else "regular"
            old = files.get(file["path"])
            oid = old.etag if old else None
            answer.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        return JSONResponse({"files": answer})

    async def _commit(self, request: Request) -> Response:
        """Apply the ndjson lines all at once; an LFS file must have been uploaded before."""
        repo = self._writable(request)
        _, files = repo.at(request.path_params["revision"])
        files, parent = dict(files), None
        for line in (await request.body()).splitlines():
            item = json.loads(line)
            value: dict[str, Any] = item["value"]
            match item["key"]:
                case "header":
                    parent = value.get("parentCommit")
                case "file":
                    files[value["path"]] = StoredFile(base64.b64decode(value["content"]), lfs=False)
                case "lfsFile":
                    if value["oid"] not in self.world.lfs:
                        raise Refusal(400, f"LFS object {value['oid']} was not uploaded")
                    files[value["path"]] = StoredFile(self.world.lfs[value["oid"]], lfs=True)
                case "deletedFile":
                    del files[value["path"]]
                case other:
                    raise Refusal(400, f"This loop-back Hub knows no {other!r} in a commit")
        oid = repo.commit(files, parent)
        url = f"{self.endpoint}/{repo.name}/commit/{oid}"
        return JSONResponse({"success": True, "commitOid": oid, "commitUrl": url, "hookOutput": ""})

    async def _lfs_batch(self, request: Request) -> Response:
        self._writable(request)
        objects: list[dict[str, Any]] = []
        for wanted in (await request.json())["objects"]:
            oid = wanted["oid"]
            actions = {
                "upload": {"href": f"{self.cdn}/lfs/{oid}", "header": {}},
                "verify": {"href": f"{self.endpoint}/lfs/{oid}/verify", "header": {}},
            }
            objects.append({**wanted, "authenticated": True} | ({} if oid in self.world.lfs else {"actions": actions}))
        return JSONResponse({"transfer": "basic", "objects": objects})

    async def _lfs_put(self, request: Request) -> Response:
        content = await request.body()
        oid = request.path_params["oid"]
        if StoredFile(content, lfs=True).sha256 != oid:
            raise Refusal(400, "The content is not what its name says")
        self.world.lfs[oid] = content
        return Response()

    async def _lfs_get(self, request: Request) -> Response:
        self.authorized_cdn_requests += "authorization" in request.headers
        return Response(self.world.lfs[request.path_params["oid"]], media_type="application/octet-stream")

    async def _lfs_verify(self, request: Request) -> Response:
        stored = self.world.lfs.get(request.path_params["oid"])
        return Response(status_code=200 if stored is not None else 404)

    async def _resolve(self, request: Request) -> Response:
        repo = self._readable(request)
        sha, files = repo.at(request.path_params["revision"])
        path = request.path_params["path"]
        if path not in files:
            headers = {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found", "X-Repo-Commit": sha}
            return JSONResponse({"error": "Entry not found"}, 404, headers)
        file = files[path]
        headers = {"X-Repo-Commit": sha, "ETag": f'"{file.etag}"', "Accept-Ranges": "bytes"}
        if not file.lfs:
            return Response(file.content, headers=headers, media_type="text/plain; charset=utf-8")
        self.world.lfs[file.sha256] = file.content
        linked = {"X-Linked-Size": str(len(file.content)), "X-Linked-Etag": f'"{file.etag}"'}
        return Response(status_code=302, headers={**headers, **linked, "Location": f"{self.cdn}/lfs/{file.sha256}"})


def _tree_rows(files: dict[str, StoredFile], folder: str, *, recursive: bool) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for path, file in files.items():
        below = path.removeprefix(folder + "/" if folder else "")
        parts = below.split("/")
        for depth in range(1, len(parts) if recursive else min(len(parts), 2)):
            name = "/".join([*([folder] if folder else []), *parts[:depth]])
            rows[name] = {"type": "directory", "oid": "0" * 40, "size": 0, "path": name}
        if recursive or len(parts) == 1:
            row = {"type": "file", "oid": file.blob_id, "size": len(file.content), "path": path}
            lfs = {"oid": file.sha256, "size": len(file.content), "pointerSize": 134}
            rows[path] = row | ({"lfs": lfs} if file.lfs else {})
    return list(rows.values())
