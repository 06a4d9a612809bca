"""A class-conditional BigGAN generator (Brock et al. 2018, arXiv:1809.11096) with hierarchical z, shared embedding and
attention, with the names of BigGAN-PyTorch's G_ema.pth.

It is trained without spectral normalisation, and most of the time with frozen statistics: what is trained is what runs.
A model's NETWORK holds that code's constructor arguments: G_ch, dim_z, shared_dim, G_attn and so on.
"""
import copy
import re

import torch
import torch.nn.functional as F
from torch import nn

from spectral import balance, with_u0

WIDTHS = {32: (4, 4, 4, 4), 64: (16, 16, 8, 4, 2), 128: (16, 16, 8, 4, 2, 1)}      # in units of G_ch, from 4x4 upwards


class Norm(nn.Module):
    """Normalises by the batch's statistics, which then also move the stored ones, or by the stored ones once frozen."""

    def __init__(self, channels, eps=1e-5):
        super().__init__()
        self.register_buffer('stored_mean', torch.zeros(channels))
        self.register_buffer('stored_var', torch.ones(channels))
        self.eps, self.momentum, self.frozen = eps, .02, False

    def normalise(self, x, gain, bias):
        """gain and bias are [N, C]; one row serves all."""
        if self.training and not self.frozen:
            x = F.batch_norm(x, self.stored_mean, self.stored_var, None, None, True, self.momentum, self.eps)
        else:
            scale = torch.rsqrt(self.stored_var + self.eps)
            gain, bias = gain * scale, bias - gain * (self.stored_mean * scale)
        return torch.addcmul(bias[:, :, None, None].to(x.dtype), x, gain[:, :, None, None].to(x.dtype))


class ClassNorm(Norm):
    def __init__(self, channels, condition):
        super().__init__(channels)
        self.gain = nn.Linear(condition, channels, bias=False)
        self.bias = nn.Linear(condition, channels, bias=False)

    def forward(self, x, c):
        with torch.autocast('cpu', enabled=False):
            gain, bias = 1 + self.gain(c), self.bias(c)
        return self.normalise(x, gain, bias)


class PlainNorm(Norm):
    def __init__(self, channels):
        super().__init__(channels)
        self.gain = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return self.normalise(x, self.gain[None], self.bias[None])


