# Sourced by scripts/run, scripts/test and scripts/deploy: finds Python, makes .venv, and installs a set of requirements
# into it once.
# shellcheck shell=bash

venv=.venv

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

say() {
    printf '%s\n' "$*" >&2
}

# Prints the first suitable Python. The numbered names come first, because python3 may be another version. 3.14 is too
# new for the pinned packages: LiteRT's compiler pins typing_extensions to 4.12, and the last pydantic for that supports
# up to 3.13 (2026-11-22).
find_python() {
    local name seen="none is installed"
    for name in python3.11 python3.12 python3.13 python3 python; do
        if command -v "$name" >/dev/null; then
            if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
                echo "$name"
                return
            fi
            case $name in python3 | python) seen="$name is $("$name" --version 2>&1)" ;; esac
        fi
    done
    fail "Python 3.11, 3.12 or 3.13 is needed; $seen. On Debian 12 or 13, or Ubuntu 24.04:
  sudo apt-get install python3 python3-venv"
}

make_venv() {
    if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    local python version
    python=$(find_python)
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        fail "Python $version cannot make virtual environments. On Debian or Ubuntu:
  sudo apt-get install python$version-venv"
    fi
    say "Making $venv with Python $version …"
    "$python" -m venv --clear "$venv" || fail "Could not make $venv with $python (see above)."
}

# install FILE [REQUIREMENT...]: installs a requirements file and more, unless a note in the venv records
# the same installation. An interrupted installation leaves no note, so the next start continues it. The test set
# includes the local set, and both include requirements.txt.
install() {
    local file=$1 note=$venv/.installed wanted holder=requirements-test.txt size="3 GB on disk and a few minutes"
    shift
    if [ "$file" = requirements.txt ]; then
        holder=requirements-local.txt
        size="0.7 GB on disk and a minute"
    fi
    wanted=$(cat requirements*.txt "$venv/pyvenv.cfg" | cksum)
    if grep -qsxF -e "$file $wanted" -e "$holder $wanted" -e "requirements-test.txt $wanted" "$note"; then
        return
    fi
    say "Installing $file (the first time: about $size) …"
    "$venv/bin/python" -m pip install --disable-pip-version-check --progress-bar off --quiet -r "$file" "$@" ||
        fail "pip could not install $file (see above). Fix that and start again. The installation then continues."
    printf '%s\n' "$file $wanted" >>"$note"
}

# install_web: installs LiteRT-LM for the browser if npm is there. Without it, exported files run on the server only,
# so no error here ends the set-up.
install_web() {
    local note=node_modules/.installed wanted
    wanted=$(cksum <package-lock.json)
    if grep -qsxF -e "$wanted" "$note"; then
        return
    fi
    if ! command -v npm >/dev/null; then
        say "npm is not installed. Exported files run on the server only, not in the browser.
To run them in the browser too: sudo apt-get install npm, then start again."
        return
    fi
    say "Installing LiteRT-LM for the browser (108 MB) …"
    if npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2; then
        printf '%s\n' "$wanted" >"$note"
    else
        say "npm could not install LiteRT-LM for the browser (see above). Exported files run on the server only.
The next start tries again."
    fi
}

# set_up_python FILE [REQUIREMENT...]: makes the venv and installs into it. A second script waits for the first one,
# until that runs `exec 9>&-`.
set_up_python() {
    if command -v flock >/dev/null; then
        exec 9>.venv.lock
        flock -n 9 || { say "Waiting for another set-up …" && flock 9; }
    fi
    make_venv
    install "$@"
}

# set_up FILE: does the same as set_up_python, and installs LiteRT-LM for the browser.
set_up() {
    set_up_python "$1"
    install_web
    exec 9>&-
}
