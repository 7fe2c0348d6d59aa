"""The loop-back Hub's endpoints for repositories and their files; LFS objects have their own (lfs_routes).

A listing has no order, and tells no files and no commits; only `author` and `search` (a part of the name) filter it. A
new repository holds what the Hub puts there, .gitattributes. They leave out sorting, `full`, ranges of bytes, copies in
a commit, pull requests, settings, and the limits on a repository's size and number of files.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from tests.hub.accounts import Token
from tests.hub.lfs_routes import LfsRoutes
from tests.hub.refusal import Refusal
from tests.hub.repos import ATTRIBUTES, NAME, Repo, StoredFile, World, is_lfs

if TYPE_CHECKING:
    from tests.hub.loopback import LoopbackHub, Route


class RepoRoutes:
    """Handlers over the hub's world."""

    def __init__(self, hub: LoopbackHub) -> None:
        self._hub = hub
        self._lfs = LfsRoutes(hub, self._writable)

    def routes(self) -> list[Route]:
        """Every endpoint: method, path, handler."""
        routes: list[Route] = [
            ("POST", "/api/repos/create", self._create),
            ("DELETE", "/api/repos/delete", self._delete),
            ("POST", "/api/validate-yaml", self._validate_yaml),
            ("GET", "/api/{kinds}/{user}/{name}/auth-check", self._auth_check),
            ("GET", "/api/{kinds}/{user}/{name}/auth-check/write", self._write_check),
            ("POST", "/api/{kinds}/{user}/{name}/preupload/{revision}", self._preupload),
            ("POST", "/api/{kinds}/{user}/{name}/commit/{revision}", self._commit),
            ("GET", "/api/{kinds}/{user}/{name}/tree/{revision}", self._tree),
            ("GET", "/api/{kinds}/{user}/{name}/tree/{revision}/{path:path}", self._tree),
            ("GET", "/api/{kinds}/{user}/{name}/revision/{revision}", self._info),
            ("GET", "/api/{kinds}/{user}/{name}", self._info),
            ("GET", "/api/models", self._list),
            ("GET", "/api/datasets", self._list),
            *self._lfs.routes(),
        ]
        for prefix in ("", "/datasets"):
            resolve = prefix + "/{user}/{name}/resolve/{revision}/{path:path}"
            routes += [("GET", resolve, self._resolve), ("HEAD", resolve, self._resolve)]
        return routes

    @property
    def world(self) -> World:
        """What the hub knows now."""
        return self._hub.world

    def _token(self, request: Request) -> Token | None:
        return self.world.accounts.token(request.headers.get("authorization"))

    def _named(self, request: Request) -> tuple[str, str]:
        """The kind and the name of the repository in the request's path."""
        kinds = request.path_params.get("kinds")
        if kinds is None:
            kinds = "datasets" if request.url.path.startswith("/datasets/") else "models"
        return kinds.removesuffix("s"), f"{request.path_params['user']}/{request.path_params['name']}"

    def _readable(self, request: Request) -> Repo:
        return self.world.read(*self._named(request), request.headers.get("authorization"))

    def _writable(self, request: Request) -> Repo:
        return self.world.write(*self._named(request), request.headers.get("authorization"))

    async def _create(self, request: Request) -> Response:
        asked = await request.json()
        authorization = request.headers.get("authorization")
        owner = asked.get("organization") or self.world.user(authorization)
        token = self.world.may_create(owner, authorization)
        kind, name = asked.get("type") or "model", f"{owner}/{asked['name']}"
        url = f"{self._hub.endpoint}/{'' if kind == 'model' else kind + 's/'}{name}"
        if (kind, name) in self.world.repos:
            error = f"You already created this {kind} repo: {name}"
            return JSONResponse({"error": error, "url": url}, 409)
        private = asked.get("visibility") == "private"
        if not NAME.fullmatch(asked["name"]) or asked["name"].endswith(".git"):
            raise Refusal(400, f"Invalid repo name: {name}")
        repo = self.world.repos[kind, name] = Repo(kind, name, private, made_by=token.app)
        repo.commits = [(repo.commits[0][0], {".gitattributes": StoredFile(ATTRIBUTES, lfs=False)})]
        return JSONResponse({"url": url, "name": name, "id": name})

    async def _delete(self, request: Request) -> Response:
        """Delete a repository, as the client's delete_repo asks for it."""
        asked, authorization = await request.json(), request.headers.get("authorization")
        owner = asked.get("organization") or self.world.accounts.known(authorization).user
        self.world.delete(asked.get("type") or "model", f"{owner}/{asked['name']}", authorization)
        return Response()

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
        repo = self.world.see(kind, name, self._token(request))
        sha, files = repo.at(request.path_params.get("revision", "main"))
        facts = {"_id": name, "id": name, "sha": sha, "private": repo.private, "gated": repo.gated, "tags": []}
        facts["siblings"] = [{"rfilename": path} for path in files]
        wanted = request.query_params.getlist("expand")
        return JSONResponse({key: facts[key] for key in facts if not wanted or key in ("_id", "id", *wanted)})

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
            sample = base64.b64decode(file.get("sample", ""))
            mode = "lfs" if is_lfs(file["path"], file["size"], sample) else "regular"
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
                    content = base64.b64decode(value["content"])
                    if is_lfs(value["path"], len(content), content[:512]):
                        raise Refusal(400, f"{value['path']} must be uploaded as an LFS object")
                    files[value["path"]] = StoredFile(content, lfs=False)
                case "lfsFile":
                    if value["oid"] not in self.world.lfs:
                        raise Refusal(400, f"LFS object {value['oid']} was not uploaded")
                    files[value["path"]] = StoredFile(self.world.lfs[value["oid"]], lfs=True)
                case "deletedFile" | "deletedFolder":
                    _remove(files, value["path"])
                case other:
                    raise Refusal(400, f"This loop-back Hub knows no {other!r} in a commit")
        oid = repo.commit(files, parent)
        url = f"{self._hub.endpoint}/{repo.name}/commit/{oid}"
        return JSONResponse({"success": True, "commitOid": oid, "commitUrl": url, "hookOutput": ""})

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
        return Response(
            status_code=302, headers={**headers, **linked, "Location": f"{self._hub.cdn}/lfs/{file.sha256}"}
        )

    async def _list(self, request: Request) -> Response:
        """Repositories by author and part of their name, those that the token is shown; in no order to rely on."""
        kind = request.url.path.rpartition("/")[2].removesuffix("s")
        token, asked = self._token(request), request.query_params
        rows = [
            {"_id": name, "id": name, "private": repo.private, "tags": []}
            for (kind_of, name), repo in sorted(self.world.repos.items(), key=lambda item: _mixed(item[0]))
            if kind_of == kind
            and self.world.listed(repo, token)
            and asked.get("author", repo.owner) == repo.owner
            and asked.get("search", "") in name
        ]
        return self._hub.paged(request, rows)


