"""An export for an app on a phone: the canonical tools, the Android kit, the Android project and the model card."""

from backend.device.android import KOTLIN_FILE, LITERTLM_ANDROID, README, kit_of_run, write_kit_of_run
from backend.device.app_use import (
    CONSTRAINED,
    AppUse,
    app_use,
    app_use_line,
    off_topic_sentence,
    works_constrained,
)
from backend.device.canonical import ANDROID_TOOLS, write_android_tools
from backend.device.checked import Check, Result
from backend.device.file_size import estimated_bytes
from backend.device.lengths import (
    AUTO,
    AUTO_CACHES,
    PREFILL_LENGTHS,
    SMALL_CACHE,
    fitting_prefill,
    read_cache,
    read_prefill,
    smallest_cache,
)
from backend.device.model_card import model_card, verification_of
from backend.device.project import project_of_run, write_project_of_run
from backend.device.recipes import DEFAULT_RECIPE, RECIPES, Recipe
from backend.device.verification import Agreement, Conversion, Verification
from backend.device.vocabulary import SameAnswers, VocabularyResult, check_vocabulary

__all__ = [
    "ANDROID_TOOLS",
    "AUTO",
    "AUTO_CACHES",
    "CONSTRAINED",
    "DEFAULT_RECIPE",
    "KOTLIN_FILE",
    "LITERTLM_ANDROID",
    "PREFILL_LENGTHS",
    "README",
    "RECIPES",
    "SMALL_CACHE",
    "Agreement",
    "AppUse",
    "Check",
    "Conversion",
    "Recipe",
    "Result",
    "SameAnswers",
    "Verification",
    "VocabularyResult",
    "app_use",
    "app_use_line",
    "check_vocabulary",
    "estimated_bytes",
    "fitting_prefill",
    "kit_of_run",
    "model_card",
    "off_topic_sentence",
    "project_of_run",
    "read_cache",
    "read_prefill",
    "smallest_cache",
    "verification_of",
    "works_constrained",
    "write_android_tools",
    "write_kit_of_run",
    "write_project_of_run",
]
