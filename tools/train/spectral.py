"""Gives a BigGAN that was trained without spectral normalisation what BigGAN-PyTorch's G_ema.pth has of it.

That code divides each weight by a singular value that it finds from a stored vector, u0, in one step of power iteration.
Each u0 is chosen here such that this step gives exactly 1: it lies between the left singular vectors of the singular
values next above and next below 1. If a layer has none on one side, scales are first moved from layer to layer in ways
that do not change the picture. This is right for evaluation; training on in that code would let the values drift.
"""
from collections import OrderedDict

import numpy as np
import torch
from torch import nn


def log_range(layer):
    """log of the smallest and of the largest singular value."""
    s = np.linalg.svd(layer.weight.detach().reshape(len(layer.weight), -1).double().numpy(), compute_uv=False)
    return np.log(s[-1]), np.log(s[0])


def scale(layer, k, bias=None):
    layer.weight.data *= k
    if layer.bias is not None:
        layer.bias.data *= k if bias is None else bias


def rescale_input(norm, k):
    """What comes in is k times what it was."""
    norm.stored_mean *= k
    norm.stored_var.copy_((norm.stored_var.double() + norm.eps) * k ** 2 - norm.eps)
    assert (norm.stored_var > 0).all()


def scales_between_blocks(g):
    """Scales of the maps between the blocks that leave every layer's singular values the widest margin around 1."""
    limits = [(log_range(g.linear), {0: 1})]
    for i, b in enumerate(g.blocks):
        limits += [(log_range(b[0].conv2), {i + 1: 1}), (log_range(b[0].conv_sc), {i + 1: 1, i: -1})]
        if len(b) > 1:
            limits += [(log_range(b[1].theta), {i + 1: -1}), (log_range(b[1].phi), {i + 1: -1})]
    rng, best, at, width = np.random.default_rng(0), -np.inf, np.zeros(len(g.blocks) + 1), 1.
    for _ in range(60):                                 # random search
        tries = at + width * rng.normal(size=(20000, len(at)))
        tries[0] = at
        margin = np.full(len(tries), np.inf)
        for (low, high), terms in limits:
            moved = sum(tries[:, j] * e for j, e in terms.items())
            margin = np.minimum(margin, np.minimum(-(low + moved), high + moved))
        if margin.max() > best:
            best, at = margin.max(), tries[margin.argmax()]
        width = max(width * .85, 1e-3)
    return np.exp(at)


def centred(layer):
    """The scale that puts 1 in the middle of the layer's singular values."""
    return np.exp(-np.mean(log_range(layer)))


@torch.no_grad()
def balance(g):
    s = scales_between_blocks(g)
    scale(g.linear, s[0])
    for i, block in enumerate(g.blocks):
        b = block[0]
        rescale_input(b.bn1, s[i])
        k = centred(b.conv1)
        scale(b.conv1, k)
        rescale_input(b.bn2, k)
        scale(b.conv2, s[i + 1])
        scale(b.conv_sc, s[i + 1] / s[i], s[i + 1])
        for a in block[1:]:
            scale(a.theta, 1 / s[i + 1])
            scale(a.phi, 1 / s[i + 1])
            for layer in (a.g, a.o):
                k = centred(layer)
                scale(layer, k)
                a.gamma.data /= k
    norm, last = g.output_layer[0], g.output_layer[2]
    rescale_input(norm, s[-1])
    k = centred(last)
    last.weight.data *= k
    norm.gain.data /= k
    norm.bias.data /= k
    # gains and biases get the singular value 1 in a direction in which no class's embedding points
    spare = torch.linalg.svd(g.shared.weight.double(), full_matrices=True)[2][-1]
    for block in g.blocks:
        for norm in (block[0].bn1, block[0].bn2):
            for layer in (norm.gain, norm.bias):
                low, high = log_range(layer)
                if low > -.02 or high < .02:
                    w = layer.weight.double()
                    part = w[:, :len(spare)]
                    part -= torch.outer(part @ spare, spare)
                    part += torch.outer(torch.linalg.svd(w, full_matrices=True)[0][:, -1], spare)
                    layer.weight.data.copy_(w)


def u0(weight, name):
    """The vector from which one step of power iteration finds 1."""
    w = weight.reshape(len(weight), -1).double().numpy()
    u, s, _ = np.linalg.svd(w, full_matrices=False)
    above, below = np.flatnonzero(s >= 1 - 1e-6), np.flatnonzero((s <= 1 + 1e-6) & (s > 1e-3))
    if not len(above) or not len(below):
        raise SystemExit(f'{name}: all singular values, {s[-1]:.3g} to {s[0]:.3g}, lie on one side of 1; train longer')
    a, b = above[-1], below[0]
    ca, cb = s[b] ** 2 * max(1 - s[b] ** 2, 0), s[a] ** 2 * max(s[a] ** 2 - 1, 0)
    if ca > 1e-12 and cb > 1e-12:
        x = np.sqrt(ca) * u[:, a] + np.sqrt(cb) * u[:, b]
    else:
        x = u[:, a] if abs(s[a] - 1) < abs(s[b] - 1) else u[:, b]
    x = (x / np.linalg.norm(x)).astype(np.float32)
    v = x @ w
    sigma = np.linalg.norm(w @ (v / np.linalg.norm(v)))
    if abs(sigma - 1) > 1e-6:
        raise SystemExit(f'{name}: one step of power iteration finds {sigma}, expected 1')
    return torch.from_numpy(x)[None]


def with_u0(g):
    state = OrderedDict()
    normed = {k for k, m in g.named_modules() if isinstance(m, (nn.Conv2d, nn.Linear))}
    for key, value in g.state_dict().items():
        state[key] = value.detach().clone().contiguous()
        layer = key.rsplit('.', 1)[0]
        if key.endswith('.weight') and layer in normed:
            state[layer + '.u0'], state[layer + '.sv0'] = u0(value, layer), torch.ones(1)
    return state
