"""The trajectories on which the optimizers are compared with PyTorch: two groups, changing and missing gradients."""

import numpy as np

STEPS = 25
SHAPES = [(3, 2), (4,), ()]
NO_ADAM_DECAY = {"lr": 0.03, "weight_decay": 0.0}

# name: (class, options, options of the second group)
CASES = {
    "sgd": ("SGD", {"lr": 0.1}, {"lr": 0.02}),
    "sgd_decay_maximize": ("SGD", {"lr": 0.1, "weight_decay": 0.05, "maximize": True}, {"weight_decay": 0.0}),
    "sgd_momentum": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}, {"momentum": 0.0}),
    "sgd_nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}, {"lr": 0.2}),
    "adam": ("Adam", {"lr": 0.05}, {"betas": (0.5, 0.9), "eps": 1e-3}),
    "adam_decay": ("Adam", {"lr": 0.05, "weight_decay": 0.1, "maximize": True}, NO_ADAM_DECAY),
    "adam_amsgrad": ("Adam", {"lr": 0.05, "amsgrad": True, "betas": (0.7, 0.8)}, NO_ADAM_DECAY),
    "adamw": ("AdamW", {"lr": 0.05}, NO_ADAM_DECAY),
    "adamw_amsgrad": ("AdamW", {"lr": 0.05, "weight_decay": 0.3, "amsgrad": True}, {"betas": (0.0, 0.5)}),
    "rmsprop": ("RMSprop", {"lr": 0.05}, {"alpha": 0.5, "eps": 1e-3}),
    "rmsprop_all": ("RMSprop", {"lr": 0.05, "momentum": 0.8, "centered": True, "weight_decay": 0.1, "alpha": 0.9,
                                "eps": 1e-4}, {"momentum": 0.0, "maximize": True}),
    "adagrad": ("Adagrad", {"lr": 0.1}, {"lr": 0.3}),
    "adagrad_all": ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5},
                    {"lr_decay": 0.0, "maximize": True}),
    "adadelta": ("Adadelta", {}, {"rho": 0.5}),
    "nadam": ("NAdam", {"lr": 0.05}, {"betas": (0.5, 0.9), "momentum_decay": 0.1}),
    "nadam_decay": ("NAdam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True},
                    {"maximize": True, "decoupled_weight_decay": False}),
    "radam": ("RAdam", {"lr": 0.05}, {"betas": (0.8, 0.9), "eps": 1e-3}),
    "radam_decay": ("RAdam", {"lr": 0.05, "weight_decay": 0.1, "betas": (0.8, 0.95)}, {"decoupled_weight_decay": True}),
    "adamax": ("Adamax", {"lr": 0.05, "weight_decay": 0.1}, {"betas": (0.5, 0.9), "weight_decay": 0.0, "maximize": True}),
    "asgd": ("ASGD", {"lr": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": 9.0}, {"weight_decay": 0.1, "t0": 1e6}),
    "rprop": ("Rprop", {"lr": 0.05}, {"etas": (0.3, 1.5), "step_sizes": (0.01, 0.2), "maximize": True}),
    "adadelta_all": ("Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-3, "weight_decay": 0.1}, {"maximize": True}),
}


def start(dtype=np.float64):
    """The first values of the parameters; the last two are one group, the first another."""
    return [np.cos(np.arange(np.prod(shape, dtype=int)) * (1 + i) + i).reshape(shape).astype(dtype)
            for i, shape in enumerate(SHAPES)]


def gradient(index, t, value):
    """The gradient of parameter `index` at step t, where it has `value`; None in some steps."""
    if (index == 1 and t % 4 == 2) or (index == 2 and t < 3):
        return None
    wave = np.sin(np.arange(value.size).reshape(value.shape) * 0.7 + t * (1 + index)).astype(value.dtype)
    return np.asarray((0.3 * value + wave) * (2.0 if t == 11 else 1.0), value.dtype)


def groups(params, second):
    return [{"params": params[:1]}, {"params": params[1:], **second}]


def run(optimizer, params, steps, wrap):
    """Train on the made-up gradients; `wrap` makes the library's tensor of an array."""
    for t in steps:
        optimizer.zero_grad()
        for i, p in enumerate(params):
            g = gradient(i, t, np.asarray(p.detach()))
            p.grad = None if g is None else wrap(g)
        optimizer.step()


def values(params):
    return np.concatenate([np.asarray(p.detach()).ravel() for p in params])
