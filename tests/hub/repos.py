"""The loop-back Hub's repositories: commits over a content-addressed store, and who may do what."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from tests.hub.accounts import Accounts
from tests.hub.refusal import Refusal

LFS_SUFFIXES = (".safetensors", ".litertlm", ".model", ".bin")
LFS_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class StoredFile:
    """One file of a commit."""

    content: bytes
    lfs: bool
    stated: int | None = None  # the size that lists state, where they lie

    @property
    def size(self) -> int:
        return len(self.content) if self.stated is None else self.stated

    @property
    def blob_id(self) -> str:
        return hashlib.sha1(b"blob %d\0" % len(self.content) + self.content).hexdigest()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.lfs else self.blob_id


@dataclass
class Repo:
    """One repository: its commits, newest last, each a whole tree."""

    kind: str  # model, dataset
    name: str
    private: bool = False
    gated: bool = False
    accepted: set[str] = field(default_factory=set)
    commits: list[tuple[str, dict[str, StoredFile]]] = field(default_factory=lambda: [(secrets.token_hex(20), {})])

    @property
    def owner(self) -> str:
        return self.name.partition("/")[0]

    def at(self, revision: str) -> tuple[str, dict[str, StoredFile]]:
        """The commit that a branch or a hash names."""
        if revision == "main":
            return self.commits[-1]
        for sha, files in self.commits:
            if sha == revision:
                return sha, files
        raise Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")

    def commit(self, files: dict[str, StoredFile], parent: str | None = None) -> str:
        if parent is not None and parent != self.commits[-1][0]:
            raise Refusal(412, "The repository has changed since the parent commit.")
        self.commits.append((secrets.token_hex(20), files))
        return self.commits[-1][0]


class World:
    """Everything the loop-back Hub knows: accounts, repositories, LFS objects."""

    def __init__(self) -> None:
        self.accounts = Accounts()
        self.repos: dict[tuple[str, str], Repo] = {}
        self.lfs: dict[str, bytes] = {}

    def add_user(self, name: str, role: str = "write", permissions: tuple[str, ...] = ()) -> str:
        """A user and a token of theirs, with role write, read or fineGrained."""
        return self.accounts.add(name, role, permissions)

    def add_repo(
        self, name: str, files: dict[str, bytes], kind: str = "model", *, private: bool = False, gated: bool = False
    ) -> Repo:
        """A repository with one commit of these files."""
        repo = Repo(kind, name, private, gated)
        repo.commit({path: StoredFile(content, is_lfs(path, len(content))) for path, content in files.items()})
        self.repos[kind, name] = repo
        return repo

    def user(self, authorization: str | None) -> str | None:
        """Whose token this is; a Refusal where it is nobody's."""
        token = self.accounts.token(authorization)
        return token.user if token else None

    def see(self, kind: str, name: str, user: str | None) -> Repo:
        """A repository that the user may know of; others are told that there is none."""
        repo = self.repos.get((kind, name))
        if repo is None or (repo.private and repo.owner != user):
            raise Refusal(404 if user else 401, "Repository not found", "RepoNotFound")
        return repo

    def read(self, kind: str, name: str, authorization: str | None) -> Repo:
        """A repository whose files the token's user may read."""
        token = self.accounts.token(authorization)
        user = token.user if token else None
        repo = self.see(kind, name, user)
        accepted = user in repo.accepted and token is not None and token.may_read_gated
        if repo.gated and user != repo.owner and not accepted:
            who = "You must be authenticated" if user is None else "You are not in the authorized list"
            raise Refusal(401 if user is None else 403, f"Access to model {name} is restricted. {who}.", "GatedRepo")
        return repo

    def write(self, kind: str, name: str, authorization: str | None) -> Repo:
        """A repository that the token's user may change."""
        repo = self.see(kind, name, self.user(authorization))
        self.may_write(repo.owner, authorization)
        return repo

    def may_write(self, owner: str, authorization: str | None) -> None:
        """A Refusal where the token may not change what `owner` has."""
        token = self.accounts.token(authorization)
        if token is None:
            raise Refusal(401, "Invalid username or password.")
        if token.user != owner or not token.may_write:
            raise Refusal(403, f"You don't have the rights to write under the namespace {owner!r}")


def is_lfs(path: str, size: int) -> bool:
    """Whether the Hub keeps such a file as an LFS object."""
    return size > LFS_BYTES or path.endswith(LFS_SUFFIXES)
