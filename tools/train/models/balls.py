"""A ball on coloured ground: the shortest useful drawing function, to copy for a model of your own."""
import numpy as np

from pen import Pen, light, mix, pick, rgb

FAMILY, SIZE, Z = 'stylegan2', 32, 16
FACTORS = 5
NETWORK = {'channels': {4: 64, 8: 64, 16: 48, 32: 32}, 'factors': FACTORS}
PICTURES = 8000
PLAN = [
    {'res': 16, 'its': 500, 'batch': 32, 'rate': 3e-3, 'end': 1.5e-3, 'level': .5, 'share': .3},
    {'res': 32, 'its': 1500, 'batch': 16, 'rate': 2e-3, 'end': 4e-6, 'level': .3, 'share': .7},
]

BALL = rgb('d6455d f08a4b f2c14e 62b26b 3a7bd5')
GROUND = rgb('d9cbf5 b5cbf7 d8efbc fce5b4')


def draw(z, _=0):
    """uint8 [32, 32, 3]. Continuous in z, whose numbers count relative to their root mean square."""
    across, up, size, colour, ground = np.tanh(.7 * z / np.sqrt((z * z).mean()))[:FACTORS]
    p = Pen(2 * SIZE)                           # drawn at twice the size, then averaged
    behind = pick(GROUND, ground)
    p.linear(0, 0, 0, 1, light(behind), behind)
    p.c.paint()
    x, y, r = .5 + .2 * across, .5 - .2 * up, .2 + .08 * size
    p.glow(x, y + r, r * 1.2, r * .4, [.1, .1, .2], .5)
    p.ball(x, y, r, light(pick(BALL, colour), .5), mix(pick(BALL, colour), [.1, .1, .2], .3))
    p.ellipse(x, y, r, r)
    p.fill()
    return p.array(2)
