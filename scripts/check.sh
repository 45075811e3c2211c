#!/usr/bin/env bash
# Everything a reviewer would run; prints only failures.
set -u
bin=$1
failed=0
step() {
    local name=$1
    shift
    local out
    if ! out=$("$@" 2>&1); then
        echo "== $name"
        echo "$out" | tail -60
        failed=1
    fi
}
step format "$bin/ruff" format --check src tests scripts bench
step lint "$bin/ruff" check src tests scripts bench
step types "$bin/mypy"
step layers "$bin/lint-imports"
step budgets "$bin/python" scripts/budgets.py
step tests "$bin/python" -m pytest -x -q
exit $failed
