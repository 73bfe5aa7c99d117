#!/bin/sh
# The browser tests drive Debian's Chromium. Install it where that is possible; say loudly where it is not.
set -u
if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "installing chromium, chromium-driver and fonts-noto-cjk for the browser tests"
  apt-get update -qq >/dev/null 2>&1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver fonts-noto-cjk >/dev/null 2>&1
fi
if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
  echo "################################################################################"
  echo "# NO CHROMIUM ON THIS MACHINE: THE BROWSER TESTS WILL BE SKIPPED.              #"
  echo "# Install the packages chromium and fonts-noto-cjk, or set CHROMIUM=/path/to.  #"
  echo "################################################################################"
fi
exit 0
