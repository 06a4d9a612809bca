#!/usr/bin/python3
"""Writes tests/fixtures/biggan/: tiny BigGANs in the forms in which such networks are saved, and what they compute.

NAME.npz holds, under `canonical/`, the tensors that an adapter must give, and for most z, class (truncation), `tap/`
every layer, and `image`, as PyTorch computes them. The forward passes are this project's own, after the description in
docs/format.md and docs/layers.md; `--verify DIR` compares them with arrays that the published code recorded
(biggan-128-hier, biggan-32-cifar, biggan-deep-64, hf-biggan-deep-128). Needs numpy and torch (Debian's python3-torch):
/usr/bin/python3 tests/reference/make_biggan_variants.py [--verify DIR]
"""
import json
import math
import os
import sys
from collections import OrderedDict

import numpy as np
import torch
import torch.nn.functional as F

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "biggan")


# ---- spectral norm: u0 beside the weight (BigGAN-PyTorch), or weight_orig, weight_u, weight_v (torch) ----

def weight(state, path):
    """The weight as it acts in eval mode, float32 as the code computes it; state in float64 gives what is stored."""
    if path + ".weight_orig" in state:
        w = state[path + ".weight_orig"]
        return w / torch.dot(state[path + ".weight_u"], torch.mv(w.reshape(len(w), -1), state[path + ".weight_v"]))
    w = state[path + ".weight"]
    if path + ".u0" not in state:
        return w
    flat = w.view(len(w), -1)
    v = F.normalize(state[path + ".u0"] @ flat, eps=1e-12)
    u = F.normalize(v @ flat.t(), eps=1e-12)
    return w / torch.squeeze(v @ flat.t() @ u.t())


def statistics(state, path):
    for mean, var in ("stored_mean", "stored_var"), ("bn.stored_mean", "bn.stored_var"), ("bn.running_mean",
                                                                                          "bn.running_var"):
        if f"{path}.{mean}" in state:
            return state[f"{path}.{mean}"], state[f"{path}.{var}"]
    return state[path + ".running_means"], state[path + ".running_vars"]


# ---- forward passes ----

def norm(x, mean, var, gain, bias, eps):
    scale = torch.rsqrt(var + eps) * gain
    return x * scale[..., None, None] + (bias - mean * scale)[..., None, None]


def enlarge(x):
    return F.interpolate(x, scale_factor=2)


