"""Toy portraits: friendly faces of 128x128, each a smooth function of a latent z of 64 numbers, of which 28 are used.

z is divided by its root mean square first, as StyleGAN2's mapping does. Every factor then goes through tanh, so no
picture is out of range and none jumps: glasses, earrings and freckles fade in.
"""
import math
import types

import numpy as np
import torch

from models.portraits_drawing import portrait, texture
from noise import enlarge, smear, up

FAMILY, SIZE, Z = 'stylegan2', 128, 64
FACTORS = ('turn tilt size jaw skin hair_tone hair_warmth hair_length hair_volume curls parting eye_size eye_opening '
           'eye_colour gaze brows nose smile mouth_opening blush freckles glasses earrings cloth neckline background '
           'light level').split()
STYLES = {
    4: 'turn tilt size jaw hair_length hair_volume parting neckline',
    16: 'curls eye_size eye_opening gaze brows nose smile mouth_opening freckles glasses earrings',
    64: 'skin hair_tone hair_warmth eye_colour blush cloth background light level',
}
NETWORK = {
    'channels': {4: 160, 8: 192, 16: 192, 32: 128, 64: 64, 128: 32},
    'factors': len(FACTORS),
    # where a factor begins to act, in units of z: the mapping starts with a bend there
    'bends': {FACTORS.index(k): t for k, t in {'hair_length': -.8, 'curls': -.1, 'glasses': .3, 'earrings': .1,
                                               'freckles': .25, 'mouth_opening': -.4, 'hair_warmth': .4,
                                               'smile': 0.}.items()},
    # the first block that decides them: pose and shape, then features, then colours
    'styles': {r: [FACTORS.index(k) for k in names.split()] for r, names in STYLES.items()},
    'noise': {(32, 1): .15, (64, 1): .15, (128, 0): .15, (128, 1): .15},
}
PICTURES = 42000
PLAN = [
    {'res': 16, 'its': 600, 'batch': 32, 'rate': 3e-3, 'end': 1.5e-3, 'level': .5, 'share': .03},
    {'res': 32, 'its': 600, 'batch': 24, 'rate': 2.5e-3, 'end': 1.5e-3, 'level': .5, 'share': .05},
    {'res': 64, 'its': 12000, 'batch': 16, 'rate': 2.5e-3, 'end': 5e-4, 'level': .35, 'share': .46, 'focus': True},
    {'res': 128, 'its': 10000, 'batch': 8, 'rate': 1.5e-3, 'end': 4e-6, 'level': .25, 'share': .46, 'focus': True},
]


def factors(z):
    z = np.asarray(z, np.float64)
    s = np.tanh(.7 * z / math.sqrt((z * z).mean() + 1e-8))
    return types.SimpleNamespace(**dict(zip(FACTORS, s)))


def draw(z, _=0):
    """uint8 [128, 128, 3]."""
    return portrait(factors(z), SIZE)


def mask(z):
    """uint8 [64, 64, 2]: how much of the strands of hair and of the fine grain each place gets."""
    return texture(factors(z), 64)


def grain(mask, noise, res):
    """What the noise maps add to a picture of this size. mask [N, 2, res, res] from 0 to 1; noise[res, conv] is a map
    [N, 1, res, res]: strands of hair, smeared downwards, from three layers; grain of cloth, hair and skin from one."""
    strands = .05 * enlarge(smear(noise[32, 1], .3, .5, .6, .5, .3))
    if res == 64:
        return mask[:, :1] * (strands + .04 * noise[64, 1])
    strands = up(strands + .05 * smear(noise[64, 1], .5, .7, .5)) + .03 * smear(noise[128, 0], .6, .6, .6)
    return mask[:, :1] * strands + .05 * mask[:, 1:] * noise[128, 1]


def focus(x, y):
    """How much an error at (x, y) counts: eyes and ears four times, the mouth eight times what the rest does."""
    eyes = torch.exp(-((x - .5) / .25) ** 4 - ((y - .55) / .20) ** 4)
    mouth = torch.exp(-((x - .5) / .12) ** 4 - ((y - .65) / .07) ** 4)
    return 1 + 3 * eyes + 4 * mouth
