#!/usr/bin/env bash
# Make the virtual environment: the package as editable, with what the demo, the tests and the checks need, at pinned versions.
set -euo pipefail
venv=$1
python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "zhuoyu needs Python 3.11 or later; '$python' is not. Install it, or run: make PYTHON=/path/to/python3.11 setup" >&2
    exit 1
fi
if ! "$python" -m venv "$venv" 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
        "$python" -m venv "$venv"
    else
        echo "this Python has no venv module; as root run: apt-get install python3-venv" >&2
        exit 1
    fi
fi
echo "installing into $venv (about 1.5 GB with the test tools; a minute or two)" >&2
"$venv/bin/python" -m pip --disable-pip-version-check install -q -c constraints.txt -e '.[demo,ray,postgres,dev]'
