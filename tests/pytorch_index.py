"""PyTorch's package index for CUDA 12.6, on 127.0.0.1: what a resolver reads of it, without the wheels.

The pages and the metadata follow PEP 503 and PEP 658, as PyTorch's index serves them. The requirements of the build for
CUDA 12.6 are those of pytorch/pytorch's build matrix of 2026 (PYTORCH_EXTRA_INSTALL_REQUIREMENTS); the real index was
not reached. It leaves out every other package, older versions, and the wheels themselves.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = "2.13.0+cu126"
EXTRAS = "nvrtc,cudart,cupti,cufft,curand,cusolver,cusparse,cublas,cufile,nvjitlink,nvtx"
LINUX = "platform_system == 'Linux'"
REQUIREMENTS = (
    "filelock",
    "typing-extensions>=4.10.0",
    "setuptools<82; python_version >= '3.12'",
    "sympy>=1.13.3",
    "networkx>=2.5.1",
    "jinja2",
    "fsspec>=0.8.5",
    f"cuda-toolkit[{EXTRAS}]==12.6.3; {LINUX}",
    f"cuda-bindings<13,>=12.9.4; {LINUX}",
    f"nvidia-cudnn-cu12==9.10.2.21; {LINUX}",
    f"nvidia-cusparselt-cu12==0.7.1; {LINUX}",
    f"nvidia-nccl-cu12==2.29.3; {LINUX}",
    f"nvidia-nvshmem-cu12==3.4.5; {LINUX}",
    f"triton==3.7.1; {LINUX}",
)
METADATA = "\n".join(
    ["Metadata-Version: 2.4", "Name: torch", f"Version: {VERSION}", "Requires-Python: >=3.10"]
    + [f"Requires-Dist: {requirement}" for requirement in REQUIREMENTS]
    + [""]
).encode()
DIGEST = hashlib.sha256(METADATA).hexdigest()
WHEELS = [f"torch-{VERSION}-cp{minor}-cp{minor}-manylinux_2_28_x86_64.whl" for minor in (310, 311, 312, 313, 314)]


def _page() -> bytes:
    links = (
        f'<a href="/whl/cu126/{name.replace("+", "%2B")}" data-dist-info-metadata="sha256={DIGEST}" '
        f'data-core-metadata="sha256={DIGEST}">{name}</a><br/>'
        for name in WHEELS
    )
    return f"<!DOCTYPE html>\n<html><body><h1>Links for torch</h1>\n{''.join(links)}</body></html>".encode()


@contextmanager
def pytorch_index() -> Iterator[tuple[str, list[str]]]:
    """Serve the index; its URL, and the paths that are asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path.rstrip("/").endswith("/torch"):
                self._answer(_page(), "text/html")
            elif self.path.endswith(".whl.metadata"):
                self._answer(METADATA, "binary/octet-stream")
            else:
                self.send_error(403)  # as PyTorch's own index says that it has no such package

        def _answer(self, body: bytes, media_type: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/whl/cu126", asked
        finally:
            server.shutdown()
