#!/usr/bin/env bash
# Installs the Python peers of the conformance suite into the folder given, from PyPI.
set -euo pipefail
folder=$1
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check \
  'tritonclient[http]==2.61.0' 'numpy<3'
