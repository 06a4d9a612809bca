"""A StyleGAN2 generator (Karras et al. 2019, arXiv:1912.04958) with skip blocks, made for training on a CPU.

Parameters have the names of NVIDIA's PyTorch code. Two things differ while it trains. An enlarging convolution runs as
four 3x3 ones on the small grid (`PHASES`), which gives the same and is faster. Dense layers have other learning-rate
multipliers; `publish` moves those into the weights.

A model's NETWORK says: channels by resolution; factors, how many of z's numbers count, from the first on; bends, where
a factor begins to act; noise, the strength of a layer's noise by (resolution, conv), otherwise .03 from 16x16 on;
styles, which factors the blocks from a resolution on decide, for style mixing.
"""
import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from noise import up

SQRT2 = math.sqrt(2)
# A 3x3 kernel followed by the filter 1 3 3 1 on a grid of twice the size is a 3x3 kernel for each of the 2x2 places.
ROWS = torch.tensor([[[.75, .25, 0], [.25, .75, 0], [0, .75, .25]], [[.25, .75, 0], [0, .75, .25], [0, .25, .75]]])
PHASES = torch.einsum('aky,blx->abyxkl', ROWS, ROWS).flip(4, 5).reshape(36, 9)
FILTER = torch.tensor([1., 3., 3., 1.]).ger(torch.tensor([1., 3., 3., 1.])) / 64


class Dense(nn.Module):
    """y = act(x·weightᵀ·weight_gain + bias·bias_gain); the gains are those of a learning-rate multiplier."""

    def __init__(self, cin, cout, weight_gain, bias_gain=1., activate=False):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(cout, cin)), nn.Parameter(torch.zeros(cout))
        self.weight_gain, self.bias_gain, self.activate = weight_gain, bias_gain, activate

    def forward(self, x):
        x = F.linear(x, self.weight * self.weight_gain, self.bias * self.bias_gain)
        return F.leaky_relu(x, .2) * SQRT2 if self.activate else x


class Mapping(nn.Module):
    """z divided by its root mean square, then eight dense layers.

    They begin as nearly linear copies of the factors. Layer 0 bends both ends of each, as tanh does, and where `bends`
    says; the others carry that on."""

    def __init__(self, z, factors, bends):
        super().__init__()
        if 2 * factors + len(bends) > z:
            raise ValueError(f'{factors} factors and {len(bends)} bends need a z of {2 * factors + len(bends)} or more')
        for k in range(8):
            f = Dense(z, z, 1 / 8, activate=True)
            weight, bias = torch.eye(z) + torch.randn(z, z) * .01, torch.full([z], {1: 3., 7: -2.2}.get(k, 0.))
            if k == 0:
                weight = torch.randn(z, z) * .01
                weight[:, factors:] = 0
                for i in range(factors):
                    weight[i, i], weight[factors + i, i] = 1, -1
                bias[:2 * factors] = 1.5
                for j, (i, start) in enumerate(bends.items()):
                    weight[2 * factors + j, i], bias[2 * factors + j] = 1.4, -1.4 * start
            f.weight.data, f.bias.data = weight / (SQRT2 * f.weight_gain), bias / SQRT2
            setattr(self, f'fc{k}', f)
        self.register_buffer('w_avg', torch.zeros(z))

    def forward(self, z):
        x = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for k in range(8):
            x = getattr(self, f'fc{k}')(x)
        return x


