"""Deploys the app to a Hugging Face Space, or updates a Space; scripts/deploy runs this."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants, get_token
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile

from backend.errors import InputError
from backend.hub.errors import hub_errors
from backend.runs.hub.repository import check_repo_id
from backend.runs.version import code_version
from scripts.space_check import check_code
from scripts.space_files import Selection, SpaceFile, select

KIND = "space"
MADE_BY_THE_HUB = {".gitattributes", "README.md"}
"""The files of a new Space."""
OURS = {"app.py", "ui/frame/layout.py", "job_templates/hub_job.py"}
"""The files by which an earlier deployment is recognised."""
NO_LOGIN = "No token was found. Log in with `hf auth login` and a token that may write, or set HF_TOKEN to one."
NO_TOKEN = (
    "The token in HF_TOKEN or from `hf auth login` is not valid: it has a character that no token has. Copy it again."
)
TOKEN = re.compile(r"[!-~]+")
"""The characters that a header can contain."""
NO_HOST = (
    "Could not make the Space {space}: the account may not host it. A Gradio Space on CPU Basic needs PRO for a person "
    "and Team or Enterprise for an organization ({endpoint}/pricing). ZeroGPU, which free accounts may use, does not "
    "start this app.{message}"
)
NEXT = """The Hub builds the Space now, which takes some minutes: {page}?logs=build
Leave the hardware at CPU Basic, because nothing trains in the Space.
Visitors log in with their own accounts. They pay for their jobs, so their credit must be above zero.
Runs are saved in the visitors' own private repositories, because the Space's disk is temporary."""
STAYS_PRIVATE = "It stays private, because --public only applies to a new Space. Make it public at {page}/settings."
PRIVATE = "It is private: only you can open it. When it works, make it public at {page}/settings."


@dataclass(frozen=True, slots=True)
class Space:
    """The files of a Space: the blob id of each path at one commit."""

    commit: str
    blobs: dict[str, str]
    private: bool


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the command line."""
    command = argparse.ArgumentParser(prog="scripts/deploy", description=__doc__)
    command.add_argument("space", metavar="USER/SPACE", type=_space_id, help="the Space; a missing one is made")
    command.add_argument("--public", action="store_true", help="make a new Space public (default: private)")
    command.add_argument("--replace", action="store_true", help="replace another app in the Space")
    command.add_argument("--dry-run", action="store_true", help="print the files, send nothing; needs no login")
    return command


def _space_id(text: str) -> str:
    try:
        return check_repo_id(text)
    except InputError as error:
        words = f"{text[:120]!r} is not the name of a Space. Write USER/SPACE, with letters, digits, '-', '_' and '.'"
        raise argparse.ArgumentTypeError(words) from error


def main(
    arguments: Sequence[str] | None = None,
    select_files: Callable[[], Selection] = select,
    check: Callable[[Sequence[SpaceFile]], None] = check_code,
) -> int:
    """Deploys, and returns the exit code: 0 after success, 1 after an error.

    `select_files` gives the files, and `check` raises InputError if one of them is not sound.
    """
    options = parser().parse_args(arguments)
    try:
        selection = select_files()
        check(selection.files)
        if options.dry_run:
            _show(selection)
        else:
            deploy(options.space, selection, public=options.public, replace=options.replace)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _show(selection: Selection) -> None:
    for file in selection.files:
        print(f"{len(file.content):>9,}  {file.path}")
    _print_left_out(selection)
    print(f"{len(selection.files)} files, {selection.size:,} bytes. Nothing was sent.")


def _print_left_out(selection: Selection) -> None:
    for path, reason in selection.left_out:
        print(f"left out: {path} ({reason})")


def deploy(space: str, selection: Selection, *, public: bool = False, replace: bool = False) -> None:
    """Makes one commit, after which the Space has exactly these files, and prints the next steps.

    It sets no secret, variable or hardware. Raises InputError with the next step.
    """
    token = get_token()
    if token is None:
        raise InputError(NO_LOGIN)
    if not TOKEN.fullmatch(token):
        raise InputError(NO_TOKEN)
    api, page = HfApi(token=token), f"{constants.ENDPOINT}/spaces/{space}"
    found = _found(api, space) or _made(api, space, public=public)
    _check_ours(space, found, replace=replace)
    _print_left_out(selection)
    if _commit(api, space, found, selection):
        print(NEXT.format(page=page))
    else:
        print(f"Nothing changed: {page} has these {len(selection.files)} files already.")
    if found.private:
        print((STAYS_PRIVATE if public else PRIVATE).format(page=page))