class Block(nn.Module):
    def __init__(self, cin, cout, condition):
        super().__init__()
        self.bn1, self.bn2 = ClassNorm(cin, condition), ClassNorm(cout, condition)
        self.conv1, self.conv2 = nn.Conv2d(cin, cout, 3, padding=1), nn.Conv2d(cout, cout, 3, padding=1)
        self.conv_sc = nn.Conv2d(cin, cout, 1)

    def forward(self, x, c):
        h = F.interpolate(F.relu_(self.bn1(x, c)), scale_factor=2)
        h = self.conv2(F.relu_(self.bn2(self.conv1(h), c)))
        return h + F.interpolate(self.conv_sc(x), scale_factor=2)      # a 1x1 commutes with the enlargement


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.theta = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.phi = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.g = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.o = nn.Conv2d(channels // 2, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))
        self.off = False

    def forward(self, x, c):
        if self.off:
            return x
        n, _, h, w = x.shape
        theta = self.theta(x).flatten(2).transpose(1, 2)
        phi, g = F.max_pool2d(self.phi(x), 2).flatten(2), F.max_pool2d(self.g(x), 2).flatten(2)
        scores = theta @ phi
        with torch.autocast('cpu', enabled=False):
            weights = F.softmax(scores, -1)
        return x + self.gamma.to(x.dtype) * self.o((g @ weights.transpose(1, 2)).view(n, -1, h, w))


class Head(nn.Sequential):
    def __init__(self, channels):
        super().__init__(PlainNorm(channels), nn.ReLU(inplace=True), nn.Conv2d(channels, 3, 3, padding=1))


class Network(nn.Module):
    """The published network: what is exported."""

    def __init__(self, G_ch=16, dim_z=20, shared_dim=16, n_classes=8, resolution=64, G_attn='32', **_):
        super().__init__()
        widths = [G_ch * w for w in WIDTHS[resolution]]
        self.chunk = dim_z // len(widths)
        self.shared = nn.Embedding(n_classes, shared_dim)
        self.linear = nn.Linear(self.chunk, widths[0] * 16)
        self.blocks = nn.ModuleList()
        attend = [int(a) for a in G_attn.split('_')]
        for i, (cin, cout) in enumerate(zip(widths, widths[1:])):
            block = [Block(cin, cout, shared_dim + self.chunk)]
            if 8 << i in attend:
                block.append(Attention(cout))
            self.blocks.append(nn.ModuleList(block))
        self.output_layer = Head(widths[-1])
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.orthogonal_(m.weight)
                if m.bias is not None:
                    nn.init.zeros_(m.bias)

    def forward(self, z, y, blocks=None, head=None):
        """y is the class embedding. With `blocks`, the picture as `head` sees it after so many of them."""
        z = z.split(self.chunk, 1)
        h = self.linear(z[0]).view(len(y), -1, 4, 4).contiguous(memory_format=torch.channels_last)
        for i, block in enumerate(self.blocks[:blocks]):
            c = torch.cat([y, z[i + 1]], 1)
            for module in block:
                h = module(h, c)
        return torch.tanh((head or self.output_layer)(h).float())


class Generator(nn.Module):
    """What train.py trains: the network, and a head of its own for each smaller size.

    Stages say `frozen` (the norms use their stored statistics), `measure` (take these precisely first), `attend` (use
    attention) and `wake` (open an attention that was all but shut and looked at single places)."""

    def __init__(self, model):
        super().__init__()
        o = model.NETWORK
        self.size = o['resolution']
        self.g = Network(**o)
        self.early = nn.ModuleDict()
        for r in (16, 32, 64):
            if r < self.size:
                self.early[str(r)] = Head(self.g.blocks[self.depth(r) - 1][0].conv2.out_channels)

    @staticmethod
    def depth(res):
        return res.bit_length() - 3

    def forward(self, z, label, res, noise, kind=torch.float32):
        with torch.autocast('cpu', enabled=kind == torch.bfloat16):
            head = self.early[str(res)] if res < self.size else None
            return self.g(z, self.g.shared(label), self.depth(res), head)

    def mixed(self, z, generator):
        return z

    def begin(self, stage, fresh, render=None):
        """At the start of a stage, or when going on in its middle (not `fresh`). render(res) renders a random batch."""
        norms = [m for m in self.modules() if isinstance(m, Norm)]
        if fresh and render and stage.get('measure'):
            with torch.no_grad():
                for k in range(12):
                    for n in norms:
                        n.momentum = 1 / (k + 1)
                    render(stage['res'])
        for n in norms:
            n.momentum, n.frozen = .02, stage.get('frozen', False)
        for a in self.modules():
            if isinstance(a, Attention):
                a.off = not stage.get('attend', False)
                if fresh and stage.get('wake'):
                    with torch.no_grad():
                        a.theta.weight.mul_(.35)
                        a.phi.weight.mul_(.35)
                        a.gamma.fill_(.1)

    def used(self, res):
        """The parameters that a picture of this size depends on."""
        skip = [f'early.{k}.' for k in self.early if k != str(res)]
        skip += [f'g.blocks.{i}.' for i in range(self.depth(res), len(self.g.blocks))]
        if res < self.size:
            skip.append('g.output_layer.')
        skip += [f'{k}.' for k, m in self.named_modules() if isinstance(m, Attention) and m.off]
        return [q for k, q in self.named_parameters() if not k.startswith(tuple(skip))]

    def matrices(self):
        return []

    def stored_noise(self, res):
        return {}


def publish(generator, res):
    """The network in the published form and its state dict, which has what spectral normalisation keeps."""
    g = copy.deepcopy(generator)
    balance(g.g)
    return g, with_u0(g.g)


def node(name):
    """What ganbend calls a module's output, or None."""
    layers = r'g\.(linear|blocks\.\d+\.[01]|.*\.(bn\d|conv\d)|output_layer\.[02])'
    return name[2:] if re.fullmatch(layers, name) else None
