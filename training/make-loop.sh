#!/usr/bin/env bash
# Trains the looped model and everything it is compared with, and writes it into the package: about two hours on one core. See README.md beside this file.
set -euo pipefail
cd "$(dirname "$0")"
python=${PYTHON:-/usr/bin/python3}
export OMP_NUM_THREADS=1
build=../build/loop
mkdir -p "$build"

for seed in 1 2 3; do
  "$python" -m loop.train --seed $seed --out $build/model-$seed.pt | tee $build/model-$seed.log
  "$python" -m loop.train --seed $seed --untied 4 --out $build/fixed-$seed.pt | tee $build/fixed-$seed.log
  "$python" -m loop.pause --seed $seed | tee $build/pause-$seed.log
done
tail -qn 1 $build/{model,fixed,pause}-[123].log > loop/results.jsonl
"$python" -m loop.export $build/model-1.pt
for seed in 2 3; do "$python" -m loop.export $build/model-$seed.pt loop/model-$seed.bin -; done
npx prettier --write ../test/tiny/loop-reference.json