@contextmanager
def _space_errors(space: str, doing: str, *, writing: bool = False) -> Iterator[None]:
    """Turns the errors of the Hub's client into InputError.

    After a fault of the Hub or a lost answer it is unknown whether a write succeeded; the next run checks it.
    """
    try:
        with hub_errors(space, doing, KIND):
            yield
    except InputError as error:
        match error.__cause__:
            case HfHubHTTPError() as fault if fault.response.status_code >= 500:
                message = f"the Hub has a fault ({fault.response.status_code})."
            case httpx2.HTTPError() as lost if writing and not isinstance(lost, HfHubHTTPError):
                message = f"{constants.ENDPOINT} did not answer, or its answer was lost. Check the network."
            case _:
                raise
        next_step = "It may have succeeded: run this again" if writing else "Run this again"
        raise InputError(f"Could not {doing} {space}: {message} {next_step} in a few minutes.") from error


def _found(api: HfApi, space: str) -> Space | None:
    """Returns the files of the Space; None if there is none, or the token may not read it."""
    with _space_errors(space, "read"):
        try:
            facts = api.space_info(space)
        except RepositoryNotFoundError:
            return None
        commit = str(facts.sha)
        tree = api.list_repo_tree(space, recursive=True, revision=commit, repo_type=KIND)
        blobs = {entry.path: entry.blob_id for entry in tree if isinstance(entry, RepoFile)}
    return Space(commit, blobs, bool(facts.private))


def _made(api: HfApi, space: str, *, public: bool) -> Space:
    """Makes the Space."""
    with _space_errors(space, "make the Space", writing=True):
        try:
            api.create_repo(space, repo_type=KIND, space_sdk="gradio", private=not public)
        except HfHubHTTPError as error:
            if error.response.status_code != 402:
                raise
            message = f" The Hub says: {error.server_message}" if error.server_message else ""
            raise InputError(NO_HOST.format(space=space, endpoint=constants.ENDPOINT, message=message)) from error
    found = _found(api, space)
    if found is None:
        raise InputError(f"The Space {space} was made, but the token may not read it. Give it read access to it.")
    print(f"Made the {'private' if found.private else 'public'} Space {constants.ENDPOINT}/spaces/{space}.")
    return found


def _check_ours(space: str, found: Space, *, replace: bool) -> None:
    foreign = sorted(set(found.blobs) - MADE_BY_THE_HUB)
    if foreign and not replace and not set(found.blobs) >= OURS:
        raise InputError(
            f"The Space {space} contains another app ({len(foreign)} files, such as {foreign[0]}). Name another Space, "
            "or give --replace to replace it."
        )


def _commit(api: HfApi, space: str, found: Space, selection: Selection) -> bool:
    """Sends the changed files as one commit; returns False if there is no change."""
    changed = [file for file in selection.files if found.blobs.get(file.path) != file.blob_id]
    gone = sorted(set(found.blobs) - {file.path for file in selection.files} - MADE_BY_THE_HUB)
    operations: list[CommitOperationAdd | CommitOperationDelete] = []
    operations += [CommitOperationAdd(file.path, file.content) for file in changed]
    operations += [CommitOperationDelete(path, is_folder=False) for path in gone]
    if not operations:
        return False
    with _space_errors(space, "write to"):
        api.auth_check(space, repo_type=KIND, write=True)
    with _space_errors(space, "write to", writing=True):
        try:
            sent = api.create_commit(
                space,
                operations,
                repo_type=KIND,
                commit_message=f"FunctionGemma Trainer {code_version()}",
                parent_commit=found.commit,
            )
        except ValueError as error:  # the client raises it if the Hub refuses the settings
            raise InputError(f"The Hub refuses the settings at the top of README.md: {error}") from error
    print(f"Sent {len(changed)} changed files, removed {len(gone)}: {sent.commit_url}")
    return True


if __name__ == "__main__":
    sys.exit(main())
