"""What to write in place of PyTorch's names that are not here: the tables of absent.py, one for each module.

In what to write x is a Tensor, nn is torch.nn, F torch.nn.functional, optim torch.optim.
"""

from __future__ import annotations


def table(text: str) -> dict[str, str]:
    """Lines of `name name ...: what to write` as a dictionary."""
    rows = [line.partition(": ") for line in text.strip().splitlines()]
    return {name: fix for names, _, fix in rows for name in names.split()}


_NUMBERS = table("""
isin: (x.unsqueeze(-1) == values).any(-1)
scatter_reduce index_reduce segment_reduce: x.scatter_add(dim, index, src), for sums; torch.bincount, to count
diff: x[1:] - x[:-1]
gradient: (x[2:] - x[:-2]) / 2
lgamma mvlgamma: math.lgamma(x.item()), of one number and without a gradient
digamma polygamma: a difference of math.lgamma, of one number and without a gradient
erfinv: statistics.NormalDist().inv_cdf((y + 1) / 2) / math.sqrt(2), of one number and without a gradient
logcumsumexp: m + (x - m).exp().cumsum(dim).log(), with m = x.amax(dim, keepdim=True)
cummax: torch.stack([x[:i + 1].amax(0) for i in range(len(x))])
cummin: torch.stack([x[:i + 1].amin(0) for i in range(len(x))])
dist: (x - y).norm(p)
pdist: torch.cdist(x, x), of which the upper triangle is meant
result_type promote_types can_cast: np.result_type(x.dtype, y.dtype)
mode: torch.unique(x, return_counts=True)
kthvalue: x.sort(dim).values.select(dim, k - 1)
msort: x.sort(0).values
aminmax: x.amin(dim), x.amax(dim)
nansum: x.nan_to_num().sum(dim)
nanmedian nanquantile: x[~x.isnan()].median()
searchsorted: torch.from_numpy(np.searchsorted(sorted.numpy(), x.numpy()))
bucketize: torch.from_numpy(np.digitize(x.numpy(), boundaries.numpy(), right=True))
tensordot kron chain_matmul inner_product: torch.einsum
vdot: x.dot(y)
addr: x + torch.outer(a, b)
addmv addmv_: x + a @ b
addbmm addbmm_: x + (a @ b).sum(0)
cross: torch.from_numpy(np.cross(x.numpy(), y.numpy())), without a gradient
asin arcsin: torch.from_numpy(np.arcsin(x.numpy())), without a gradient
acos arccos: torch.from_numpy(np.arccos(x.numpy())), without a gradient
atan arctan: torch.from_numpy(np.arctan(x.numpy())), without a gradient
atan2 arctan2: torch.from_numpy(np.arctan2(y.numpy(), x.numpy())), without a gradient
asinh arcsinh: (x + (x * x + 1).sqrt()).log()
acosh arccosh: (x + (x * x - 1).sqrt()).log()
atanh arctanh: 0.5 * ((1 + x) / (1 - x)).log()
logit: (x / (1 - x)).log()
logaddexp2: torch.logaddexp(x * math.log(2), y * math.log(2)) / math.log(2)
xlogy: torch.where(x == 0, 0.0, x * y.log())
sinc: torch.sin(math.pi * x) / (math.pi * x)
hypot: (x * x + y * y).sqrt()
heaviside: torch.where(x == 0, values, (x > 0).float())
copysign: x.abs() * torch.sign(y)
float_power: x.double() ** y
fmax: torch.maximum, which passes NaN on
fmin: torch.minimum, which passes NaN on
sgn: torch.sign(x)
fix: torch.trunc(x)
signbit: x < 0
isneginf: x == -math.inf
isposinf: x == math.inf
isreal: x == x
is_nonzero: bool(x)
is_signed: x.dtype.kind in "if"
is_same_size: x.shape == y.shape
deg2rad: x * math.pi / 180
rad2deg: x * 180 / math.pi
rsub: y - x
positive: x
gcd gcd_: torch.from_numpy(np.gcd(x.numpy(), y.numpy()))
lcm lcm_: torch.from_numpy(np.lcm(x.numpy(), y.numpy()))
ldexp: x * 2.0 ** y
frexp: np.frexp(x.numpy())
nextafter: np.nextafter(x.numpy(), y.numpy())
histogram histogramdd: torch.histc(x, bins), or np.histogram(x.numpy())
cov: np.cov(x.numpy())
corrcoef: np.corrcoef(x.numpy())
trapz trapezoid: ((x[1:] + x[:-1]) / 2).sum()
cumulative_trapezoid: ((x[1:] + x[:-1]) / 2).cumsum(0)
renorm renorm_: x / x.norm(p, dim, keepdim=True).clamp(min=maxnorm) * maxnorm
bitwise_left_shift: x * 2 ** n
bitwise_right_shift: x // 2 ** n
poisson: torch.from_numpy(np.random.poisson(x.numpy())), whose numbers are NumPy's
binomial: torch.from_numpy(np.random.binomial(n, x.numpy())), whose numbers are NumPy's
geometric_ cauchy_ log_normal_: x.copy_(...), with numbers from torch.rand or torch.randn
norm_except_dim nuclear_norm frobenius_norm: x.norm(p, dim)
vander: x.unsqueeze(-1) ** torch.arange(n)
det: torch.linalg.det(x)
logdet slogdet: torch.linalg.det(x).log()
inverse: torch.linalg.inv(x)
pinverse: torch.linalg.pinv(x)
svd svd_lowrank pca_lowrank: torch.linalg.svd(x), whose third result is transposed
qr: torch.linalg.qr(x)
cholesky: torch.linalg.cholesky(x)
cholesky_solve cholesky_inverse triangular_solve lu_solve lstsq: torch.linalg.solve(a, b)
symeig eig: torch.linalg.eigh(x)
matrix_rank: torch.linalg.matrix_rank(x)
matrix_power: x @ x @ x
matrix_exp: the series: torch.eye(n) + x + x @ x / 2 + ...
lu lu_unpack: torch.linalg.qr(x)
cond: np.linalg.cond(x.numpy())
""")
_SHAPES = table("""
atleast_1d: x.reshape(1), where x.ndim == 0
atleast_2d: x.unsqueeze(0), where x.ndim == 1
atleast_3d: x[None], where x.ndim == 2
adjoint: x.transpose(-1, -2)
swapdims: x.swapaxes(dim0, dim1)
dstack: torch.stack([...], dim=-1), of matrices
column_stack: torch.stack([...], dim=1), of vectors
row_stack: torch.vstack([...])
hsplit: x.split(size, dim=1)
vsplit: x.split(size, dim=0)
dsplit tensor_split split_with_sizes unsafe_split unsafe_chunk: x.split([...], dim), or x.chunk(parts, dim)
rot90: x.transpose(0, 1).flip(0)
diag_embed diagflat: torch.diag(x), of a vector; torch.eye(n) * x.unsqueeze(-1), of several
diagonal_scatter select_scatter slice_scatter: y = x.clone(), then y[...] = src
as_strided as_strided_: x.unfold(dim, size, step), or x.reshape(...)
combinations: x[torch.tensor(list(itertools.combinations(range(len(x)), 2)))]
unravel_index: np.unravel_index(x.numpy(), shape)
index_put index_put_ put put_: y = x.clone(), then y[indices] = values
broadcast_shapes: np.broadcast_shapes(x.shape, y.shape)
resize_ resize_as_: x.reshape(...), or torch.zeros(...)
set_: x.data = y
map_ map2_ apply_: a loop over x.tolist(), or torch functions
unsafe_view: x.view(...)
H mH: x.transpose(-1, -2)
transpose_ swapaxes_ swapdims_: x = x.transpose(dim0, dim1)
""")
_NOT_HERE = table("""
fft stft istft: np.fft, of x.numpy(), without a gradient
hann_window hamming_window bartlett_window blackman_window kaiser_window: torch.from_numpy(np.hanning(n)) and its like
sparse sparse_coo_tensor sparse_csr_tensor sparse_csc_tensor sparse_bsr_tensor sparse_compressed_tensor: dense Tensors
to_sparse to_dense coalesce indices crow_indices col_indices spmm hspmm smm sspaddmm: dense Tensors
complex complex64 complex128 cfloat cdouble chalf polar real imag angle conj conj_physical: real numbers: no complex ones
view_as_real view_as_complex resolve_conj resolve_neg: real numbers; there are no complex ones
hub: a file of the model's weights, and torch.load: no models are downloaded
quantization quantize_per_tensor quantize_per_channel dequantize int_repr ao: leave it out: there is no quantisation
vmap: a batch as one more dimension in front: most functions compute all of it at once
Storage UntypedStorage TypedStorage FloatStorage storage untyped_storage: x.data_ptr() says where the memory is
package: torch.save of model.state_dict()
special: torch.erf, torch.sigmoid and their like
set_default_tensor_type: torch.set_default_dtype(torch.float64)
set_anomaly_enabled: torch.autograd.set_detect_anomaly(True)
GradScaler autocast: torch.amp.GradScaler, torch.amp.autocast
autocast_decrement_nesting is_autocast_enabled: torch.amp.autocast
are_deterministic_algorithms_enabled: torch.is_deterministic()
get_float32_matmul_precision: leave it out: products are computed in the dtype they have
get_default_device: "cpu"
set_flush_denormal set_warn_always: leave it out
OutOfMemoryError: MemoryError
Event Stream: leave it out: operations run one after the other
fork wait: a plain call
typename: type(x).__name__
from_dlpack frombuffer from_file: torch.from_numpy(np.from_dlpack(...)), np.frombuffer, np.fromfile
to_dlpack: x.numpy()
scalar_tensor: torch.tensor(value)
empty_strided empty_permuted: torch.empty(size)
profiler: python -m cProfile FILE.py
overrides library fx export: leave it out: programs run as they are written
masked nested: padding and a mask
Gradient types compiler hash_tensor indices_copy init_num_threads saddmm: leave it out
testing: np.testing.assert_allclose(x.numpy(), y.numpy())
embedding: torch.nn.functional.embedding(ids, weight): in this order
batch_norm: torch.nn.functional.batch_norm(x, running_mean, running_var, weight, bias, training)
instance_norm: torch.nn.functional.group_norm(x, x.shape[1])
lstm lstm_cell: torch.nn.LSTM
gru gru_cell: torch.nn.GRU
rnn_tanh rnn_relu rnn_tanh_cell rnn_relu_cell: torch.nn.RNN
conv3d conv_transpose1d conv_transpose2d conv_transpose3d convolution conv_tbc: torch.conv1d, torch.conv2d
max_pool3d avg_pool3d: torch.max_pool2d
ctc_loss: torch.nn.functional.cross_entropy, where each target has its place
alpha_dropout feature_alpha_dropout feature_dropout: torch.dropout(x, p, train)
pixel_shuffle pixel_unshuffle channel_shuffle: x.reshape(...).permute(...).reshape(...)
rrelu: torch.nn.functional.leaky_relu
""")
_OF_TENSORS = table("""
bfloat16: x.float(): bfloat16 is not there
cfloat cdouble chalf: real numbers; there are no complex ones
register_post_accumulate_grad_hook: x.register_hook(hook)
share_memory_ is_shared pin_memory is_pinned: x itself
to_mkldnn xpu ipu hpu mtia: x itself
volatile: with torch.no_grad():
storage_offset storage_type: x.data_ptr()
rename rename_ align_to align_as refine_names: dimensions by number
sparse_dim dense_dim sparse_mask: dense Tensors
module_load: model.load_state_dict(state)
reinforce: torch.distributions.Categorical(p).log_prob(action) * reward
""")
TORCH = {**_NUMBERS, **_SHAPES, **_NOT_HERE}
TENSOR = {**TORCH, **_OF_TENSORS}

