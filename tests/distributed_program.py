"""What tests/test_distributed.py starts in several processes: a small training run on shards of unlike size.

    python distributed_program.py FOLDER [HOW]     each process writes its last weights to FOLDER/<rank>.npz

HOW: sgd, the default, or adam; or how the last process fails, at the fourth step: raise, exit0, exit3, kill, fewer (steps than
the others) or late (the others do not wait for it, but compute); or at once: model (it has another one), early (it never comes
to start). The time of a failure in training is left in FOLDER/failed.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

import tinydawn as td
from tinydawn import distributed, nn, optim
from tinydawn.nn import functional as F

STEPS, BATCH, V = 50, 7, 30


class Tagger(nn.Module):
    def __init__(self) -> None:
        self.embedding = nn.Embedding(V, 12)
        self.recurrent = nn.LSTM(12, 16, batch_first=True)
        self.output = nn.Linear(16, V)
        self.rare = nn.Linear(16, V)  # used by single sentences only: in most steps by no process, or by some
        self.never = nn.Linear(2, 2)

    def forward(self, words: np.ndarray, tags: np.ndarray) -> td.Tensor:
        """Mean over the tags that are not -1; words and tags (B, T)."""
        h, _ = self.recurrent(self.embedding(words))  # (B, T, H)
        logits = self.output(h)
        if (words == 1).any():
            logits = logits + self.rare(h) * (words == 1)[..., None].astype(np.float32)
        return F.cross_entropy(logits.reshape(-1, V), tags.reshape(-1), ignore_index=-1)


def sentences() -> tuple[np.ndarray, np.ndarray]:
    """24 sentences of 1 to 9 words: three batches of 7, and one of 3."""
    draw = np.random.default_rng(5)
    words = draw.integers(2, V, (24, 9))
    words[(draw.random(24) < 0.15), 0] = 1
    tags = np.where(np.arange(9) < draw.integers(1, 10, (24, 1)), (words * 7) % V, -1)
    return words, tags


def last() -> bool:
    return distributed.rank() == distributed.size() - 1


def fail(how: str, folder: Path) -> None:
    if how == "late" and not last():
        time.sleep(300)
    if how in ("", "sgd", "adam") or not last():
        return
    (folder / "failed").write_text(str(time.time()), encoding="utf-8")
    if how in ("raise", "late"):
        raise ValueError("the data of this process are bad")
    if how.startswith("exit"):
        sys.exit(int(how[-1]))
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)


def blas_threads() -> int:
    """0 without threadpoolctl, which then sets none."""
    try:
        import threadpoolctl
    except ImportError:
        return 0
    return max((pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"), default=0)


def train(folder: Path, how: str = "") -> None:
    if how == "early":
        distributed.PATIENCE = 3
        if os.environ.get("PMI_RANK", os.environ.get("OMPI_COMM_WORLD_RANK")) == "1":
            (folder / "failed").touch()
            raise ValueError("before the start")
        while not (folder / "failed").exists():
            time.sleep(0.01)
    distributed.start(3)
    print(f"rank {distributed.rank()} of {distributed.size()}")
    model = nn.Linear(2, 3) if how == "model" and last() else Tagger()  # the first process's weights are those of seed 3
    distributed.broadcast(model)
    optimizer: optim.Optimizer = optim.SGD(model.parameters(), lr=0.5, momentum=0.8, weight_decay=1e-3)
    if how == "adam":
        optimizer = optim.Adam(model.parameters(), lr=0.01)
    words, tags = sentences()
    for step in range(STEPS):
        if step == 3:
            fail(how, folder)
            if how == "fewer" and last():
                break
        batch = slice(BATCH * (step % 4), BATCH * (step % 4 + 1))
        x, y = distributed.share(words[batch]), distributed.share(tags[batch])
        optimizer.zero_grad()
        count = int((y >= 0).sum())
        if count:
            model(x, y).backward()
        else:  # what was computed from nothing does not matter
            model.output.bias.grad = td.full((V,), float("nan"))
        total = distributed.average_gradients(model, count)
        assert total == (tags[batch] >= 0).sum(), total
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    weights = {name: x.numpy() for name, x in model.state_dict().items()}
    np.savez(folder / f"{distributed.rank()}.npz", drawn=td.rand(4).numpy(), threads=blas_threads(), **weights)
    distributed.finish(model)
    print(f"{distributed.size()} left")


if __name__ == "__main__":
    train(Path(sys.argv[1]), *sys.argv[2:])
