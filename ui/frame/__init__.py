"""What stands around the steps: layout, list of runs, account, downloads, API, serving."""

from ui.frame.serving import address, listen, serve

__all__ = [
    "address",
    "listen",
    "serve",
]
