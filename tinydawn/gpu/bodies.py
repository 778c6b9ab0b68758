"""The bodies of the kernels, in CUDA C.

A body is computed for each entry by a thread of its own, of which `i` is the number; T stands for the dtype, float32 or float64.
A parameter named `raw` is a whole array, of which entries are named by number. Numbers with a point stand in T(...): as C reads
them they are doubles, and a GPU is slow with those.
"""

from __future__ import annotations

import numpy as np

PREAMBLE = """
__device__ T logistic(T x) {
return T(1) / (T(1) + exp(-x));
}
"""

_FACTORS = ", uint64 first, uint64 second"
_HASH = """
        size_t z = size_t(i) + seed;
        z = (z ^ (z >> 33)) * first;
        z = (z ^ (z >> 33)) * second;
        z = z ^ (z >> 33);"""
FACTORS = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)

# name: inputs, outputs, body
ELEMENTWISE: dict[str, tuple[str, str, str]] = {
    # --- functions of one number: the value, and the derivative -----------------------------------------------
    "sigmoid": ("T x", "T y", "y = logistic(x);"),
    "erf": ("T x", "T y", "y = erf(x);"),
    "erfc": ("T x", "T y", "y = erfc(x);"),
    "gelu_none": ("T x", "T y, T slope", """
        T below = erfc(-x * T(0.70710678118654752)) / T(2);
        y = below == T(0) ? T(0) : x * below;
        slope = below + (fabs(x) > T(28) ? T(0) : x * exp(x * x / T(-2)) * T(0.39894228040143268));"""),
    "gelu_tanh": ("T x", "T y, T slope", """
        T s = logistic(T(1.5957691216057308) * (x + T(0.044715) * x * x * x));
        y = x * s;
        slope = s + y * (T(1) - s) * T(1.5957691216057308) * (T(1) + T(0.134145) * x * x);"""),
    "silu": ("T x", "T y, T slope", """
        T s = logistic(x);
        y = x * s;
        slope = s + y * (T(1) - s);"""),
    "softplus": ("T x", "T y, T slope", """
        y = (x > T(0) ? x : x == x ? T(0) : x) + log1p(exp(-fabs(x)));
        slope = logistic(x);"""),
    "elu": ("T x, T alpha", "T y, T slope", """
        T below = alpha * expm1(x > T(0) ? T(0) : x);
        y = x > T(0) ? x : below;
        slope = x > T(0) ? T(1) : below + alpha;"""),
    "leaky_relu": ("T x, T negative_slope", "T y, T slope", """
        slope = x > T(0) ? T(1) : negative_slope;
        y = x > T(0) ? x : x * negative_slope;"""),
    # Entry i of a mask that is drawn from a seed: 24 bits of a hash (of MurmurHash3, Appleby) of seed + i, below `share`.
    "drawn": (f"uint64 seed, uint64 share{_FACTORS}", "bool keep", f"{_HASH} keep = (z >> 40) < share;"),
    "drawn_where": (f"T x, uint64 seed, uint64 share{_FACTORS}, T scale", "T y",
                    f"{_HASH} y = (z >> 40) < share ? x * scale : T(0);"),
    # Rows of a, b and c beside each other, of which each has as many entries as A, B and C say.
    "cat_2": ("raw T a, raw T b, int64 A, int64 B", "T y", """
        ptrdiff_t row = i / (A + B);
        ptrdiff_t j = i - row * (A + B);
        y = j < A ? a[row * A + j] : b[row * B + j - A];"""),
    "cat_3": ("raw T a, raw T b, raw T c, int64 A, int64 B, int64 C", "T y", """
        ptrdiff_t row = i / (A + B + C);
        ptrdiff_t j = i - row * (A + B + C);
        y = j < A ? a[row * A + j] : j < A + B ? b[row * B + j - A] : c[row * C + j - A - B];"""),
    "scaled_where": ("T x, bool keep, T scale", "T y", "y = keep ? x * scale : T(0);"),
    # --- softmax: top is the largest of a row, others the sum of exp(x - top) over all but that one --------------
    "softmax": ("T x, bool seen, T top, T others", "T y", "y = (seen ? exp(x - top) : T(0)) / (T(1) + others);"),
    "logsumexp": ("T top, T others", "T y", "y = top + log1p(others);"),
    "softmax_shares": ("T x, T top, T others", "T y", "y = isinf(top) ? T(0) : exp(x - top) / (T(1) + others);"),
    "softmax_gradient": ("T g, T p, T total", "T gx", "gx = (g - total) * p;"),
    "log_softmax": ("T x, T top, T others", "T y", "y = (x - top) - log1p(others);"),
    "log_softmax_gradient": ("T g, T x, T top, T others, T total", "T gx", """
        T share = x == top ? T(1) : exp(x - top);
        gx = x == top && others < T(1) ? (g - total) + others / (T(1) + others) * total
                                       : g - share / (T(1) + others) * total;"""),
    # Per row the loss, with row's mean of x where there is smoothing; the thread of the target writes it.
    "cross_entropy": ("T x, T top, T others, T mean, int64 target, T weight, T smoothing, int64 classes",
                      "T gradient, raw T losses", """
        ptrdiff_t row = i / classes;
        ptrdiff_t column = i - row * classes;
        T e = smoothing / T(classes);
        T shifted = x - top;
        T share = weight / (T(1) + others);
        bool right = column == (weight == T(0) ? ptrdiff_t(0) : target);
        T loss = log1p(others) - ((T(1) - smoothing) * shifted + (smoothing == T(0) ? T(0) : smoothing * (mean - top)));
        if (right) losses[row] = weight == T(0) ? T(0) : loss * weight;
        T value = right ? (expm1(shifted) - others) * share + weight * smoothing - weight * e : exp(shifted) * share - weight * e;
        gradient = weight == T(0) ? T(0) : value;"""),
    "cross_entropy_value": ("raw T x, T top, T others, T mean, int64 target, T weight, T smoothing, int64 classes", "T loss", """
        T shifted = x[i * classes + (weight == T(0) ? ptrdiff_t(0) : target)] - top;
        T value = log1p(others) - ((T(1) - smoothing) * shifted + (smoothing == T(0) ? T(0) : smoothing * (mean - top)));
        loss = weight == T(0) ? T(0) : value * weight;"""),
    # --- LayerNorm ---------------------------------------------------------------------------------------------
    "layer_norm": ("T x, T mean, T scale, T weight, T bias", "T y", "y = (x - mean) * scale * weight + bias;"),
    "layer_norm_gradient": ("T g, T x, T mean, T scale, T weight, T along, T level", "T gx", """
        gx = (g * weight - level - (x - mean) * scale * along) * scale;"""),
    # --- recurrent layers: one step. rests: this row's sequence is over, and its state stands still --------------
    "rnn_tanh": ("T gx, T gh, T b_ih, T b_hh, T old, bool rests", "T h", """
        h = rests ? old : tanh(gx + gh + b_ih + b_hh);"""),
    "rnn_relu": ("T gx, T gh, T b_ih, T b_hh, T old, bool rests", "T h", """
        T sum = gx + gh + b_ih + b_hh;
        h = rests ? old : sum < T(0) ? T(0) : sum;"""),
    # g: what comes from above; dh: through the next state; still: that of a state that stood still. They are added up.
    "rnn_tanh_gradient": ("T g, T dh, T h, bool rests", "T still, T d", """
        T total = g + dh + still;
        d = rests ? T(0) : (T(1) - h * h) * total;
        still = rests ? total : T(0);"""),
    "rnn_relu_gradient": ("T g, T dh, T h, bool rests", "T still, T d", """
        T total = g + dh + still;
        d = rests || h == T(0) ? T(0) : total;
        still = rests ? total : T(0);"""),
    "gru": ("raw T gh, raw T b_ih, raw T b_hh, T old, bool rests, int64 H", "raw T gates, T candidate, T h", """
        ptrdiff_t j = i % H;
        ptrdiff_t at = i / H * 3 * H + j;
        T r = logistic(gates[at] + gh[at] + b_ih[j] + b_hh[j]);
        T z = logistic(gates[at + H] + gh[at + H] + b_ih[j + H] + b_hh[j + H]);
        candidate = gh[at + 2 * H] + b_hh[j + 2 * H];
        T n = tanh(gates[at + 2 * H] + b_ih[j + 2 * H] + r * candidate);
        gates[at] = r;
        gates[at + H] = z;
        gates[at + 2 * H] = n;
        h = rests ? old : n + z * (old - n);"""),
    "gru_gradient": ("raw T gates, T candidate, T old, T g, T dh, bool rests, int64 H", "raw T d, raw T d_h, T still", """
        ptrdiff_t at = i / H * 3 * H + i % H;
        T r = gates[at];
        T z = gates[at + H];
        T n = gates[at + 2 * H];
        T total = g + dh + still;
        T moved = rests ? T(0) : total;
        T d_n = (T(1) - n * n) * (T(1) - z) * moved;
        T d_r = d_n * candidate * (T(1) - r) * r;
        T d_z = (old - n) * moved * (T(1) - z) * z;
        d[at] = d_r;
        d_h[at] = d_r;
        d[at + H] = d_z;
        d_h[at + H] = d_z;
        d[at + 2 * H] = d_n;
        d_h[at + 2 * H] = d_n * r;
        still = rests ? total : total * z;"""),
    "lstm": ("raw T gh, raw T b_ih, raw T b_hh, T old, T old_c, bool rests, int64 H", "raw T gates, T h, T c, T tanh_c", """
        ptrdiff_t j = i % H;
        ptrdiff_t at = i / H * 4 * H + j;
        T in = logistic(gates[at] + gh[at] + b_ih[j] + b_hh[j]);
        T forget = logistic(gates[at + H] + gh[at + H] + b_ih[j + H] + b_hh[j + H]);
        T g = tanh(gates[at + 2 * H] + gh[at + 2 * H] + b_ih[j + 2 * H] + b_hh[j + 2 * H]);
        T out = logistic(gates[at + 3 * H] + gh[at + 3 * H] + b_ih[j + 3 * H] + b_hh[j + 3 * H]);
        gates[at] = in;
        gates[at + H] = forget;
        gates[at + 2 * H] = g;
        gates[at + 3 * H] = out;
        T cell = forget * old_c + in * g;
        T t = tanh(cell);
        tanh_c = t;
        c = rests ? old_c : cell;
        h = rests ? old : out * t;"""),
    "lstm_gradient": ("raw T gates, T tanh_c, T old_c, T above, T dh, bool rests, int64 H", "raw T d, T dc, T still", """
        ptrdiff_t at = i / H * 4 * H + i % H;
        T in = gates[at];
        T forget = gates[at + H];
        T g = gates[at + 2 * H];
        T out = gates[at + 3 * H];
        T total = above + dh + still;
        T cell = dc + total * out * (T(1) - tanh_c * tanh_c);
        d[at] = rests ? T(0) : cell * g * in * (T(1) - in);
        d[at + H] = rests ? T(0) : cell * old_c * forget * (T(1) - forget);
        d[at + 2 * H] = rests ? T(0) : cell * in * (T(1) - g * g);
        d[at + 3 * H] = rests ? T(0) : total * tanh_c * out * (T(1) - out);
        dc = rests ? dc : cell * forget;
        still = rests ? total : T(0);"""),
    # --- one step as a cell takes it, from the products of the input and of the state -------------------------------
    "gru_cell": ("raw T gx, raw T gh, T h, int64 H", "raw T gates, T y", """
        ptrdiff_t at = i / H * 3 * H + i % H;
        T r = logistic(gx[at] + gh[at]);
        T z = logistic(gx[at + H] + gh[at + H]);
        T n = tanh(gx[at + 2 * H] + r * gh[at + 2 * H]);
        gates[at] = r;
        gates[at + H] = z;
        gates[at + 2 * H] = n;
        y = n + z * (h - n);"""),
    "gru_cell_gradient": ("T g, raw T gates, raw T gh, T h, int64 H", "raw T d_gx, raw T d_gh, T d_h", """
        ptrdiff_t at = i / H * 3 * H + i % H;
        T r = gates[at];
        T z = gates[at + H];
        T n = gates[at + 2 * H];
        T d_n = g * (T(1) - z) * (T(1) - n * n);
        T d_r = d_n * gh[at + 2 * H] * r * (T(1) - r);
        T d_z = g * (h - n) * z * (T(1) - z);
        d_gx[at] = d_r;
        d_gh[at] = d_r;
        d_gx[at + H] = d_z;
        d_gh[at + H] = d_z;
        d_gx[at + 2 * H] = d_n;
        d_gh[at + 2 * H] = d_n * r;
        d_h = g * z;"""),
    "lstm_cell": ("raw T gx, raw T gh, T old_c, int64 H", "raw T gates, T tanh_c, T h, T c", """
        ptrdiff_t at = i / H * 4 * H + i % H;
        T in = logistic(gx[at] + gh[at]);
        T forget = logistic(gx[at + H] + gh[at + H]);
        T g = tanh(gx[at + 2 * H] + gh[at + 2 * H]);
        T out = logistic(gx[at + 3 * H] + gh[at + 3 * H]);
        gates[at] = in;
        gates[at + H] = forget;
        gates[at + 2 * H] = g;
        gates[at + 3 * H] = out;
        T cell = forget * old_c + in * g;
        T t = tanh(cell);
        tanh_c = t;
        c = cell;
        h = out * t;"""),
    "lstm_cell_gradient": ("T dh, T dc, raw T gates, T tanh_c, T old_c, int64 H", "raw T d, T d_old", """
        ptrdiff_t at = i / H * 4 * H + i % H;
        T in = gates[at];
        T forget = gates[at + H];
        T g = gates[at + 2 * H];
        T out = gates[at + 3 * H];
        T cell = dc + dh * out * (T(1) - tanh_c * tanh_c);
        d[at] = cell * g * in * (T(1) - in);
        d[at + H] = cell * old_c * forget * (T(1) - forget);
        d[at + 2 * H] = cell * in * (T(1) - g * g);
        d[at + 3 * H] = dh * tanh_c * out * (T(1) - out);
        d_old = cell * forget;"""),
    # --- embeddings: rows of g added up in runs, run r being g[order[starts[r]]] to g[order[starts[r + 1] - 1]] --------
    "sum_runs": ("raw T g, raw int64 order, raw int64 starts, int64 D", "T total", """
        ptrdiff_t run = i / D;
        T sum = T(0);
        for (ptrdiff_t k = starts[run]; k < starts[run + 1]; ++k) sum += g[order[k] * D + i % D];
        total = sum;"""),
    "add_rows": ("raw int64 ids, T g, T factor, int64 D", "raw T table", "table[ids[i / D] * D + i % D] += factor * g;"),
    # --- optimizers: one kernel per parameter ----------------------------------------------------------------------
    "sgd": ("T g, T lr, T decay", "T p", "p -= lr * (g + decay * p);"),
    "sgd_momentum": ("T g, T lr, T decay, T momentum, T share, bool first, bool nesterov", "T p, T b", """
        T slope = g + decay * p;
        T mean = first ? slope : momentum * b + share * slope;
        b = mean;
        p -= lr * (nesterov ? slope + momentum * mean : mean);"""),
    "adam": ("T g, T beta2, T share1, T share2, T decay, T shrink, T scale, T e, bool moves", "T p, T m, T v", """
        T shrunk = p * shrink;
        T slope = g + decay * shrunk;
        m += (slope - m) * share1;
        v = v * beta2 + slope * slope * share2;
        p = moves ? shrunk - m / (sqrt(v) * scale + e) : shrunk;"""),
    "adam_amsgrad": ("T g, T beta2, T share1, T share2, T decay, T shrink, T scale, T e, bool moves",
                     "T p, T m, T v, T largest", """
        T shrunk = p * shrink;
        T slope = g + decay * shrunk;
        m += (slope - m) * share1;
        v = v * beta2 + slope * slope * share2;
        largest = v > largest || v != v ? v : largest;
        p = moves ? shrunk - m / (sqrt(largest) * scale + e) : shrunk;"""),
    "clip": ("T norm, T largest", "T g", """
        T factor = largest / (norm + T(0.000001));
        g = g * (factor > T(1) ? T(1) : factor);"""),
}

