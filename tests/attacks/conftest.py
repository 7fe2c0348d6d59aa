"""The app as a stranger meets it: a process with folders of its own, for one user (laptop) or for many (space)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.attacks.outsider import Outsider
from tests.attacks.surface import Surface
from tests.attacks.vault import Vault
from tests.browser.conftest import App
from tests.hub.loopback import LoopbackHub
from tests.hub.oauth import two_people

SPACE_HOST = "loopback-space.hf.space"


@dataclass(frozen=True)
class Target:
    """The app that is attacked, and the folders that it writes to."""

    app: App
    folder: Path
    environment: Vault

    @property
    def url(self) -> str:
        """Where it is."""
        return self.app.url

    @property
    def home(self) -> Path:
        """Where it keeps runs."""
        return self.app.home

    def vault(self) -> Vault:
        """A new vault beside the app's folders."""
        return Vault(self.folder / "vault", [self.home, self.uploads, self.temporary])

    @property
    def uploads(self) -> Path:
        """Where uploads are kept: a folder of the app's own in its home, else where the environment tells Gradio to."""
        return next((self.home / ".incoming").glob("*-*"), self.folder / "uploads")

    @property
    def temporary(self) -> Path:
        """Its temporary folder."""
        return self.folder / "temporary"

    def received(self) -> list[Path]:
        """The files that it keeps of what was sent to it."""
        folders = {self.uploads, self.folder / "uploads", self.temporary}
        return [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.name != "lock"]


@contextlib.contextmanager
def attacked(folder: Path, environment: dict[str, str]) -> Iterator[Target]:
    """An app whose every folder lies in `folder`; its environment holds a secret too."""
    home, uploads, temporary = (folder / name for name in ("home", "uploads", "temporary"))
    for made in (home, uploads, temporary):
        made.mkdir(parents=True)
    vault = Vault(folder / "vault", [home, uploads, temporary])
    secret = {"FGT_SECRET": vault.secret("the environment of the app")}
    own = {"TMPDIR": str(temporary), "GRADIO_TEMP_DIR": str(uploads), **secret}
    app = App(home, {**environment, **own})
    app.start()
    try:
        yield Target(app, folder, vault)
    finally:
        app.stop()
        app.end_jobs()


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The app for the one user of a machine, which all tests of a process attack."""
    with attacked(tmp_path_factory.mktemp("laptop"), {}) as target:
        yield target


@pytest.fixture(scope="module")
def space(hub_server: LoopbackHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The app as a Space; ada and eve have accounts at its Hub, and can pay."""
    with (
        two_people(hub_server) as environment,
        attacked(tmp_path_factory.mktemp("space"), environment) as target,
    ):
        yield target


@pytest.fixture(scope="module")
def named_space(hub_server: LoopbackHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The app as a Space that knows its name on the Hub."""
    hub_server.reset()
    environment = {**hub_server.oauth.space_environment(), "SPACE_HOST": SPACE_HOST}
    with attacked(tmp_path_factory.mktemp("named-space"), environment) as target:
        yield target
    hub_server.reset()


@pytest.fixture
def vault(laptop: Target) -> Vault:
    """Baits of one test, outside what the laptop's app may show."""
    return laptop.vault()


@pytest.fixture
def outsider(laptop: Target) -> Iterator[Outsider]:
    """A client of the laptop's app that has no cookie."""
    made = Outsider(laptop.url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def surface(laptop: Target) -> Surface:
    """What can be asked of the laptop's app."""
    return Surface(Outsider(laptop.url))


@pytest.fixture(scope="module")
def people(space: Target) -> Iterator[dict[str, Outsider]]:
    """ada and eve, logged in at the Space, and a visitor."""
    made = {name: Outsider(space.url) for name in ("ada", "eve", "visitor")}
    for client in made.values():
        client.get("")  # the page gives each browser a cookie of its own
    for name in ("ada", "eve"):
        made[name].log_in(name)
    yield made
    for client in made.values():
        client.close()


@pytest.fixture(scope="module")
def shared(people: dict[str, Outsider]) -> Surface:
    """What can be asked of the Space."""
    return Surface(people["visitor"])
