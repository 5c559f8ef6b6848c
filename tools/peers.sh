#!/usr/bin/env bash
# Makes a Python with the peers of the conformance suite in the folder given, from PyPI.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check -r test/conformance/requirements.txt
