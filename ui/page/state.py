"""The state of a page at one moment, read from files: the run, its stages, its data and their check."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from backend.data import CheckOptions, CheckReport
from backend.data.editing import Form, Place, read_place
from backend.data.text import FixPlan
from backend.device import Verification
from backend.errors import InputError
from backend.off_topic import ChosenMessages
from backend.runs import STAGES, Run, TrainingSummary, put_back_keys, read_json
from backend.scoring import Evaluation
from ui.page.location import Location
from ui.services import (
    GONE,
    Growth,
    Origin,
    Review,
    Services,
    StageView,
    Summary,
    Task,
    UploadedData,
    has_result,
    message_of,
    stage_views,
)
from ui.work import Data, FixRequest, read_fix_request

LOGGER = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class PageState:
    """The state at a location; each part is read when it is first used."""

    services: Services
    location: Location

    @cached_property
    def _opened(self) -> tuple[Run | None, str | None]:
        if not self.location.run:
            return None, None
        try:
            return self.services.store.open(self.location.run), None
        except Exception as error:  # noqa: BLE001 - whatever is in the folder, the page reports that it cannot be opened
            return None, message_of(error, "opening a run")

    @property
    def run(self) -> Run | None:
        """The run that is open."""
        return self._opened[0]

    @property
    def run_error(self) -> str | None:
        """The reason why the location's run cannot be opened."""
        return self._opened[1]

    @cached_property
    def runs(self) -> list[Summary]:
        """Every run, newest first."""
        return self.services.summaries.list()

    @cached_property
    def stages(self) -> dict[str, StageView]:
        """The states of the open run's stages; empty without a run; failed with the reason if they cannot be read."""
        if self.run is None:
            return {}
        try:
            return stage_views(self.run, self.services.runner)
        except Exception as error:  # noqa: BLE001 - message_of logs what is a fault of ours
            message = message_of(error, f"reading the stages of the run {self.run.id}")
            return {stage: StageView(stage, "failed", message) for stage in STAGES}

    def stage(self, name: str) -> StageView:
        """One stage of the open run."""
        return self.stages.get(name) or StageView(name)

    def has(self, stage: str) -> bool:
        """Whether the open run has the result of a stage."""
        try:
            return self.run is not None and has_result(self.run, stage)
        except OSError:  # a dangling link or an unreadable file is no result
            return False

    @cached_property
    def _sourced(self) -> tuple[UploadedData | None, str | None]:
        if self.run:
            name = str(self.run.data.get("dataset_name") or self.run.dataset_path.name)
            config = self.run.config
            origin = Origin(config.allow_multiple_calls, config.allow_no_call, put_back=config.put_back or "")
            near_misses = self.run.near_misses_path if self.run.near_misses_path.is_file() else None
            return UploadedData(self.run.dataset_path, self.run.tools_path, name, origin, near_misses=near_misses), None
        if not self.location.data:
            return None, None
        try:
            return self.services.upload_store.open(self.location.data), None
        except InputError as error:
            return None, str(error)
        except (OSError, TypeError, ValueError):
            LOGGER.exception("uploaded data cannot be opened")
            return None, GONE

    @property
    def source(self) -> UploadedData | None:
        """The open data: the run's or an upload."""
        return self._sourced[0]

    @property
    def source_error(self) -> str | None:
        """The reason why the location's data is missing."""
        return self._sourced[1]

    @cached_property
    def options(self) -> CheckOptions:
        """The options of the check: the run's settings or the defaults, and the allowed calls per row."""
        origin = self.source.origin if self.source else Origin()
        allowed: dict[str, Any] = {
            "allow_multiple_calls": origin.allow_multiple_calls,
            "allow_no_call": origin.allow_no_call,
            "folders": self.services.identity.machine,
            "token": self.services.token,
        }
        if self.run is None:
            return CheckOptions(declarations="none", **allowed)
        config = self.run.config
        length = None if config.max_seq_length == "auto" else config.max_seq_length
        return CheckOptions(
            base_model=config.base_model,
            prompt_format=config.prompt_format,
            declarations=config.declarations,
            max_seq_length=length,
            test_split=config.test_split,
            seed=config.seed,
            **allowed,
        )

    @cached_property
    def data(self) -> Data | None:
        """The open data with the options of its check."""
        return Data(self.source.dataset, self.source.tools, self.options) if self.source else None

    @cached_property
    def check(self) -> Task[CheckReport] | None:
        """The check of the open data, running or done."""
        return self.services.checker.check(self.data, self.services.owner) if self.data else None

    @property
    def report(self) -> CheckReport | None:
        """The check's report, None before its end."""
        return self.check.result if self.check else None

    @cached_property
    def data_key(self) -> str:
        """A key of the open data and its report, for updates that are sent only once."""
        return f"{self.data.key if self.data else None} {self.report is not None}"

    @cached_property
    def fix_request(self) -> FixRequest | None:
        """The fixes in the preview."""
        return read_fix_request(self.location.fixing, self.report)

    @cached_property
    def plan(self) -> Task[FixPlan] | None:
        """The changes of those fixes, planning or done."""
        if not (self.data and self.fix_request):
            return None
        return self.services.checker.plan(self.data, self.fix_request, self.services.owner)

    @cached_property
    def place(self) -> Place | None:
        """The part of the data that is edited; None if there is no data or no such part."""
        return read_place(self.location.editing) if self.data else None

    @cached_property
    def form(self) -> Task[Form] | None:
        """The form of that part, opening or open."""
        if not (self.data and self.place):
            return None
        return self.services.checker.opened(self.data, self.place, self.services.owner)

    @cached_property
    def growth(self) -> Task[Growth] | None:
        """The rows that are being written for the data, opening or open."""
        growing, of = self.location.growing, self.location.run or self.location.data
        return self.services.growths.opened(growing, of, self.data) if self.data and growing and of else None

    @property
    def covered(self) -> bool:
        """Whether a preview, a form or the writing of rows is open over the data."""
        return bool(self.plan or self.place or self.location.growing)

    @cached_property
    def test_check(self) -> Task[CheckReport] | None:
        """The check of the uploaded test rows, running or done."""
        if not (self.source and self.source.test and self.data and self.report):
            return None
        return self.services.checker.test_rows(self.data, self.report, self.source.test, self.services.owner)

    @cached_property
    def off_topic(self) -> Task[ChosenMessages] | None:
        """The choice of off-topic messages beside the open data, running or done; None before the check's end."""
        if not (self.source and self.data and self.report):
            return None
        put_back = put_back_keys(self.source.origin.put_back)
        return self.services.checker.off_topic(self.data, self.report, put_back, self.services.owner)

    @property
    def review(self) -> Task[Review] | None:
        """The review of labels; None if it was not started."""
        return self.services.checker.reviewed(self.data, self.services.owner) if self.data else None

    @cached_property
    def evaluation(self) -> Evaluation | None:
        """The open run's evaluation; None if it is missing or not JSON. Raises InputError if a field is damaged."""
        return _read(self.run.evaluation_path, Evaluation.from_dict) if self.run else None

    @cached_property
    def training(self) -> TrainingSummary | None:
        """The training's summary; None and InputError as for the evaluation."""
        return _read(self.run.training_path, TrainingSummary.from_dict) if self.run else None

    @cached_property
    def verification(self) -> Verification | None:
        """The verification of the open run's exported file; None and InputError as for the evaluation."""
        return _read(self.run.export_dir / "verification.json", Verification.from_dict) if self.run else None


def readable(read: Callable[[], T | None]) -> T | None:
    """A document of the run; None if a field is damaged, which another part of the page reports."""
    try:
        return read()
    except InputError:
        return None


def _read(path: Path, parse: Callable[[object, str], T]) -> T | None:
    try:
        document = read_json(path) if path.is_file() else None
    except (InputError, OSError):
        return None
    return None if document is None else parse(document, str(path))
