"""Messages that no tool should answer: the product's own sets, and which of them the user's tools might answer."""

from backend.off_topic.answers import as_rows, with_answers
from backend.off_topic.chosen import ChosenMessages, Group, choose_messages
from backend.off_topic.messages import (
    KINDS,
    LANGUAGES,
    NEAR_MISS,
    Kind,
    Message,
    asked_messages,
    evenly_divided,
    taught_messages,
    topic_words,
)
from backend.off_topic.near_misses import near_misses, read_near_misses
from backend.off_topic.relation import LeftOut, Relation, Selection

__all__ = [
    "KINDS",
    "LANGUAGES",
    "NEAR_MISS",
    "ChosenMessages",
    "Group",
    "Kind",
    "LeftOut",
    "Message",
    "Relation",
    "Selection",
    "as_rows",
    "asked_messages",
    "choose_messages",
    "evenly_divided",
    "near_misses",
    "read_near_misses",
    "taught_messages",
    "topic_words",
    "with_answers",
]
