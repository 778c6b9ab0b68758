"""Data parallel over MPI: every process has the whole model and a part of each batch; gradients are put together.

    td.distributed.start(seed)                           # first thing: a program that mpiexec did not start is one process
    model = ...
    td.distributed.broadcast(model)                      # the weights of the first process, for all
    for x, y in batches:                                 # the same batches in every process
        x, y = td.distributed.share(x), td.distributed.share(y)
        optimizer.zero_grad()
        if len(y):                                       # a short batch may leave a process nothing
            model(x, y).backward()                       # the mean over its len(y) examples
        td.distributed.average_gradients(model, len(y))  # from here on the gradient of the whole batch, everywhere
        optimizer.step()
    td.distributed.finish(model)                         # below here, the first process is alone

    mpiexec -n 4 python -m mpi4py program.py             # python program.py runs the same code as one process

It needs `pip install mpi4py mpich threadpoolctl`, and computes what one process does with the whole batch, but for rounding;
with dropout, whose masks are each process's own, the same in expectation.

Nothing waits for ever. A process that fails, exits or is killed ends the job at once; so does one that makes fewer steps than
the others.

Threads of BLAS: each process gets its part of the cores, by threadpoolctl. Where OPENBLAS_NUM_THREADS, OMP_NUM_THREADS or
MKL_NUM_THREADS is set before NumPy starts, that is kept; without threadpoolctl it has to be, or every process takes all cores.

What it wins depends on how much there is to compute for each weight. CPU time, waiting left out, of a step of the LSTM of
demos/rnn_lm.py, in one process and in each of two: 39 ms and 22 by character (350,593 weights, 2048 tokens; the sum 0.4 ms),
27 ms and 26 by word (4.3 million weights, 700 tokens; the sum 4.5 ms). Rows of an embedding that were not used travel too, as
zeros.
"""

from __future__ import annotations

import atexit
import faulthandler
import os
import sys
import time
import warnings
from typing import Any

import numpy as np

from . import random
from .backend import like, set_num_threads, threads_are_chosen, to_host
from .checks import is_whole
from .errors import DeviceError, DTypeError, ShapeError, StateError, TinydawnError, message
from .tensor import Tensor

LAUNCHED = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")  # how many processes there are, as mpiexec of MPICH or Intel, of Open MPI, says
PATIENCE = 60  # seconds until a process gives up waiting for others to start

_world: Any = None  # MPI's communicator, while there are several processes


def rank() -> int:
    """The number of this process, from 0; 0 if it is alone."""
    return 0 if _world is None else _world.Get_rank()


def size() -> int:
    """How many processes work together; 1 before `start` and after `finish`."""
    return 1 if _world is None else _world.Get_size()


def launched() -> int:
    """How many processes mpiexec has started, this one among them; 1 if it was another who started it. MPI is not asked."""
    return max([int(os.environ[name]) for name in LAUNCHED if os.environ.get(name, "").isdigit()], default=1)


