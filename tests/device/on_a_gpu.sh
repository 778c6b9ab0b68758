#!/usr/bin/env bash
# Everything that a machine with an NVIDIA GPU can say of this repository, by one command, in some ten minutes:
#
#     bash tests/device/on_a_gpu.sh OUT [--rehearse]
#
# What it needs: this checkout, Python with NumPy, CuPy (pip install cupy-cuda12x or -13x), pytest and what pyproject.toml asks for;
# PyTorch with CUDA beside it for the comparison, if it is there. Logs and tables are written to OUT; the last lines say what passed.
# --rehearse runs the same on the double of CuPy, on a machine without a GPU: whether it runs, not how fast.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
out=${1:?where the logs go}
mkdir -p "$out"
out=$(cd "$out" && pwd)
export PYTHONUNBUFFERED=1 PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" TINYDAWN_TEST_CUPY=real
rounds=3 patience=1 workloads=()
if [ "${2:-}" = --rehearse ]; then
    export TINYDAWN_TEST_CUPY=double PYTHONPATH="$here/fake:$PYTHONPATH"
    rounds=1 patience=8 workloads=(--workloads mlp,bow)  # the double reads every kernel's body, and takes its time
else
    nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader | tee "$out/device.txt"
fi
python -c "import sys, numpy, cupy; print('Python', sys.version.split()[0], 'NumPy', numpy.__version__, 'CuPy', cupy.__version__)" \
    | tee -a "$out/device.txt"

failed=()
step() {  # NAME SECONDS COMMAND...: with a limit of its own, and a log
    local name=$1 limit=$2 began=$SECONDS
    shift 2
    if timeout -k 5 $((limit * patience)) "$@" > "$out/$name.log" 2>&1; then said=passed; else said="FAILED ($?)" && failed+=("$name"); fi
    echo "$name: $said, $((SECONDS - began)) s: $(grep -E ' (passed|failed)|^written' "$out/$name.log" | tail -1)"
}

step ops 240 python -m pytest -q -p no:cacheprovider tests/device/test_device_ops.py
step programs 180 python -m pytest -q -p no:cacheprovider tests/device/test_device_programs.py tests/device/test_device_decoding.py
step models 120 python -m pytest -m gpu -s -q -p no:cacheprovider tests/device/test_gpu.py
step bench 400 python -m tests.bench --device cuda --rounds "$rounds" "${workloads[@]}" --out "$out/bench"
for lesson in beam_search rnn_lm transformer; do
    step "lesson_$lesson" 240 python "demos/$lesson.py" --device cuda --quick --out "$out/$lesson"
done

if [ ${#failed[@]} -gt 0 ]; then
    echo "failed: ${failed[*]}; see $out"
    exit 1
fi
echo "all passed; see $out"
