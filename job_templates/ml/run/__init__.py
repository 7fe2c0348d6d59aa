"""The run that a command works on: its folder, settings, stages and progress."""

from job_templates.ml.run.comparisons import read_others, with_comparisons
from job_templates.ml.run.growing import check_growing_usage, dividing_options, growing_parser
from job_templates.ml.run.off_topic import off_topic_messages
from job_templates.ml.run.options import add_data_flags, add_training_flags, config_from
from job_templates.ml.run.progress import ProgressReporter, minutes_and_seconds, remaining_seconds
from job_templates.ml.run.report_lines import say_report
from job_templates.ml.run.scored_rows import ScoredRows, check_options, divide, scored_rows
from job_templates.ml.run.workspace import Inputs, Workspace, stage, workspace

__all__ = [
    "Inputs",
    "ProgressReporter",
    "ScoredRows",
    "Workspace",
    "add_data_flags",
    "add_training_flags",
    "check_growing_usage",
    "check_options",
    "config_from",
    "divide",
    "dividing_options",
    "growing_parser",
    "minutes_and_seconds",
    "off_topic_messages",
    "read_others",
    "remaining_seconds",
    "say_report",
    "scored_rows",
    "stage",
    "with_comparisons",
    "workspace",
]
