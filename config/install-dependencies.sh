#!/bin/sh
# Installs the Debian packages that Sluice builds against, if they are absent; with `python`, also
# those that the tests with outside clients need.
set -eu

missing=""
[ -e /usr/include/openssl/ssl.h ] || missing="$missing libssl-dev"
[ -n "$(ls /usr/include/*/curl/curl.h /usr/include/curl/curl.h 2>/dev/null)" ] || missing="$missing libcurl4-openssl-dev"
[ "${1:-}" != python ] || python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null 2>&1 || {
  echo "missing:$missing - install them with your system's package manager" >&2
  exit 1
}

sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
echo "installing Debian packages:$missing"
$sudo apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing
