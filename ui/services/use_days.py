"""How long a folder has been in use, told without trusting the clock."""

from __future__ import annotations

import time
from pathlib import Path

from backend.errors import InputError
from backend.files import read_bytes, write_text


class UseDays:
    """Counts the days on which a folder was used: a clock that is set wrong adds one, however far it leaps."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.count = 0

    def today(self) -> int:
        """The days so far, this one with them; InputError if the disk refuses."""
        date = time.strftime("%Y-%m-%d", time.gmtime())
        try:
            counted, last = read_bytes(self._path, 100).decode().split()
            self.count = int(counted)
        except (InputError, ValueError):  # none yet
            last = ""
        if last != date and self._path.parent.is_dir():
            self.count += 1
            write_text(self._path, f"{self.count} {date}")
        return self.count
