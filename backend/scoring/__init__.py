"""Scoring: compares answers with the expected calls, and gives rates with their intervals."""

from backend.scoring.acceptance import Refusal, RefusalKind, refusal, suggestion
from backend.scoring.advice import NGRAM_NAME, SIGNIFICANT, Advice
from backend.scoring.building import TARGET, build_evaluation, paired
from backend.scoring.call_matching import drop_nulls, same_calls, same_value
from backend.scoring.comparison import ComparedRows, compare_rows
from backend.scoring.confidence import FEWEST, GOALS, Bin, Confidence, Cutoff, Goal
from backend.scoring.evaluation import Comparison, Evaluation, Paired, ProbeResult, Setup
from backend.scoring.export_csv import rows_csv
from backend.scoring.intervals import Rate, mcnemar, p_text, wilson
from backend.scoring.ngram_baseline import ngram_report
from backend.scoring.off_topic import LeftOutGroup, OffTopic, OffTopicRow, off_topic_result
from backend.scoring.predictions import read_predictions
from backend.scoring.probes import MESSAGE_PROBES, SPOKEN, probe_messages, probes_for
from backend.scoring.report import NO_CALL, UNKNOWN_TOOL, UNPARSED, Report, RowResult, ToolScore, confusions, names_of
from backend.scoring.score import score_rows
from backend.scoring.silence_advice import FALSE_CALLS
from backend.scoring.verdict import Verdict, verdict

__all__ = [
    "FALSE_CALLS",
    "FEWEST",
    "GOALS",
    "MESSAGE_PROBES",
    "NGRAM_NAME",
    "NO_CALL",
    "SIGNIFICANT",
    "SPOKEN",
    "TARGET",
    "UNKNOWN_TOOL",
    "UNPARSED",
    "Advice",
    "Bin",
    "ComparedRows",
    "Comparison",
    "Confidence",
    "Cutoff",
    "Evaluation",
    "Goal",
    "LeftOutGroup",
    "OffTopic",
    "OffTopicRow",
    "Paired",
    "ProbeResult",
    "Rate",
    "Refusal",
    "RefusalKind",
    "Report",
    "RowResult",
    "Setup",
    "ToolScore",
    "Verdict",
    "build_evaluation",
    "compare_rows",
    "confusions",
    "drop_nulls",
    "mcnemar",
    "names_of",
    "ngram_report",
    "off_topic_result",
    "p_text",
    "paired",
    "probe_messages",
    "probes_for",
    "read_predictions",
    "refusal",
    "rows_csv",
    "same_calls",
    "same_value",
    "score_rows",
    "suggestion",
    "verdict",
    "wilson",
]
