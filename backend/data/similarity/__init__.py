"""Finds messages that are nearly equal, and messages that follow one template."""

from backend.data.similarity.near_duplicates import THRESHOLD, NearGroups, clusters_of, near_groups, similarity
from backend.data.similarity.nearest import NearIndex
from backend.data.similarity.templates import find_templates

__all__ = [
    "THRESHOLD",
    "NearGroups",
    "NearIndex",
    "clusters_of",
    "find_templates",
    "near_groups",
    "similarity",
]
