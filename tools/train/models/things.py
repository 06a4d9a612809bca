"""Toy things: eight classes of 64x64 pictures, each a smooth function of a latent z of twenty numbers.

The five chunks of four that a hierarchical BigGAN makes of z each have their own meaning:
  z[0:4]    where it is: across, up, size, tilt
  z[4:8]    proportions
  z[8:12]   details
  z[12:16]  colours of the thing
  z[16:20]  colours of what is behind it
Every factor goes through tanh, so no picture is out of range and none jumps.
"""
from models.things_drawing import DRAW, thing

FAMILY, SIZE, Z = 'biggan', 64, 20
CLASSES = [f.__name__ for f in DRAW]
NETWORK = {'G_attn': '32', 'G_ch': 16, 'G_shared': True, 'dim_z': Z, 'hier': True, 'n_classes': len(CLASSES),
           'resolution': SIZE, 'shared_dim': 16}
PICTURES = 36000
PLAN = [
    {'res': 16, 'its': 500, 'batch': 32, 'rate': 2e-3, 'end': 1.2e-3, 'level': .5, 'share': .03, 'warm': 150},
    {'res': 32, 'its': 500, 'batch': 32, 'rate': 2e-3, 'end': 1.2e-3, 'level': .5, 'share': .05, 'warm': 150},
    {'res': 64, 'its': 150, 'batch': 32, 'rate': 1.6e-3, 'end': 1.2e-3, 'level': .5, 'share': .04, 'warm': 150},
    {'res': 64, 'its': 2200, 'batch': 16, 'rate': 1.2e-3, 'end': 5e-4, 'level': .3, 'share': .24, 'frozen': True,
     'measure': True},
    {'res': 64, 'its': 1300, 'batch': 16, 'rate': 5e-4, 'end': 5e-6, 'level': .1, 'share': .14, 'frozen': True,
     'attend': True},
    {'res': 64, 'its': 4300, 'batch': 16, 'rate': 1e-3, 'end': 4e-6, 'level': .15, 'share': .5, 'frozen': True,
     'attend': True, 'wake': True},
]


def draw(z, number):
    """uint8 [64, 64, 3]."""
    return thing(z, number, SIZE)
