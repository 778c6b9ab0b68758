"""One implementation of one workload or program in a process of its own, driven by JSON lines: see __main__.py."""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from types import ModuleType

from . import workloads
from .programs import kinds

PACKAGE = __package__ or "tests.bench"


def source(workload: str) -> tuple[ModuleType, str]:
    """Whose sizes, start weights and batches these are, and how the modules that compute it are called."""
    return (kinds, "programs.in_") if workload in kinds.CONFIGS else (workloads, "impl_")


def main(implementation: str, workload: str, settings: str = "{}") -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints goes to stderr

    import numpy as np
    from threadpoolctl import threadpool_limits

    of, prefix = source(workload)
    module = importlib.import_module(f"{PACKAGE}.{prefix}{implementation}")
    device = os.environ.get("TINYDAWN_BENCH_DEVICE", "cpu")
    threads = int(os.environ.get("TINYDAWN_BENCH_THREADS", "1"))
    # A device's time is no CPU time; of two threads the second may spin.
    clock = time.process_time if device == "cpu" and threads == 1 else time.perf_counter
    wait, device_name = module.use(device) if hasattr(module, "use") else (lambda: None, "cpu")
    if hasattr(module, "setup"):
        module.setup(threads)
    threadpool_limits(threads)
    a = np.ones((1600, 1600), np.float32)
    a @ a  # OpenBLAS runs small products at a third of its speed until one large one has touched its buffers
    del a
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if workload == "chain":
        calls = dict(zip(("forward", "both"), module.chain(1000, np.ones(10, np.float32)), strict=True))
    else:
        config = of.config(workload, **json.loads(settings))
        batches = of.batches(workload, config)
        if device != "cpu":
            batches = [module.placed(batch) for batch in batches]
        step = module.WORKLOADS[workload](of.params(workload, config), config)
    print(json.dumps({"version": module.version(), "device": device_name}), file=answers)
    k = 0
    for line in sys.stdin:
        ask = json.loads(line)
        seconds, losses = [], []
        for _ in range(ask.get("steps", 0)):
            wait()
            start = clock()
            loss = calls[ask["call"]]() if workload == "chain" else step(batches[k % len(batches)])
            wait()  # a device computes on after the call that asked for it has returned
            seconds.append(clock() - start)
            losses.append(float(loss) if workload != "chain" else 0.0)
            k += 1
        if "params" in ask:
            np.savez(ask["params"], **step.params())
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
        print(json.dumps({"seconds": seconds, "losses": losses, "grown_mb": grown}), file=answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
