"""The languages that can be named, and those that messages are written in."""

from __future__ import annotations

import pytest
from wordfreq import available_languages

from backend.errors import InputError
from backend.off_topic import asked_messages, taught_messages
from backend.vocabulary import LANGUAGES, everyday_sentences, parse_languages, seen_languages
from backend.vocabulary.languages import SCRIPT_WORDS, common_words, script_of
from backend.vocabulary.seen import language_shares

ENGLISH = [one.text for one in (*asked_messages(), *taught_messages()) if one.language == "en"]
OTHERS = sorted(set(everyday_sentences()) - {"en"})


def test_all_languages_of_wordfreq_can_be_named_and_no_others() -> None:
    assert set(LANGUAGES) == set(available_languages("best"))
    assert all(code == language.code and language.name for code, language in LANGUAGES.items())


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_the_words_of_a_language_are_in_its_scripts(code: str) -> None:
    words = common_words(code, 300)
    scripts = [script_of(word[0]) for word in words]
    assert len(words) == 300
    assert sum(script in LANGUAGES[code].scripts for script in scripts) > 250
    assert set(LANGUAGES[code].scripts) <= set(SCRIPT_WORDS)


def test_words_are_the_commonest_first_and_have_no_digits() -> None:
    words = common_words("en", 20_000)
    assert len(words) == 20_000
    assert list(words)[:3] == ["the", "to", "and"]
    assert list(words.values()) == sorted(words.values(), reverse=True)
    assert not [word for word in words if any(map(str.isdigit, word))]
    assert len(common_words("en", 100_000)) == 100_000
    assert 5_000 < len(common_words("vi", 1_000_000)) < 1_000_000


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("en,es", ("en", "es")),
        (" ES , en,es", ("en", "es")),
        ("German", ("en", "de")),
        ("serbo-croatian,zh,", ("en", "sh", "zh")),
    ],
)
def test_languages_are_named_by_codes_or_names_and_english_is_always_kept(text: str, codes: tuple[str, ...]) -> None:
    assert parse_languages(text) == codes


@pytest.mark.parametrize(
    ("text", "named"), [("en,xx", "'xx'"), ("klingon", "'klingon'"), ("", "No language"), (" ,", "No")]
)
def test_an_unknown_language_is_told_with_the_known_ones(text: str, named: str) -> None:
    with pytest.raises(InputError, match=named) as error:
        parse_languages(text)
    assert all(f"{one.code} ({one.name})" in str(error.value) for one in LANGUAGES.values())


@pytest.mark.parametrize("code", OTHERS)
def test_one_language_is_seen_and_no_other(code: str) -> None:
    assert seen_languages(everyday_sentences()[code]) == ("en", code)


def test_languages_in_three_percent_of_the_messages_are_seen() -> None:
    seen = seen_languages([*ENGLISH[:900], *(text for code in OTHERS for text in everyday_sentences()[code][:35])])
    assert (seen[0], sorted(seen[1:])) == ("en", OTHERS)


def test_languages_in_one_percent_or_in_one_of_few_messages_are_not_seen() -> None:
    assert seen_languages([*ENGLISH[:900], *(text for code in OTHERS for text in everyday_sentences()[code][:9])]) == (
        "en",
    )
    assert seen_languages([*ENGLISH[:30], everyday_sentences()["de"][0], everyday_sentences()["ja"][0]]) == ("en",)


def test_short_messages_count_for_the_language_of_the_others() -> None:
    """ "no" is a word of many languages, and "radio" of most."""
    short = ["no", "radio", "hotel", "ok", "stop", "Berlin"]
    assert seen_languages([*everyday_sentences()["de"], *short]) == ("en", "de")
    assert language_shares([*everyday_sentences()["de"], *short])["de"] > 0.95


def test_japanese_without_kana_is_no_chinese_and_chinese_no_japanese() -> None:
    assert seen_languages([*everyday_sentences()["ja"], "天気予報", "音量最大", "今日予定"]) == ("en", "ja")
    assert seen_languages(["明天早上六点叫醒我", "今天天气怎么样", "关掉走廊的灯", "下一首歌", "打电话给妈妈"]) == (
        "en",
        "zh",
    )


@pytest.mark.parametrize("messages", [(), ("", "123", "🚲"), ("xyzzy",)])
def test_without_words_english_alone_is_seen(messages: tuple[str, ...]) -> None:
    assert seen_languages(messages) == ("en",)


def test_very_long_messages_and_equal_ones_are_counted_once() -> None:
    long = " ".join(everyday_sentences()["fr"] * 50)
    assert seen_languages([long, f"{long} ok", *ENGLISH[:40]]) == ("en", "fr")
    assert seen_languages([everyday_sentences()["fr"][0]] * 50 + ENGLISH[:40]) == ("en",)