class Layer(nn.Module):
    """Modulated 3x3 convolution, demodulation, noise, bias, leaky ReLU: x is scaled before it and the result after it,
    which is the same as scaling the weights and lets the whole batch share one convolution."""

    def __init__(self, cin, cout, w, res, conv, strength):
        super().__init__()
        self.res, self.conv = res, conv
        self.affine = Dense(w, cin, .5)
        self.weight, self.bias = nn.Parameter(torch.randn(cout, cin, 3, 3) * .2), nn.Parameter(torch.zeros(cout))
        self.noise_strength = nn.Parameter(torch.tensor(strength), requires_grad=False)
        self.register_buffer('noise_const', torch.randn(res, res))
        if conv == 0:
            self.register_buffer('resample_filter', FILTER)

    def forward(self, x, w, noise=None):
        style, kind = self.affine(w), x.dtype
        demodulate = (style.square() @ self.weight.square().sum((2, 3)).t() + 1e-8).rsqrt()
        x = x * style[:, :, None, None].to(kind)
        if self.conv == 0:
            o, c = self.weight.shape[:2]
            k = (PHASES @ self.weight.permute(0, 2, 3, 1).reshape(o, 9, c)).to(kind)
            x = F.pixel_shuffle(F.conv2d(x, k.view(o * 4, 3, 3, c).permute(0, 3, 1, 2), padding=1), 2)
        else:
            x = F.conv2d(x, self.weight.to(kind), padding=1)
        x = x * (demodulate * SQRT2)[:, :, None, None].to(kind)
        if noise is not None:
            x = x.add_((noise * (self.noise_strength * SQRT2)).to(kind))
        return F.leaky_relu_(x.add_((self.bias * SQRT2).to(kind)[None, :, None, None]), .2)


class ToRGB(nn.Module):
    def __init__(self, cin, w):
        super().__init__()
        self.affine = Dense(w, cin, .5)
        self.weight, self.bias = nn.Parameter(torch.zeros(3, cin, 1, 1)), nn.Parameter(torch.zeros(3))

    def forward(self, x, w):
        n, c, h, wide = x.shape
        k = (self.affine(w) / math.sqrt(c))[:, :, None] * self.weight[:, :, 0, 0].t()
        y = torch.bmm(x.permute(0, 2, 3, 1).reshape(n, h * wide, c), k.to(x.dtype)).float() + self.bias
        return y.view(n, h, wide, 3).permute(0, 3, 1, 2)


class Block(nn.Module):
    def __init__(self, cin, cout, w, res, noise):
        super().__init__()
        self.res = res
        if res == 4:
            self.const = nn.Parameter(torch.randn(cout, 4, 4))
        else:
            self.conv0 = Layer(cin, cout, w, res, 0, noise.get((res, 0), .03 if res >= 16 else 0.))
        self.conv1 = Layer(cout, cout, w, res, 1, noise.get((res, 1), .03 if res >= 16 else 0.))
        self.torgb = ToRGB(cout, w)
        self.register_buffer('resample_filter', FILTER)


