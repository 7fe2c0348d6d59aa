"""Files that nobody who asks the app may have: each holds a secret of its own, which tells by whom it was taken."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SECRET = re.compile(rb"BAIT[0-9a-f]{16}")


def new_secret() -> str:
    """A text that stands nowhere else."""
    return "BAIT" + secrets.token_hex(8)


class Vault:
    """A folder of baits outside everything that the app may show; `searched` is where copies would lie."""

    def __init__(self, folder: Path, searched: Sequence[Path]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._searched = searched
        self._labels: dict[str, str] = {}
        self._laid: set[Path] = set()

    def bait(self, label: str, folder: Path | None = None, name: str | None = None) -> Path:
        """A new file with a secret that is known by the label; it reads as a CSV, as a text, and as no JSON."""
        path = (folder or self.folder) / (name or f"{secrets.token_hex(6)}.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._laid.add(path)
        path.write_text(f"user_message,tool_calls\n{self.secret(label)},[]\n")
        return path

    def secret(self, label: str) -> str:
        """A new secret that is known by the label."""
        made = new_secret()
        self._labels[made] = label
        return made

    def taken(self, answers: Sequence[str | bytes] = ()) -> list[str]:
        """The labels of this vault's secrets that stand in the answers, or in a file where no bait was laid."""
        return self.found_in([*answers, *self._copies()])

    def found_in(self, answers: Sequence[str | bytes]) -> list[str]:
        """The labels of this vault's secrets that stand in the answers."""
        texts = [text.encode() if isinstance(text, str) else text for text in answers]
        found = {secret.decode() for text in texts for secret in SECRET.findall(text)}
        return sorted(self._labels[secret] for secret in found & self._labels.keys())

    def _copies(self) -> Iterator[bytes]:
        for folder in self._searched:
            for path in folder.rglob("*"):
                if path.is_file() and not path.is_symlink() and path not in self._laid:
                    yield path.read_bytes()


@dataclass
class Decoy:
    """A web server on this machine that nobody may be made to ask; `asked` are the paths that somebody asked for."""

    url: str
    asked: list[str]
    server: ThreadingHTTPServer

    def stop(self) -> None:
        """Stop serving."""
        self.server.shutdown()
        self.server.server_close()


def serve_decoy(body: str, content_type: str = "text/csv") -> Decoy:
    """A decoy that answers everything with the same body."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that the base class looks for
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return Decoy(f"http://127.0.0.1:{server.server_port}", asked, server)
