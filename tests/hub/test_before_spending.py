"""What is told before any spending: machines and prices, the sum with its ceiling, and what stands in the way."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import JobHardwareInfo

from backend.errors import InputError
from backend.jobs.estimate import Workload
from backend.jobs.huggingface import DEFAULT_FLAVOR, Check, Flavor, flavors, preflight, quote, write_order
from backend.jobs.huggingface.hardware import is_usable
from backend.runs import RunConfig, default_config
from tests.conftest import ROOT
from tests.hub.accounts import Token
from tests.hub.loopback import LoopbackHub
from tests.hub.remote_runs import ordered_run

BASE = "google/functiongemma-270m-it"
CYCLING = Workload(rows=848, prefix=700, row_tokens=32)


def found(checks: list[Check]) -> dict[str, bool | None]:
    return {check.code: check.ok for check in checks}


def test_machines_and_prices_are_the_hub_s(hub: LoopbackHub) -> None:
    told = {flavor.name: flavor for flavor in flavors(None)}
    assert told[DEFAULT_FLAVOR] == Flavor(
        "t4-small", "Nvidia T4 - small", pytest.approx(0.40, abs=1e-3), "4 vCPU", "15 GB", "1 × T4 16 GB"
    )
    assert told["cpu-upgrade"].price_per_hour == pytest.approx(0.03)
    assert told["cpu-upgrade"].accelerator is None
    hub.fail("hardware", 500)
    with pytest.raises(InputError, match=r"Could not read the list of machines: Hugging Face has a fault"):
        flavors(None)


@pytest.mark.parametrize(
    ("maker", "model", "usable"),
    [
        ("Nvidia", "T4", True),
        ("Nvidia", "H200", True),
        ("NVIDIA", "A100", True),
        ("Nvidia", "RTX PRO 6000", False),
        ("Nvidia", "B200", False),
        ("Nvidia", "GB300", False),
        ("Google", "v5e", False),
        ("Amazon", "Inferentia2", False),
    ],
)
def test_a_chip_that_torch_has_no_code_for_is_not_offered(maker: str, model: str, usable: bool) -> None:
    chip = {"type": "gpu", "model": model, "quantity": "1", "vram": "96 GB", "manufacturer": maker}
    place = {"name": "x", "prettyName": "X", "cpu": "8 vCPU", "ram": "32 GB", "accelerator": chip}
    cost = {"unitCostMicroUSD": 1, "unitCostUSD": 1e-6, "unitLabel": "minute"}
    assert is_usable(JobHardwareInfo(**place, **cost)) is usable
    assert is_usable(JobHardwareInfo(**{**place, "accelerator": None}, **cost))


def test_the_ceiling_is_price_times_time_limit() -> None:
    machine = Flavor("t4-small", "T4", 0.4, "4 vCPU", "15 GB", "1 × T4 16 GB")
    config = default_config(BASE)
    told = quote(config, CYCLING, machine, ["pipeline"])
    assert told == quote(config, CYCLING, machine, ["train", "evaluate", "export"])
    assert told.timeout_seconds % 60 == 0
    assert told.timeout_seconds / 60 >= 2 * told.minutes
    assert told.cost == pytest.approx(0.4 * told.minutes / 60)
    assert told.ceiling == pytest.approx(0.4 * told.timeout_seconds / 3600)
    parts = [quote(config, CYCLING, machine, [stage]).minutes for stage in ("train", "evaluate", "export")]
    assert max(parts) < told.minutes < sum(parts)  # the start is paid once instead of three times
    assert quote(replace(config, engine="plain"), CYCLING, machine, ["train"]).minutes > parts[0]
    processor = Flavor("cpu-upgrade", "CPU", None, "8 vCPU", "32 GB", None)
    slow = quote(config, CYCLING, processor, ["train"])
    assert slow.minutes > parts[0]
    assert (slow.cost, slow.ceiling) == (None, None)


def test_an_order_is_checked(tmp_path: Path) -> None:
    run = ordered_run(tmp_path)
    for namespace, flavor, seconds, told in (
        ("../eve", "t4-small", 600, "not the name of an account"),
        ("ada", "t4 small; rm", 600, "not the name of a machine"),
        ("ada", "t4-small", 5, "from 60 seconds to 7 days"),
        ("eve", "t4-small", 600, "belongs to ada"),
    ):
        with pytest.raises(InputError, match=told):
            write_order(run, namespace, flavor, seconds)


def test_all_problems_come_at_once(hub: LoopbackHub) -> None:
    hub.world.add_repo(BASE, {"config.json": b"{}"}, gated=True)
    reader = hub.world.add_user("ada", "read")
    checks = preflight(reader, default_config(BASE), "ada")
    assert found(checks) == {"token": True, "write": False, "jobs": False, "licence": False, "balance": None}
    links = {check.code: check.link for check in checks}
    assert links["licence"] == f"{hub.endpoint}/{BASE}"
    assert links["balance"] == f"{hub.endpoint}/settings/billing"
    assert links["jobs"] == links["write"] == f"{hub.endpoint}/settings/tokens"
    assert "No payment method is set up. Jobs need credit above zero" in checks[-1].message
    assert not [asked for asked in hub.trace if not asked.startswith("GET ")]  # nothing is made, nothing is spent


def test_a_good_login_passes(hub: LoopbackHub) -> None:
    repo = hub.world.add_repo(BASE, {"config.json": b"{}"}, gated=True)
    repo.accepted.add("ada")
    hub.world.accounts.paying.add("ada")
    writer = hub.world.add_user("ada")
    fine = hub.world.add_user("ada", "fineGrained", ("repo.write", "job.write"))
    for token in (writer, fine):
        checks = preflight(token, default_config(BASE), "ada")
        assert found(checks) == dict.fromkeys(("token", "write", "jobs", "licence", "balance"), True)
        assert "A payment method is set up. Jobs are paid from credit; see your balance at" in checks[-1].message
    assert "licence" not in found(preflight(writer, RunConfig(), "ada"))  # the starter needs none


@pytest.mark.parametrize(
    ("role", "given", "expected"),
    [
        ("fineGrained", ("repo.write",), {"write": True, "jobs": False}),
        ("fineGrained", ("job.write",), {"write": False, "jobs": True}),
        ("oauth", ("contribute-repos", "jobs"), {"write": None, "jobs": True}),
        ("oauth", ("contribute-repos",), {"write": None, "jobs": False}),
    ],
)
def test_scopes_are_looked_at(
    hub: LoopbackHub, role: str, given: tuple[str, ...], expected: dict[str, bool | None]
) -> None:
    accounts = hub.world.accounts
    token = accounts.add("ada")
    accounts.tokens[token] = Token("ada", role, given, given)
    checks = found(preflight(token, RunConfig(), "ada"))
    assert {code: checks[code] for code in expected} == expected


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_that_is_accepted_and_lacks_the_permission_is_told_apart(hub: LoopbackHub, status: int) -> None:
    hub.world.accounts.missing_scope = status
    hub.world.accounts.paying.add("ada")
    token = hub.world.accounts.add_oauth("ada", ("contribute-repos",))
    told = {check.code: check for check in preflight(token, RunConfig(), "ada")}
    assert (told["token"].ok, told["jobs"].ok, told["balance"].ok) == (True, False, None)
    assert "The login is accepted, but may not run jobs in ada, or the permission" in told["jobs"].message
    assert "may not read whether a payment method is set up (scope read-billing)" in told["balance"].message
    hub.world.accounts.end(token)
    (ended,) = preflight(token, RunConfig(), "ada")
    assert (ended.code, ended.ok, "may have expired. Log in again" in ended.message) == ("token", False, True)


@pytest.mark.parametrize("headers", [{"Retry-After": "9"}, {"RateLimit": '"api";r=0;t=9'}])
def test_a_rate_limit_says_when_to_try_again_in_either_header(hub: LoopbackHub, headers: dict[str, str]) -> None:
    """The documentation names the RateLimit header alone."""
    hub.fail("hardware", 429, headers=headers)
    with pytest.raises(InputError, match=r"too many requests\. Try again in 9 seconds"):
        flavors(None)


def test_a_namespace_of_others_a_wrong_token_and_nobody_are_told(hub: LoopbackHub) -> None:
    eve = hub.world.add_user("eve")
    checks = found(preflight(eve, RunConfig(), "ada"))
    assert (checks["token"], checks["write"], checks["jobs"]) == (True, False, False)
    wrong, nobody = preflight("hf_" + "Wrong1" * 6, RunConfig(), "ada"), preflight(None, RunConfig(), "ada")
    assert (wrong[0].ok, "Log in again" in wrong[0].message) == (False, True)
    assert (nobody[0].ok, "Nobody is logged in" in nobody[0].message) == (False, True)
    assert "Wrong1" not in str(wrong)


def test_what_could_not_be_told_is_no_yes(hub: LoopbackHub) -> None:
    token = hub.world.add_user("ada")
    hub.fail("whoami", 429, "slow down", {"Retry-After": "9"})
    hub.fail("auth-check", 418)
    checks = preflight(token, default_config(BASE), "ada")
    assert found(checks) == {"token": None, "licence": None}
    assert "Try again in 9 seconds" in checks[0].message


def test_a_hub_out_of_reach_is_an_error() -> None:
    """Another process, because the client reads its endpoint once: nothing listens on the discard port."""
    script = (
        "from backend.errors import InputError\nfrom backend.jobs.huggingface import preflight\n"
        "from backend.runs import RunConfig\n"
        "try:\n    preflight('hf_x', RunConfig(), 'ada')\nexcept InputError as error:\n    print(error)\n"
    )
    environment = {"HF_ENDPOINT": "http://127.0.0.1:9", "PATH": "", "HF_HOME": os.environ["HF_HOME"]}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert "Could not check your account: http://127.0.0.1:9 could not be reached" in done.stdout