class Synthesis(nn.Module):
    def __init__(self, w, channels, noise):
        super().__init__()
        self.res = sorted(channels)
        for r in self.res:
            setattr(self, f'b{r}', Block(channels.get(r // 2), channels[r], w, r, noise))

    def blocks(self, res):
        return [getattr(self, f'b{r}') for r in self.res if r <= res]

    def forward(self, style, res, noise, kind):
        """style: a function from a resolution to its block's w. noise: one from a layer to its map [N, 1, res, res], or
        to None."""
        image = None
        for b in self.blocks(res):
            w = style(b.res)
            if b.res == 4:
                x = b.const.to(kind)[None].expand(len(w), -1, -1, -1).contiguous(memory_format=torch.channels_last)
            else:
                x = b.conv0(x, w, noise(b.conv0))
            x = b.conv1(x, w, noise(b.conv1))
            image = b.torgb(x, w) if image is None else up(image) + b.torgb(x, w)
        return image


class Generator(nn.Module):
    """What train.py trains. `label` is there for the class-conditional family and is not used."""

    def __init__(self, model):
        super().__init__()
        o = model.NETWORK
        self.mapping = Mapping(model.Z, o['factors'], o.get('bends', {}))
        self.synthesis = Synthesis(model.Z, o['channels'], o.get('noise', {}))
        self.styles = o.get('styles', {})
        mean = self.mapping(torch.randn(4000, model.Z)).mean(0).detach()
        for n, a in self.named_modules():               # styles begin near 1
            if n.endswith('affine'):
                a.weight.data.mul_(.25 * .7)
                a.bias.data.copy_(1 - a.weight @ mean * a.weight_gain)
        for b in self.synthesis.blocks(64):             # beyond, pictures begin as the enlarged ones
            b.torgb.weight.data.normal_(std=.3)

    def mixed(self, z, generator, share=.5):
        """z for each group of blocks, [groups, N, Z], for the same pictures: in a share of them, what a group's factors do
        not need is shuffled, with random signs. So blocks learn to leave the other groups' factors alone, and style mixing
        gives one picture's pose with another one's colours. The root mean square stays the same."""
        if not self.styles:
            return z
        out = z[None].repeat(len(self.styles), 1, 1)
        for n in torch.nonzero(torch.rand(len(z), generator=generator) < share).flatten():
            for group, own in zip(out, self.styles.values()):
                free = torch.tensor([i for i in range(z.shape[1]) if i not in own])
                order = free[torch.randperm(len(free), generator=generator)]
                group[n, free] = z[n, order] * (torch.randint(0, 2, (len(free),), generator=generator) * 2 - 1)
        return out

    def forward(self, z, label, res, noise, kind=torch.float32):
        """z is [N, Z] or what `mixed` gives."""
        if z.dim() == 2:
            w = self.mapping(z)
            return self.synthesis(lambda r: w, res, noise, kind)
        w = self.mapping(z.flatten(0, 1)).view(z.shape)
        starts = list(self.styles)
        return self.synthesis(lambda r: w[sum(s <= r for s in starts) - 1], res, noise, kind)

    def begin(self, stage, fresh, render=None):
        """At the start of a stage: nothing to do."""

    def used(self, res):
        """The parameters that a picture of this size depends on and that are trained."""
        late = tuple(f'synthesis.b{r}.' for r in self.synthesis.res if r > res)
        return [q for k, q in self.named_parameters() if q.requires_grad and not k.startswith(late)]

    def matrices(self):
        """The parameters that take orthogonal steps: those whose scale demodulation removes."""
        return [m.weight for m in self.modules() if isinstance(m, Layer)]

    def stored_noise(self, res):
        layers = [m for m in self.modules() if isinstance(m, Layer) and m.res <= res]
        return {(m.res, m.conv): m.noise_const[None, None] for m in layers}


@torch.no_grad()
def publish(net, res):
    """The generator in the published form up to this resolution, and its state dict: float16 where a tensor has two
    dimensions or more."""
    g = copy.deepcopy(net)
    for n, m in g.named_modules():
        if isinstance(m, Dense):                        # the published multipliers: .01 in the mapping, else 1
            lr = .01 if n.startswith('mapping') else 1.
            gain = lr / math.sqrt(m.weight.shape[1])
            m.weight *= m.weight_gain / gain
            m.bias *= m.bias_gain / lr
            m.weight_gain, m.bias_gain = gain, lr
        if isinstance(m, Layer):                        # demodulation removes a scale; unit variance suits float16
            m.weight /= m.weight.std()
    z = torch.randn(10000, g.mapping.fc0.weight.shape[1], generator=torch.Generator().manual_seed(0))
    g.mapping.w_avg.copy_(g.mapping(z).mean(0))
    for v in g.state_dict().values():
        if v.dim() >= 2:
            v.copy_(v.half())
    late = tuple(f'synthesis.b{r}.' for r in g.synthesis.res if r > res)
    state = {k: v.contiguous() for k, v in g.state_dict().items() if not k.startswith(late)}
    return g, {k: v.half() if v.dim() >= 2 else v for k, v in state.items()}


def node(name):
    """What ganbend calls a module's output, or None."""
    return name if name.endswith(('conv0', 'conv1', 'torgb')) else None
