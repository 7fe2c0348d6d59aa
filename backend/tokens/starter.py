"""Trains the starter's tokenizer: a small SentencePiece model of the user's rows, with FunctionGemma's special ids."""

from __future__ import annotations

import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import sentencepiece

from backend.errors import InputError
from backend.files import disk_errors, write_bytes
from backend.prompts import BOS, BOS_ID, EOS, EOS_ID, META_TOKENS, PAD, PAD_ID, UNK, UNK_ID, user_defined_symbols

VOCABULARY = 2000
MAX_CHARACTERS = 600
"""The most characters that are a piece; rarer characters are encoded as bytes."""
MAX_SEGMENTS = 200_000
"""The most segments that the trainer reads, for stable counts in a second or two."""
MAX_PIECE_CHARACTERS = 48
"""The longest piece; `call:` with a tool's name can be one token."""
WORD_START = "\u2581"
"""SentencePiece's character for a space."""
_LONGEST_SEGMENT = 2000

_SPECIAL = re.compile("|".join(re.escape(symbol) for symbol in [*META_TOKENS, *user_defined_symbols()]))
_OPENING = re.compile(f"[{re.escape(''.join({symbol[0] for symbol in [*META_TOKENS, *user_defined_symbols()]}))}]")
"""The first character of a special token."""
_TOO_HIGH = re.compile(r"value <= (\d+)")


def train_starter_tokenizer(texts: Iterable[str], out: Path) -> Path:
    """Trains the tokenizer on `texts`, writes it to the folder `out`, and returns the path of `tokenizer.model`.

    Raises InputError if the texts are empty, or if the disk is full.
    """
    path = out / "tokenizer.model"
    with disk_errors(out, "create"):
        out.mkdir(parents=True, exist_ok=True)
    write_bytes(path, starter_model_bytes(texts))
    return path


def starter_model_bytes(texts: Iterable[str], vocabulary: int = VOCABULARY) -> bytes:
    """Returns the serialised SentencePiece model for `texts`: a deterministic BPE with bytes for rare characters.

    It has at most `vocabulary` pieces, and fewer if the texts are too few. Raises InputError if the texts are empty.
    """
    segments = _segments(texts)
    if not segments:
        raise InputError("The starter's tokenizer needs text, and the data has no rows. Add rows.")
    segments = _without_rare_characters(segments)
    try:
        return _train(segments, vocabulary)
    except RuntimeError as error:
        possible = _TOO_HIGH.search(str(error))
        if possible is None:
            raise
        return _train(segments, int(possible.group(1)))


def _segments(texts: Iterable[str]) -> Counter[str]:
    """Returns the segments of the texts between special tokens, each with its number of occurrences."""
    counts: Counter[str] = Counter()
    for text, times in Counter(texts).items():
        for part in _SPECIAL.split(text) if _OPENING.search(text) else (text,):
            if part.strip():
                for start in range(0, len(part), _LONGEST_SEGMENT):
                    segment = part[start : start + _LONGEST_SEGMENT]
                    counts[segment] = counts.get(segment, 0) + times
    return counts


def _stream(segments: Counter[str]) -> Iterator[str]:
    """Yields every segment as often as it occurs, or proportionally less often if there are too many."""
    total = segments.total()
    for index, segment in enumerate(segments.elements()):
        if total <= MAX_SEGMENTS or index * MAX_SEGMENTS // total != (index - 1) * MAX_SEGMENTS // total:
            yield segment


def _without_rare_characters(segments: Counter[str]) -> Counter[str]:
    """Returns the segments with a space for each character that is unprintable or not among the most frequent."""
    counts = _character_counts(segments)
    common = {
        character
        for character, _ in Counter(
            {one: times for one, times in counts.items() if one.isprintable() and one != WORD_START}
        ).most_common(MAX_CHARACTERS)
    }
    rare = {ord(character): " " for character in counts.keys() - common}
    if not rare:
        return segments
    cleaned: Counter[str] = Counter()
    for segment, times in segments.items():
        cleaned[segment.translate(rare)] += times
    return cleaned


def _character_counts(segments: Counter[str]) -> Mapping[str, int]:
    """Returns the number of occurrences of each character, in order of first appearance."""
    by_times: dict[int, list[str]] = defaultdict(list)
    for segment, times in segments.items():
        by_times[times].append(segment)
    counts: dict[str, int] = dict.fromkeys(chain.from_iterable(segments), 0)
    for times, same in by_times.items():
        for character, count in Counter(chain.from_iterable(same)).items():
            counts[character] += count * times
    return counts


def _train(segments: Counter[str], vocabulary: int) -> bytes:
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=_stream(segments),
        model_writer=written,
        model_type="bpe",
        vocab_size=vocabulary,
        byte_fallback=True,
        character_coverage=1.0,
        split_digits=True,
        split_by_unicode_script=False,
        max_sentencepiece_length=MAX_PIECE_CHARACTERS,
        max_sentence_length=8 * _LONGEST_SEGMENT,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        user_defined_symbols=user_defined_symbols(),
        pad_id=PAD_ID,
        eos_id=EOS_ID,
        bos_id=BOS_ID,
        unk_id=UNK_ID,
        pad_piece=PAD,
        eos_piece=EOS,
        bos_piece=BOS,
        unk_piece=UNK,
        num_threads=1,
        minloglevel=4,
    )
    return written.getvalue()