# A type with two fields: of which a reduction carries more than a number.
_STRUCT = "struct {name} {{ T {a}; T {b}; __device__ {name}(T first, T second) : {a}(first), {b}(second) {{}} }};\n"
STRUCTS: dict[str | None, list[str]] = {
    # Entries of which the largest is `top`, and others the sum of exp(x - top) over the rest. None at all: others is -1.
    "Largest": [_STRUCT.format(name="Largest", a="top", b="others"), """
__device__ Largest joined(Largest p, Largest q) {
Largest more = p.top >= q.top ? p : q;
Largest less = p.top >= q.top ? q : p;
T share = less.top == more.top ? T(1) : exp(less.top - more.top);
Largest both = Largest(more.top, more.others + (T(1) + less.others) * share);
return p.others < T(0) ? q : q.others < T(0) ? p : both;
}
"""],
    "Sums": [_STRUCT.format(name="Sums", a="one", b="two"), """
__device__ Sums added(Sums p, Sums q) {
return Sums(p.one + q.one, p.two + q.two);
}
"""],
    # How many, their mean, and the sum of squares of what they differ from it: joined as in Chan, Golub and LeVeque 1979.
    "Spread": ["struct Spread { T n; T mean; T squares; __device__ Spread(T k, T m, T s) : n(k), mean(m), squares(s) {} };\n", """
__device__ Spread pooled(Spread p, Spread q) {
T n = p.n + q.n;
T apart = q.mean - p.mean;
T share = q.n / (n == T(0) ? T(1) : n);
return Spread(n, p.mean + apart * share, p.squares + q.squares + apart * apart * p.n * share);
}
"""],
}

