#!/usr/bin/python3
"""What PyTorch takes for one image of a BigGAN of the published shape: random weights, eval mode, on the CPU.

/usr/bin/python3 tests/reference/biggan_torch.py standard|deep [--res 256] [--runs 5] [--threads 2]

Layers, and the operations each is written with, are those of BigGAN-PyTorch (standard) and of the Hugging Face port
(deep). Spectral norm is left out, as if folded into the weights, which favours PyTorch: both code bases compute it in
every forward pass. Prints one JSON object: median_s, fastest_s, peak_rss_bytes.
"""
import argparse
import json
import resource
import time

import torch
import torch.nn.functional as F
from torch import nn

WIDTHS = {32: (4, 4, 4, 4), 64: (16, 16, 8, 4, 2), 128: (16, 16, 8, 4, 2, 1), 256: (16, 16, 8, 8, 4, 2, 1),
          512: (16, 16, 8, 8, 4, 2, 1, 1)}


def enlarge(x):
    return F.interpolate(x, scale_factor=2)


class Norm(nn.Module):
    def __init__(self, channels, condition, rows, eps):
        super().__init__()
        self.gain, self.bias = (nn.Linear(condition, channels, bias=False) for _ in range(2))
        self.register_buffer("mean", 0.1 * torch.randn(rows, channels))
        self.register_buffer("var", (1 + 0.1 * torch.randn(rows, channels)) ** 2)
        self.eps = eps

    def forward(self, x, y):
        gain, bias = 1 + self.gain(y)[:, :, None, None], self.bias(y)[:, :, None, None]
        mean, var = self.mean[-1], self.var[-1]
        if len(self.mean) == 1:
            return F.batch_norm(x, mean, var, eps=self.eps) * gain + bias
        return (x - mean[:, None, None]) / torch.sqrt(var[:, None, None] + self.eps) * gain + bias


class Block(nn.Module):
    """norm, ReLU, nearest ×2, 3×3, norm, ReLU, 3×3; past them nearest ×2 and a 1×1."""

    def __init__(self, cin, cout, condition):
        super().__init__()
        self.bn1, self.bn2 = Norm(cin, condition, 1, 1e-5), Norm(cout, condition, 1, 1e-5)
        self.conv1, self.conv2 = nn.Conv2d(cin, cout, 3, padding=1), nn.Conv2d(cout, cout, 3, padding=1)
        self.conv_sc = nn.Conv2d(cin, cout, 1)

    def forward(self, x, y):
        h = self.conv1(enlarge(F.relu(self.bn1(x, y))))
        h = self.conv2(F.relu(self.bn2(h, y)))
        return h + self.conv_sc(enlarge(x))


class DeepBlock(nn.Module):
    """1×1 to a quarter, two 3×3, 1×1 back, each behind norm and ReLU; the shortcut keeps the first channels."""

    def __init__(self, cin, cout, condition, up):
        super().__init__()
        middle = cin // 4
        sizes = [(cin, middle, 1), (middle, middle, 3), (middle, middle, 3), (middle, cout, 1)]
        self.norms = nn.ModuleList(Norm(a, condition, 51, 1e-4) for a, _, _ in sizes)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, k, padding=k // 2) for a, b, k in sizes)
        self.cout, self.up = cout, up

    def forward(self, x, y):
        h = x
        for k, (norm, conv) in enumerate(zip(self.norms, self.convs)):
            h = F.relu(norm(h, y))
            h = conv(enlarge(h) if self.up and k == 1 else h)
        x = x[:, :self.cout]
        return h + (enlarge(x) if self.up else x)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.theta, self.phi, self.g, self.o = (nn.Conv2d(a, b, 1, bias=False) for a, b in (
            (c, c // 8), (c, c // 8), (c, c // 2), (c // 2, c)))
        self.gamma = nn.Parameter(torch.tensor(0.5))

    def forward(self, x, y):
        n, _, h, w = x.shape
        theta = self.theta(x).flatten(2)
        phi, g = (F.max_pool2d(m(x), 2).flatten(2) for m in (self.phi, self.g))
        weights = F.softmax(torch.bmm(theta.transpose(1, 2), phi), -1)
        return x + self.gamma * self.o(torch.bmm(g, weights.transpose(1, 2)).view(n, -1, h, w))


class Generator(nn.Module):
    def __init__(self, deep, resolution, width, classes, attend):
        super().__init__()
        stages = [width * w for w in WIDTHS[resolution]]
        slots = len(stages)
        self.deep, self.chunk = deep, 20
        self.z_dim = 128 if deep else 20 * slots
        condition = 256 if deep else 128 + self.chunk
        self.shared = nn.Embedding(classes, 128)
        self.linear = nn.Linear(condition if deep else self.chunk, 16 * stages[0])
        self.layers, size = nn.ModuleList(), 4
        for cin, cout in zip(stages, stages[1:]):
            size *= 2
            if deep:
                self.layers.append(DeepBlock(cin, cin, condition, False))
                self.layers.append(DeepBlock(cin, cout, condition, True))
            else:
                self.layers.append(Block(cin, cout, condition))
            if size == attend:
                self.layers.append(Attention(cout))
        self.bn = nn.BatchNorm2d(stages[-1])
        self.rgb = nn.Conv2d(stages[-1], stages[-1] if deep else 3, 3, padding=1)

    def forward(self, z, label):
        y = self.shared(label)
        if self.deep:
            y = torch.cat((z, y), 1)
            x = self.linear(y).view(len(z), 4, 4, -1).permute(0, 3, 1, 2).contiguous()
            conditions = iter([y] * len(self.layers))
        else:
            first, *chunks = z.split(self.chunk, 1)
            x = self.linear(first).view(len(z), -1, 4, 4)
            conditions = iter(torch.cat((y, chunk), 1) for chunk in chunks)
        for layer in self.layers:
            x = layer(x, None if isinstance(layer, Attention) else next(conditions))
        return torch.tanh(self.rgb(F.relu(self.bn(x)))[:, :3])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("variant", choices=("standard", "deep"))
    options.add_argument("--res", type=int, default=256, choices=WIDTHS)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--threads", type=int, default=2)
    o = options.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(0)
    times = []
    with torch.no_grad():
        deep = o.variant == "deep"
        g = Generator(deep, o.res, 128 if deep else 96, 1000, 64).eval()
        for run in range(o.runs + 1):
            z, label = torch.randn(1, g.z_dim), torch.tensor([207])
            start = time.perf_counter()
            g(z, label)
            times.append(time.perf_counter() - start)
    times = sorted(times[1:])       # the first warms up
    median = 0.5 * (times[len(times) // 2] + times[(len(times) - 1) // 2])
    rss = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"median_s": median, "fastest_s": times[0], "peak_rss_bytes": rss}))


if __name__ == "__main__":
    main()
