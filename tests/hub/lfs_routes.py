"""The loop-back Hub's endpoints for LFS objects: where to upload them, the upload, and the file itself at the CDN."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from tests.hub.refusal import Refusal
from tests.hub.repos import Repo, StoredFile

if TYPE_CHECKING:
    from tests.hub.loopback import LoopbackHub, Route

BATCH = "/{user}/{name}.git/info/lfs/objects/batch"


class LfsRoutes:
    """Handlers over the hub's world; `writable` gives the repository that a request may write to, or refuses."""

    def __init__(self, hub: LoopbackHub, writable: Callable[[Request], Repo]) -> None:
        self._hub = hub
        self._writable = writable

    def routes(self) -> list[Route]:
        """Every endpoint: method, path, handler."""
        return [
            ("GET", "/api/{kinds}/{user}/{name}/xet-write-token/{revision}", self._xet),
            ("PUT", "/lfs/{oid}", self._put),
            ("GET", "/lfs/{oid}", self._get),
            ("POST", "/lfs/{oid}/verify", self._verify),
            *[("POST", prefix + BATCH, self._batch) for prefix in ("", "/datasets", "/spaces")],
        ]

    async def _xet(self, request: Request) -> Response:
        """Left out: a client that sends large files by Xet is told so."""
        self._writable(request)
        raise Refusal(501, "This loop-back Hub takes large files by LFS alone")

    async def _batch(self, request: Request) -> Response:
        self._writable(request)
        objects: list[dict[str, Any]] = []
        for wanted in (await request.json())["objects"]:
            oid = wanted["oid"]
            actions = {
                "upload": {"href": f"{self._hub.cdn}/lfs/{oid}", "header": {}},
                "verify": {"href": f"{self._hub.endpoint}/lfs/{oid}/verify", "header": {}},
            }
            objects.append(
                {**wanted, "authenticated": True} | ({} if oid in self._hub.world.lfs else {"actions": actions})
            )
        return JSONResponse({"transfer": "basic", "objects": objects})

    async def _put(self, request: Request) -> Response:
        content = await request.body()
        oid = request.path_params["oid"]
        if StoredFile(content, lfs=True).sha256 != oid:
            raise Refusal(400, "The content is not what its name says")
        self._hub.world.lfs[oid] = content
        return Response()

    async def _get(self, request: Request) -> Response:
        self._hub.authorized_cdn_requests += "authorization" in request.headers
        return Response(self._hub.world.lfs[request.path_params["oid"]], media_type="application/octet-stream")

    async def _verify(self, request: Request) -> Response:
        stored = self._hub.world.lfs.get(request.path_params["oid"])
        return Response(status_code=200 if stored is not None else 404)