def start(seed: int = 0) -> None:
    """Join the processes that mpiexec has started. To be called first: for one that failed before, the others wait a minute.

    Seeds this process's generator (as td.manual_seed(seed) does in the first one; the others get numbers of their own), gives
    BLAS its part of the cores, and lets nobody but the first process print: what others write to sys.stdout is dropped, their
    errors are not.

    Raises DeviceError if mpiexec started several processes and mpi4py, or the MPI that it was made for, is not there.
    """
    global _world
    random.manual_seed(seed)
    started = launched()
    if started == 1 and "mpi4py" not in sys.modules:
        return
    faulthandler.dump_traceback_later(PATIENCE, exit=True, file=2)  # MPI itself would wait for ever for who has failed already
    try:
        from mpi4py import MPI

        MPI.COMM_WORLD.Barrier()
    except (ImportError, RuntimeError) as error:  # RuntimeError: there is no MPI library
        raise DeviceError(message(f"distributed.start: this is one of {started} processes, which need mpi4py and an MPI library "
                                  f"({error})", fix="pip install mpi4py mpich threadpoolctl; or leave out mpiexec")) from None
    finally:
        faulthandler.cancel_dump_traceback_later()
    if started > 1 and MPI.COMM_WORLD.Get_size() == 1:  # each would train by itself, and write over the others' files
        raise DeviceError(message(f"distributed.start: mpiexec started {started} processes, and mpi4py sees one: they belong to "
                                  "two MPIs", fix="the mpiexec of the MPI that mpi4py uses: after pip install mpich, the one "
                                                  "beside the environment's python"))
    if MPI.COMM_WORLD.Get_size() == 1:
        return
    _world = MPI.COMM_WORLD
    atexit.register(_abort)
    _share_cores(MPI)
    if rank():
        random.generator.bit_generator.state = np.random.default_rng((seed, rank())).bit_generator.state
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (for the rest of the process)


def broadcast(model: Any) -> None:
    """Give every process the weights and buffers of the first one. To be called before the first step.

    Raises StateError where the model is another one than in the first process.
    """
    if _world is not None:
        weights = _world.bcast({name: to_host(x.array) for name, x in model.state_dict().items()} if rank() == 0 else None)
        model.load_state_dict(weights)


