"""The frame around the steps: layout, list of runs, account, downloads, API and server."""

from ui.frame.serving import address, listen, serve

__all__ = [
    "address",
    "listen",
    "serve",
]
