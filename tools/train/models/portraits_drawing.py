"""How a portrait is drawn: outlines that picture and mask share, then the picture from back to front.

`s` holds the factors of portraits.py by name, each from -1 to 1. Everything is continuous in them.
"""
import math

import numpy as np

from pen import TAU, Pen, light, mix, pick, rgb, rise

SKIN = rgb('ffe2d0 fad0b2 efb992 dba177 c08359 9c6240 784630 573124')
HAIR = rgb('221a1c 3b2620 5d3a25 875632 b5823f e2bd73')
EYES = rgb('3a2418 6b4226 8a7a3a 4f8a5b 3f86b8 5b8fd6')
CLOTH = rgb('3d6fd0 2c9fc0 36ab86 9cc152 f3b83c f07d45 e4587a a562c8')
BEHIND = rgb('cfc2f3 b0c6f7 a4dcf4 b2e8dc d6efb9 fce4b2 f9c6c4')
BELOW = rgb('b09fe0 8fb0e4 86c4e0 8fd0b8 b4d890 f0cf86 f0a6a0')
FRECKLES = ((.30, .068), (.44, .050), (.58, .062), (.72, .050), (.40, .092), (.55, .100), (.68, .088))


def dark(c, t=.3):
    return np.asarray(c) * (1 - t) + np.array([.13, .05, .14]) * t


class Outlines:
    def __init__(self, p, s):
        self.p, self.turn = p, s.turn
        self.lean = .13 * s.tilt
        k = 1 + .06 * s.size
        self.w, self.h, self.jaw = .195 * k * (1 + .03 * s.jaw), .235 * k, .66 + .16 * s.jaw
        self.x, self.y = .5, .47
        self.fx = self.x + .038 * s.turn                # where the features are
        self.length, self.curl = rise(-.55, .85, s.hair_length), rise(-.05, .7, s.curls)
        self.volume = .5 + .5 * s.hair_volume
        self.part, self.neck = s.parting, s.neckline

    def closer(self):
        c = self.p.c
        c.translate(.5, .46)
        c.scale(1.2, 1.2)
        c.translate(-.5, -.455)

    def tilt(self):
        """What follows, up to the pen's restore, tilts with the head."""
        c = self.p.c
        c.save()
        c.translate(.5, .72)
        c.rotate(self.lean)
        c.translate(-.5, -.72)

    def hair(self, a0, a1):
        """Around the head from angle a0 to a1, with curls."""
        rx = self.w * (1.13 + .14 * self.volume + .10 * self.curl)
        top = self.h * (1.12 + .14 * self.volume + .06 * self.curl)
        low = self.h * (.30 + 1.75 * self.length)
        n = 2 + 1.5 * self.length
        cx, cy = self.x - .012 * self.turn, self.y - .03
        for i in range(73):
            a = a0 + (a1 - a0) * i / 72
            u, v = math.cos(a), math.sin(a)
            b = 1 + self.curl * .085 * (.5 - .5 * math.cos(15 * (a + TAU / 4)) - .25)
            if v < 0:
                x, y = rx * u, top * v
            else:
                x = rx * math.copysign(abs(u) ** (2 / n), u) * (1 + .16 * self.length * v)
                y = low * v ** (2 / n)
            self.p.c.line_to(cx + x * b, cy + y * b)

    def back_of_hair(self):
        self.p.c.new_path()
        self.hair(0, TAU)
        self.p.c.close_path()

    def throat(self):
        w = self.w * .44
        self.p.path((.5 - w, .58), (.5 - w, .74), (.5 - w - .02, .79, .5 - .18, .80, .5 - .22, .86), (.5 - .22, 1.1),
                    (.5 + .22, 1.1), (.5 + .22, .86), (.5 + .18, .80, .5 + w + .02, .79, .5 + w, .74), (.5 + w, .58))

    def rim(self, on=False):
        d = .865 + .065 * self.neck
        w = .125 + .025 * self.neck
        self.p.path((.5 - w, .772), (.5 - w + .01, d, .5 - .05, d + .02, .5, d + .02),
                    (.5 + .05, d + .02, .5 + w - .01, d, .5 + w, .772), close=False, on=on)

    def cloth(self):
        w = .125 + .025 * self.neck
        self.p.path((.06, 1.1), (.08, .90, .14, .845, .26, .81), (.32, .79, .5 - w - .02, .79, .5 - w, .772),
                    close=False)
        self.rim(on=True)
        self.p.path((.5 + w, .772), (.5 + w + .02, .79, .68, .79, .74, .81), (.86, .845, .92, .90, .94, 1.1), on=True)

    def face(self):
        x, y, w, h, j = self.x, self.y, self.w, self.h, self.jaw
        o = .018 * self.turn
        self.p.path((x - w, y - .02), (x - w, y - h * 1.3, x + w, y - h * 1.3, x + w, y - .02),
                    (x + w, y + h * .52, x + o + w * j, y + h, x + o, y + h),
                    (x + o - w * j, y + h, x - w, y + h * .52, x - w, y - .02))

    def lock(self, side):
        """What hangs in front, at one side."""
        n, x, y = self.length, self.x, self.y
        out = self.w * (1.10 + .12 * self.volume + .1 * self.curl)
        wide, down = self.w * (.16 + .42 * n), self.h * (.15 + 1.72 * n)
        wave = .03 * self.curl * n
        x0, x1 = x + side * out, x + side * (out - wide * .5)
        self.p.path((x0, y - .06),
                    (x0 + side * (.035 * n + wave), y + down * .4, x0 + side * (.02 * n - wave), y + down * .7,
                     x0 + side * .015 * n, y + down),
                    (x0 - side * wide * .35, y + down + .02, x1 - side * wide * .2, y + down,
                     x1 - side * wide * .3, y + down * .94),
                    (x1 - side * (wide * .1 - wave), y + down * .65, x1 + side * wide * .02, y + down * .3,
                     x + side * self.w * .93, y - .06))

    def fringe(self):
        x, y, w, h = self.x, self.y, self.w, self.h
        q = x + .55 * w * self.part + .02 * self.turn
        top = y - h * (.64 + .05 * abs(self.part) ** 2)
        self.p.c.new_path()
        self.hair(TAU / 2, TAU)
        low, left, right = y - .005, x - w * .97, x + w * .97
        self.p.path((right + .012, low), (right - .03, y - h * .30, q + .75 * (right - q), y - h * .48, q, top),
                    (q - .75 * (q - left), y - h * .48, left + .03, y - h * .30, left - .012, low), on=True)


