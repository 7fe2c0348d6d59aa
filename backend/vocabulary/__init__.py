"""Decides which pieces of a Gemma 3 tokenizer an app needs, and writes a tokenizer with those alone."""

from backend.vocabulary.agreement import check_tokenizer
from backend.vocabulary.choice import AUTO, FULL, kept_languages, read_vocabulary
from backend.vocabulary.coverage import Coverage, everyday_sentences, measure_coverage, probes
from backend.vocabulary.kept import WORDS, Kept, kept_pieces
from backend.vocabulary.languages import LANGUAGES, Language, parse_languages
from backend.vocabulary.seen import seen_languages
from backend.vocabulary.texts import model_texts
from backend.vocabulary.trimmed import trim_tokenizer

__all__ = [
    "AUTO",
    "FULL",
    "LANGUAGES",
    "WORDS",
    "Coverage",
    "Kept",
    "Language",
    "check_tokenizer",
    "everyday_sentences",
    "kept_languages",
    "kept_pieces",
    "measure_coverage",
    "model_texts",
    "parse_languages",
    "probes",
    "read_vocabulary",
    "seen_languages",
    "trim_tokenizer",
]