# name: inputs, outputs, what an entry is, how two are joined (a and b), what comes of all (a), none at all, the type of these
REDUCTIONS: dict[str, tuple[str, str, str, str, str, str, str | None]] = {
    "largest": ("T x, bool seen", "T top, T others", "seen ? Largest(x, T(0)) : Largest(T(0), T(-1))", "joined(a, b)",
                "top = a.top, others = a.others", "Largest(T(0), T(-1))", "Largest"),
    "moments": ("T x, T n, T eps", "T mean, T scale", "Spread(T(1), x, T(0))", "pooled(a, b)",
                "mean = a.mean, scale = T(1) / sqrt(a.squares / n + eps)", "Spread(T(0), T(0), T(0))", "Spread"),
    "layer_norm_rows": ("T g, T x, T mean, T scale, T weight, T n", "T along, T level",
                        "Sums(g * weight * (x - mean) * scale, g * weight)", "added(a, b)",
                        "along = a.one / n, level = a.two / n", "Sums(T(0), T(0))", "Sums"),
    "layer_norm_affine": ("T g, T x, T mean, T scale", "T weight, T bias", "Sums(g * (x - mean) * scale, g)", "added(a, b)",
                          "weight = a.one, bias = a.two", "Sums(T(0), T(0))", "Sums"),
    "dot": ("T x, T y", "T total", "x * y", "a + b", "total = a", "T(0)", None),
    # The length of a vector, squared in float64: the square of a float32 above 1e19 is infinite in float32.
    "norm": ("T x", "T length", "double(x) * double(x)", "a + b", "length = sqrt(a)", "double(0)", "double"),
}
