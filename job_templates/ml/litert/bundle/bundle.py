"""Writing of a `.litertlm` file, and reading of its header and metadata without running it."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import litert_lm_builder
from google.protobuf.message import DecodeError
from litert_lm_builder import litertlm_core, litertlm_peek
from litert_lm_builder.runtime.proto import llm_metadata_pb2, sampler_params_pb2

from backend.errors import InputError
from backend.files import disk_errors, sync_folder
from backend.prompts import BOS_ID, END_CALL, PAD_ID, START_CALL, START_RESPONSE, STOP_TOKENS
from backend.records import FormatName
from backend.runs import Scratch

TOKENIZER, METADATA, MODEL = "SP_Tokenizer", "LlmMetadataProto", "TFLiteModel"
PREFILL_DECODE = "tf_lite_prefill_decode"
HEADER_BYTES = litertlm_core.HEADER_BEGIN_BYTE_OFFSET


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a file. `begin` and `end` are byte offsets; `model_type` names the purpose of a TFLite model."""

    kind: str
    model_type: str | None
    begin: int
    end: int

    def to_json(self) -> dict[str, Any]:
        """Returns the section as one JSON object."""
        return {"kind": self.kind, "model_type": self.model_type, "begin": self.begin, "bytes": self.end - self.begin}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A file's header: its version and sections."""

    path: Path
    version: str
    sections: tuple[Section, ...]

    def find(self, kind: str) -> Section | None:
        """Returns the first section of a kind, or None."""
        return next((section for section in self.sections if section.kind == kind), None)

    def read(self, section: Section, size: int | None = None) -> bytes:
        """Returns the section's bytes, or its first `size` bytes."""
        with self.path.open("rb") as file:
            file.seek(section.begin)
            return file.read(section.end - section.begin if size is None else size)

    def metadata(self) -> Any:
        """Returns the file's LlmMetadata. Raises InputError if there is none or it cannot be read."""
        section = self.find(METADATA)
        if section is None:
            raise InputError(f"{self.path.name} has no {METADATA} section.")
        message = llm_metadata_pb2.LlmMetadata()
        try:
            message.ParseFromString(self.read(section))
        except DecodeError as error:
            raise InputError(f"{self.path.name}: its {METADATA} section cannot be read ({error}).") from error
        return message


def write_bundle(path: Path, tflite: Path, tokenizer_model: Path, metadata: Any) -> None:
    """Write the file completely or not at all: to a temporary name in the same folder, which is then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with Scratch() as scratch, disk_errors(path):
        proto = Path(scratch) / "metadata.pb"
        proto.write_bytes(metadata.SerializeToString(deterministic=True))
        builder = litert_lm_builder.LitertLmFileBuilder()
        author = litert_lm_builder.Metadata("Authors", "FunctionGemma Trainer", litert_lm_builder.DType.STRING)
        builder.add_system_metadata(author)
        builder.add_llm_metadata(str(proto))
        builder.add_sentencepiece_tokenizer(str(tokenizer_model))
        with contextlib.redirect_stdout(io.StringIO()):  # it prints its arguments
            # GPUs of phones would compute in 16 bits, in which int8 models have emitted only <pad>
            builder.add_tflite_model(
                str(tflite), litert_lm_builder.TfLiteModelType.PREFILL_DECODE, prefer_activation_type="fp32"
            )
        try:
            with part.open("wb") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)  # so that a cleanup of old files does not delete it
                builder.build(stream, validate_metadata=True)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
            sync_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)


def read_bundle(path: Path) -> Bundle:
    """Returns the header of a file. Raises InputError if it is not a `.litertlm` file, or is truncated or damaged."""
    size = path.stat().st_size if path.is_file() else 0
    with path.open("rb") as file:
        start = file.read(HEADER_BYTES)
    if start[: len(litertlm_core.HEADER_MAGIC_BYTES)] != litertlm_core.HEADER_MAGIC_BYTES:
        raise InputError(f"{path.name} is not a .litertlm file: it begins with {start[:8]!r}.")
    if size < HEADER_BYTES or struct.unpack("<Q", start[24:32])[0] > size:
        raise InputError(f"{path.name} is truncated within its header, at {size:,} bytes.")
    version = io.StringIO()
    try:
        header = litertlm_peek.read_litertlm_header(str(path), version)
        sections = _sections(header.SectionMetadata())
    except Exception as error:  # flatbuffers raises whatever a wrong offset leads to
        raise InputError(f"{path.name}: its header is damaged ({type(error).__name__}: {error}).") from error
    return Bundle(path, version.getvalue().split(":")[-1].strip(), sections)


def _sections(found: Any) -> tuple[Section, ...]:
    objects: Sequence[Any] = [found.Objects(index) for index in range(found.ObjectsLength())] if found else []
    return tuple(
        Section(
            litertlm_core.any_section_data_type_to_string(one.DataType()),
            litertlm_peek.get_model_type(one),
            one.BeginOffset(),
            one.EndOffset(),
        )
        for one in objects
    )


def build_metadata(prompt_format: FormatName, template: str, context: int) -> Any:
    """Returns the file's LlmMetadata: tokens, template, greedy sampling, `context` tokens, and the format of calls."""
    metadata = llm_metadata_pb2.LlmMetadata()
    metadata.start_token.token_ids.ids.append(BOS_ID)
    metadata.pad_token.token_ids.ids.append(PAD_ID)
    for token in STOP_TOKENS:
        metadata.stop_tokens.add().token_str = token
    metadata.max_num_tokens = context
    metadata.jinja_prompt_template = template
    metadata.supports_thinking = False
    metadata.supports_function_calling = prompt_format == "native"
    _set_greedy(metadata.sampler_params)
    if prompt_format == "native":
        _set_function_gemma(metadata.llm_model_type.function_gemma)
    else:  # as function_gemma, the runtime would search for fenced calls in JSON answers
        metadata.llm_model_type.generic_model.SetInParent()
    return metadata


def _set_greedy(sampler: Any) -> None:
    """Set greedy sampling: TOP_P with one candidate, because the web runtime has no GREEDY."""
    sampler.type = sampler_params_pb2.SamplerParameters.TOP_P
    sampler.k = 1
    sampler.p = 1.0
    sampler.temperature = 1.0
    sampler.seed = 0


def _set_function_gemma(model_type: Any) -> None:
    model_type.code_fence_start = START_CALL
    model_type.code_fence_end = END_CALL
    model_type.function_response_start = START_RESPONSE
    model_type.use_template_for_fc_format = True  # otherwise the template gets strings instead of objects
