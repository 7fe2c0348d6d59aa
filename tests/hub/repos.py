"""The loop-back Hub's repositories: commits over a content-addressed store, and who may do what."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

from tests.hub.accounts import Accounts, Token
from tests.hub.refusal import Refusal

LFS_SUFFIXES = (
    ".7z", ".arrow", ".bin", ".bz2", ".ckpt", ".ftz", ".gz", ".h5", ".joblib", ".mlmodel", ".model", ".msgpack", ".npy",
    ".npz", ".onnx", ".ot", ".parquet", ".pb", ".pickle", ".pkl", ".pt", ".pth", ".rar", ".safetensors", ".tar",
    ".tflite", ".tgz", ".wasm", ".xz", ".zip", ".zst", ".litertlm",
)  # fmt: skip
"""What a new repository's .gitattributes names, and what our exports end in, whose content is binary."""
ATTRIBUTES = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in LFS_SUFFIXES).encode()
NAME = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9_](?:[\w.-]{0,94}[\w-])?", re.ASCII)
"""A repository's name without its owner (huggingface_hub, utils/_validators.py): 96 characters at most."""
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
    made_by: str | None = None  # the OAuth client with whose token it was made
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
        self, name: str, files: dict[str, bytes], kind: str = "model", *, private: bool = False, gated: bool = False,
        made_by: str | None = None,
    ) -> Repo:  # fmt: skip
        """A repository with one commit of these files, made by the app `made_by`."""
        repo = Repo(kind, name, private, gated, made_by=made_by)
        repo.commit({path: StoredFile(content, is_lfs(path, len(content))) for path, content in files.items()})
        self.repos[kind, name] = repo
        return repo

    def user(self, authorization: str | None) -> str | None:
        """Whose token this is; a Refusal where it is nobody's."""
        token = self.accounts.token(authorization)
        return token.user if token else None

    def see(self, kind: str, name: str, token: Token | None) -> Repo:
        """A repository that the token may know of; others are told that there is none."""
        repo = self.repos.get((kind, name))
        if repo is None or not self._visible(repo, token):
            raise Refusal(404 if token else 401, "Repository not found", "RepoNotFound")
        return repo

    def _visible(self, repo: Repo, token: Token | None) -> bool:
        own = token is not None and token.user == repo.owner and token.may_read(repo.made_by)
        return not repo.private or own

    def listed(self, repo: Repo, token: Token | None) -> bool:
        """Whether a listing shows the repository to the token."""
        if not repo.private or token is None or not self._visible(repo, token):
            return not repo.private
        return token.may_read(None) or self.accounts.lists_app_repos

    def read(self, kind: str, name: str, authorization: str | None) -> Repo:
        """A repository whose files the token may read."""
        token = self.accounts.token(authorization)
        repo, user = self.see(kind, name, token), token.user if token else None
        accepted = user in repo.accepted and token is not None and token.may_read_gated
        if repo.gated and user != repo.owner and not accepted:
            who = "You must be authenticated" if user is None else "You are not in the authorized list"
            raise Refusal(401 if user is None else 403, f"Access to model {name} is restricted. {who}.", "GatedRepo")
        return repo

    def write(self, kind: str, name: str, authorization: str | None) -> Repo:
        """A repository that the token may change."""
        token = self.accounts.token(authorization)
        repo = self.see(kind, name, token)
        self.may_write(repo.owner, authorization, repo.made_by)
        return repo

    def may_write(self, owner: str, authorization: str | None, made_by: str | None = None) -> None:
        """A Refusal where the token may not change what `owner` has, made by the app `made_by`."""
        token = self.accounts.known(authorization)
        if token.user != owner or not token.may_write(made_by):
            raise self.accounts.refusal(token, owner, "the rights to write")

    def may_create(self, owner: str, authorization: str | None) -> Token:
        """The token, where it may make a repository; else a Refusal."""
        token = self.accounts.known(authorization)
        if token.user != owner or not token.may_create:
            raise self.accounts.refusal(token, owner, "the rights to create a repository")
        return token

    def delete(self, kind: str, name: str, authorization: str | None) -> None:
        """Delete a repository; a Refusal where there is none or the token may not.

        `manage-repos` covers "creating and deleting" (hub-docs, oauth.md). Of contribute-repos it says only that the
        app can "access" what it made, so deleting that is a switch (Accounts.contributors_delete).
        """
        token = self.accounts.known(authorization)
        repo = self.see(kind, name, token)
        own = self.accounts.contributors_delete and token.made(repo.made_by) and token.may_write(repo.made_by)
        if token.user != repo.owner or not (token.may_delete or own):
            raise self.accounts.refusal(token, repo.owner, "the rights to delete a repository")
        del self.repos[kind, name]


def is_lfs(path: str, size: int, sample: bytes = b"") -> bool:
    """Whether the Hub keeps such a file as an LFS object: by its name, its size, or as its beginning is no text."""
    return size > LFS_BYTES or path.endswith(LFS_SUFFIXES) or b"\0" in sample
