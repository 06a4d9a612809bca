"""What a model's grain function is made of: noise maps [N, 1, H, W], smeared and enlarged."""
import torch
import torch.nn.functional as F


def smear(n, *weights):
    """Downwards and upwards, by an odd number of weights."""
    k = len(weights) // 2
    return F.conv2d(F.pad(n, (0, 0, k, k)), torch.tensor(weights)[None, None, :, None])


def enlarge(n):
    """To twice the size, linearly."""
    return F.interpolate(n, scale_factor=2, mode='bilinear', align_corners=False)


def up(x):
    """To twice the size as StyleGAN2's filter 1 3 3 1 does, with zeros beyond the border."""
    return enlarge(F.pad(x, (1, 1, 1, 1)))[:, :, 2:-2, 2:-2]
