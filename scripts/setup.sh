#!/usr/bin/env bash
# Make the virtual environment: the package as editable, with what the demo, the tests and the checks need, at pinned versions.
set -euo pipefail
venv=$1
good() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
python=
for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
    if good "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "zhuoyu needs Python 3.11 or later and found none. Install it, or run: make PYTHON=/path/to/python3.11 setup" >&2
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
echo "compiling the kernels once" >&2
"$venv/bin/python" scripts/warm.py
