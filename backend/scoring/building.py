"""Builds an evaluation from the reports of a model, of its base and of others on the same rows."""

from __future__ import annotations

from collections.abc import Mapping

from backend.runs import STARTER, RunConfig
from backend.scoring.advice import NGRAM_NAME, advise
from backend.scoring.confidence import Confidence
from backend.scoring.evaluation import Evaluation, Paired, ProbeResult, Setup
from backend.scoring.intervals import mcnemar
from backend.scoring.off_topic import OffTopic
from backend.scoring.probes import SPOKEN
from backend.scoring.report import Report
from backend.scoring.silence_advice import with_silence_advice
from backend.scoring.verdict import verdict

BASE_NAME, UNTRAINED_NAME = "the base model", "the model before training"
"""The model that a fine-tuned model is compared with, and the one for a starter, which has no base."""
TARGET = 0.85
"""The default target of the combined accuracy: FunctionGemma's model card reports 85 % for Mobile Actions."""


def build_evaluation(
    tuned: Report,
    base: Report | None,
    setup: Setup,
    target: float = TARGET,
    *,
    ngram_baseline: Report | None = None,
    probes: Mapping[str, Report] | None = None,
    off_topic: OffTopic | None = None,
    train_rows: Mapping[str, int] | None = None,
    config: RunConfig | None = None,
) -> Evaluation:
    """Returns the whole evaluation; `setup` describes what was scored. Raises ValueError if the reports' rows differ.

    `ngram_baseline` is the report of the n-gram classifier. `probes` are the reports of the tuned model on changed
    rows, by probe. `train_rows` counts the training rows of each tool, and `config` has the settings of the training;
    both are None if they are not known.
    """
    compared, against_ngrams = (paired(report, tuned) if report else None for report in (base, ngram_baseline))
    name = UNTRAINED_NAME if setup.base_model == STARTER else BASE_NAME
    confidence = Confidence.of(tuned.rows, [row.answer for row in off_topic.rows] if off_topic else ())
    others = {name: report for name, report in ((name, base), (NGRAM_NAME, ngram_baseline)) if report}
    return Evaluation(
        setup=setup,
        verdict=verdict(tuned.combined, target),
        advice=with_silence_advice(
            advise(tuned, others, train_rows or {}, target, confidence, (probes or {}).get(SPOKEN)),
            tuned,
            off_topic,
            config,
        ),
        tuned=tuned,
        base=base,
        ngram_baseline=ngram_baseline,
        mcnemar=compared,
        ngram_mcnemar=against_ngrams,
        off_topic=off_topic,
        confidence=confidence,
        probes={name: _probe(report, tuned) for name, report in (probes or {}).items()},
    )


def _probe(report: Report, tuned: Report) -> ProbeResult:
    """Returns the rates of a probe, and its comparison with the unchanged rows."""
    broken = (row.id for row, twin in zip(tuned.rows, report.rows, strict=True) if row.right and not twin.right)
    return ProbeResult(report.tool, report.combined, paired(tuned, report), tuple(broken))


def paired(first: Report, second: Report) -> Paired:
    """Returns how many rows only one of two models has right, and the exact p. Raises ValueError if the rows differ."""
    if [row.id for row in first.rows] != [row.id for row in second.rows]:
        raise ValueError("two reports can be paired only on the same rows in the same order")
    together = list(zip(first.rows, second.rows, strict=True))
    worse = sum(one.right and not other.right for one, other in together)
    better = sum(other.right and not one.right for one, other in together)
    return Paired(worse, better, mcnemar(worse, better))
