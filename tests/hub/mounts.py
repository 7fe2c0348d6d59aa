"""A job's volumes at the paths that it asks for, in a mount namespace of its own.

The job's root is a small file system in memory with this machine's folders bound into it and the volumes beside them,
repositories read-only, as the documentation has it ("Models and datasets are always mounted read-only. Storage buckets
are read-write by default", hub-docs, jobs-configuration.md). Nothing is made on this machine's own root, nothing is
seen outside, and all of it ends with the job's last process. Root or user namespaces are needed. A machine that allows
neither gets the older way: the volumes stay below the job's folder, and the words of the command and the environment
that name a mounted path are changed.

It leaves out an image of its own: below folders that are not mounted over, the job sees this machine's files. It
leaves out fetching files as they are read, and writes to a bucket do not go back.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from tests.hub.refusal import Refusal

RESERVED = (
    "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/tmp",
    "/usr", "/var",
)  # fmt: skip
"""Where the container, its image and NVIDIA's hooks have files: a job that mounts over them may not start."""
REPOSITORIES_RESERVED = (*RESERVED, "/data")
"""The client itself mounts the bucket with a uv script at /data (huggingface_hub 2.4.0, run_uv_job)."""
SETUP = """
set -e
base=$1 hidden=$2
shift 2
given=$PATH
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
first=${base#/}
first=${first%%/*}
bring() {
    case $1 in */.|*/..|*/.old) return 0 ;; esac
    case " $hidden " in *" ${1##*/} "*) return 0 ;; esac
    if [ -L "$1" ]; then cp -P "$1" "$2"
    elif [ -d "$1" ]; then mkdir "$2"; mount --rbind "$1" "$2"
    elif [ -f "$1" ]; then : > "$2"; mount --bind "$1" "$2"
    fi
}
mount -t tmpfs -o mode=755 tmpfs "$base"
for entry in /* /.*; do
    [ "${entry##*/}" = "$first" ] || bring "$entry" "$base/${entry##*/}"
done
mkdir "$base/.old"
cd "$base"
pivot_root . .old
cd /
bring "/.old/$first" "/$first"
while [ "$1" != -- ]; do
    mkdir -p "$2"
    mount --bind "$1" "$2"
    [ "$3" = rw ] || mount -o remount,bind,ro "$2"
    shift 3
done
shift
umount -l /.old
rmdir /.old
PATH=$given
exec "$@"
"""
"""$1 an empty folder, $2 top folders to hide; then SOURCE TARGET ro|rw for each volume, --, command.

The folder that holds $1 is bound after the root has changed: bound before, it would hold itself.
"""


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume to be seen at `path`; its files lie below `root` as they would below the container's root."""

    root: Path
    path: str
    writable: bool = False

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self.root / self.path.strip("/")


def check_paths(volumes: Sequence[dict[str, str]]) -> None:
    """A Refusal of a mount that would keep the container from starting, or of two at one path."""
    paths = [str(volume.get("mountPath", "")) for volume in volumes]
    for volume, path in zip(volumes, paths, strict=True):
        reserved = RESERVED if volume.get("type") == "bucket" else REPOSITORIES_RESERVED
        plain = path.startswith("/") and str(PurePosixPath(path)) == path and ".." not in path.split("/")
        if not plain or path == "/" or any(f"{path}/".startswith(f"{name}/") for name in reserved):
            raise Refusal(400, f"volumes: {path!r} cannot be mounted at")
        if paths.count(path) > 1:
            raise Refusal(400, f"volumes: {path!r} is mounted at twice")


@cache
def namespaces() -> tuple[str, ...]:
    """The command that opens a mount namespace here, empty where the machine allows none; found out once."""
    for flags in ("--mount",), ("--user", "--map-root-user", "--mount"):
        command = ("unshare", *flags, "--propagation", "private")
        with tempfile.TemporaryDirectory(prefix="hub-probe-") as folder:
            base, probe = Path(folder) / "root", Mount(Path(folder) / "volumes", "/hub-probe")
            base.mkdir()
            probe.folder.mkdir(parents=True)
            (probe.folder / "file").touch()
            words = _words(command, base, [probe], ["test", "-f", "/hub-probe/file"])
            if shutil.which("unshare") and subprocess.run(words, capture_output=True, check=False).returncode == 0:
                return command
    return ()


def placed(command: Sequence[str], mounts: Sequence[Mount], base: Path) -> list[str]:
    """The command that runs `command` with the volumes in place; `base` is an empty folder that it may use."""
    if opened := namespaces():
        return _words(opened, base, mounts, command)
    return [mapped(word, mounts) for word in command]


def mapped(word: str, mounts: Sequence[Mount]) -> str:
    """A mounted path, or one that leads to it, where it lies on a machine without namespaces; else the word itself."""
    if namespaces():
        return word
    for mount in mounts:
        if f"{word}/".startswith(f"{mount.path}/") or (word.startswith("/") and mount.path.startswith(f"{word}/")):
            return f"{mount.root}{word}"
    return word


def _words(opened: Sequence[str], base: Path, mounts: Sequence[Mount], command: Sequence[str]) -> list[str]:
    hidden = " ".join(sorted({mount.path.split("/")[1] for mount in mounts}))
    volumes = [
        part
        for mount in sorted(mounts, key=lambda mount: mount.path)
        for part in (str(mount.folder), mount.path, "rw" if mount.writable else "ro")
    ]
    return [*opened, "sh", "-c", SETUP, "sh", os.path.realpath(base), hidden, *volumes, "--", *command]
