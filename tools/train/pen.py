"""A pen for drawing functions: cairo on the unit square, with filled and stroked paths, gradients and soft spots.

Coordinates run from 0 to 1, x to the right and y downwards. Colours are red, green and blue from 0 to 1.
"""
import math

import cairo
import numpy as np

TAU = 2 * math.pi


def rgb(text):
    """'ffe2d0 fad0b2' -> an array of colours."""
    return np.array([[int(h[i:i + 2], 16) for i in (0, 2, 4)] for h in text.split()]) / 255.


def pick(palette, s):
    """The colour at s, -1 to 1, along a palette."""
    t = min(max((s + 1) / 2, 0), 1) * (len(palette) - 1)
    i = min(int(t), len(palette) - 2)
    return palette[i] + (palette[i + 1] - palette[i]) * (t - i)


def mix(a, b, t):
    return np.asarray(a) * (1 - t) + np.asarray(b) * t


def light(c, t=.35):
    return mix(c, [1, 1, 1], t)


def rise(a, b, x):
    """0 up to a, 1 from b on, smooth between."""
    t = min(max((x - a) / (b - a), 0), 1)
    return t * t * (3 - 2 * t)


class Pen:
    def __init__(self, size):
        self.surface = cairo.ImageSurface(cairo.FORMAT_RGB24, size, size)
        self.c = cairo.Context(self.surface)
        self.c.scale(size, size)
        self.c.set_antialias(cairo.ANTIALIAS_BEST)
        self.c.set_line_cap(cairo.LINE_CAP_ROUND)
        self.c.set_line_join(cairo.LINE_JOIN_ROUND)

    def array(self, over=1):
        """The picture as uint8 [size/over, size/over, 3]: means of over x over pixels."""
        n = self.surface.get_width()
        self.surface.flush()
        a = np.ndarray((n, n, 4), np.uint8, self.surface.get_data())[:, :, 2::-1]
        if over == 1:
            return a.copy()
        return a.reshape(n // over, over, n // over, over, 3).mean((1, 3)).round().astype(np.uint8)

    # ---- colours ----

    def flat(self, colour, a=1.):
        self.c.set_source_rgba(*np.clip(colour, 0, 1), a)

    def _gradient(self, g, colours):
        for i, colour in enumerate(colours):
            g.add_color_stop_rgb(i / (len(colours) - 1), *np.clip(colour, 0, 1))
        self.c.set_source(g)

    def linear(self, x0, y0, x1, y1, *colours):
        self._gradient(cairo.LinearGradient(x0, y0, x1, y1), colours)

    def radial(self, x0, y0, r0, x1, y1, r1, *colours):
        self._gradient(cairo.RadialGradient(x0, y0, r0, x1, y1, r1), colours)

    def ball(self, x, y, r, inner, outer, dx=-.35, dy=-.4, reach=1.5):
        """Light from the upper left on something round."""
        self.radial(x + dx * r, y + dy * r, 0, x + dx * r * .5, y + dy * r * .5, r * reach, inner, outer)

    # ---- shapes ----

    def ellipse(self, x, y, rx, ry, turn=0.):
        c = self.c
        c.new_sub_path()
        c.save()
        c.translate(x, y)
        c.rotate(turn)
        c.scale(max(rx, 1e-4), max(ry, 1e-4))
        c.arc(0, 0, 1, 0, TAU)
        c.restore()

    def path(self, start, *segments, close=True, on=False):
        """Segments of two numbers are lines, of six are Bézier curves; `on` continues the path begun before."""
        c = self.c
        (c.line_to if on else c.move_to)(*start)
        for k in segments:
            (c.curve_to if len(k) == 6 else c.line_to)(*k)
        if close:
            c.close_path()

    def fill(self):
        self.c.fill()

    def stroke(self, width):
        self.c.set_line_width(width)
        self.c.stroke()

    def glow(self, x, y, rx, ry, colour, a, turn=0.):
        """A soft spot."""
        c = self.c
        c.save()
        c.translate(x, y)
        c.rotate(turn)
        c.scale(max(rx, 1e-3), max(ry, 1e-3))
        g = cairo.RadialGradient(0, 0, 0, 0, 0, 1)
        for i in range(7):
            t = i / 6
            g.add_color_stop_rgba(t, *np.clip(colour, 0, 1), max(a, 0) * (1 - t * t) ** 2)
        c.set_source(g)
        c.arc(0, 0, 1, 0, TAU)
        c.fill()
        c.restore()
