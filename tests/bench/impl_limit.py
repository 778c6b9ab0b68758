"""Hand-written NumPy: forward, backward and update with no autograd at all.

Preallocated buffers, in-place arithmetic, one GEMM per weight gradient, fused
softmax + cross-entropy worked in cache-sized row blocks, sparse embedding
gradients, and Adam/SGD worked in cache-sized chunks over one flat buffer.
"""
from __future__ import annotations
import numpy as np

F32 = np.float32
CHUNK = 16384  # floats: 64 KiB per operand, so four operands stay inside a 512 KiB L2


def version():
    return "numpy " + np.__version__


# ---------------------------------------------------------------- small kernels
def _row_block(cols):
    return max(4, 65536 // cols)


def softmax_ce_(L, y, b=None):
    """L (n, V) logits -> d loss / d logits in place; returns the mean loss.  b: bias added first."""
    n, V = L.shape
    R = _row_block(V)
    ones = np.ones(V, F32)
    inv = F32(1.0 / n)
    loss = 0.0
    for i in range(0, n, R):
        Z = L[i:i + R]
        if b is not None:
            Z += b
        r = np.arange(len(Z)); t = y[i:i + R]
        Z -= Z.max(1, keepdims=True)
        picked = Z[r, t]
        np.exp(Z, out=Z)
        s = Z @ ones
        loss += float(np.log(s).sum() - picked.sum())
        Z *= (inv / s)[:, None]
        Z[r, t] -= inv
    return loss / n


def colsum(G, out):
    np.matmul(np.ones(len(G), F32), G, out=out)


def sigmoid_of_neg_(Z):
    """Z <- 1 / (1 + exp(Z)): the sigmoid of -Z."""
    np.exp(Z, out=Z); Z += F32(1); np.reciprocal(Z, out=Z)
    return Z


def tanh_(X, out):
    """tanh through one exp (NumPy's exp is about half the price of its tanh)."""
    np.multiply(X, F32(2), out=out); np.exp(out, out=out); out += F32(1)
    np.divide(F32(-2), out, out=out); out += F32(1)
    return out


def scatter_rows(idx, g, row=None, heavy=6):
    """Sum rows of g by token id: returns (ids, sums).  row maps occurrence -> row of g."""
    o = np.argsort(idx.astype(np.int16), kind="stable")  # ids < 32768: radix sort
    s = idx[o]
    if row is not None:
        o = row[o]
    new = np.empty(len(s), bool); new[:1] = True
    np.not_equal(s[1:], s[:-1], out=new[1:])
    st = np.flatnonzero(new)
    cnt = np.diff(st, append=len(s))
    ids, out = s[st], g.take(o[st], 0)
    sel = np.flatnonzero(cnt > 1)
    k = 1
    while len(sel) and k < heavy:
        out[sel] += g.take(o[st[sel] + k], 0)
        k += 1
        sel = sel[cnt[sel] > k]
    for j in sel:
        out[j] += g.take(o[st[j] + k:st[j] + cnt[j]], 0).sum(0)
    return ids, out


# ---------------------------------------------------------------- parameters and optimisers
class Flat:
    """Dense parameters (and their gradients) as views of one buffer each."""

    def __init__(self, P, skip=()):
        names = [n for n in P if n not in skip]
        size = sum(P[n].size for n in names)
        self.p, self.g = np.empty(size, F32), np.zeros(size, F32)
        self.P, self.G = {}, {}
        i = 0
        for n in names:
            j = i + P[n].size
            self.P[n] = self.p[i:j].reshape(P[n].shape); self.P[n][...] = P[n]
            self.G[n] = self.g[i:j].reshape(P[n].shape)
            i = j


def sgd_(p, g, lr, tmp=np.empty(CHUNK, F32)):
    lr = F32(lr)
    for i in range(0, p.size, CHUNK):
        t = tmp[:min(CHUNK, p.size - i)]
        np.multiply(g[i:i + CHUNK], lr, out=t)
        p[i:i + CHUNK] -= t


class Adam:
    """Exact dense Adam.  m and v are kept divided by (1-b1), (1-b2): ten cheap passes per chunk.

    For an embedding table the gradient arrives as (ids, rows) and no dense gradient is ever
    built; every row still decays and moves, as dense Adam asks, but the decay of m and v is a
    scalar (sm, sv) folded back in once in a while, which leaves five passes instead of seven.
    """

    def __init__(self, lr, flat, tables=(), b1=0.9, b2=0.999, eps=1e-8):
        self.lr, self.b1, self.b2, self.eps, self.t = lr, b1, b2, eps, 0
        self.flat, self.tables = flat, tables
        self.m, self.v = np.zeros_like(flat.p), np.zeros_like(flat.p)
        self.mv = [(np.zeros_like(E), np.zeros_like(E)) for E in tables]
        self.sm = self.sv = 1.0
        self.tmp = np.empty(CHUNK, F32)

    def step(self, *sparse):
        self.t += 1
        b1, b2 = self.b1, self.b2
        inv = (1 - b1 ** self.t) / (self.lr * (1 - b1))
        A, e = np.sqrt((1 - b2) / (1 - b2 ** self.t)) * inv, self.eps * inv
        self._dense(self.flat.p, self.m, self.v, self.flat.g, F32(b1), F32(b2), F32(A), F32(e))
        self.sm *= b1
        self.sv *= b2
        fold = self.sm < 1e-6
        sm, sv = F32(self.sm), F32(self.sv)
        for E, (m, v), (ids, g) in zip(self.tables, self.mv, sparse):
            m[ids] += g / sm
            v[ids] += g * g / sv
            self._table(E.reshape(-1), m.reshape(-1), v.reshape(-1), F32(A * np.sqrt(self.sv) / self.sm), F32(e / self.sm))
            if fold:
                m *= sm
                v *= sv
        if fold:
            self.sm = self.sv = 1.0

    def _dense(self, p, m, v, g, b1, b2, A, e):
        for i in range(0, p.size, CHUNK):
            j = i + CHUNK
            P, M, V, G = p[i:j], m[i:j], v[i:j], g[i:j]
            t = self.tmp[:P.size]
            M *= b1
            M += G
            V *= b2
            np.multiply(G, G, out=t); V += t
            np.sqrt(V, out=t); t *= A; t += e
            np.divide(M, t, out=t); P -= t

    def _table(self, p, m, v, A, e):
        for i in range(0, p.size, CHUNK):
            j = i + CHUNK
            P = p[i:j]
            t = self.tmp[:P.size]
            np.sqrt(v[i:j], out=t); t *= A; t += e
            np.divide(m[i:j], t, out=t); P -= t


class Step:
    """step(batch) -> loss; step.params() -> name -> array."""

    def __init__(self, fn, get):
        self.fn, self.params = fn, get

    def __call__(self, batch):
        return self.fn(batch)


def _export(*dicts):
    return lambda: {n: v.copy() for d in dicts for n, v in d.items()}


# ---------------------------------------------------------------- feed-forward workloads
def make_scalar(P0, c):
    S = Flat(P0); P, G = S.P, S.G
    W0, b0, W1, b1, W2, b2 = (P[k] for k in ("W0", "b0", "W1", "b1", "W2", "b2"))
    n = c["n"]; al2 = F32(2 * c["alpha"]); k = 0

    def step(batch):
        nonlocal k
        x, y = batch["x"], batch["y"]
        h0 = x @ W0; h0 += b0; np.maximum(h0, 0, out=h0)
        h1 = h0 @ W1; h1 += b1; np.maximum(h1, 0, out=h1)
        s = (h1 @ W2)[:, 0]; s += b2
        m = F32(1) - y * s
        on = m > 0
        loss = float(m[on].sum()) / n + c["alpha"] * float(S.p @ S.p)
        ds = (y * on * F32(-1.0 / n))[:, None]
        np.matmul(h1.T, ds, out=G["W2"]); G["b2"][0] = ds.sum()
        d1 = ds * W2[:, 0]; d1 *= h1 > 0
        np.matmul(h0.T, d1, out=G["W1"]); d1.sum(0, out=G["b1"])
        d0 = d1 @ W1.T; d0 *= h0 > 0
        np.matmul(x.T, d0, out=G["W0"]); d0.sum(0, out=G["b0"])
        lr = F32(c["lr"] * (1.0 - 0.9 * k / 100)); k += 1
        S.g += al2 * S.p
        S.g *= lr
        S.p -= S.g
        return loss
    return Step(step, _export(P))


def make_mlp(P0, c):
    S = Flat(P0); P, G = S.P, S.G
    B, s = c["B"], c["sizes"]; n = len(s) - 1
    H = [np.empty((B, k), F32) for k in s[1:]]
    D = [np.empty((B, k), F32) for k in s[1:-1]]
    W, b = [P[f"W{k}"] for k in range(n)], [P[f"b{k}"] for k in range(n)]

    def step(batch):
        h = batch["x"]
        for k in range(n):
            np.matmul(h, W[k], out=H[k]); h = H[k]; h += b[k]
            if k < n - 1:
                np.maximum(h, 0, out=h)
        loss = softmax_ce_(h, batch["y"])
        d = h
        for k in reversed(range(n)):
            inp = H[k - 1] if k else batch["x"]
            np.matmul(inp.T, d, out=G[f"W{k}"]); colsum(d, G[f"b{k}"])
            if k:
                np.matmul(d, W[k].T, out=D[k - 1]); d = D[k - 1]; d *= inp > 0
        sgd_(S.p, S.g, c["lr"])
        return loss
    return Step(step, _export(P))


def make_bow(P0, c):
    E = P0["E"].copy()
    S = Flat(P0, skip=("E",)); P, G = S.P, S.G
    B, L = c["B"], c["L"]
    opt = Adam(c["lr"], S, (E,))
    X = np.empty((B * L, c["d"]), F32); pooled = np.empty((B, 1, c["d"]), F32)
    rows = np.repeat(np.arange(B), L)

    def step(batch):
        mask = batch["mask"]
        w = mask / mask.sum(1, keepdims=True)
        flat = batch["x"].ravel()
        E.take(flat, 0, out=X, mode="clip")
        np.matmul(w[:, None], X.reshape(B, L, -1), out=pooled)
        x = pooled[:, 0]
        h = x @ P["W0"]; h += P["b0"]; np.maximum(h, 0, out=h)
        z = h @ P["W1"]; z += P["b1"]
        loss = softmax_ce_(z, batch["y"])
        np.matmul(h.T, z, out=G["W1"]); colsum(z, G["b1"])
        dh = z @ P["W1"].T; dh *= h > 0
        np.matmul(x.T, dh, out=G["W0"]); colsum(dh, G["b0"])
        dx = dh @ P["W0"].T
        dx *= w[:, :1]  # every kept token of a row has the same weight 1/len
        keep = np.flatnonzero(mask.ravel())
        opt.step(scatter_rows(flat[keep], dx, rows[keep]))
        return loss
    return Step(step, _export({"E": E}, P))


def make_nnlm(P0, c):
    E = P0["E"].copy()
    S = Flat(P0, skip=("E",)); P, G = S.P, S.G
    B, V, hid, cd = c["B"], c["V"], c["hid"], c["ctx"] * c["d"]
    X, H, L = np.empty((B, cd), F32), np.empty((B, hid), F32), np.empty((B, V), F32)
    dH, dX = np.empty_like(H), np.empty_like(X)
    W0, b0, W1, b1 = P["W0"], P["b0"], P["W1"], P["b1"]

    def step(batch):
        idx = batch["x"].ravel()
        E.take(idx, 0, out=X.reshape(-1, c["d"]), mode="clip")
        np.matmul(X, W0, out=H); np.add(H, b0, out=H); np.tanh(H, out=H)
        np.matmul(H, W1, out=L)
        loss = softmax_ce_(L, batch["y"], b1)
        np.matmul(L, W1.T, out=dH)
        np.matmul(H.T, L, out=G["W1"]); colsum(L, G["b1"])
        t = np.multiply(H, H); np.subtract(F32(1), t, out=t); np.multiply(dH, t, out=dH)
        np.matmul(X.T, dH, out=G["W0"]); colsum(dH, G["b0"])
        np.matmul(dH, W0.T, out=dX)
        ids, g = scatter_rows(idx, dX.reshape(-1, c["d"]))
        g *= F32(c["lr"]); E[ids] -= g
        sgd_(S.p, S.g, c["lr"])
        return loss
    return Step(step, _export({"E": E}, P))


# ---------------------------------------------------------------- recurrent cells over a whole sequence
class _Cell:
    """Time-major layer over T steps.  fwd(X (T*B, d), h0) fills H (T+1, B, h); bwd(dH (T, B, h))
    fills the weight gradients and dX.  `rev` runs time backwards (H[0] is then the last state)."""
    gates = 1

    def __init__(self, T, B, d, h, P, G, pre="", rev=False, need_dx=True):
        self.T, self.B, self.d, self.h, self.rev = T, B, d, h, rev
        self.Wih, self.Whh, self.bih, self.bhh = (P[pre + k] for k in ("Wih", "Whh", "bih", "bhh"))
        self.G = [G[pre + k] for k in ("Wih", "Whh", "bih", "bhh")]
        g = self.gates * h
        self.Z = np.empty((T, B, g), F32)   # pre-activations, then activations
        self.dZ = np.empty((T, B, g), F32)
        self.H = np.zeros((T + 1, B, h), F32)
        self.dX = np.empty((T * B, d), F32) if need_dx else None
        self.tmp = np.empty((B, g), F32)
        self.dh = np.empty((B, h), F32)
        # state s before step t and after it
        self.at = (lambda t: (t + 1, t)) if rev else (lambda t: (t, t + 1))
        self.order = range(T - 1, -1, -1) if rev else range(T)

    @property
    def hs(self):     # outputs, aligned with inputs
        return self.H[:-1] if self.rev else self.H[1:]

    @property
    def prev(self):   # the state each step started from
        return self.H[1:] if self.rev else self.H[:-1]

    def _weight_grads(self, dZi, dZh):
        T, B, h = self.T, self.B, self.h
        gWih, gWhh, gbih, gbhh = self.G
        a, b = dZi.reshape(T * B, -1), dZh.reshape(T * B, -1)
        np.matmul(self.X.T, a, out=gWih)
        np.matmul(self.prev.reshape(T * B, h).T, b, out=gWhh)
        colsum(a, gbih)
        if dZi is dZh:
            gbhh[...] = gbih
        else:
            colsum(b, gbhh)
        if self.dX is not None:
            np.matmul(a, self.Wih.T, out=self.dX)
        return self.dX

    def _set_h0(self, h0):
        self.H[self.T if self.rev else 0] = 0 if h0 is None else h0


class RNN(_Cell):
    def fwd(self, X, h0=None):
        self.X = X; self._set_h0(h0)
        Z, H, tmp = self.Z, self.H, self.tmp
        np.matmul(X, self.Wih, out=Z.reshape(len(X), -1)); Z += self.bih + self.bhh
        for t in self.order:
            p, n = self.at(t)
            np.matmul(H[p], self.Whh, out=tmp); tmp += Z[t]
            np.tanh(tmp, out=H[n])
        return self.hs

    def bwd(self, dH, dlast=None):
        dZ, dh, WT = self.dZ, self.dh, self.Whh.T
        np.multiply(self.hs, self.hs, out=self.Z); np.subtract(F32(1), self.Z, out=self.Z)
        dh[...] = 0 if dlast is None else dlast
        for t in reversed(self.order):
            dh += dH[t]
            np.multiply(dh, self.Z[t], out=dZ[t])
            np.matmul(dZ[t], WT, out=dh)
        return self._weight_grads(dZ, dZ)


class LSTM(_Cell):
    """All four gates through one sigmoid: tanh(x) = 2 sigmoid(2x) - 1, with the 2 (and the minus
    sign exp wants) folded into a scaled copy of the weights."""
    gates = 4

    def __init__(self, *a, **k):
        super().__init__(*a, **k)
        T, B, h = self.T, self.B, self.h
        self.scale = np.repeat(np.array([-1, -1, -2, -1], F32), h)
        self.C, self.TC = np.zeros((T + 1, B, h), F32), np.empty((T, B, h), F32)
        self.Wihs, self.Whhs = np.empty_like(self.Wih), np.empty_like(self.Whh)
        self.g, self.dc, self.t1 = (np.empty((B, h), F32) for _ in range(3))
        self.gt = np.empty((T, B, h), F32)
        self.need_dh0 = False

    def fwd(self, X, h0=None):
        T, B, h = self.T, self.B, self.h
        self.X = X; self._set_h0(h0)
        Z, H, C, tmp, t1 = self.Z, self.H, self.C, self.tmp, self.t1
        np.multiply(self.Wih, self.scale, out=self.Wihs); np.multiply(self.Whh, self.scale, out=self.Whhs)
        b = (self.bih + self.bhh) * self.scale
        np.matmul(X, self.Wihs, out=Z.reshape(len(X), -1))
        for t in range(T):
            S = Z[t]
            np.matmul(H[t], self.Whhs, out=tmp)
            S += tmp; S += b
            sigmoid_of_neg_(S)
            i, f, o = S[:, :h], S[:, h:2 * h], S[:, 3 * h:]
            g = self.gt[t]
            np.multiply(S[:, 2 * h:3 * h], F32(2), out=g); g -= F32(1)
            c = C[t + 1]
            np.multiply(f, C[t], out=c); np.multiply(i, g, out=t1); c += t1
            tc = tanh_(c, self.TC[t])
            np.multiply(o, tc, out=H[t + 1])
        return self.hs

    def bwd(self, dH, dlast=None):
        T, B, h = self.T, self.B, self.h
        Z, dZ, C, dh, dc, t1, D = self.Z, self.dZ, self.C, self.dh, self.dc, self.t1, self.tmp
        WT = self.Whh.T
        dh[...] = 0 if dlast is None else dlast
        dc[...] = 0
        four = F32(4); one = F32(1)
        for t in range(T - 1, -1, -1):
            S, d, tc = Z[t], dZ[t], self.TC[t]
            if dH is not None:
                dh += dH[t]
            i, f, o = S[:, :h], S[:, h:2 * h], S[:, 3 * h:]
            np.multiply(dh, tc, out=d[:, 3 * h:])
            np.multiply(tc, tc, out=t1); np.subtract(one, t1, out=t1); t1 *= o; t1 *= dh; dc += t1
            np.multiply(dc, self.gt[t], out=d[:, :h])
            np.multiply(dc, C[t], out=d[:, h:2 * h])
            np.multiply(dc, i, out=t1); np.multiply(t1, four, out=d[:, 2 * h:3 * h])
            np.subtract(one, S, out=D); D *= S; d *= D
            dc *= f
            if t or self.need_dh0:
                np.matmul(d, WT, out=dh)
        return self._weight_grads(dZ, dZ)


class GRU(_Cell):
    gates = 3

    def __init__(self, *a, **k):
        super().__init__(*a, **k)
        T, B, h = self.T, self.B, self.h
        self.GN = np.empty((T, B, h), F32)       # gh_n, needed by dr
        self.dZh = np.empty((T, B, 3 * h), F32)
        self.t1, self.t2 = np.empty((B, h), F32), np.empty((B, 2 * h), F32)

    def fwd(self, X, h0=None):
        h = self.h
        self.X = X; self._set_h0(h0)
        Z, H, tmp, t1 = self.Z, self.H, self.tmp, self.t1
        np.matmul(X, self.Wih, out=Z.reshape(len(X), -1))
        b = self.bih.copy(); b[:2 * h] += self.bhh[:2 * h]; bn = self.bhh[2 * h:]
        for t in self.order:
            p, n_ = self.at(t)
            S = Z[t]
            np.matmul(H[p], self.Whh, out=tmp)
            S += b
            rz = S[:, :2 * h]
            rz += tmp[:, :2 * h]
            np.negative(rz, out=rz); sigmoid_of_neg_(rz)
            gn = self.GN[t]
            np.add(tmp[:, 2 * h:], bn, out=gn)
            n = S[:, 2 * h:]
            np.multiply(rz[:, :h], gn, out=t1); t1 += n
            tanh_(t1, n)
            out = H[n_]
            np.subtract(H[p], n, out=out); out *= rz[:, h:]; out += n
        return self.hs

    def bwd(self, dH, dlast=None):
        h = self.h
        Z, dZ, dZh, dh, t1, t2, H, tmp = self.Z, self.dZ, self.dZh, self.dh, self.t1, self.t2, self.H, self.tmp
        WT = self.Whh.T; one = F32(1)
        dh[...] = 0 if dlast is None else dlast
        nxt = np.empty_like(dh)
        for t in reversed(self.order):
            p, _ = self.at(t)
            S, d, e = Z[t], dZ[t], dZh[t]
            rz, n = S[:, :2 * h], S[:, 2 * h:]
            r, z = S[:, :h], S[:, h:2 * h]
            if dH is not None:
                dh += dH[t]
            dn = d[:, 2 * h:]
            np.multiply(n, n, out=t1); np.subtract(one, t1, out=dn)      # 1 - n^2
            np.subtract(one, z, out=t1); dn *= t1; dn *= dh              # dn_pre
            np.multiply(dn, r, out=e[:, 2 * h:])                         # d gh_n
            drz = d[:, :2 * h]
            np.multiply(dn, self.GN[t], out=drz[:, :h])
            np.subtract(H[p], n, out=t1); np.multiply(t1, dh, out=drz[:, h:])
            np.subtract(one, rz, out=t2); t2 *= rz; drz *= t2
            e[:, :2 * h] = drz
            np.matmul(e, WT, out=nxt)
            dh *= z; dh += nxt
        return self._weight_grads(dZ, dZh)


def _make_lm(cell):
    def make(P0, c):
        E = P0["E"].copy()
        S = Flat(P0, skip=("E",)); P, G = S.P, S.G
        T, B, d, h, V = c["T"], c["B"], c["d"], c["h"], c["V"]
        net = cell(T, B, d, h, P, G)
        X, L, dH = np.empty((T * B, d), F32), np.empty((T * B, V), F32), np.empty((T, B, h), F32)

        def step(batch):
            idx = batch["x"].ravel()
            E.take(idx, 0, out=X, mode="clip")
            Hf = net.fwd(X).reshape(T * B, h)
            np.matmul(Hf, P["Wo"], out=L)
            loss = softmax_ce_(L, batch["y"].ravel(), P["bo"])
            np.matmul(L, P["Wo"].T, out=dH.reshape(T * B, h))
            np.matmul(Hf.T, L, out=G["Wo"]); colsum(L, G["bo"])
            ids, g = scatter_rows(idx, net.bwd(dH))
            gf = g.ravel()
            norm = float(np.sqrt(S.g @ S.g + gf @ gf))
            lr = c["lr"] * min(1.0, c["clip"] / (norm + 1e-6))
            g *= F32(lr); E[ids] -= g
            sgd_(S.p, S.g, lr)
            return loss
        return Step(step, _export({"E": E}, P))
    return make


def make_seq2seq(P0, c):
    Es, Et = P0["Es"].copy(), P0["Et"].copy()
    F = Flat(P0, skip=("Es", "Et")); P, G = F.P, F.G
    S, T, B, d, h, V = c["S"], c["T"], c["B"], c["d"], c["h"], c["V"]; H = 2 * h
    opt = Adam(c["lr"], F, (Es, Et))
    ef, er = GRU(S, B, d, h, P, G, "f."), GRU(S, B, d, h, P, G, "r.", rev=True)
    dec = GRU(T, B, d, H, P, G, "d.")
    Xs, Xt = np.empty((S * B, d), F32), np.empty((T * B, d), F32)
    M = np.empty((S, B, H), F32); K = np.empty((S, B, H), F32)           # memory, keys = M Wa^T
    A = np.empty((B, T, S), F32); dA = np.empty_like(A)
    CH = np.empty((T, B, 2 * H), F32); dCH = np.empty_like(CH)           # [context; state]
    Ht = np.empty((T * B, H), F32); L = np.empty((T * B, V), F32); dHt = np.empty_like(Ht)
    dM, dK = np.empty((S, B, H), F32), np.empty((S, B, H), F32)
    bt = lambda x: x.transpose(1, 0, 2)                                  # (time, B, .) -> (B, time, .)

    def step(batch):
        src, tgt = batch["src"].ravel(), batch["x"].ravel()
        Es.take(src, 0, out=Xs, mode="clip"); Et.take(tgt, 0, out=Xt, mode="clip")
        M[..., :h] = ef.fwd(Xs); M[..., h:] = er.fwd(Xs)
        h0 = np.concatenate([ef.H[-1], er.H[0]], 1)
        D = dec.fwd(Xt, h0)
        # score(t, s) = h_t Wa m_s, associated as h_t (Wa m_s)
        np.matmul(M.reshape(S * B, H), P["Wa"].T, out=K.reshape(S * B, H))
        np.matmul(bt(D), K.transpose(1, 2, 0), out=A)
        A.__isub__(A.max(-1, keepdims=True)); np.exp(A, out=A); A.__itruediv__(A.sum(-1, keepdims=True))
        np.matmul(A, bt(M), out=bt(CH[..., :H])); CH[..., H:] = D
        ch = CH.reshape(T * B, 2 * H)
        np.matmul(ch, P["Wc"], out=Ht); Ht.__iadd__(P["bc"]); np.tanh(Ht, out=Ht)
        np.matmul(Ht, P["Wo"], out=L)
        loss = softmax_ce_(L, batch["y"].ravel(), P["bo"])
        np.matmul(L, P["Wo"].T, out=dHt)
        np.matmul(Ht.T, L, out=G["Wo"]); colsum(L, G["bo"])
        dHt.__imul__(1 - Ht * Ht)
        np.matmul(ch.T, dHt, out=G["Wc"]); colsum(dHt, G["bc"])
        np.matmul(dHt, P["Wc"].T, out=dCH.reshape(T * B, 2 * H))
        dC = bt(dCH[..., :H])
        np.matmul(dC, M.transpose(1, 2, 0), out=dA)
        np.matmul(A.transpose(0, 2, 1), dC, out=bt(dM))
        dA.__isub__(np.einsum("bts,bts->bt", dA, A)[..., None]); dA.__imul__(A)
        dD = dCH[..., H:] + bt(np.matmul(dA, bt(K)))
        np.matmul(dA.transpose(0, 2, 1), bt(D), out=bt(dK))
        dk, m = dK.reshape(S * B, H), M.reshape(S * B, H)
        np.matmul(dk.T, m, out=G["Wa"])
        dM.reshape(S * B, H).__iadd__(dk @ P["Wa"])
        dXt = dec.bwd(dD); dh0 = dec.dh
        dXs = ef.bwd(dM[..., :h], dh0[:, :h]); dXs += er.bwd(dM[..., h:], dh0[:, h:])
        opt.step(scatter_rows(src, dXs), scatter_rows(tgt, dXt))
        return loss
    return Step(step, _export({"Es": Es, "Et": Et}, F.P))


# ---------------------------------------------------------------- transformer
class LayerNorm:
    def __init__(self, n, d, w, b, gw, gb, eps=1e-5):
        self.w, self.b, self.gw, self.gb, self.eps, self.d = w, b, gw, gb, F32(eps), d
        self.xh, self.y, self.t = (np.empty((n, d), F32) for _ in range(3))
        self.avg = np.full(d, 1.0 / d, F32)

    def fwd(self, x):
        xh, y = self.xh, self.y
        np.subtract(x, (x @ self.avg)[:, None], out=xh)
        var = np.einsum("ij,ij->i", xh, xh) * F32(1.0 / self.d)
        self.rs = (1 / np.sqrt(var + self.eps))[:, None]
        xh *= self.rs
        np.multiply(xh, self.w, out=y); y += self.b
        return y

    def bwd(self, dy, out):
        """out += d loss / d x; dy is overwritten."""
        t, xh = self.t, self.xh
        np.multiply(dy, xh, out=t); colsum(t, self.gw); colsum(dy, self.gb)
        t *= self.w; c2 = (t @ self.avg)[:, None]
        dy *= self.w; dy -= (dy @ self.avg)[:, None]
        np.multiply(xh, c2, out=t); dy -= t
        dy *= self.rs
        out += dy


class Gelu:
    """tanh-GELU: x * sigmoid(2u), u = k (x + a x^3); forward leaves s for backward, in row blocks."""
    k2, a = F32(-2 * np.sqrt(2 / np.pi)), F32(0.044715)

    def __init__(self, n, f):
        self.s, self.y = np.empty((n, f), F32), np.empty((n, f), F32)
        self.R = max(1, 32768 // f)
        self.t = np.empty((self.R, f), F32)

    def fwd(self, X):
        for i in range(0, len(X), self.R):
            x, s, y = X[i:i + self.R], self.s[i:i + self.R], self.y[i:i + self.R]
            np.multiply(x, x, out=s); s *= self.a; s += F32(1); s *= x; s *= self.k2
            sigmoid_of_neg_(s)
            np.multiply(x, s, out=y)
        return self.y

    def bwd_(self, D, X):
        for i in range(0, len(X), self.R):
            x, s, d = X[i:i + self.R], self.s[i:i + self.R], D[i:i + self.R]
            t = self.t[:len(x)]
            np.multiply(x, x, out=t); t *= F32(3) * self.a; t += F32(1); t *= x; t *= -self.k2  # x * d(2u)/dx
            u = self.y[i:i + self.R]
            np.subtract(F32(1), s, out=u); t *= u; t += F32(1); t *= s
            d *= t


def make_transformer(P0, c):
    E = P0["E"].copy()
    Fl = Flat(P0, skip=("E",)); P, G = Fl.P, Fl.G
    V, d, nh, ff, NL, S, B = (c[k] for k in ("V", "d", "heads", "ff", "layers", "S", "B"))
    n, hd, nm = B * S, d // nh, B * c["nmask"]
    opt = Adam(c["lr"], Fl, (E,))
    x = np.empty((n, d), F32); dx = np.empty((n, d), F32)
    t_d, t_f, dqkv = np.empty((n, d), F32), np.empty((n, ff), F32), np.empty((n, 3 * d), F32)
    L, hm = np.empty((nm, V), F32), np.empty((nm, d), F32)
    dA = np.empty((B, nh, S, S), F32)
    heads = lambda m: m.reshape(B, S, nh, hd).transpose(0, 2, 1, 3)

    class Layer:
        pass
    layers = []
    for l in range(NL):
        y = Layer(); p = f"{l}."
        y.ln1 = LayerNorm(n, d, P[p + "ln1w"], P[p + "ln1b"], G[p + "ln1w"], G[p + "ln1b"])
        y.ln2 = LayerNorm(n, d, P[p + "ln2w"], P[p + "ln2b"], G[p + "ln2w"], G[p + "ln2b"])
        y.qkv, y.o = np.empty((n, 3 * d), F32), np.empty((n, d), F32)
        y.A = np.empty((B, nh, S, S), F32)
        y.f, y.gelu = np.empty((n, ff), F32), Gelu(n, ff)
        y.P = {k[len(p):]: v for k, v in P.items() if k.startswith(p)}
        y.G = {k[len(p):]: v for k, v in G.items() if k.startswith(p)}
        layers.append(y)
    lnf = LayerNorm(n, d, P["lnw"], P["lnb"], G["lnw"], G["lnb"])
    sc = F32(1 / np.sqrt(hd)); ones = np.ones(S, F32)

    def split(m):  # (n, 3d) -> three (B, heads, S, hd) views
        return m.reshape(B, S, 3, nh, hd).transpose(2, 0, 3, 1, 4)

    def step(batch):
        idx, pos = batch["x"].ravel(), batch["pos"]
        E.take(idx, 0, out=x, mode="clip")
        x.reshape(B, S, d).__iadd__(P["P"])
        for y in layers:
            W = y.P
            np.matmul(y.ln1.fwd(x), W["Wqkv"], out=y.qkv); y.qkv += W["bqkv"]
            y.qkv[:, :d] *= sc
            q, k, v = split(y.qkv)
            A = y.A
            np.matmul(q, k.swapaxes(-1, -2), out=A)
            A -= A.max(-1, keepdims=True); np.exp(A, out=A); A *= (1 / (A.reshape(-1, S) @ ones)).reshape(B, nh, S, 1)
            np.matmul(A, v, out=heads(y.o))
            np.matmul(y.o, W["Wo"], out=t_d); t_d.__iadd__(W["bo"]); x.__iadd__(t_d)
            np.matmul(y.ln2.fwd(x), W["W1"], out=y.f); y.f += W["b1"]
            np.matmul(y.gelu.fwd(y.f), W["W2"], out=t_d); t_d.__iadd__(W["b2"]); x.__iadd__(t_d)
        hf = lnf.fwd(x)
        hf.take(pos, 0, out=hm, mode="clip")
        np.matmul(hm, P["Wv"], out=L)
        loss = softmax_ce_(L, batch["y"], P["bv"])
        np.matmul(hm.T, L, out=G["Wv"]); colsum(L, G["bv"])
        t_d[...] = 0; t_d[pos] = L @ P["Wv"].T
        dx[...] = 0; lnf.bwd(t_d, dx)
        for y in reversed(layers):
            W, g = y.P, y.G
            np.matmul(y.gelu.y.T, dx, out=g["W2"]); colsum(dx, g["b2"])
            np.matmul(dx, W["W2"].T, out=t_f)
            y.gelu.bwd_(t_f, y.f)
            np.matmul(y.ln2.y.T, t_f, out=g["W1"]); colsum(t_f, g["b1"])
            np.matmul(t_f, W["W1"].T, out=t_d); y.ln2.bwd(t_d, dx)
            np.matmul(y.o.T, dx, out=g["Wo"]); colsum(dx, g["bo"])
            np.matmul(dx, W["Wo"].T, out=t_d)
            do, A = heads(t_d), y.A
            q, k, v = split(y.qkv); dq, dk, dv = split(dqkv)
            np.matmul(A.swapaxes(-1, -2), do, out=dv)
            np.matmul(do, v.swapaxes(-1, -2), out=dA)
            # sum_s dA A = do . o, over the head's own columns
            r = np.einsum("bhsd,bhsd->bhs", do, heads(y.o))
            dA.__isub__(r[..., None]); dA.__imul__(A)
            np.matmul(dA, k, out=dq); np.matmul(dA.swapaxes(-1, -2), q, out=dk)
            dqkv[:, :d] *= sc
            np.matmul(y.ln1.y.T, dqkv, out=g["Wqkv"]); colsum(dqkv, g["bqkv"])
            np.matmul(dqkv, W["Wqkv"].T, out=t_d); y.ln1.bwd(t_d, dx)
        np.sum(dx.reshape(B, S, d), axis=0, out=G["P"])
        opt.step(scatter_rows(idx, dx))
        return loss
    return Step(step, _export({"E": E}, P))


def make_vae(P0, c):
    E = P0["E"].copy()
    F = Flat(P0, skip=("E",)); P, G = F.P, F.G
    V, d, h, z, B, T = (c[k] for k in ("V", "d", "h", "z", "B", "T"))
    opt = Adam(c["lr"], F, (E,))
    enc, dec = LSTM(T, B, d, h, P, G, "e."), LSTM(T, B, d, h, P, G, "d.")
    dec.need_dh0 = True
    X, L, dH = np.empty((T * B, d), F32), np.empty((T * B, V), F32), np.empty((T, B, h), F32)
    kw = F32(c["beta"] / (B * T))

    def step(batch):
        idx, eps = batch["x"].ravel(), batch["eps"]
        E.take(idx, 0, out=X, mode="clip")
        hT = enc.fwd(X)[-1]
        mu = hT @ P["Wmu"]; mu += P["bmu"]
        lv = hT @ P["Wlv"]; lv += P["blv"]
        sd = np.exp(F32(0.5) * lv); var = sd * sd
        zz = mu + eps * sd
        h0 = zz @ P["Wz"]; h0 += P["bz"]; np.tanh(h0, out=h0)
        Hf = dec.fwd(X, h0).reshape(T * B, h)
        np.matmul(Hf, P["Wo"], out=L)
        loss = softmax_ce_(L, batch["y"].ravel(), P["bo"])
        loss += float(kw) * 0.5 * float((var + mu * mu - 1 - lv).sum())
        np.matmul(L, P["Wo"].T, out=dH.reshape(T * B, h))
        np.matmul(Hf.T, L, out=G["Wo"]); colsum(L, G["bo"])
        dX = dec.bwd(dH)
        dh0 = dec.dh * (1 - h0 * h0)
        np.matmul(zz.T, dh0, out=G["Wz"]); colsum(dh0, G["bz"])
        dz = dh0 @ P["Wz"].T
        dmu = dz + kw * mu
        dlv = dz * eps * sd * F32(0.5) + kw * F32(0.5) * (var - 1)
        np.matmul(hT.T, dmu, out=G["Wmu"]); colsum(dmu, G["bmu"])
        np.matmul(hT.T, dlv, out=G["Wlv"]); colsum(dlv, G["blv"])
        dX += enc.bwd(None, dmu @ P["Wmu"].T + dlv @ P["Wlv"].T)
        opt.step(scatter_rows(idx, dX))
        return loss
    return Step(step, _export({"E": E}, P))


WORKLOADS = {
    "scalar": make_scalar, "mlp": make_mlp, "bow": make_bow, "nnlm": make_nnlm,
    "rnn": _make_lm(RNN), "gru": _make_lm(GRU), "lstm": _make_lm(LSTM),
    "seq2seq": make_seq2seq, "transformer": make_transformer, "vae": make_vae,
}


def chain(n, x):
    """Raw NumPy cost of n adds/muls, and of the same plus the n multiplies a backward pass needs."""
    c, d = np.full_like(x, 1.0001), np.full_like(x, 1e-4)

    def fwd():
        y = x
        for _ in range(n // 2):
            y = y * c
            y = y + d
        return y

    def both():
        fwd()
        g = np.ones_like(x)
        for _ in range(n // 2):
            g = g * c
        return g
    return fwd, both