_THREE = "there are only those of one and two dimensions"
NN = table(f"""
Conv3d AvgPool3d MaxPool3d AdaptiveAvgPool3d AdaptiveMaxPool3d LazyConv3d: {_THREE}, nn.Conv2d and its like
BatchNorm3d LazyBatchNorm3d: nn.BatchNorm1d(C), of x.flatten(2)
ConvTranspose1d ConvTranspose2d ConvTranspose3d: x.repeat_interleave(2, dim=-1), and then nn.Conv1d or nn.Conv2d
LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d: x.repeat_interleave(2, dim=-1), and then nn.Conv1d or nn.Conv2d
LazyConv1d: nn.Conv1d, with the channels of its input
LazyConv2d: nn.Conv2d, with the channels of its input
LazyBatchNorm2d SyncBatchNorm: nn.BatchNorm2d, with the channels of its input
InstanceNorm1d InstanceNorm2d InstanceNorm3d: nn.GroupNorm(C, C, affine=False): groups of one channel
LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d: nn.GroupNorm(C, C, affine=False): groups of one channel
LocalResponseNorm CrossMapLRN2d: nn.GroupNorm
CTCLoss: nn.CrossEntropyLoss, where each target has its place; there is no loss over alignments
AdaptiveLogSoftmaxWithLoss LinearCrossEntropyLoss: nn.Linear and nn.CrossEntropyLoss, over the whole vocabulary
NLLLoss2d: nn.NLLLoss
PoissonNLLLoss: (x.exp() - target * x).mean()
GaussianNLLLoss: (0.5 * (var.log() + (x - target) ** 2 / var)).mean()
SoftMarginLoss: F.softplus(-target * x).mean()
MultiLabelSoftMarginLoss: nn.BCEWithLogitsLoss
MultiLabelMarginLoss MultiMarginLoss: nn.MarginRankingLoss, or nn.CrossEntropyLoss
TripletMarginWithDistanceLoss: nn.TripletMarginLoss
ZeroPad1d ZeroPad2d ZeroPad3d ConstantPad1d ConstantPad2d ConstantPad3d: F.pad(x, padding, value=value)
ReflectionPad1d ReflectionPad2d ReflectionPad3d: F.pad(x, padding, mode="reflect")
ReplicationPad1d ReplicationPad2d ReplicationPad3d: F.pad(x, padding, mode="replicate")
CircularPad1d CircularPad2d CircularPad3d: F.pad(x, padding, mode="circular")
Upsample UpsamplingNearest2d UpsamplingBilinear2d: x.repeat_interleave(2, dim=-2).repeat_interleave(2, dim=-1)
MaxUnpool1d MaxUnpool2d MaxUnpool3d: x.repeat_interleave(2, dim=-1)
FractionalMaxPool2d FractionalMaxPool3d LPPool1d LPPool2d LPPool3d: nn.MaxPool2d, nn.AvgPool2d
PixelShuffle PixelUnshuffle ChannelShuffle: x.reshape(...).permute(...).reshape(...)
Fold Unfold: x.unfold(dim, size, step)
RReLU: nn.LeakyReLU
Softmax2d: nn.Softmax(dim=1)
Dropout3d: nn.Dropout2d, of x.flatten(-2)
AlphaDropout FeatureAlphaDropout: nn.Dropout
RNNBase: nn.RNN, nn.LSTM, nn.GRU
RNNCellBase: nn.RNNCell, nn.LSTMCell, nn.GRUCell
Container: nn.Sequential
UninitializedParameter UninitializedBuffer: nn.LazyLinear, or nn.Parameter with its shape
quantized qat intrinsic: leave it out: there is no quantisation
attention flex_attention: F.scaled_dot_product_attention
""")
FUNCTIONAL = table(f"""
conv3d avg_pool3d max_pool3d adaptive_avg_pool3d adaptive_max_pool3d: {_THREE}, F.conv2d and its like
conv_transpose1d conv_transpose2d conv_transpose3d conv_tbc: x.repeat_interleave(2, dim=-1), and then F.conv1d or F.conv2d
interpolate upsample upsample_nearest upsample_bilinear: x.repeat_interleave(2, dim=-2).repeat_interleave(2, dim=-1)
grid_sample affine_grid: x[..., rows, columns], with indices
instance_norm: F.group_norm(x, x.shape[1])
local_response_norm: F.group_norm
ctc_loss: F.cross_entropy, where each target has its place; there is no loss over alignments
linear_cross_entropy: F.cross_entropy(F.linear(x, weight), target)
poisson_nll_loss: (x.exp() - target * x).mean()
gaussian_nll_loss: (0.5 * (var.log() + (x - target) ** 2 / var)).mean()
soft_margin_loss: F.softplus(-target * x).mean()
multilabel_soft_margin_loss: F.binary_cross_entropy_with_logits
multi_margin_loss multilabel_margin_loss: F.margin_ranking_loss, or F.cross_entropy
triplet_margin_with_distance_loss: F.triplet_margin_loss
pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle: x.reshape(...).permute(...).reshape(...)
fold unfold: x.unfold(dim, size, step)
lp_pool1d lp_pool2d lp_pool3d fractional_max_pool2d fractional_max_pool3d: F.max_pool2d, F.avg_pool2d
max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices: F.max_pool2d, without the indices
adaptive_max_pool1d_with_indices adaptive_max_pool2d_with_indices: F.adaptive_max_pool2d, without the indices
max_unpool1d max_unpool2d max_unpool3d: x.repeat_interleave(2, dim=-1)
rrelu rrelu_: F.leaky_relu
dropout3d: F.dropout2d, of x.flatten(-2)
alpha_dropout feature_alpha_dropout: F.dropout
pdist: torch.cdist(x, x)
multi_head_attention_forward: nn.MultiheadAttention, or F.scaled_dot_product_attention
grouped_mm scaled_mm scaled_grouped_mm: x @ y
""")
INIT = table("""
dirac dirac_: nn.init.eye_, of the middle of the window
""")
NN_UTILS = table("""
weight_norm remove_weight_norm: nn.Linear, with F.linear(x, g * v / v.norm(dim=1, keepdim=True)) written out
spectral_norm remove_spectral_norm: F.linear(x, weight / weight.norm(2)), or with the largest of torch.linalg.svd(weight)[1]
parametrizations parametrize: compute the weight from its parameters in forward: F.linear(x, f(self.weight))
prune: weight.data.mul_(mask)
stateless: torch.func.functional_call
clip_grads_with_norm_ get_total_norm: nn.utils.clip_grad_norm_, which returns the norm
fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights: leave it out
skip_init: the layer itself
fusion init memory_format convert_conv2d_weight_memory_format convert_conv3d_weight_memory_format: leave it out
""")
RNN_UTILS = table("""
invert_permutation: permutation.argsort()
""")
OPTIM = table("""
SparseAdam: optim.Adam, which updates an embedding by the rows that were used
Adafactor: optim.Adam
Muon: optim.AdamW
swa_utils: the mean of the parameters, kept in a second model
swap_in_optimizer_params_and_state: leave it out
""")
SCHEDULES = table("""
NoamLR: LambdaLR, with the formula as a function of the step
""")
_BY_NUMPY = "numbers of np.random.{}, which have no gradient"
DISTRIBUTIONS = table(f"""
Dirichlet: {_BY_NUMPY.format("dirichlet")}
Beta: {_BY_NUMPY.format("beta")}
Gamma Chi2 InverseGamma: {_BY_NUMPY.format("gamma")}
Poisson: {_BY_NUMPY.format("poisson")}; -rate + k * rate.log() - math.lgamma(k + 1) is the log_prob
Binomial NegativeBinomial: Bernoulli(probs).sample((n,)).sum(0)
Multinomial: Categorical(probs).sample((n,)), counted with torch.bincount
Geometric: Bernoulli, drawn until it is 1
Gumbel: -(-torch.rand(n).log()).log(); F.gumbel_softmax
LogNormal: Normal(mean, std).sample().exp()
LogisticNormal: F.softmax(Normal(mean, std).rsample(), -1)
HalfNormal: Normal(0.0, std).sample().abs()
HalfCauchy Cauchy StudentT VonMises FisherSnedecor: Normal, Laplace
Pareto GeneralizedPareto Weibull Kumaraswamy: Exponential, of which it is a power
ContinuousBernoulli: Bernoulli, as in most VAEs
MultivariateNormal LowRankMultivariateNormal: mean + L @ torch.randn(d); of independent entries Independent(Normal(mean, std), 1)
MixtureSameFamily: torch.logsumexp(log_weights + part.log_prob(x.unsqueeze(-1)), -1)
OneHotCategorical: F.one_hot(Categorical(logits=logits).sample(), classes)
OneHotCategoricalStraightThrough: F.gumbel_softmax(logits, hard=True)
RelaxedOneHotCategorical RelaxedBernoulli: F.gumbel_softmax(logits, tau)
Wishart LKJCholesky: L @ L.T, with L from torch.randn
TransformedDistribution: the function, of base.rsample(); its log_prob is written out
ExponentialFamily: Distribution
register_kl: a function of your own, of the two distributions
biject_to transform_to constraint_registry: F.softplus, torch.exp, torch.sigmoid
transforms Transform ExpTransform AffineTransform SigmoidTransform TanhTransform: the function itself: torch.exp, torch.sigmoid
constraints: leave it out, and check the values
""")
LINALG = table("""
cond eig eigvals eigvalsh lstsq matrix_exp multi_dot tensorinv tensorsolve: np.linalg, of x.numpy(), without a gradient
slogdet: torch.linalg.det(x).log()
svdvals: torch.linalg.svd(x)[1]
matrix_norm: torch.linalg.norm(x)
matrix_power: x @ x @ x
cross: np.cross(x.numpy(), y.numpy())
diagonal: x.diagonal()
vecdot: (x * y).sum(-1)
solve_triangular lu_solve solve_ex ldl_solve: torch.linalg.solve(a, b)
cholesky_ex: torch.linalg.cholesky(x)
inv_ex: torch.linalg.inv(x)
lu lu_factor lu_factor_ex ldl_factor ldl_factor_ex householder_product: torch.linalg.qr(x)
vander: x.unsqueeze(-1) ** torch.arange(n)
LinAlgError: np.linalg.LinAlgError
""")
UTILS = table("""
tensorboard: print the numbers, or draw them with matplotlib
checkpoint: leave it out: call the function itself
cpp_extension mobile_optimizer bundled_inputs: leave it out
model_zoo: torch.load of a file: no models are downloaded
benchmark bottleneck: the time module, python -m cProfile FILE.py
dlpack: torch.from_numpy(np.from_dlpack(...))
hooks: x.register_hook(hook), module.register_forward_hook(hook)
""")
DATA = table("""
IterDataPipe MapDataPipe datapipes functional_datapipe: Dataset, IterableDataset
""")
AUTOGRAD = table("""
profiler: python -m cProfile FILE.py
forward_ad: torch.func.jvp
variable: torch.autograd.Variable
""")
FUNC = table("""
vmap: a batch as one more dimension in front: most functions compute all of it at once
linearize: torch.func.jvp
functionalize: leave it out
stack_module_state: torch.stack of each parameter
""")
CUDA = table("""
sparse: dense Tensors
memory_allocated max_memory_allocated memory_reserved max_memory_reserved memory_summary: leave it out
reset_peak_memory_stats reset_max_memory_allocated mem_get_info memory_stats: leave it out
get_device_name get_device_properties get_device_capability: leave it out, or ask torch.cuda.is_available() first
Stream Event stream current_stream default_stream: leave it out: operations run one after the other
get_rng_state set_rng_state: torch.get_rng_state(), torch.set_rng_state(state)
""")

TABLES = {
    "x": TENSOR, "torch": TORCH, "torch.nn": NN, "torch.nn.functional": FUNCTIONAL, "torch.nn.init": INIT, "torch.cuda": CUDA,
    "torch.nn.utils": NN_UTILS, "torch.nn.utils.rnn": RNN_UTILS, "torch.optim": OPTIM, "torch.optim.lr_scheduler": SCHEDULES,
    "torch.distributions": DISTRIBUTIONS,
    "torch.linalg": LINALG, "torch.utils": UTILS, "torch.utils.data": DATA, "torch.autograd": AUTOGRAD, "torch.func": FUNC,
}
