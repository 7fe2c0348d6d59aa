"""Separates the accounts: each has its own folder, runner and drafts, which no other account can reach."""

from __future__ import annotations

import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import gradio as gr
from huggingface_hub import get_token
from starlette.requests import Request

from backend.jobs import LocalRunner, RunnerRouter
from backend.jobs.huggingface import HuggingFaceRunner
from backend.runs import FolderStore, fallback_folder, refusal, usual_home
from ui.guard import Browsers
from ui.services.checks import Checker
from ui.services.growth_tasks import GrowthTasks
from ui.services.growths import Growths
from ui.services.hub_sync import Account, Following
from ui.services.identity import Authenticator, Identity, address_behind, headers_of
from ui.services.quota import MEGABYTE, NO_LIMIT, Allowance
from ui.services.services import Services
from ui.services.summaries import Summaries
from ui.services.uploads import UploadStore

ACCOUNTS, VISITORS, UPLOADS, GROWTHS = ".accounts", ".visitors", ".uploads", ".growths"
ENDED = ".ended-logins.json"
MOST_OPEN = 500
VISITORS_DATA = Allowance(total=4_000 * MEGABYTE, daily=400 * MEGABYTE)
"""Limits of all visitors' data, and of one address in a day: an upload of 20 MB and nineteen fixed copies of it."""
ACCOUNTS_DATA = Allowance(total=1_000 * MEGABYTE)
VISITORS_GROWTHS = Allowance(total=1_000 * MEGABYTE, daily=50 * MEGABYTE)
ACCOUNTS_GROWTHS = Allowance(total=200 * MEGABYTE)
TEMPORARY_HOME = (
    "{usual} cannot be written ({reason}), so runs are stored in {folder}, which is temporary. Set FGT_HOME to a "
    "permanent folder."
)


class Tenants:
    """The services of each account, created at its first request; only the latest accounts stay in memory.

    Nothing is lost with them, because all their data is in files and on the Hub.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._authenticator = Authenticator(root / ENDED)
        self.browsers = Browsers(framed=self._authenticator.shared)
        self._checker = Checker()
        self._uploads = UploadStore(root / UPLOADS, allowance=VISITORS_DATA if self.shared else NO_LIMIT)
        self._following = Following(self._accounts)
        self._growth_tasks = GrowthTasks()
        self._open: OrderedDict[str | None, Services] = OrderedDict()
        self._tokens: dict[str, str] = {}
        self._agent_tokens: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def root(self) -> Path:
        """The folder that contains all runs and uploads."""
        return self._root

    @property
    def shared(self) -> bool:
        """Whether many people use the app, each with their own account."""
        return self._authenticator.shared

    def services(self, request: gr.Request | Request | None) -> Services:
        """The services of the request's sender, with only their own runs."""
        identity = replace(
            self._authenticator.identify(request),
            page=self.browsers.page_of(headers_of(request)),
            address=address_behind(request, shared=self.shared),
        )
        return self._opened(identity, self._tokens).seen_by(identity)

    def agent_services(self, request: gr.Request | Request | None) -> Services:
        """The services of an agent, with only its account's runs; its jobs use the token that it sent, and no other."""
        address = address_behind(request, shared=self.shared)
        identity = replace(self._authenticator.identify_agent(request, address), address=address)
        services = self._opened(identity, self._agent_tokens).seen_by(identity)
        name, token = identity.name, identity.token
        if identity.machine or name is None:
            return services
        return replace(services, runner=RunnerRouter(None, HuggingFaceRunner(lambda: token, name)))

    def _opened(self, identity: Identity, tokens: dict[str, str]) -> Services:
        """The account's services; its token is stored in `tokens`."""
        with self._lock:
            if identity.name and identity.token:
                tokens[identity.name] = identity.token
            known = self._open.get(identity.name) or self._made(identity)
            self._open[identity.name] = known
            self._open.move_to_end(identity.name)
            while len(self._open) > MOST_OPEN:
                gone, _ = self._open.popitem(last=False)
                self._tokens.pop(gone or "", None)
                self._agent_tokens.pop(gone or "", None)
        return known

    def log_out(self, request: Request) -> None:
        """End the sender's login: their token is forgotten, and a copy of their cookie is no longer valid."""
        token = self._authenticator.end(request)
        if token is None:
            return
        with self._lock:
            for name in [name for name, known in self._tokens.items() if known == token]:
                del self._tokens[name]
        self._following.forget(token)
        self._growth_tasks.forget(token)

    def _made(self, identity: Identity) -> Services:
        if identity.machine:
            store, upload_store = FolderStore(self._root), self._uploads
            runner = RunnerRouter(LocalRunner(), self._jobs(identity))
        elif identity.name is None:
            store, upload_store = FolderStore(self._root / VISITORS), self._uploads
            runner = RunnerRouter(None, None)
        else:
            store = FolderStore(self._root / ACCOUNTS / identity.name)
            upload_store = UploadStore(store.root / UPLOADS, before=self._uploads, allowance=ACCOUNTS_DATA)
            runner = RunnerRouter(None, self._jobs(identity))
        summaries, growths = Summaries(store, runner), self._growths(identity, store)
        return Services(identity, store, runner, upload_store, self._checker, summaries, self._following, growths)

    def _growths(self, identity: Identity, store: FolderStore) -> Growths:
        shared = self._root / GROWTHS
        if identity.machine:
            return Growths(shared, self._growth_tasks)
        if identity.name is None:
            return Growths(shared, self._growth_tasks, allowance=VISITORS_GROWTHS)
        return Growths(store.root / GROWTHS, self._growth_tasks, shared, ACCOUNTS_GROWTHS)

    def _jobs(self, identity: Identity) -> HuggingFaceRunner | None:
        name = identity.name
        if name is None:
            return None
        return HuggingFaceRunner(get_token if identity.machine else lambda: self._tokens.get(name), name)

    def _accounts(self) -> Mapping[str, Account]:
        """The accounts in memory, with their newest tokens; an agent's token only if no page of the account is open."""
        with self._lock:
            tokens = {**self._agent_tokens, **self._tokens}
            opened = [(name, services) for name, services in self._open.items() if name in tokens]
            return {name: Account(name, tokens[name], found.store) for name, found in opened if name}


def home() -> Path:
    """The folder of the runs: FGT_HOME, or `runs` in the app's folder.

    If the app's folder cannot be written, as on a Space whose builder copied it, a temporary folder replaces `runs`,
    and a message on stderr reports it. Raises InputError if no temporary folder can be created.
    """
    usual = usual_home()
    reason = None if os.environ.get("FGT_HOME") else refusal(usual)
    if reason is None:
        return usual
    folder = fallback_folder("runs")
    print(TEMPORARY_HOME.format(usual=usual, reason=reason, folder=folder), file=sys.stderr, flush=True)
    return folder
