"""How large a file's cache is made, and in which lengths it reads a prompt."""

from __future__ import annotations

import re

import pytest

from backend.device.lengths import AUTO_CACHES, fitting_prefill, read_cache, read_prefill, smallest_cache
from backend.errors import InputError


@pytest.mark.parametrize(
    ("longest", "cache"), [(0, 1024), (40, 1024), (1016, 1024), (1017, 2048), (2040, 2048), (2041, 4096), (4088, 4096)]
)
def test_auto_takes_the_smallest_cache_that_holds_every_row(longest: int, cache: int) -> None:
    assert smallest_cache(longest) == cache


@pytest.mark.parametrize(("longest", "needed"), [(4089, 8192), (8185, 16384)])
def test_what_auto_cannot_hold_must_be_asked_for_by_its_size(longest: int, needed: int) -> None:
    with pytest.raises(InputError, match=rf"has {longest:,} tokens.*--kv-cache-max-len {needed},"):
        smallest_cache(longest)


def test_a_cache_is_a_number_or_auto() -> None:
    assert (read_cache("auto"), read_cache("256"), read_cache(" 32 ")) == (None, 256, 32)
    for wrong in ("", "0", "31", "40000", "-1", "1e3", "all"):
        with pytest.raises(InputError, match=re.escape("give auto, or a number of tokens from 32 to 32,768")):
            read_cache(wrong)


def test_prefill_lengths_are_read_in_any_order_and_once() -> None:
    assert read_prefill("256, 32,256") == (32, 256)
    for wrong in ("", "32,", "0", "-1", "a"):
        with pytest.raises(InputError, match="several such as 32,256"):
            read_prefill(wrong)


@pytest.mark.parametrize(("cache", "lengths"), [(32, (32,)), (128, (32,)), (256, (32, 256)), (1024, (32, 256))])
def test_the_usual_prefill_lengths_are_those_that_fit(cache: int, lengths: tuple[int, ...]) -> None:
    assert fitting_prefill(None, cache) == lengths


def test_a_prefill_length_that_was_asked_for_is_never_left_out_silently() -> None:
    assert fitting_prefill((64, 128), AUTO_CACHES[0]) == (64, 128)
    with pytest.raises(InputError, match="more than the 64 tokens"):
        fitting_prefill((32, 128), 64)