def _mixed(key: tuple[str, str]) -> str:
    """An order that is none of names or times: without `sort` the Hub promises none."""
    return hashlib.sha256("/".join(key).encode()).hexdigest()


def _remove(files: dict[str, StoredFile], path: str) -> None:
    """Remove a file, or a folder with all that is in it; a Refusal where there is none."""
    gone = [name for name in files if name == path or name.startswith(f"{path.rstrip('/')}/")]
    if not gone:
        raise Refusal(404, f"{path} does not exist", "EntryNotFound")
    for name in gone:
        del files[name]


def _tree_rows(files: dict[str, StoredFile], folder: str, *, recursive: bool) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for path, file in files.items():
        below = path.removeprefix(folder + "/" if folder else "")
        parts = below.split("/")
        for depth in range(1, len(parts) if recursive else min(len(parts), 2)):
            name = "/".join([*([folder] if folder else []), *parts[:depth]])
            rows[name] = {"type": "directory", "oid": "0" * 40, "size": 0, "path": name}
        if recursive or len(parts) == 1:
            row = {"type": "file", "oid": file.blob_id, "size": file.size, "path": path}
            lfs = {"oid": file.sha256, "size": file.size, "pointerSize": 134}
            rows[path] = row | ({"lfs": lfs} if file.lfs else {})
    return list(rows.values())
