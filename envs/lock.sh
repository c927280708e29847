#!/bin/sh
# Writes envs/NAME.lock for every envs/NAME.txt: the same pins, each with the SHA-256 of every file
# that the package index has of it. make runs it from the checkout's root.
set -eu

new=$(mktemp -d)
trap 'rm -r "$new"' EXIT

for pins in envs/*.txt; do
    name=$(basename "$pins" .txt)
    # A board's pins are resolved, as no other machine can install them: a package that they lack
    # gets into the lock, and tests/test_environments.py finds it. For the others pip itself refuses
    # to install what has no checksum.
    case $name in
    jetson) how="--python-version=3.10 --python-platform=aarch64-unknown-linux-gnu" ;;
    *) how="--python-version=3.11 --no-deps --no-emit-package=torch" ;;
    esac
    {
        echo "# Made by \`make lock\` from $name.txt: edit that."
        sed -n 's/^-r \(.*\)\.txt$/-r \1.lock/p' "$pins"
        # shellcheck disable=SC2086 # several words
        grep -v '^-r' "$pins" | .venv/bin/uv pip compile - $how --generate-hashes --quiet \
            --no-config --no-header --no-annotate --no-emit-index-url --no-python-downloads
    } >"$new/$name.lock" || {
        echo "error: $pins: its pins cannot be locked, and no lock was changed. Correct them." >&2
        exit 1
    }
done
mv "$new"/*.lock envs/