def attention(state, path, names, x):
    theta, phi, g, o = (weight(state, f"{path}.{name}") for name in names)
    n, c, h, w = x.shape
    queries = F.conv2d(x, theta).view(n, -1, h * w)
    keys = F.max_pool2d(F.conv2d(x, phi), 2).view(n, -1, h * w // 4)
    values = F.max_pool2d(F.conv2d(x, g), 2).view(n, -1, h * w // 4)
    share = F.softmax(queries.transpose(1, 2) @ keys, -1)
    return x + state[path + ".gamma"] * F.conv2d((values @ share.transpose(1, 2)).view(n, -1, h, w), o)


def conv(state, path, x):
    w = weight(state, path)
    return F.conv2d(x, w, state[path + ".bias"], padding=w.shape[-1] // 2)


def bottleneck(state, path, numbers, x, normalise, up):
    """BigGAN-deep's block; `path` and a number from `numbers` name a convolution."""
    h = conv(state, f"{path}{numbers[0]}", F.relu(normalise(numbers[0], x)))
    h = F.relu(normalise(numbers[1], h))
    h = conv(state, f"{path}{numbers[1]}", enlarge(h) if up else h)
    h = conv(state, f"{path}{numbers[2]}", F.relu(normalise(numbers[2], h)))
    h = conv(state, f"{path}{numbers[3]}", F.relu(normalise(numbers[3], h)))
    shortcut = x[:, :h.shape[1]]
    return h + (enlarge(shortcut) if up else shortcut)


def run_pytorch(state, z, classes, depth, eps=1e-5):
    taps = OrderedDict()
    deep, shared = "blocks.0.0.conv4.bias" in state, "shared.weight" in state
    blocks = len({name.split(".")[1] for name in state if name.startswith("blocks.")})
    y = state["shared.weight"][classes] if shared else None
    per_block = [y] * blocks
    if deep:
        z = torch.cat([y, z], 1)
        per_block = [z] * blocks
    elif shared and weight(state, "blocks.0.0.bn1.gain").shape[1] > y.shape[1]:
        chunks = torch.chunk(z, blocks + 1, 1)
        z, per_block = chunks[0], [torch.cat([y, chunk], 1) for chunk in chunks[1:]]
    h = taps["linear"] = F.linear(z, weight(state, "linear"), state["linear.bias"])
    h = h.view(len(h), -1, 4, 4)
    for i in range(blocks):
        path = f"blocks.{i}.0"

        def normalise(k, x, y=per_block[i], path=path):
            gain, bias = (weight(state, f"{path}.bn{k}.{part}") for part in ("gain", "bias"))
            gain, bias = (y @ gain.t(), y @ bias.t()) if shared else (gain[classes], bias[classes])
            taps[f"{path}.bn{k}"] = norm(x, *statistics(state, f"{path}.bn{k}"), 1 + gain, bias, eps)
            return taps[f"{path}.bn{k}"]

        if deep:
            h = bottleneck(state, path + ".conv", (1, 2, 3, 4), h, normalise, (i + 1) % depth == 0)
        else:
            x = conv(state, path + ".conv1", enlarge(F.relu(normalise(1, h))))
            x = conv(state, path + ".conv2", F.relu(normalise(2, x)))
            h = x + conv(state, path + ".conv_sc", enlarge(h))
        taps[path] = h
        if f"blocks.{i}.1.gamma" in state:
            h = taps[f"blocks.{i}.1"] = attention(state, f"blocks.{i}.1", ("theta", "phi", "g", "o"), h)
    h = norm(h, *statistics(state, "output_layer.0"), state["output_layer.0.gain"], state["output_layer.0.bias"], 1e-5)
    taps["image"] = torch.tanh(conv(state, "output_layer.2", F.relu(h)))
    return taps


def run_huggingface(state, z, classes, ups, truncation, eps=1e-4):
    taps = OrderedDict()
    fraction, row = math.modf(truncation / (1.0 / 50))
    y = taps["embeddings"] = state["embeddings.weight"].t()[classes]
    condition = torch.cat([z, y], 1)
    h = taps["generator.gen_z"] = F.linear(condition, weight(state, "generator.gen_z"), state["generator.gen_z.bias"])
    h = h.view(len(h), 4, 4, -1).permute(0, 3, 1, 2).contiguous()

    def at_truncation(path):
        """The published code weighs the two rows the wrong way round, and so do its pictures."""
        return [s[int(row)] if fraction == 0 else s[int(row)] * fraction + s[int(row) + 1] * (1 - fraction)
                for s in statistics(state, path)]

    layer, ups = 0, list(ups)
    while True:
        path = f"generator.layers.{layer}"
        if path + ".gamma" in state:
            names = ["snconv1x1_" + name for name in ("theta", "phi", "g", "o_conv")]
            h = attention(state, path, names, h)
        elif path + ".conv_0.bias" in state:
            def normalise(k, x, path=path):
                gain, bias = (condition @ weight(state, f"{path}.bn_{k}.{part}").t() for part in ("scale", "offset"))
                taps[f"{path}.bn_{k}"] = norm(x, *at_truncation(f"{path}.bn_{k}"), 1 + gain, bias, eps)
                return taps[f"{path}.bn_{k}"]

            h = bottleneck(state, path + ".conv_", (0, 1, 2, 3), h, normalise, ups.pop(0))
        else:
            break
        taps[path] = h
        layer += 1
    h = norm(h, *at_truncation("generator.bn"), state["generator.bn.weight"], state["generator.bn.bias"], eps)
    taps["generator.bn"] = h
    taps["image"] = torch.tanh(conv(state, "generator.conv_to_rgb", F.relu(h))[:, :3])
    return taps


# ---- canonical tensors ----

def canonical(state):
    """What docs/format.md lists, spectral norm folded in double."""
    exact = {name: t.double() for name, t in state.items() if t.is_floating_point()}
    out = OrderedDict()
    embedded = "shared.weight" not in state
    for name, t in exact.items():
        path, leaf = name.rsplit(".", 1)
        if leaf in ("weight", "weight_orig"):
            w = weight(exact, path)
            of_class = path == "shared" or (embedded and path.endswith((".gain", ".bias")))
            out[path + ".weight"] = w.t() if of_class else w
        elif leaf in ("stored_mean", "running_mean", "running_means"):
            path = path[:-3] if path.endswith(".bn") and path != "generator.bn" else path
            mean, var = statistics(exact, path)
            out[path + ".mean"], out[path + ".var"] = ((s if s.ndim == 2 else s[None]) for s in (mean, var))
        elif leaf in ("bias", "gain", "gamma"):
            out[name] = t.reshape(()) if leaf == "gamma" else t
    return {"canonical/" + name: t.contiguous().float().numpy() for name, t in out.items()}


# ---- tiny networks ----

class Network:
    """A state dict that grows tensor by tensor, with spectral norm in the form asked for."""

    def __init__(self, seed, form="u0"):
        self.random, self.form, self.state = np.random.RandomState(seed), form, OrderedDict()

    def draw(self, *shape):
        return torch.tensor(np.asarray(self.random.randn(*shape), dtype=np.float32))

    def add(self, name, *shape):
        self.state[name] = self.draw(*shape)

    def weight(self, path, *shape, normed=True):
        w, flat = self.draw(*shape), shape[0]
        if self.form == "torch" and normed:
            u, v = self.draw(flat), self.draw(int(np.prod(shape)) // flat)
            for _ in range(3):
                v = F.normalize(w.reshape(flat, -1).t() @ u, dim=0)
                u = F.normalize(w.reshape(flat, -1) @ v, dim=0)
            self.state.update({path + ".weight_orig": w, path + ".weight_u": u, path + ".weight_v": v})
            return
        self.state[path + ".weight"] = w
        if normed:
            self.state.update({path + ".u0": F.normalize(self.draw(1, flat)), path + ".sv0": torch.ones(1)})

    def conv(self, path, cout, cin, kernel):
        self.weight(path, cout, cin, kernel, kernel)
        self.add(path + ".bias", cout)

    def stats(self, path, names, *shape):
        self.add(f"{path}.{names[0]}", *shape)
        self.state[f"{path}.{names[1]}"] = self.draw(*shape) ** 2 + 0.5

    def attention(self, path, names, c):
        for name, cout, cin in zip(names, (c // 8, c // 8, c // 2, c), (c, c, c, c // 2)):
            self.weight(f"{path}.{name}", cout, cin, 1, 1)
        self.state[path + ".gamma"] = torch.tensor(0.7) if self.form == "u0" else torch.tensor([0.7])


def pytorch(seed, widths, classes, linear, condition, shared=0, deep=False, attend=(), norms="stored", form="u0",
            embed_normed=False):
    n = Network(seed, form)
    names = {"stored": ("stored_mean", "stored_var"), "mybn": ("bn.stored_mean", "bn.stored_var"),
             "cross": ("bn.running_mean", "bn.running_var")}[norms]
    counter = {"mybn": "bn.accumulation_counter", "cross": "bn.num_batches_tracked"}.get(norms)

    def stats(path, c):
        n.stats(path, names, c)
        if counter:
            n.state[f"{path}.{counter}"] = torch.tensor(3) if norms == "cross" else torch.tensor([3.0])

    if shared:
        n.weight("shared", classes, shared, normed=False)
    n.weight("linear", widths[0] * 16, linear)
    n.add("linear.bias", widths[0] * 16)
    for i, (cin, cout) in enumerate(zip(widths, widths[1:])):
        middle = cin // 4 if deep else cout
        count = 4 if deep else 2
        path = f"blocks.{i}.0"
        for k in range(1, count + 1):
            into, out = cin if k == 1 else middle, cout if k == count else middle
            n.conv(f"{path}.conv{k}", out, into, 1 if deep and k in (1, 4) else 3)
            stats(f"{path}.bn{k}", into)
            for part in ("gain", "bias"):
                shape = (into, condition) if shared else (classes, into)
                n.weight(f"{path}.bn{k}.{part}", *shape, normed=bool(shared) or embed_normed)
        if not deep:
            n.conv(path + ".conv_sc", cout, cin, 1)
        if i in attend:
            n.attention(f"blocks.{i}.1", ("theta", "phi", "g", "o"), cout)
    n.add("output_layer.0.gain", widths[-1]), n.add("output_layer.0.bias", widths[-1])
    stats("output_layer.0", widths[-1])
    n.conv("output_layer.2", 3, widths[-1], 3)
    return n.state


HF_CONFIG = {"output_dim": 16, "z_dim": 4, "class_embed_dim": 4, "channel_width": 4, "num_classes": 6,
             "layers": [[True, 16, 8], [False, 8, 4], [True, 4, 2], [False, 2, 1]], "attention_layer_position": 2,
             "eps": 0.001, "n_stats": 51}


def huggingface(seed, c):
    n = Network(seed, "torch")
    ch, z, stats = c["channel_width"], c["z_dim"], c["n_stats"]
    names = ("running_means", "running_vars")
    n.weight("embeddings", z, c["num_classes"], normed=False)
    n.weight("generator.gen_z", 256 * ch, 2 * z)
    n.add("generator.gen_z.bias", 256 * ch)
    layer = 0
    for _, cin, cout in c["layers"]:
        cin, cout = cin * ch, cout * ch
        if layer == c["attention_layer_position"]:
            n.attention(f"generator.layers.{layer}", ["snconv1x1_" + k for k in ("theta", "phi", "g", "o_conv")], cin)
            layer += 1
        for k in range(4):
            into, out = cin if k == 0 else cin // 4, cout if k == 3 else cin // 4
            path = f"generator.layers.{layer}"
            n.stats(f"{path}.bn_{k}", names, stats, into)
            for part in ("scale", "offset"):
                n.weight(f"{path}.bn_{k}.{part}", into, 2 * z)
            n.conv(f"{path}.conv_{k}", out, into, 1 if k in (0, 3) else 3)
        layer += 1
    n.stats("generator.bn", names, stats, ch)
    n.add("generator.bn.weight", ch), n.add("generator.bn.bias", ch)
    n.conv("generator.conv_to_rgb", ch, ch, 3)
    return n.state


# ---- writing ----

def record(name, state, taps, **inputs):
    arrays = {key: np.asarray(value) for key, value in inputs.items()}
    arrays.update({k if k == "image" else "tap/" + k: v.numpy() for k, v in taps.items()})
    arrays.update(canonical(state))
    np.savez_compressed(os.path.join(OUT, name + ".npz"), **arrays)


def latents(count, size):
    return torch.tensor(np.random.RandomState(5).randn(count, size).astype(np.float32))


def save(name, state):
    torch.save(state, os.path.join(OUT, name))


def save_and_run(name, state, z_dim, depth=1):
    save(name + ".pth", state)
    z, classes = latents(1, z_dim), torch.tensor([4])
    record(name, state, run_pytorch(state, z, classes, depth), z=z, **{"class": classes})


def main():
    os.makedirs(OUT, exist_ok=True)
    hier = dict(widths=(16, 8, 8), classes=5, linear=3, condition=7, shared=4, attend=(0,))
    save_and_run("hierarchical", pytorch(1, **hier), 9)
    # the same tensors in other clothes
    parallel = pytorch(1, norms="mybn", **hier)
    save("mybn-parallel.pth", OrderedDict(("module." + name, t) for name, t in parallel.items()))
    save("cross-replica-wrapped.pth", {"epoch": 3, "G": pytorch(2, **hier), "G_ema": pytorch(1, norms="cross", **hier)})
    # other tensors
    normed = pytorch(1, form="torch", **hier)
    save("torch-norm.pth", normed)
    record("torch-norm", normed, {})
    half = OrderedDict((name, t.to(torch.bfloat16 if "conv" in name else torch.half))
                       for name, t in pytorch(1, **hier).items())
    save("half.pth", half)
    record("half", half, {})
    save_and_run("shared-flat", pytorch(3, (8, 8, 4), 5, 6, 4, shared=4), 6)
    save_and_run("unshared", pytorch(4, (8, 4, 4), 5, 6, 0, embed_normed=True), 6)
    save_and_run("deep-32", pytorch(5, (8,) * 7, 5, 7, 7, shared=4, deep=True, attend=(3,)), 3, depth=2)
    save_and_run("deep-own-channels", pytorch(6, (16, 16, 8), 5, 7, 7, shared=4, deep=True), 3, depth=2)
    save("tfhub-256.pth", pytorch(8, (8,) * 7, 5, 20, 24, shared=4, attend=(4,)))

    state = huggingface(7, HF_CONFIG)
    save("huggingface.bin", state)
    with open(os.path.join(OUT, "huggingface-config.json"), "w") as f:
        json.dump({**HF_CONFIG, "model_type": "biggan"}, f, indent=2)
    z, classes, truncation = 0.37 * latents(1, HF_CONFIG["z_dim"]), torch.tensor([5]), 0.37
    taps = run_huggingface(state, z, classes, [row[0] for row in HF_CONFIG["layers"]], truncation, HF_CONFIG["eps"])
    record("huggingface", state, taps, z=z, truncation=truncation, **{"class": classes})


def verify(folder):
    """Largest difference, relative to the layer's magnitude, from what the published code recorded."""
    cases = [("biggan-128-hier", ".pth", 1), ("biggan-32-cifar", ".pth", 1), ("biggan-deep-64", ".pth", 2),
             ("hf-biggan-deep-128", ".bin", 2), ("hf-biggan-deep-128-trunc0365", "", 2)]
    for name, end, depth in cases:
        if end:
            state = torch.load(os.path.join(folder, name + end), map_location="cpu")
        recorded = np.load(os.path.join(folder, name + ".npz"))
        z, classes = torch.tensor(recorded["z"]), torch.tensor(recorded["class"])
        if "truncation" in recorded.files:
            taps = run_huggingface(state, z, classes, [0, 1] * 5, float(recorded["truncation"]))
        else:
            taps = run_pytorch(state, z, classes, depth)
        worst = 0
        for key in recorded.files:
            if key.startswith("tap/") or key == "image":
                difference = np.abs(taps[key.replace("tap/", "")].numpy() - recorded[key]).max()
                worst = max(worst, difference / np.abs(recorded[key]).max())
        print(f"{name}: {worst:.2g}")


if __name__ == "__main__":
    with torch.no_grad():
        if len(sys.argv) == 3 and sys.argv[1] == "--verify":
            verify(sys.argv[2])
        else:
            main()
