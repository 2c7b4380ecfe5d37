#!/bin/sh
# Lock the packages again: names and versions from requirements/*.in, with hashes and without any address.
#
# Needs uv on the PATH (`python3 -m pip install uv` in an environment of its own). Run it on a machine that may reach a
# package index, then `make check test`, and say in the commit what became newer and why.
#
#   sh tools/lock.sh            keep what is locked, add what is missing
#   sh tools/lock.sh --upgrade  take the newest versions that the .in files allow
set -eu
cd "$(dirname "$0")/.."
command -v uv >/dev/null || { echo "lock.sh: uv is not on the PATH" >&2; exit 2; }
lock() {
    uv pip compile --generate-hashes --python-version 3.11 --no-header --no-emit-index-url --no-emit-find-links "$@"
}
lock "$@" --output-file requirements/dev.txt requirements/dev.in
lock --output-file requirements/core.txt --constraints requirements/dev.txt requirements/core.in
