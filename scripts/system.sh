#!/usr/bin/env bash
# What the tests use beside Python: a PostgreSQL server's binary and a Chromium. Installed where we may; named where we may not.
set -u
need=()
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || need+=(postgresql)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || need+=(chromium)
[ ${#need[@]} = 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing ${need[*]}" >&2
    apt-get update -qq >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null 2>&1 ||
        echo "could not install ${need[*]}: the tests that need them are skipped and say so" >&2
else
    echo "as root run: apt-get install ${need[*]}   (the tests that need them are skipped and say so)" >&2
fi
exit 0
