"""Says in sentences which run is better, how sure that is, and how many rows would tell."""

from __future__ import annotations

from collections.abc import Sequence

from backend.comparing.side_by_side import Pair, SideBySide
from backend.data.text import count
from backend.scoring import SIGNIFICANT, p_text


def verdict(found: SideBySide, names: Sequence[str]) -> str:
    """Returns which run is better in one or two sentences; `names` are those of the runs, in their order."""
    best = names[found.best]
    worse = [names[pair.other] for pair in found.pairs if pair.word == "worse"]
    alike = [names[pair.other] for pair in found.pairs if pair.word != "worse"]
    if not worse:
        return f"{_listed([best, *alike])} are not told apart."
    better = f"{best} is better than {_listed(worse)}."
    return f"{better} It is not told apart from {_listed(alike)}." if alike else better


def reason(found: SideBySide, pair: Pair, names: Sequence[str]) -> str:
    """Returns the figures behind the verdict on a pair, and if it is open, how many rows would tell."""
    best, other = names[found.best], names[pair.other]
    if not pair.gained and not pair.lost:
        return f"{best} and {other} answer the same rows right."
    figures = (
        f"{count(len(pair.gained), 'row')} only {best} answers right, {len(pair.lost):,} only {other} "
        f"(McNemar, {p_text(pair.p)})."
    )
    return figures if pair.word == "worse" else f"{figures} {rows_sentence(pair.rows_needed)}"


def rows_sentence(needed: int | None) -> str:
    """Returns how many held-out rows would tell two models apart; None means that no useful number would."""
    if needed is None:
        return "With these shares, no number of held-out rows would tell them apart."
    return f"If these shares stay, about {_rounded(needed):,} held-out rows would tell them apart."


def correction(found: SideBySide) -> str:
    """Returns how p is corrected if more than two runs are compared; empty for two."""
    if found.tests < 2:
        return ""
    return (
        f"Each p is corrected for the {found.tests} pairs of these {len(found.standings)} runs (Holm), because the "
        "best run was found on the same rows."
    )


def calls_sentence(found: SideBySide, pair: Pair, names: Sequence[str]) -> str:
    """Returns which run calls tools for fewer off-topic messages; empty if they are not told apart."""
    own, theirs = found.standings[found.best].false_calls, found.standings[pair.other].false_calls
    if own is None or theirs is None or pair.p_calls is None or pair.p_calls >= SIGNIFICANT:
        return ""
    fewer, more = sorted(((own.k, names[found.best]), (theirs.k, names[pair.other])))
    return (
        f"{fewer[1]} calls tools for fewer off-topic messages than {more[1]}: {fewer[0]:,} instead of {more[0]:,} of "
        f"{own.n:,} (McNemar, {p_text(pair.p_calls)})."
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _rounded(rows: int) -> int:
    """Returns the number with two digits, rounded up, because the shares are estimates."""
    unit: int = 10 ** max(0, len(str(rows)) - 2)
    return -(-rows // unit) * unit
