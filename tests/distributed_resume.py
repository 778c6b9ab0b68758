"""What tests/test_distributed.py starts, stops and starts again: a language model with dropout, its state handed on.

    python distributed_resume.py FOLDER [kill|interrupt]    each process writes what it has at the end to FOLDER/<rank>.npz

With kill the last process is killed at step 20; with interrupt it gets a Ctrl-C there, and the others none.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import numpy as np

import tinydawn as td
from tinydawn import distributed, models, optim
from tinydawn.models.rnn_lm import detach


def train(folder: Path, how: str = "") -> None:
    distributed.start(3)
    model = models.RNNLM(20, 8, 12, kind="lstm", dropout=0.3)
    distributed.broadcast(model)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, 5, 40)
    own = np.random.default_rng(distributed.rank())  # a generator of each process's own
    checkpoint = td.Checkpoint(folder / "checkpoint", model, optimizer, schedule, {"own": own}, every=7)
    done = checkpoint.resume()
    print("from", done.get("step", 0), flush=True)
    state = done.get("state")
    with checkpoint.on_interrupt():
        for step in range(done.get("step", 0), 40):
            ids = distributed.share(np.random.default_rng(step).integers(20, size=(7, 5)), axis=1)
            if step % 10 == 0:
                state = None
            optimizer.zero_grad()
            loss, state = model(ids[:-1], ids[1:], detach(state))
            (loss * float(own.uniform(0.5, 1.5))).backward()
            distributed.average_gradients(model, ids[1:].size)
            optimizer.step()
            schedule.step()
            if how and step == 20 and distributed.rank() == distributed.size() - 1:
                os.kill(os.getpid(), signal.SIGKILL if how == "kill" else signal.SIGINT)
            checkpoint.step(step=step + 1, state=state)
    assert state is not None
    weights = {name: x.numpy() for name, x in model.state_dict().items()}
    np.savez(folder / f"{distributed.rank()}.npz", drawn=td.rand(4).numpy(), own=own.random(3), h=state[0].numpy(),
             **weights)
    distributed.finish(model)


if __name__ == "__main__":
    train(Path(sys.argv[1]), *sys.argv[2:])
