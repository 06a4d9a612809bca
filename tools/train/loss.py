"""How far two pictures are apart: differences, their squares, those of edges, and those at half and quarter size."""
import math

import torch
import torch.nn.functional as F


def weights(focus, res):
    """A model's focus(x, y) on the grid of a picture, with mean 1."""
    y, x = torch.meshgrid(*[(torch.arange(res) + .5) / res] * 2, indexing='ij')
    w = focus(x, y)
    return w / w.mean()


def distance(a, b, w=None):
    d = a - b
    u, v = d[:, :, 1:] - d[:, :, :-1], d[:, :, :, 1:] - d[:, :, :, :-1]
    if w is None:
        total = d.abs().mean() + 2 * d.square().mean() + u.abs().mean() + v.abs().mean()
    else:
        total = (w * (d.abs() + 2 * d.square())).mean() + (w[1:] * u.abs()).mean() + (w[:, 1:] * v.abs()).mean()
    half = F.avg_pool2d(d, 2)
    return total + .5 * half.abs().mean() + .5 * F.avg_pool2d(half, 2).abs().mean()


def psnr(a, b):
    """Of the mean squared error over all pictures, in dB; pictures range from -1 to 1."""
    return -10 * math.log10((a - b).square().mean().item() / 4)