def share(x: Any, axis: int = 0) -> Any:
    """This process's part of a batch that is the same in all: consecutive entries, as many as the others have, or one more.

    x     array or Tensor; or, along axis 0, a list
    axis  which one is that of the batch: 0 of (B, T), 1 of (T, B)

    Returns a part of `x`, without copying an array; with nothing in it where a batch is shorter than there are processes.
    Raises ShapeError if there is no such axis.

    >>> share(np.arange(6).reshape(2, 3), axis=1).shape  # of one process
    (2, 3)
    """
    shape = (len(x),) if isinstance(x, (list, tuple)) else x.shape
    if not 0 <= axis < len(shape):
        raise ShapeError(message(f"distributed.share: axis {axis} of shape {tuple(shape)}", fix="the axis of the batch, from 0"))
    part = slice(rank() * shape[axis] // size(), (rank() + 1) * shape[axis] // size())
    return x[part] if axis == 0 else x[(slice(None),) * axis + (part,)]


def average_gradients(model: Any, count: int) -> int:
    """Between backward() and optimizer.step(): make every gradient that of the mean over all processes' examples.

        grad = sum over processes of (count * grad) / sum over processes of count

    The mean of the processes' means would be something else wherever their counts differ. Everything travels in one array,
    added up in one call.

    model  its gradients are those of the *mean* loss over this process's part
    count  of how many examples, or tokens, this mean was; 0 if there was nothing: its gradients then do not matter

    Returns the sum of all counts. A parameter that was used nowhere has the gradient None, as in one process; one that was
    used somewhere has the same gradient everywhere.

    Raises DTypeError for a count that is none, and StateError if another process has called `finish`.
    """
    if not is_whole(count) or count < 0:
        raise DTypeError(message(f"distributed.average_gradients: count is {count!r}",
                                 fix="how many examples the loss is the mean of, an integer; 0 without any"))
    parameters = _trained(model)
    if _world is None:
        if not count:
            model.zero_grad()
        return int(count)
    parts, tail, bucket = _bucket(parameters)
    for i, (p, part) in enumerate(zip(parameters, parts, strict=True)):
        tail[i] = count > 0 and p._grad is not None
        if tail[i]:
            np.multiply(to_host(p.grad.array), count, out=part)  # p.grad: of an embedding too it is all rows
    tail[-2] = count
    _add_up(bucket)
    total, ended = round(float(tail[-2])), int(tail[-1])
    if ended:
        raise StateError(message(f"distributed.average_gradients: {ended} of {size()} processes have finished, after fewer steps",
                                 fix="share() the same batches in all; a process that has nothing left takes part with count=0"))
    if total:
        bucket[:-len(tail)] /= total
    for p, part, used in zip(parameters, parts, tail, strict=False):
        p.grad = Tensor(like(part.astype(p.dtype, copy=False), p.array)) if used else None
    return total


def gather(value: Any) -> list[Any] | None:
    """What all processes have, by rank, in the first one; None in the others. All have to call it.

    value  anything that pickle can send

    >>> gather("mine")  # of one process
    ['mine']
    """
    return [value] if _world is None else _world.gather(value)


def any_process(flag: bool) -> bool:
    """True in all processes if it is in one, so that they act alike. All have to call it.

    >>> any_process(False)  # of one process
    False
    """
    if _world is None:
        return bool(flag)
    flags = np.array([flag], np.int32)
    _add_up(flags)
    return bool(flags[0])


def finish(model: Any) -> None:
    """After the last step: all processes meet, and the others end here. The first one goes on by itself, to measure and write.

    A program in which a process ends in any other way is stopped as a whole.

    model  the one that was trained
    Raises StateError if others are still training: this process has made fewer steps.
    """
    global _world
    if _world is None:
        return
    _, tail, bucket = _bucket(_trained(model))
    tail[-1] = 1
    _add_up(bucket)
    if int(tail[-1]) < size():
        raise StateError(message(f"distributed.finish: {size() - int(tail[-1])} of {size()} processes are still training",
                                 fix="share() the same batches in all, so that all make the same number of steps"))
    from mpi4py import MPI

    ends_here, _world = rank() > 0, None
    MPI.Finalize()
    atexit.unregister(_abort)
    if ends_here:
        raise SystemExit(0)


def _trained(model: Any) -> list[Tensor]:
    return [p for p in model.parameters() if p.requires_grad]


def _bucket(parameters: list[Tensor]) -> tuple[list[Any], Any, Any]:
    """What travels, in one array of zeros: room for each gradient, in its shape, and then the tail, of numbers.

    The tail: in how many processes each parameter was used; the count; how many processes have finished. Numbers above
    2^24 are rounded in float32, as everything beside them is.
    """
    arrays = [p.array for p in parameters]
    bucket = np.zeros(sum(a.size for a in arrays) + len(arrays) + 2, np.result_type(*(a.dtype for a in arrays)))
    parts, at = [], 0
    for a in arrays:
        parts.append(bucket[at:at + a.size].reshape(a.shape))
        at += a.size
    return parts, bucket[at:], bucket


def _add_up(bucket: Any) -> None:
    """The sum over all processes, in place. It is the same bits in each, so that their weights stay the same."""
    from mpi4py import MPI

    _world.Allreduce(MPI.IN_PLACE, bucket)


def _share_cores(MPI: Any) -> None:
    """Give BLAS in this process its part of this computer's cores: more threads than cores only wait for each other."""
    neighbours = _world.Split_type(MPI.COMM_TYPE_SHARED)  # the processes on this computer; all have to ask, or none
    together = neighbours.Get_size()
    neighbours.Free()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if threads_are_chosen():
        return
    try:
        set_num_threads(max(1, cores // together))
    except TinydawnError:
        if rank() == 0 and cores > 1:
            warnings.warn(message(f"distributed.start: BLAS may use all {cores} cores in each of {together} processes",
                                  fix="pip install threadpoolctl; or set OPENBLAS_NUM_THREADS=1 before mpiexec"),
                          RuntimeWarning, stacklevel=3)


def _abort() -> None:
    """At the exit of a process that has not finished: the others would wait for it for ever, so the job ends."""
    sys.stdout.flush()
    print(f"distributed: process {rank()} of {size()} ended before distributed.finish(): the job is stopped", file=sys.stderr,
          flush=True)
    time.sleep(0.5)  # for mpiexec to pass on what was printed, before it hears that all is to end
    _world.Abort(1)