class Portrait:
    def __init__(self, p, s):
        self.p, self.s, self.g = p, s, Outlines(p, s)
        skin = self.skin = pick(SKIN, s.skin)
        self.shade, self.blood = dark(mix(skin, [.62, .22, .16], .16), .22), mix(skin, [.86, .24, .28], .55)
        hair = pick(HAIR, s.hair_tone * .96 - .04)
        hair = mix(hair, [.66, .27, .12], .62 * rise(.25, 1, s.hair_warmth))
        self.hair = mix(hair, [.74, .73, .76], .72 * rise(.45, 1, -s.hair_warmth))
        self.lx = .75 * s.light                         # where the light comes from
        self.eye_y, self.apart = self.g.y + .005, self.g.w * .455

    def eye_x(self, side):
        return self.g.fx + side * self.apart * (1 - .12 * self.g.turn * side)

    def background(self):
        p, s, lx = self.p, self.s, self.lx
        sky, ground, level = pick(BEHIND, s.background), pick(BELOW, s.background), 1 + .08 * s.level
        p.linear(.5 + .3 * lx, 0, .5 - .3 * lx, 1, *np.clip([light(sky, .15) * level, sky * level, ground * level], 0,
                                                            1))
        p.c.paint()
        p.glow(.5 + .12 * lx, .42, .55, .55, [1, 1, 1], .38)

    def body(self):
        p, g, lx, skin, shade = self.p, self.g, self.lx, self.skin, self.shade
        g.throat()
        p.linear(.5 + .4 * lx, 0, .5 - .4 * lx, 0, mix(skin, shade, .2), mix(skin, shade, .55), shade)
        p.c.save()
        p.c.clip_preserve()
        p.fill()
        p.glow(.5 - .02 * lx, .70, .15, .085, dark(shade, .5), .55)
        p.c.restore()
        cloth = pick(CLOTH, self.s.cloth)
        g.cloth()
        p.linear(.5 + .38 * lx, .78, .5 - .38 * lx, 1.0, light(cloth, .24), cloth, dark(cloth, .24))
        p.fill()
        g.rim()
        p.flat(light(cloth, .55))
        p.stroke(.020)

    def back_of_hair(self):
        p, g = self.p, self.g
        g.back_of_hair()
        p.linear(0, g.y - g.h, 0, g.y + g.h * 1.9, dark(self.hair, .10), dark(self.hair, .36))
        p.fill()

    def ears(self):
        p, g, skin = self.p, self.g, self.skin
        earrings = rise(.05, .45, self.s.earrings)
        for side in (-1, 1):
            near = 1 - .35 * g.turn * side
            ex, ey = g.x + side * g.w * .985 - .012 * g.turn, g.y + .025
            p.radial(ex, ey, 0, ex, ey, .055, mix(skin, self.blood, .55), mix(skin, self.shade, .35))
            p.ellipse(ex, ey, .032 * near, .047)
            p.fill()
            if earrings > 0:
                p.flat([1, .83, .36], earrings)
                p.ellipse(ex + side * .006, ey + .062, .0165, .0165)
                p.fill()
                p.flat([1, 1, .9], earrings)
                p.ellipse(ex + side * .006 + .005 * self.lx, ey + .057, .006, .006)
                p.fill()

    def face(self):
        p, g, lx, skin, shade = self.p, self.g, self.lx, self.skin, self.shade
        x, y, w, h, fx = g.x, g.y, g.w, g.h, g.fx
        p.c.save()
        g.face()
        p.c.clip()
        p.radial(fx + .13 * lx, y - .07, .02, x + .06 * lx, y, .33, light(skin, .20), skin, mix(skin, shade, .85))
        p.c.paint()
        p.glow(x - (w + .04) * math.copysign(1, lx), y + .04, .17, .30, dark(shade, .35), .50 * min(1, abs(lx) / .5))
        blush = .10 + .55 * rise(-.6, 1, self.s.blush)
        for side in (-1, 1):
            p.glow(fx + side * w * .56, y + .082, .075, .055, mix(self.blood, [1, .35, .4], .35),
                   blush * (.35 + .65 * skin[2] ** .5))
        freckles = .85 * rise(.15, .6, self.s.freckles)
        if freckles > 0:
            p.flat(dark(mix(skin, [.55, .25, .1], .55), .12), freckles)
            for side in (-1, 1):
                for dx, dy in FRECKLES:
                    p.ellipse(fx + side * w * dx, y + dy, .0068, .0068)
                    p.fill()
        p.glow(x, y - h * .72, w * 1.05, h * .42, dark(shade, .55), .36)        # below the fringe
        p.c.restore()

    def eye(self, side):
        p, s, lx, ey, ex = self.p, self.s, self.lx, self.eye_y, self.eye_x(side)
        r, iris = .047 * (1 + .16 * s.eye_size), pick(EYES, s.eye_colour)
        rx, ry = r * (1 - .10 * s.turn * side), r * 1.06 * (.77 + .23 * s.eye_opening)
        p.glow(ex, ey - .006, rx * 1.55, ry * 1.6 + .01, dark(self.shade, .1), .35)
        p.c.save()
        p.ellipse(ex, ey, rx, ry)
        p.c.clip()
        p.linear(0, ey - ry, 0, ey + ry, [.86, .86, .90], [1, 1, 1])
        p.c.paint()
        gx, q = ex + .013 * s.gaze + .004 * s.turn, r * .66
        p.radial(gx, ey + q * .4, 0, gx, ey, q, light(iris, .35), iris, dark(iris, .45))
        p.ellipse(gx, ey, q, q)
        p.fill()
        p.flat([.07, .05, .08])
        p.ellipse(gx, ey, q * .52, q * .52)
        p.fill()
        p.flat([1, 1, 1])
        p.ellipse(gx + q * .34 * lx / .75, ey - q * .38, q * .27, q * .27)
        p.fill()
        p.c.restore()
        p.flat(dark(mix(self.skin, [.2, .08, .06], .75), .45))
        p.path((ex - rx * 1.08, ey - ry * .12),
               (ex - rx * .85, ey - ry * 1.32, ex + rx * .85, ey - ry * 1.32, ex + rx * 1.08,
                ey - ry * .12), close=False)
        p.stroke(.0135)
        by, angle = ey - .078 - .014 * s.brows, .016 * s.brows
        p.flat(dark(mix(self.hair, self.skin, .08), .32))
        p.path((ex - side * rx * .95, by + .004 - angle * .3),
               (ex - side * rx * .2, by - .022, ex + side * rx * .6, by - .020,
                ex + side * rx * 1.25, by + .006 + angle * .2), close=False)
        p.stroke(.0165)

    def nose(self):
        p, lx, skin = self.p, self.lx, self.skin
        x, y, k = self.g.fx + .020 * self.s.turn, self.g.y + .082, 1 + .25 * self.s.nose
        p.glow(x - .026 * lx, y - .018, .030 * k, .055, self.shade, .45)
        p.glow(x + .010 * lx, y - .012, .020 * k, .026 * k, light(skin, .5), .45)
        p.flat(dark(mix(skin, [.6, .2, .15], .35), .26))
        p.path((x - .025 * k, y + .006),
               (x - .014 * k, y + .022 * k, x + .014 * k, y + .022 * k, x + .025 * k, y + .006), close=False)
        p.stroke(.0105)

    def mouth(self):
        p, s = self.p, self.s
        x, y = self.g.fx + .010 * s.turn, self.g.y + .142
        wide, smile, gape = .066 * (1 + .16 * s.smile), .008 + .015 * (s.smile + .6), .042 * rise(-.25, 1,
                                                                                                  s.mouth_opening)
        lip = dark(mix(self.skin, [.74, .16, .22], .58), .12)
        left, right = (x - wide, y - smile * .7), (x + wide, y - smile * .7)
        upper = (x - wide * .5, y + smile * .9, x + wide * .5, y + smile * .9, *right)
        under = y + smile + gape * 1.5
        if gape > 1e-4:
            p.c.save()
            p.path(left, upper, (x + wide * .75, under, x - wide * .75, under, *left))
            p.c.clip_preserve()
            p.flat([.42, .09, .13])
            p.fill()
            p.flat([.93, .42, .44])                     # tongue
            p.ellipse(x, y + smile + gape * 1.12, wide * .5, gape * .5)
            p.fill()
            p.flat([1, .99, .97])                       # teeth
            edge = y + smile * .8 + gape * .38
            p.path((x - wide, y - .03), (x - wide * .7, edge, x + wide * .7, edge, x + wide, y - .03))
            p.fill()
            p.c.restore()
            p.flat(lip)
            p.path(left, (x - wide * .75, under, x + wide * .75, under, *right), close=False)
            p.stroke(.0135)
        p.flat(lip)
        p.path(left, upper, close=False)
        p.stroke(.0145)

    def front_of_hair(self):
        p, g, hair, lx = self.p, self.g, self.hair, self.lx
        for side in (-1, 1):
            g.lock(side)
            p.linear(0, g.y - .1, 0, g.y + g.h * 1.7, mix(hair, light(hair, .1), .6), dark(hair, .16))
            p.fill()
        g.fringe()
        p.radial(g.x + .10 * lx, g.y - g.h * 1.05, .01, g.x + .05 * lx, g.y - g.h * .62, .30,
                 light(hair, .30), hair, dark(hair, .22))
        p.c.save()
        p.c.clip()
        p.c.paint()
        p.glow(g.x + .13 * lx, g.y - g.h * .94, g.w * .62, g.h * .13, light(hair, .75), .38)
        p.c.restore()

    def glasses(self):
        p, g, y, frame, a = self.p, self.g, self.eye_y, [.20, .17, .24], rise(.15, .48, self.s.glasses)
        if a <= 0:
            return
        for side in (-1, 1):
            x = self.eye_x(side)
            p.flat([1, 1, 1], .12 * a)
            p.ellipse(x, y + .004, .072, .066)
            p.c.fill_preserve()
            p.flat(frame, a)
            p.stroke(.0145)
            p.path((x + side * .072, y - .006), (g.x + side * g.w, y - .012), close=False)
            p.stroke(.0145)
        p.flat(frame, a)
        x0, x1 = self.eye_x(-1) + .072, self.eye_x(1) - .072
        p.path((x0, y), (x0 + .006, y - .012, x1 - .006, y - .012, x1, y), close=False)
        p.stroke(.0145)


def portrait(s, size):
    """The picture, uint8 [size, size, 3]."""
    p = Pen(size)
    a = Portrait(p, s)
    a.background()
    a.g.closer()
    a.g.tilt()
    a.back_of_hair()
    p.c.restore()
    a.body()
    a.g.tilt()
    a.ears()
    a.face()
    for side in (-1, 1):
        a.eye(side)
    a.nose()
    a.mouth()
    a.front_of_hair()
    a.glasses()
    return p.array()


def texture(s, size):
    """Where noise shows, uint8 [size, size, 2]: strands, only in hair, and fine grain of cloth, hair and skin."""
    p = Pen(size)
    g = Outlines(p, s)

    def tone(strands, grain):
        p.flat([strands, grain, 0])
        p.fill()
    tone(0, 0)
    p.c.paint()
    g.closer()
    g.tilt()
    g.back_of_hair()
    tone(1, .4)
    p.c.restore()
    g.throat()
    tone(0, .35)
    g.cloth()
    tone(0, 1)
    g.tilt()
    g.face()
    tone(0, .35)
    for side in (-1, 1):
        g.lock(side)
        tone(1, .4)
    g.fringe()
    tone(1, .4)
    return p.array()[:, :, :2].copy()
