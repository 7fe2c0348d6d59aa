"""The check of a model's folder before it is read: its file names, its settings, and the headers of its weights.

A folder from an unknown source may contain links, code, pickles and false sizes. Each gives an error of one sentence.
"""

from __future__ import annotations

import math
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from backend.errors import InputError
from backend.runs import read_json
from backend.tokens import is_panic

CONFIG, ADAPTER_CONFIG, INDEX = "config.json", "adapter_config.json", "model.safetensors.index.json"
READ = ("*.json", "*.safetensors", "*.model", "*.jinja")
SMALL_BYTES = {".json": 128 * 2**20, ".model": 64 * 2**20, ".jinja": 2**20}
PICKLES = ("pytorch_model*.bin", "adapter_model.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
CODE_KEYS = ("auto_map", "custom_pipelines", "quantization_config")
PATH_KEYS = ("tokenizer_file", "vocab_file", "merges_file")
NEEDED: dict[str, int] = {
    "hidden_size": 16_384, "intermediate_size": 131_072, "num_hidden_layers": 256, "num_attention_heads": 256,
    "num_key_value_heads": 256, "head_dim": 1_024, "vocab_size": 2**20,
}  # fmt: skip
"""The required whole numbers in a Gemma 3's config.json, with a maximum for each that is above any Gemma 3's."""
OPTIONAL: dict[str, int] = {"max_position_embeddings": 10**7, "sliding_window": 10**7, "query_pre_attn_scalar": 10**6}
POSITIVE = ("rms_norm_eps", "initializer_range")
LAYER_TYPES = {"sliding_attention", "full_attention"}
AGAIN = "Save the model again with transformers' save_pretrained, or name another model."


def check_checkpoint(folder: Path) -> None:
    """Check a folder with a Gemma 3's weights.

    Raises InputError with the first file that cannot be used, and the reason.
    """
    check_names(folder)
    if (folder / ADAPTER_CONFIG).exists():
        raise InputError(
            f"{folder} contains both a model and an adapter ({CONFIG}, {ADAPTER_CONFIG}). Put the adapter into a "
            "separate folder."
        )
    config = read_config(folder / CONFIG)
    described, stored = _described(config), _stored(folder)
    if described > stored:
        raise InputError(
            f"{folder / CONFIG} describes a model of at least {described:,} weights, but its *.safetensors contain "
            f"{stored:,}. {AGAIN}"
        )


def check_names(folder: Path) -> None:
    """Raises InputError if the folder has links out of it, pickles instead of weights, or files that are too large."""
    inside = _home(folder)
    for path in sorted(path for pattern in READ for path in folder.glob(pattern)):
        if path.is_symlink() and not path.resolve().is_relative_to(inside):
            raise InputError(f"{path} is a link out of its folder. Copy the file itself into it.")
        _check_file(path)
    pickles = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
    if pickles and not any(folder.glob("*.safetensors")):
        raise InputError(
            f"{folder / pickles[0]} is a pickle, which can run code when it is read. Save the model again as "
            "safetensors, with save_pretrained."
        )
    for name in ("tokenizer_config.json", "generation_config.json", "processor_config.json"):
        if (folder / name).exists():
            _refuse_code(folder / name, read_json(folder / name))


def read_config(path: Path) -> dict[str, Any]:
    """Returns a Gemma 3's config.json. Raises InputError with the first number that no Gemma 3 can have."""
    config = read_json(path)
    _refuse_code(path, config)
    for name, most in {**NEEDED, **OPTIONAL}.items():
        if name in NEEDED and name not in config:
            raise InputError(f"{path} lacks {name!r}. {AGAIN}")
        value = config.get(name)
        if (value is not None or name in NEEDED) and not (type(value) is int and 1 <= value <= most):
            raise InputError(f"{path}: {name} is {_shown(value)}; a whole number from 1 to {most:,} is needed. {AGAIN}")
    for name in POSITIVE:
        value = config.get(name, 1.0)
        if type(value) not in (int, float) or not 0 < value <= 1:
            raise InputError(f"{path}: {name} is {_shown(value)}; a number above 0 and at most 1 is needed. {AGAIN}")
    layers = config.get("layer_types")
    if layers is not None and not _layers(layers, config["num_hidden_layers"]):
        raise InputError(f"{path}: layer_types must name a kind for each of its layers. {AGAIN}")
    return config


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """Raises InputError, with the first line of the library's message, if a library cannot load the folder."""
    try:
        yield
    except (InputError, MemoryError):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
        raise InputError(f"{folder} cannot be loaded: {reason.rstrip('.')}. {AGAIN}") from error


def _layers(layers: object, number: int) -> bool:
    return isinstance(layers, list) and len(layers) == number and all(kind in LAYER_TYPES for kind in map(str, layers))


def _home(folder: Path) -> Path:
    """The folder that links may point into: itself, or its repository in the Hub's cache if it is a snapshot."""
    real = folder.resolve()
    for inner in (real, *real.parents):  # a run's checkpoint is a subfolder of its snapshot
        repository = inner.parent.parent
        if inner.parent.name == "snapshots" and repository.name.startswith("models--"):
            return repository
    return real


def _check_file(path: Path) -> None:
    try:
        found = path.stat()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. {AGAIN}") from error
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{path} is not a file. {AGAIN}")
    most = SMALL_BYTES.get(path.suffix)
    if most is not None and found.st_size > most:
        raise InputError(
            f"{path} has {found.st_size / 2**20:,.0f} MB; at most {most / 2**20:,.0f} MB are allowed. {AGAIN}"
        )


def _refuse_code(path: Path, record: Mapping[str, Any]) -> None:
    """Raises InputError if a setting makes a library download code or other weights, or read a file elsewhere."""
    for name in CODE_KEYS:
        if record.get(name):
            raise InputError(f"{path} has {name!r}, which is not supported. Name a plain Gemma 3 without it.")
    for name in (key for key in record if "attn_implementation" in str(key)):
        if "/" in str(record[name]):
            raise InputError(f"{path}: {name} names code on the Hub, {_shown(record[name])}. Remove it from the file.")
    for name in PATH_KEYS:
        value = record.get(name)
        if value is not None and (not isinstance(value, str) or Path(value).name != value):
            raise InputError(f"{path}: {name} is {_shown(value)}, which is not a file of this folder. Remove it.")


def _described(config: Mapping[str, Any]) -> int:
    """The minimum number of weights of a Gemma 3 with these settings: embeddings, attention and feed-forward layers."""
    hidden, heads, shared = (config[name] for name in ("hidden_size", "num_attention_heads", "num_key_value_heads"))
    attention = 2 * hidden * heads * config["head_dim"] + 2 * hidden * shared * config["head_dim"]
    layer = attention + 3 * hidden * config["intermediate_size"]
    return int(config["vocab_size"] * hidden + config["num_hidden_layers"] * layer)


def _stored(folder: Path) -> int:
    """The number of weights by the headers of the folder's *.safetensors. Raises InputError if one is damaged."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise InputError(f"{folder} has no weights (*.safetensors). {AGAIN}")
    _check_index(folder, {path.name for path in files})
    return sum(weights_in(path) for path in files)


def _check_index(folder: Path, files: set[str]) -> None:
    path = folder / INDEX
    if not path.exists():
        return
    names = read_json(path).get("weight_map")
    if not isinstance(names, dict) or not set(map(str, names.values())) <= files:
        raise InputError(f"{path} names weights that are not in this folder. {AGAIN}")


def weights_in(path: Path) -> int:
    """Returns how many numbers a .safetensors file has. Raises InputError if its header is truncated or wrong."""
    try:
        with safe_open(path, framework="numpy") as file:
            return sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, OverflowError) as error:
        raise InputError(f"{path} is damaged: {str(error)[:200]}. Copy or download it again.") from error


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
