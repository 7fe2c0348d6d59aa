"""What can be asked: every endpoint with its inputs as the running app tells them, and every route that Gradio has."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
import httpx
from gradio.routes import App as GradioApp

from tests.attacks.outsider import Outsider

PLACE, STATE = "json", "state"
STREAM_SECONDS = 20.0
LAST = ("process_completed", "close_stream", "unexpected_error", '"heartbeat"')


@dataclass(frozen=True)
class Endpoint:
    """One event handler; `inputs` are its components' types, `values` what they hold at first, `target` what fires."""

    id: int
    name: str
    inputs: tuple[str, ...]
    values: tuple[Any, ...]
    outputs: tuple[int, ...]
    target: str = ""

    def data(self, at: int | None = None, value: Any = None, place: Any = None) -> list[Any]:
        """The inputs as the page would send them, with a value of one's own at one of them."""
        sent = [place or {"step": "data"} if kind == PLACE else None for kind in self.inputs]
        sent = [held if given is None else given for given, held in zip(sent, self.values, strict=True)]
        return [value if number == at else given for number, given in enumerate(sent)]

    @property
    def slots(self) -> tuple[int, ...]:
        """The first input of each type."""
        return tuple(self.inputs.index(kind) for kind in dict.fromkeys(self.inputs))


class Surface:
    """The endpoints of a running app, from its /config."""

    def __init__(self, outsider: Outsider) -> None:
        self.config = outsider.get("config").json()
        parts = {part["id"]: part for part in self.config["components"]}
        self._ids = {part["props"].get("elem_id"): part["id"] for part in self.config["components"]}
        (self._place,) = next(one for one in self.config["dependencies"] if one["api_name"] == "enter")["outputs"]
        self.endpoints = [_endpoint(one, parts) for one in self.config["dependencies"] if one["backend_fn"]]
        self.endpoints += _unlisted(outsider, self.endpoints)
        assert len(self.endpoints) > 20

    def named(self, name: str) -> Endpoint:
        """The endpoint of that name."""
        return next(one for one in self.endpoints if one.name == name)

    def fired_by(self, elem_id: str) -> Endpoint:
        """The endpoint that a part of the page fires."""
        return next(one for one in self.endpoints if one.target == elem_id)

    def shown(self, endpoint: Endpoint, elem_id: str, answer: Any) -> Any:
        """What an answer says of a part of the page; None where it says nothing."""
        return answer["data"][endpoint.outputs.index(self._ids[elem_id])]

    def filled(self, endpoint: Endpoint, wanted: dict[str, Any], place: Any) -> list[Any]:
        """The inputs as the page would send them, with values of one's own by the fields' labels."""
        dependency = next(one for one in self.config["dependencies"] if one["id"] == endpoint.id)
        parts = {part["id"]: part["props"].get("label") for part in self.config["components"]}
        labels = [parts[number] for number in dependency["inputs"]]
        assert set(wanted) <= set(labels), f"{set(wanted) - set(labels)} are no fields of {endpoint.name}"
        return [wanted.get(label, value) for label, value in zip(labels, endpoint.data(place=place), strict=True)]

    def leads(self, endpoint: Endpoint) -> bool:
        """Whether its answers hold a place."""
        return self._place in endpoint.outputs

    def place(self, endpoint: Endpoint, answer: Any) -> Any:
        """The place that an answer leads to."""
        return answer["data"][endpoint.outputs.index(self._place)]


def _endpoint(dependency: dict[str, Any], parts: dict[int, Any]) -> Endpoint:
    inputs = [parts[number] for number in dependency["inputs"]]
    fired = [parts[target[0]]["props"].get("elem_id") for target in dependency["targets"] if target[0] in parts]
    return Endpoint(
        dependency["id"],
        str(dependency["api_name"]),
        tuple(part["type"] for part in inputs),
        tuple(part["props"].get("value") for part in inputs),
        tuple(dependency["outputs"]),
        next((name for name in fired if name), ""),
    )


def _unlisted(outsider: Outsider, known: Sequence[Endpoint]) -> Iterator[Endpoint]:
    """Endpoints that only the lists for other programs name."""
    names = {one.name for one in known}
    for path in ("gradio_api/info", "gradio_api/openapi.json", "openapi.json"):
        reply = outsider.get(path)
        listed = reply.json() if reply.status_code == 200 else {}
        for address in [*listed.get("named_endpoints", {}), *listed.get("paths", {})]:
            name = address.strip("/").split("/")[-1]
            if name not in names and "{" not in name and name != "upload":
                yield Endpoint(-1, name, ("textbox",), ("",), ())


