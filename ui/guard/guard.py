"""The owners of requests, uploads and sessions, for the gate and the page's handlers."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.datastructures import Headers

from ui.guard.browsers import Browsers, cookies_in
from ui.guard.sessions import SessionOwners
from ui.guard.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Guard:
    """The records of one app."""

    browsers: Browsers
    uploads: Uploads
    sessions: SessionOwners = field(default_factory=SessionOwners)

    def marks(self, headers: Headers) -> frozenset[str]:
        """The identifiers of the sender's browser and page."""
        return self.browsers.marks(headers, cookies_in(headers))

    def owner(self, headers: Headers) -> str:
        """The owner whose uploads the sender may use."""
        return self.browsers.owner(headers, cookies_in(headers))
