"""Under which names the app answers: a Space under its own, a laptop under those of the machine, and none else."""

from __future__ import annotations

from itertools import product
from urllib.parse import urlsplit

import pytest

from tests.attacks.conftest import SPACE_HOST, Target
from tests.attacks.outsider import Outsider, allowing, asked


@pytest.mark.slow  # the next test holds the names
def test_a_space_answers_under_its_own_name(named_space: Target) -> None:
    outsider = Outsider(named_space.url)
    headers = {"Host": SPACE_HOST, "Origin": f"https://{SPACE_HOST}", "Sec-Fetch-Site": "same-origin"}
    assert asked(outsider, "GET", "/config", headers).status_code == 200
    assert asked(outsider, "GET", "/config", {**headers, "Origin": "https://evil.hf.space"}).status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS"])
def test_a_laptop_answers_under_no_name_but_its_own(laptop: Target, method: str) -> None:
    """A name of somebody's that leads to 127.0.0.1 would make their page the app's own."""
    outsider, got_in = Outsider(laptop.url), []
    port = urlsplit(laptop.url).port
    names = [
        "evil.test",
        "x.localhost",
        "localhost.evil.test",
        "127.0.0.1.evil.test",
        "0.0.0.0",
        "192.168.1.5",
        "127.1",
    ]
    names += [
        "2130706433",
        "0x7f.0.0.1",
        "127.0.0.1x",
        "[::2]",
        "evil",
        "localhost.localdomain",
        SPACE_HOST,
        "128.0.0.1",
    ]
    for name, ending in product(names, (f":{port}", "")):
        for path in ("/config", "/gradio_api/run/predict", "/no/such/page"):
            host = f"{name}{ending}"
            for more in ({}, {"Origin": f"http://{host}"}, {"X-Forwarded-Host": f"127.0.0.1:{port}"}):
                reply = asked(outsider, method, path, {"Host": host, **more})
                if reply.status_code != 403 or allowing(reply):
                    got_in.append((host, path, reply.status_code))
    assert got_in == []


def test_a_laptop_answers_under_each_of_its_names(laptop: Target) -> None:
    outsider = Outsider(laptop.url)
    port = urlsplit(laptop.url).port
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"LocalHost:{port}", f"127.0.0.2:{port}", f"[::1]:{port}"):
        assert asked(outsider, "GET", "/config", {"Host": host}).status_code == 200, host
        reply = asked(outsider, "GET", "/config", {"Host": host, "Origin": f"http://{host}"})
        assert (reply.status_code, allowing(reply)) == (200, []), host