def gradio_routes() -> list[tuple[str, str]]:
    """Every (method, path) that this version of Gradio serves; a path's parameters stand in braces."""
    with gr.Blocks() as blocks:
        gr.Textbox()
    return sorted(set(_walk(GradioApp.create_app(blocks).routes)))


def _walk(routes: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if inner := getattr(route, "original_router", None):
            yield from _walk(inner.routes)
        else:
            yield from ((method, route.path) for method in route.methods)


def run_and_render(outsider: Outsider, surface: Surface, endpoint: Endpoint, data: Any, **more: Any) -> str:
    """What an endpoint answers and, if that leads to a place, what the page then shows there."""
    reply, render = run(outsider, endpoint, data, **more), surface.named("render")
    if reply.status_code != 200 or len(endpoint.outputs) != 1 or not surface.leads(endpoint):
        return reply.text
    place = surface.place(endpoint, reply.json())
    return reply.text + run(outsider, render, render.data(place=place), **more).text


def run(outsider: Outsider, endpoint: Endpoint, data: Any, **more: Any) -> httpx.Response:
    """Ask an endpoint as the page does; `more` are other fields of the body."""
    body = {
        "data": data,
        "fn_index": endpoint.id,
        "session_hash": outsider.session,
        "event_data": None,
        "trigger_id": None,
    }
    return outsider.post("gradio_api/run/predict", content=json.dumps({**body, **more}), headers=JSON)


JSON = {"Content-Type": "application/json"}
Way = Callable[[Outsider, Endpoint, Any], str]


def by_run(outsider: Outsider, endpoint: Endpoint, data: Any) -> str:
    """The page's own way without a queue."""
    return run(outsider, endpoint, data).text


def by_api(outsider: Outsider, endpoint: Endpoint, data: Any) -> str:
    """The old way, by name."""
    return outsider.post(f"gradio_api/api/{endpoint.name}", json={"data": data, "session_hash": outsider.session}).text


def by_call(outsider: Outsider, endpoint: Endpoint, data: Any) -> str:
    """The way of other programs: ask, then read a stream."""
    return _followed(outsider, f"gradio_api/call/{endpoint.name}", {"data": data})


def by_call_v2(outsider: Outsider, endpoint: Endpoint, data: Any) -> str:
    """The way of other programs, with the inputs by name."""
    body = {f"param_{number}": value for number, value in enumerate(data)}
    body |= dict(zip(("dataset", "tools", "run", "message"), [*data, *data][:4], strict=False))
    answers = [_followed(outsider, f"gradio_api/call/v2/{endpoint.name}", body)]
    for names in (("dataset", "tools"), ("run", "message")):
        named = dict(zip(names, [*data, "", ""][:2], strict=True))
        answers.append(_followed(outsider, f"gradio_api/call/v2/{endpoint.name}", named))
    return "\n".join(answers)


def by_queue(outsider: Outsider, endpoint: Endpoint, data: Any) -> str:
    """The page's own way through the queue: join, then read the session's stream."""
    session = secrets.token_hex(6)
    body = {"data": data, "fn_index": endpoint.id, "session_hash": session, "event_data": None, "trigger_id": None}
    reply = outsider.post("gradio_api/queue/join", json=body)
    if reply.status_code != 200:
        return reply.text
    return reply.text + read_stream(outsider, f"gradio_api/queue/data?session_hash={session}")


def _followed(outsider: Outsider, path: str, body: Any) -> str:
    reply = outsider.post(path, json=body)
    if reply.status_code != 200:
        return reply.text
    return reply.text + read_stream(outsider, f"{path.replace('/v2', '')}/{reply.json()['event_id']}")


def read_stream(outsider: Outsider, path: str, patience: float = STREAM_SECONDS) -> str:
    """A stream of events up to the end of what was asked for, or until nothing comes for `patience` seconds."""
    lines: list[str] = []
    with (
        contextlib.suppress(httpx.ReadTimeout, httpx.RemoteProtocolError),
        outsider.stream("GET", path, timeout=patience) as reply,
    ):
        for line in reply.iter_lines():
            lines.append(line)
            ended = lines[-2:-1] in (["event: complete"], ["event: error"], ["event: heartbeat"])
            if ended or any(last in line for last in LAST):
                break
    return "\n".join(lines)


WAYS: dict[str, Way] = {
    "run": by_run,
    "api": by_api,
    "call": by_call,
    "call-v2": by_call_v2,
    "queue": by_queue,
}
