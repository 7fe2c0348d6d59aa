"""Ways to damage a model's folder, each by its name."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

Damage = Callable[[Path], None]


def put(name: str, content: bytes) -> Damage:
    return lambda folder: (folder / name).write_bytes(content) and None


def changed(name: str, **values: Any) -> Damage:
    """Change fields of a JSON file; None takes one away."""

    def change(folder: Path) -> None:
        record = json.loads((folder / name).read_bytes())
        record = {key: value for key, value in {**record, **values}.items() if value is not None}
        (folder / name).write_text(json.dumps(record), encoding="utf-8")

    return change


def header(record: dict[str, Any], length: int | None = None, body: bytes = b"") -> bytes:
    raw = json.dumps(record).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + body


def cut(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def linked(name: str, target: str) -> Damage:
    def link(folder: Path) -> None:
        outside = folder.parent / "outside"
        if not outside.exists():
            shutil.copytree(folder, outside)
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)

    return link


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def as_folder(name: str) -> Damage:
    def make(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return make


OUTSIDE = "a link out of the folder"
LIE = {"weight": {"dtype": "F32", "shape": [10**6, 10**6], "data_offsets": [0, 4]}}
CONFIGS: dict[str, Damage] = {
    "an empty config": put("config.json", b""),
    "a config that is a list": put("config.json", b"[]"),
    "a nested config": put("config.json", b'{"a":' * 500_000),
    "a wide model": changed("config.json", hidden_size=10**9),
    "a deep model": changed("config.json", num_hidden_layers=200),
    "more layers than there are": changed("config.json", num_hidden_layers=250, layer_types=None),
    "negative layers": changed("config.json", num_hidden_layers=-3),
    "layers in words": changed("config.json", num_hidden_layers="three"),
    "heads as a float": changed("config.json", num_attention_heads=4.0),
    "a switch for a number": changed("config.json", head_dim=True),
    "no hidden size": changed("config.json", hidden_size=None),
    "a huge vocabulary": changed("config.json", vocab_size=10**12),
    "an endless epsilon": changed("config.json", rms_norm_eps=float("nan")),
    "layer types of another length": changed("config.json", layer_types=["full_attention"]),
    "layer types that are none": changed("config.json", layer_types=[[]] * 3),
    "a rope of words": changed("config.json", rope_parameters="fast"),
    "a window of words": changed("config.json", sliding_window="wide"),
    "code of its own": changed("config.json", auto_map={"AutoConfig": "evil.Config"}),
    "quantized": changed("config.json", quantization_config={"quant_method": "bitsandbytes"}),
    "a kernel of the Hub": changed("config.json", _attn_implementation="eve/kernel"),
    "an activation that is none": changed("config.json", hidden_activation="evil"),
}
FILES: dict[str, Damage] = {
    "weights cut off": cut,
    "no weights": put("model.safetensors", b""),
    "a header longer than the file": put("model.safetensors", struct.pack("<Q", 2**40) + b"{}"),
    "a header that is no JSON": put("model.safetensors", struct.pack("<Q", 5) + b"hello"),
    "a header that lies": put("model.safetensors", header(LIE, body=b"1234")),
    "a header past its file": put("model.safetensors", header(LIE, length=4)),
    "a folder for weights": as_folder("model.safetensors"),
    "a pickle": pickled,
    OUTSIDE: linked("model.safetensors", "../outside/model.safetensors"),
    "a link to a secret": linked("chat_template.jinja", "../../outside/secret"),
    "a link to nowhere": linked("tokenizer.json", "nowhere"),
    "an index to elsewhere": put(
        "model.safetensors.index.json", b'{"weight_map": {"a": "../outside/model.safetensors"}}'
    ),
    "an adapter beside it": put("adapter_config.json", b'{"base_model_name_or_path": "eve/other"}'),
    "an empty tokenizer": put("tokenizer.json", b""),
    "a tokenizer that is a list": put("tokenizer.json", b"[]"),
    "a tokenizer without tokens": put("tokenizer.json", b"{}"),
    "a nested tokenizer": put("tokenizer.json", b"[" * 1_000_000),
    "a tokenizer with code": changed("tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.T", None]}),
    "a tokenizer elsewhere": changed("tokenizer_config.json", tokenizer_file="/etc/passwd"),
    "a tokenizer configured by a list": put("tokenizer_config.json", b"[]"),
    "an endless template": put("chat_template.jinja", b"x" * 3 * 2**20),
}
