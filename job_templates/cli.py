"""How every job script starts and ends: quiet libraries, plain errors, exit codes."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from backend.errors import InputError

FAILED, INTERRUPTED, UNHEARD, TERMINATED = 1, 130, 141, 143

ENVIRONMENT = {
    # A waiting thread sleeps instead of spinning, because cores are shared with other processes. Before that, threads
    # of the GNU runtime spin for about 50 microseconds, about as long as waking a thread takes (docs/training.md).
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "5000",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
"""What every command sets if it is not set yet; torch and the Hub's client read it once, when they are imported."""


class Terminated(BaseException):
    """The process was asked to end."""


def run(main: Callable[[], int | None]) -> NoReturn:
    """Run a script's `main` and exit: 0 done, 1 failed, 2 wrong usage (argparse's), 143 asked to end.

    An InputError is one plain line on stderr; anything else is a plain line and then the traceback.
    """
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A line is one write, also under PYTHONUNBUFFERED: a script and its parent share the output of a job.
            stream.reconfigure(encoding="utf-8", errors="replace", line_buffering=True, write_through=False)
    quiet()
    try:
        code = main() or 0
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        code = FAILED
    except Terminated:
        print("Stopped: the process was asked to end before it was done.", file=sys.stderr)
        code = TERMINATED
    except KeyboardInterrupt:
        print("Stopped with Ctrl-C before it was done.", file=sys.stderr)
        code = INTERRUPTED
    except BrokenPipeError:  # whoever read the output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = UNHEARD
    except MemoryError:
        print("error: this machine has too little memory for the work. Lower --batch-size.", file=sys.stderr)
        code = FAILED
    except Exception as error:  # noqa: BLE001 - the last line of defence: say it plainly before the traceback
        full = os.strerror(errno.ENOSPC) in str(error)  # safetensors and others raise errors of their own for it
        told = "the disk is full. Free some space, then try again." if full else f"{type(error).__name__}: {error}"
        print(f"error: {told}", file=sys.stderr)
        traceback.print_exc()
        code = FAILED
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)


def prepare_environment() -> None:
    """Set the variables of `ENVIRONMENT`; call this before anything imports torch or the Hub's client."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def quiet() -> None:
    """Keep libraries' progress bars and notes to developers out of a job's log."""
    warnings.filterwarnings("ignore")
    for name in ("torchao", "torch.utils._pytree", "accelerate", "trl", "peft", "httpx", "datasets"):
        logging.getLogger(name).setLevel(logging.ERROR)


def say(text: str = "") -> None:
    """Print a line for people, at once."""
    print(text, flush=True)


def _terminate(_signum: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated
