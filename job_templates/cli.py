"""The start and the end of every job script: quiet libraries, plain errors, exit codes."""

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

FAILED, INTERRUPTED, BROKEN_PIPE, TERMINATED = 1, 130, 141, 143

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
    """The process got SIGTERM."""


def run(main: Callable[[], int | None]) -> NoReturn:
    """Run a script's `main` and exit: 0 done, 1 failed, 2 wrong usage (argparse's), 143 terminated.

    An InputError is printed as one line on stderr, any other exception as one line and its traceback.
    """
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # Each line is one write, also under PYTHONUNBUFFERED, because a script and its parent share one output.
            stream.reconfigure(encoding="utf-8", errors="replace", line_buffering=True, write_through=False)
    quiet()
    try:
        code = main() or 0
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        code = FAILED
    except Terminated:
        print("Stopped: the process was terminated before it was done.", file=sys.stderr)
        code = TERMINATED
    except KeyboardInterrupt:
        print("Stopped with Ctrl-C before it was done.", file=sys.stderr)
        code = INTERRUPTED
    except BrokenPipeError:  # the reader of the output, such as head, has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = BROKEN_PIPE
    except MemoryError:
        print("error: this machine has too little memory. Lower --batch-size.", file=sys.stderr)
        code = FAILED
    except Exception as error:  # noqa: BLE001 - the last handler: a plain line before the traceback
        full = os.strerror(errno.ENOSPC) in str(error)  # safetensors and others raise exceptions of their own
        message = "the disk is full. Free some space, then try again." if full else f"{type(error).__name__}: {error}"
        print(f"error: {message}", file=sys.stderr)
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
    """Silence libraries' warnings in a job's log."""
    warnings.filterwarnings("ignore")
    for name in ("torchao", "torch.utils._pytree", "accelerate", "trl", "peft", "httpx", "datasets"):
        logging.getLogger(name).setLevel(logging.ERROR)


def say(text: str = "") -> None:
    """Print a line for people, at once."""
    print(text, flush=True)


def _terminate(_signum: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated
