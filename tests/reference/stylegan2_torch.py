#!/usr/bin/python3
"""What PyTorch takes for one image of a StyleGAN2 of the published shape: random weights, eval mode, on the CPU.

/usr/bin/python3 tests/reference/stylegan2_torch.py [--res 1024] [--runs 5] [--threads 2]

Channel base 32768, at most 512 channels, skip blocks, 8 mapping layers. Each operation is written as NVIDIA's reference
implementation does it at inference: modulated weights and one grouped convolution, upsampling by a transposed
convolution and a separate FIR. Prints one JSON object: median_s, fastest_s, peak_rss_bytes.
"""
import argparse
import json
import resource
import time

import torch
import torch.nn.functional as F


def fir():
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return (taps[:, None] * taps[None, :] / 16)[None, None]      # sum 4: the gain of an upsampling by two


def filtered(x, kernel, pad):
    channels = int(x.shape[1])
    return F.conv2d(F.pad(x, pad), kernel.expand(channels, 1, 4, 4), groups=channels)


def enlarged(picture, kernel):
    n, c, h, w = map(int, picture.shape)
    spread = F.pad(picture.reshape(n, c, h, 1, w, 1), [0, 1, 0, 0, 0, 1]).reshape(n, c, 2 * h, 2 * w)
    return filtered(spread, kernel, [2, 1, 2, 1])


class Layer:
    def __init__(self, cin, cout, size, kernel, up):
        self.affine, self.affine_bias = torch.randn(cin, 512), torch.ones(cin)
        self.weight, self.bias = torch.randn(cout, cin, kernel, kernel), 0.1 * torch.randn(cout)
        self.noise, self.strength = torch.randn(size, size), torch.tensor(0.1)
        self.up = up

    def styles(self, w):
        return torch.addmm(self.affine_bias, w, self.affine.t() / 512 ** 0.5)

    def __call__(self, x, w, kernel):
        weight = self.weight[None] * self.styles(w)[:, None, :, None, None]
        weight = weight * (weight.square().sum([2, 3, 4], keepdim=True) + 1e-8).rsqrt()
        n, cout, cin = map(int, weight.shape[:3])
        x = x.reshape(1, n * cin, *x.shape[2:])
        if self.up:
            x = F.conv_transpose2d(x, weight.reshape(n * cout, cin, 3, 3).transpose(0, 1).contiguous(), stride=2)
            x = filtered(x, kernel, [1, 1, 1, 1])
        else:
            x = F.conv2d(x, weight.reshape(n * cout, cin, 3, 3), padding=1, groups=n)
        x = x.reshape(n, cout, *x.shape[2:]).add_(self.noise * self.strength)
        return F.leaky_relu(x + self.bias[:, None, None], 0.2) * 2 ** 0.5

    def to_rgb(self, x, w):
        styles = self.styles(w) / self.weight.shape[1] ** 0.5
        weight = (self.weight[None] * styles[:, None, :, None, None])[0]
        return F.conv2d(x, weight) + self.bias[:, None, None]


class Generator:
    def __init__(self, resolution):
        def width(r):
            return min(32768 // r, 512)
        self.mapping = [(torch.randn(512, 512) * 100, torch.randn(512) * 10) for _ in range(8)]
        self.const, self.kernel, self.blocks = torch.randn(1, 512, 4, 4), fir(), []
        for r in (4 << i for i in range(resolution.bit_length() - 2)):
            cin = width(max(r // 2, 4))
            self.blocks.append((Layer(cin, width(r), r, 3, True) if r > 4 else None, Layer(width(r), width(r), r, 3, False),
                                Layer(width(r), 3, r, 1, False)))

    @torch.no_grad()
    def __call__(self, z):
        return self.draw(self.map(z))

    def gradients(self, z):
        """Of half the sum of the squares of the picture, with respect to w and all noise maps."""
        with torch.no_grad():
            w = self.map(z)
        leaves = [w] + [layer.noise for block in self.blocks for layer in block[:2] if layer]
        for leaf in leaves:
            leaf.requires_grad_(True)
        return torch.autograd.grad(0.5 * self.draw(w).square().sum(), leaves)

    def map(self, z):
        w = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for weight, bias in self.mapping:
            w = F.leaky_relu(torch.addmm(bias * 0.01, w, weight.t() * (0.01 / 512 ** 0.5)), 0.2) * 2 ** 0.5
        return w

    def draw(self, w):
        x, picture = self.const, None
        for up, plain, rgb in self.blocks:
            if up:
                x = up(x, w, self.kernel)
            x = plain(x, w, self.kernel)
            y = rgb.to_rgb(x, w)
            picture = y if picture is None else enlarged(picture, self.kernel) + y
        return picture


class Exported(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, z):
        return self.network(z)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--res", type=int, default=1024)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--gradients", action="store_true", help="time a forward and a backward pass")
    options.add_argument("--onnx", metavar="FILE", help="only write the network as ONNX, for onnx.mjs")
    o = options.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(0)
    network = Generator(o.res)
    if o.onnx:
        torch.onnx.export(Exported(network), torch.randn(1, 512), o.onnx, opset_version=15, input_names=["z"],
                          output_names=["image"])
        return
    run = network.gradients if o.gradients else network
    run(torch.randn(1, 512))
    times = []
    for _ in range(o.runs):
        z = torch.randn(1, 512)
        start = time.perf_counter()
        run(z)
        times.append(time.perf_counter() - start)
    times.sort()
    print(json.dumps({"median_s": times[len(times) // 2], "fastest_s": times[0],
                      "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


if __name__ == "__main__":
    main()
