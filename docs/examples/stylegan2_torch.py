"""A StyleGAN2 generator (skip blocks) in plain PyTorch, written as the paper describes it, with NVIDIA's names. The weights
come from a network that ganbend has opened:

    module = stylegan2_torch.Generator(ganbend.open("faces.gbw"))
"""
import torch
import torch.nn.functional as F
from torch import nn


class Dense(nn.Module):
    def __init__(self, rate=1.0, activate=False):
        super().__init__()
        self.rate, self.activate = rate, activate       # learning-rate multiplier of weights and bias

    def forward(self, x):
        x = F.linear(x, self.weight * (self.rate / self.weight.shape[1] ** 0.5), self.bias * self.rate)
        return F.leaky_relu(x, 0.2) * 2 ** 0.5 if self.activate else x


def smooth(x, taps, gain, pad):
    kernel = (taps * gain).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(F.pad(x, pad), kernel, groups=x.shape[1])


def enlarge(picture, taps):
    n, c, h, w = picture.shape
    spread = F.pad(picture[:, :, :, None, :, None], [0, 1, 0, 0, 0, 1]).reshape(n, c, 2 * h, 2 * w)
    return smooth(spread, taps, 4, [2, 1, 2, 1])


class Layer(nn.Module):
    def __init__(self, up=False):
        super().__init__()
        self.affine, self.up = Dense(), up

    def forward(self, x, w):
        weight = self.weight * self.affine(w)[0][None, :, None, None]
        weight = weight * (weight.square().sum([1, 2, 3], keepdim=True) + 1e-8).rsqrt()
        if self.up:
            x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
            x = smooth(x, self.resample_filter, 4, [1, 1, 1, 1])
        else:
            x = F.conv2d(x, weight, padding=1)
        x = x + self.noise_const * self.noise_strength
        return F.leaky_relu(x + self.bias[:, None, None], 0.2) * 2 ** 0.5


class ToRGB(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine = Dense()

    def forward(self, x, w):
        styles = self.affine(w)[0] / self.weight.shape[1] ** 0.5
        return F.conv2d(x, self.weight * styles[None, :, None, None], self.bias)


class Block(nn.Module):
    def __init__(self, first):
        super().__init__()
        self.conv0, self.conv1, self.torgb = (None if first else Layer(up=True)), Layer(), ToRGB()

    def forward(self, x, picture, ws):
        if self.conv0 is None:
            x = self.const[None]
        else:
            x, picture = self.conv0(x, ws.pop(0)), enlarge(picture, self.conv0.resample_filter)
        x = self.conv1(x, ws.pop(0))
        colour = self.torgb(x, ws[0])       # the next block's first layer has the same w
        return x, colour if picture is None else picture + colour


class Mapping(nn.Module):
    def __init__(self, layers, rate):
        super().__init__()
        for k in range(layers):
            self.add_module(f"fc{k}", Dense(rate, activate=True))

    def forward(self, z):
        x = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for layer in self.children():
            x = layer(x)
        return x


class Synthesis(nn.Module):
    def __init__(self, resolution):
        super().__init__()
        for r in (4 << i for i in range(resolution.bit_length() - 2)):
            self.add_module(f"b{r}", Block(first=r == 4))

    def forward(self, w):
        x = picture = None
        for block in self.children():
            x, picture = block(x, picture, [w] * 3)
        return picture


class Generator(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.mapping = Mapping(int(model.metadata["config.mapping_layers"]), float(model.metadata["config.mapping_lr"]))
        self.synthesis = Synthesis(model.output_shape[-1])
        for name, values in model.tensors.items():
            path, _, leaf = name.rpartition(".")
            self.get_submodule(path).register_buffer(leaf, torch.from_numpy(values))

    def forward(self, z, label=None, truncation_psi=1, **_):
        w = self.mapping(z)
        return self.synthesis(self.mapping.w_avg + truncation_psi * (w - self.mapping.w_avg))
