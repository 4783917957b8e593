#!/usr/bin/env bash
# Trains the embedded model and writes it into the package: about two hours on one core. See README.md beside this file.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-/usr/bin/python3}
export OMP_NUM_THREADS=1

train() { "$python" training/train.py "$@"; }
train --seconds 2900 --seed 1 --out build/first.pt
train --seconds 1900 --init build/first.pt --seed 2 --muon 0.01 --adam 0.0015 --flat 0.05 --out build/second.pt
train --seconds 1860 --init build/second.pt --seed 3 --muon 0.012 --adam 0.0018 --flat 0.1 --slips 0 --out build/third.pt
train --seconds 840 --init build/third.pt --seed 4 --muon 0.006 --adam 0.0009 --flat 0.05 --slips 0.6 --mix 0.03 0.35 0.30 0.32 --out build/fourth.pt
"$python" training/average.py build/third.pt build/fourth.pt 0.2 build/model.pt
"$python" training/export.py build/model.pt
npx prettier --write test/tiny/reference.json
