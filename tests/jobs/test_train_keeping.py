"""When a training's state is saved."""

from __future__ import annotations

from transformers import TrainerControl, TrainerState, TrainingArguments

from job_templates.ml.training.checkpointing import SavingCallback


def test_an_epoch_that_ends_at_a_saved_step_is_not_saved_over_it() -> None:
    callback, args = SavingCallback(5.0, None), TrainingArguments()
    for saved, wanted in ((20, False), (19, True)):
        state, control = TrainerState(global_step=saved, max_steps=60), TrainerControl()
        callback.on_save(args, state, control)
        state.global_step = 20
        callback.on_epoch_end(args, state, control)
        assert control.should_save == wanted
