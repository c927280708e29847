#!/bin/sh
# Makes or completes the environment in .venv from pinned requirements with checksums.
# make runs it from the checkout's root: [PYTHON=python3.12] sh envs/install.sh envs/NAME.lock
set -eu

fail() {
    echo "error: $1" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

install() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"
}

# The Python that PYTHON names, or else the first of the usual names that is new enough.
find_python() {
    named=${PYTHON:-python3}
    for candidate in "$named" ${PYTHON:+""} python3.14 python3.13 python3.12 python3.11; do
        [ -n "$candidate" ] || break
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    found=$("$named" --version 2>/dev/null) || found="no Python that runs"
    fail "$named: is $found, but the workflow needs Python 3.11 or newer. Install one (Debian, Ubuntu: apt-get install python3.11 python3.11-venv) or name it: make PYTHON=/path/to/python3.11."
}

# The mark is removed first and restored last: after an interruption, the next run starts over.
if [ -e .venv/whole ]; then
    touch .venv/made-by-make
    rm .venv/whole
else
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python: has no venv module. Install it (Debian, Ubuntu: apt-get install python3-venv)."
    # An environment that somebody made by hand must not be cleared.
    if [ -L .venv ] || { [ -e .venv ] && [ ! -e .venv/made-by-make ]; }; then
        fail ".venv: is a link, or was not made by make, and would be emptied. Move it away."
    fi
    echo "Making the environment in .venv with $("$python" --version). This is done once and takes minutes."
    "$python" -m venv --clear .venv
    touch .venv/made-by-make
fi

echo "Fetching what $1 names, unless it is there: up to some 500 MB."
install --require-hashes --requirement "$1"
# No lock has torch, of which there are two builds with one version (workstation.txt).
install --constraint envs/workstation.txt torch
# posequery itself is not copied, so that edits take effect at once. A path file does the same as
# `pip install --editable`, and also works in folders with dollar signs in their names.
.venv/bin/python -c '
import pathlib, sysconfig
path = pathlib.Path(sysconfig.get_path("purelib"), "posequery.pth")
path.write_text(str(pathlib.Path("src").resolve()) + "\n")
'
# The console command, likewise.
cat > .venv/bin/posequery <<'END'
#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/python" -m posequery "$@"
END
chmod +x .venv/bin/posequery
touch .venv/whole
