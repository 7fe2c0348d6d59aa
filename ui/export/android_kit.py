"""The card "For your Android app": the kit's files to copy, and the kit as a zip file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from backend.device import ANDROID_TOOLS, KOTLIN_FILE, LITERTLM_ANDROID, README, kit_of_run
from backend.errors import InputError
from backend.runs import Run
from ui.html import callout, card, code, link

ZIP, PROJECT_ZIP = "android-kit.zip", "android-project.zip"
WHAT = {
    KOTLIN_FILE: "the tools as classes, the engine, typed calls",
    ANDROID_TOOLS: "the tools in the order that was trained",
    README: "the steps in order",
}
COPY = """
element.addEventListener('click', async (event) => {
  const clicked = event.target.closest('[data-copy]');
  if (!clicked) return;
  const listing = clicked.parentElement.querySelector('.listing');
  const label = clicked.textContent;
  try {
    await navigator.clipboard.writeText(listing.textContent);
    clicked.textContent = 'Copied';
  } catch {  // no clipboard without https or permission: select the text for Ctrl+C
    getSelection().selectAllChildren(listing);
    clicked.textContent = 'Press Ctrl+C';
  }
  setTimeout(() => { clicked.textContent = label; }, 2000);
});
"""


def android_card(run: Run) -> Markup:
    """The kit of the run's exported file, or the reason why there is none."""
    verification = run.export_dir / "verification.json"
    stamp = verification.stat().st_mtime_ns if verification.is_file() else 0
    try:
        files = _files(run.path, stamp)
    except InputError as error:
        return card("For your Android app", callout("warn", "The Android kit cannot be made", error))
    kit = link(f"runs/{run.id}/{ZIP}", "Download all as a zip", kind="quiet small", download=True)
    project = link(f"runs/{run.id}/{PROJECT_ZIP}", "Download an Android project", kind="quiet small", download=True)
    save = Markup("{}{}").format(kit, project)
    note = Markup(
        "What an app with {} needs besides the file above. The project is a whole app with one screen: open it in "
        "Android Studio, then choose the file on the phone."
    ).format(code(f"litertlm-android {LITERTLM_ANDROID}"))
    body = Markup("").join(_file(name, content) for name, content in files.items())
    return card("For your Android app", Markup('<div class="kit-files">{}</div>').format(body), note=note, aside=save)


@lru_cache(maxsize=4)
def _files(path: Path, _stamp: int) -> dict[str, str]:
    """The kit's files by name, generated once for each export."""
    return kit_of_run(Run.open(path))


def _file(name: str, content: str) -> Markup:
    copy = Markup('<button type="button" class="btn quiet small" data-copy aria-label="Copy {}">Copy</button>').format(
        name
    )
    return Markup(
        '<details class="kit-file"><summary><b>{}</b> <span class="note">{}</span></summary>'
        '<div class="copied"><pre class="listing" tabindex="0">{}</pre>{}</div></details>'
    ).format(name, WHAT.get(name, ""), content, copy)
