#!/bin/sh
# macOS and Linux without make: double-click, or run it in a terminal. Makes .venv the first time.
cd "$(dirname "$0")" || exit 1
for python in python3.13 python3.12 python3.11 python3; do
  if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then found=$python; break; fi
done
if [ -z "$found" ]; then
  echo "Python 3.11, 3.12 or 3.13 is needed; get it from https://www.python.org/downloads/ and start this again."
  exit 1
fi
if ! [ -f .venv/.app ] || [ requirements.lock -nt .venv/.app ]; then
  echo "Installing, once; this takes some minutes."
  [ -x .venv/bin/python ] || "$found" -m venv .venv || exit 1
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock || exit 1
  touch .venv/.app
fi
exec .venv/bin/python serve.py "$@"
