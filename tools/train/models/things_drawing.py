"""How the eight things are drawn. `s` holds z's twenty numbers, each from -1 to 1; things.py says what they mean."""
import math

import cairo
import numpy as np

from pen import TAU, Pen, light, mix, pick, rgb

# from cool to warm, so that one z has much the same temperature in every class
PETAL = rgb('5b7be6 8d6be0 d46fd0 f0668f f2603f f79a34 f8cf45')
WING = rgb('2f7de0 27a9d8 31b8a0 8fc63f f5b931 f2793a e5527a')
SCALE = rgb('2c6fd6 24a6c9 41b883 f3c33c f58b2e ef5a3c e2557f')
CAP = rgb('6d5bd0 a24fb8 d0437c dd3b34 e4552c ea8b33 c98a4b')
WORLD = rgb('3c78d8 33a7b8 5fb57a d9b45b e58a4a d75f53 b65fb0')
GLAZE = rgb('3a7bd5 2fa4a8 62b26b f2c14e f08a4b e4576b a565c4')
CLOTH = rgb('f5f2ea ffe07a ffb347 ff7f50 ef5350 ec6fa6 7aa7f0')
LEAF = rgb('2f8f6b 3fa053 5cb346 9cc23a f0b12f ea7038 e886b0')
BEHIND = rgb('d9cbf5 b5cbf7 a6daf7 b4e9e2 d8efbc fce5b4 f9c8c8')
BELOW = rgb('a99fd6 8fb5dc 8ecbb8 b1d38a e3d38f eab88c dfa0a8')


def dark(c, t=.3):
    return np.asarray(c) * (1 - t) + np.array([.10, .06, .18]) * t


def behind(p, s, night=0.):
    sky, ground = pick(BEHIND, s[16]), pick(BELOW, s[17])
    ground = mix(ground, sky, .35)
    level = 1 + .07 * s[18]
    sky, ground = sky * level, ground * level
    if night:
        sky, ground = mix(sky * .36, [.10, .09, .28], .45), mix(ground * .52, [.16, .12, .36], .4)
    g = cairo.LinearGradient(0, 0, 0, 1)
    for i in range(17):
        t = i / 16
        k = 1 / (1 + math.exp(-(t - .68) * 11))
        g.add_color_stop_rgb(t, *np.clip(mix(sky, ground, k), 0, 1))
    p.c.set_source(g)
    p.c.paint()
    p.glow(.5, .4, .62, .62, light(sky, .75), (.42 + .3 * s[19]) * (1 - .75 * night))


def stars(p):
    for x, y, r in ((.10, .14, .011), (.88, .10, .014), (.80, .88, .012), (.14, .84, .015), (.30, .08, .008),
                    (.93, .52, .009), (.06, .50, .010), (.55, .94, .009)):
        p.glow(x, y, r * 2.4, r * 2.4, [1, 1, .92], 1.)


def flower(p, s):
    petal, disc, green = pick(PETAL, s[12]), pick(rgb('7a4a2a c98a2b f6c945 fff0a8'),
                                                  s[14]), pick(rgb('2f8f5b 55a844 9bb83f'), s[15])
    tip = mix(petal, light(petal, .55), .55 + .45 * s[13])
    bend = .07 * s[7]
    p.linear(.44, 0, .56, 0, light(green, .1), dark(green, .25))
    p.path((.5, 1.2), (.5, .86, .5 + bend, .72, .5, .42), close=False)
    p.stroke(.036)
    k = 1 + .28 * s[10]
    for side in (-1, 1):
        x, y = .5 + bend * .45, .82 + .02 * side
        p.linear(x, y - .1, x, y + .05, light(green, .25), dark(green, .12))
        p.path((x, y),
               (x + side * .05 * k, y - .13 * k, x + side * .17 * k, y - .14 * k, x + side * .23 * k, y - .12 * k),
               (x + side * .2 * k, y - .02 * k, x + side * .08 * k, y + .03, x, y))
        p.fill()
    cx, cy = .5, .39
    length, width = .275 * (1 + .14 * s[4]), .077 * (1 + .18 * s[5])
    round_ = .5 + .3 * s[8]
    for layer in (1, 0):
        for i in range(7):
            a = TAU * (i + .5 * layer) / 7 - TAU / 4
            p.c.save()
            p.c.translate(cx, cy)
            p.c.rotate(a)
            l = length * (1. if not layer else .97)
            shade = dark(tip, .34) if layer else tip
            base = dark(petal, .5 if layer else .16)
            g = cairo.RadialGradient(0, 0, length * .2, 0, 0, l)
            g.add_color_stop_rgb(0, *np.clip(base, 0, 1))
            g.add_color_stop_rgb(.75, *np.clip(shade, 0, 1))
            g.add_color_stop_rgb(1, *np.clip(light(shade, .15), 0, 1))
            p.c.set_source(g)
            p.path((0, 0), (l * .25, -width * .75, l * (.55 + .2 * round_), -width * 1.35, l, -width * .9 * round_),
                   (l * 1.04, -width * .3 * round_, l * 1.04, width * .3 * round_, l, width * .9 * round_),
                   (l * (.55 + .2 * round_), width * 1.35, l * .25, width * .75, 0, 0))
            p.fill()
            p.c.restore()
    r = .092 * (1 + .24 * s[6])
    p.glow(cx, cy + .012, r * 1.5, r * 1.5, dark(petal, .7), .5)
    p.ball(cx, cy, r, light(disc, .35), dark(disc, .3))
    p.ellipse(cx, cy, r, r)
    p.fill()


def butterfly(p, s):
    wing = pick(WING, s[12])
    low = mix(wing, pick(WING, min(max(s[12] + .45 * s[15], -1), 1)), .8)
    edge, spot = mix(dark(wing, .85), [.16, .10, .20], .5 + .3 * s[13]), pick(rgb('ffffff fff3b0 ffd1dc bfe9ff'), s[14])
    open_ = 1 + .14 * s[4]
    up, down, lift = 1 + .13 * s[5], 1 + .18 * s[6], .09 * s[7]
    border = .020 * (1 + .5 * s[9])
    cx, cy = .5, .5
    for side in (-1, 1):
        p.c.save()
        p.c.translate(cx, cy)
        p.c.scale(side * open_, 1)
        w, h = .27 * down, .30 * down
        p.c.save()
        p.c.rotate(-lift * .6)
        p.ball(.12, .12, .24, light(low, .45), dark(low, .12), dx=-.1, dy=-.3)
        p.path((.01, .02), (w * .6, -.03, w * 1.15, .06, w, h * .55),
               (w * .85, h * 1.0, w * .45, h * 1.15, w * .28, h * .8), (.03, h * .4, .02, .1, .01, .02))
        p.c.fill_preserve()
        p.flat(edge)
        p.stroke(border)
        p.flat(spot)
        q = .034 * (1 + .4 * s[8])
        p.ellipse(w * .66, h * .62, q, q)
        p.fill()
        p.c.restore()
        w, h = .37 * up, .34 * up
        p.c.save()
        p.c.rotate(-lift)
        p.ball(.14, -.12, .3, light(wing, .4), dark(wing, .08), dx=-.1, dy=-.1)
        p.path((.01, .0), (w * .2, -h * .7, w * .75, -h * 1.15, w, -h * .95),
               (w * 1.14, -h * .6, w * .95, -h * .05, w * .55, .03), (w * .3, .06, .05, .04, .01, .0))
        p.c.fill_preserve()
        p.flat(edge)
        p.stroke(border)
        p.flat(spot)
        q = .043 * (1 + .4 * s[8])
        p.ellipse(w * .74, -h * .60, q, q)
        p.fill()
        p.c.restore()
        p.c.restore()
    body = [.20, .14, .22]
    for side in (-1, 1):
        p.flat(body)
        spread = .11 + .03 * s[10]
        p.path((cx, cy - .15),
               (cx + side * .02, cy - .24, cx + side * spread * .7, cy - .3, cx + side * spread, cy - .31), close=False)
        p.stroke(.014)
        p.ellipse(cx + side * spread, cy - .31, .015, .015)
        p.fill()
    p.linear(cx - .03, 0, cx + .03, 0, light(body, .4), body)
    p.path((cx, cy + .22), (cx - .035, cy + .12, cx - .034, cy - .04, cx - .026, cy - .12),
           (cx - .02, cy - .17, cx + .02, cy - .17, cx + .026, cy - .12),
           (cx + .034, cy - .04, cx + .035, cy + .12, cx, cy + .22))
    p.fill()
    p.ellipse(cx, cy - .14, .033, .036)
    p.fill()


def fish(p, s):
    back, belly = pick(SCALE, s[12]), pick(rgb('fff4d6 ffe39a ffd0b8 e3f2ff'), s[13])
    fin = mix(dark(back, .12), pick(SCALE, min(max(s[12] + .6 * s[14], -1), 1)), .75)
    l, h = .30 * (1 + .08 * s[4]), .20 * (1 + .16 * s[5])
    tail, dorsal = .15 * (1 + .24 * s[6]), .105 * (1 + .4 * s[7])
    cx, cy = .46, .52
    x = cx + l
    p.linear(x - .05, 0, x + tail, 0, dark(fin, .2), light(fin, .25))
    p.path((x - .07, cy), (x + .02, cy - .03, x + tail * .55, cy - tail * 1.1, x + tail, cy - tail * 1.15),
           (x + tail * .72, cy - tail * .4, x + tail * .72, cy + tail * .4, x + tail, cy + tail * 1.15),
           (x + tail * .55, cy + tail * 1.1, x + .02, cy + .03, x - .07, cy))
    p.fill()
    p.linear(0, cy - h - dorsal, 0, cy - h * .6, light(fin, .3), dark(fin, .15))
    p.path((cx - .13, cy - h * .75),
           (cx - .06, cy - h - dorsal * 1.05, cx + .10, cy - h - dorsal * 1.0, cx + .19, cy - h - dorsal * .35),
           (cx + .17, cy - h * .7, cx + .17, cy - h * .6, cx + .17, cy - h * .45))
    p.fill()
    p.path((cx - .02, cy + h * .8),
           (cx + .0, cy + h + .06, cx + .05, cy + h + dorsal * .8, cx + .11, cy + h + dorsal * .75),
           (cx + .11, cy + h * .9, cx + .1, cy + h * .7, cx + .1, cy + h * .7))
    p.fill()

    def outline():
        p.path((cx - l, cy + .01), (cx - l * .8, cy - h * 1.05, cx + l * .15, cy - h * 1.35, cx + l * 1.02, cy - .035),
               (cx + l * 1.04, cy - .01, cx + l * 1.04, cy + .01, cx + l * 1.02, cy + .035),
               (cx + l * .15, cy + h * 1.35, cx - l * .8, cy + h * 1.05, cx - l, cy + .01))
    p.c.save()
    outline()
    p.c.clip()
    p.linear(0, cy - h, 0, cy + h, light(back, .08), back, mix(back, belly, .5), belly, dark(belly, .08))
    p.c.paint()
    p.flat(light(back, .75), .75)
    for i in range(2):
        bx = cx - .005 + .135 * i
        wide = .026 * (1 + .45 * s[8])
        p.path((bx - wide, cy - h * 1.2),
               (bx + .05 - wide, cy - h * .4, bx + .05 - wide, cy + h * .4, bx - wide, cy + h * 1.2),
               (bx + wide, cy + h * 1.2),
               (bx + .05 + wide, cy + h * .4, bx + .05 + wide, cy - h * .4, bx + wide, cy - h * 1.2))
        p.fill()
    p.glow(cx - l * .2, cy - h * .55, l * .7, h * .4, [1, 1, 1], .4)
    p.c.restore()
    p.linear(cx - .02, 0, cx + .12, 0, dark(fin, .1), light(fin, .3))
    p.path((cx - .045, cy + .045), (cx + .02, cy + .0, cx + .09, cy + .03, cx + .115, cy + .09),
           (cx + .06, cy + .12, cx - .01, cy + .11, cx - .045, cy + .045))
    p.fill()
    r = .046 * (1 + .2 * s[9])
    ex, ey = cx - l * .58, cy - h * .22
    p.flat([1, 1, 1])
    p.ellipse(ex, ey, r, r)
    p.fill()
    p.flat([.10, .10, .16])
    p.ellipse(ex - r * .2, ey, r * .6, r * .6)
    p.fill()
    p.flat(dark(back, .6))
    p.path((cx - l + .012, cy + .05),
           (cx - l * .88, cy + .075, cx - l * .8, cy + .075, cx - l * .74, cy + .05 - .022 * s[10]), close=False)
    p.stroke(.014)


def mushroom(p, s):
    cap, stem = pick(CAP, s[12]), pick(rgb('f7ead2 fff6e6 f3dcc6 e9d3e0'), s[14])
    dot, grass = pick(rgb('fff8ea ffffff ffe9b8 ffd9e2'), s[13]), pick(rgb('3f9b5a 63ad49 9fba4a'), s[15])
    w, h = .335 * (1 + .12 * s[4]), .30 * (1 + .17 * s[5])
    sw, lean = .085 * (1 + .24 * s[6]), .05 * s[7]
    cx, cy, floor = .5 + lean, .50, .90
    p.glow(.5, floor, .34, .06, [.12, .12, .2], .4)
    p.linear(.5 - sw, 0, .5 + sw, 0, light(stem, .3), stem, dark(stem, .25))
    p.path((cx - sw * .8, cy), (cx - sw * .75, cy + .18, .5 - sw * 1.05, floor - .16, .5 - sw * 1.35, floor - .03),
           (.5 - sw, floor + .03, .5 + sw, floor + .03, .5 + sw * 1.35, floor - .03),
           (.5 + sw * 1.05, floor - .16, cx + sw * .75, cy + .18, cx + sw * .8, cy))
    p.fill()
    rim = .055 * (1 + .3 * s[9])
    under = mix(stem, cap, .22)
    p.linear(0, cy - .02, 0, cy + rim, dark(under, .35), dark(under, .1))
    p.ellipse(cx, cy, w * .93, rim)
    p.fill()
    p.glow(cx, cy + .08, sw * 1.3, .07, dark(under, .8), .5)
    p.c.save()
    p.path((cx - w, cy), (cx - w * 1.02, cy - h * .72, cx - w * .55, cy - h * 1.15, cx, cy - h * 1.15),
           (cx + w * .55, cy - h * 1.15, cx + w * 1.02, cy - h * .72, cx + w, cy),
           (cx + w * .98, cy + rim * .62, cx + w * .5, cy + rim * .2, cx, cy + rim * .2),
           (cx - w * .5, cy + rim * .2, cx - w * .98, cy + rim * .62, cx - w, cy))
    p.c.clip()
    p.ball(cx, cy - h * .35, w, light(cap, .34), dark(cap, .28), reach=1.35)
    p.c.paint()
    k = 1 + .3 * s[8]
    p.flat(dot)
    for x, y, r in ((-.02, -.70, .062), (-.58, -.30, .050), (.48, -.42, .056), (-.06, -.20, .046), (.80, -.06, .034)):
        p.ellipse(cx + x * w, cy + y * h, r * k * 1.05, r * k * .86)
        p.fill()
    p.c.restore()
    p.flat(grass)
    for x, d in ((-.21, -.05), (-.17, .0), (-.13, .045), (.13, -.04), (.175, .01), (.215, .05)):
        t = .105 * (1 + .3 * s[10])
        p.path((.5 + x - .014, floor + .035), (.5 + x + d, floor - t), (.5 + x + .018, floor + .035))
        p.fill()


def planet(p, s):
    base, ring = pick(WORLD, s[12]), pick(rgb('ffe3ad f7c59f f2b5d0 b9d7f5'), s[14])
    band = mix(light(base, .45), pick(WORLD, min(max(s[12] + .5 * s[13], -1), 1)), .55)
    cx, cy, r = .5, .5, .235
    out, wide, flat = .41 * (1 + .08 * s[4]), .125 * (1 + .25 * s[5]), .30 * (1 + .3 * s[6])
    turn = -.32 + .16 * s[7]
    p.c.save()
    p.c.translate(cx, cy)
    p.c.rotate(turn)

    def half(front):
        p.c.save()
        p.c.rectangle(-1, 0 if front else -1, 2, 1)
        p.c.clip()
        for k, colour in ((1., ring), (1 - wide / out * .55, dark(ring, .28))):
            inner = out - wide if k < 1 else out * (1 - wide / out * .5)
            p.c.set_fill_rule(cairo.FILL_RULE_EVEN_ODD)
            p.linear(-out, 0, out, 0, light(colour, .25), colour, dark(colour, .25 if front else .4))
            p.ellipse(0, 0, out * k, out * k * flat)
            p.ellipse(0, 0, inner, inner * flat)
            p.fill()
        p.c.restore()
    half(False)
    p.c.save()
    p.ellipse(0, 0, r, r)
    p.c.clip()
    p.flat(base)
    p.c.paint()
    place = .05 * s[8]
    for y, t, a in ((-.62, .17, .55), (-.12, .22, .8), (.42, .16, .6)):
        p.flat(band, a)
        t = t * (1 + .35 * s[9])
        p.path((-r, (y - t / 2) * r + place),
               (-r * .4, (y - t / 2 + .12) * r + place, r * .4, (y - t / 2 + .12) * r + place, r, (y - t / 2) * r + place),
               (r, (y + t / 2) * r + place),
               (r * .4, (y + t / 2 + .12) * r + place, -r * .4, (y + t / 2 + .12) * r + place, -r, (y + t / 2) * r + place))
        p.fill()
    p.c.rotate(-turn)
    g = cairo.RadialGradient(-r * .42, -r * .42, r * .15, -r * .2, -r * .2, r * 1.3)
    g.add_color_stop_rgba(0, 1, 1, 1, .34)
    g.add_color_stop_rgba(.38, 1, 1, 1, 0)
    g.add_color_stop_rgba(.45, .05, .03, .2, 0)
    g.add_color_stop_rgba(1, .05, .03, .2, .72)
    p.c.set_source(g)
    p.c.paint()
    p.c.restore()
    half(True)
    p.c.restore()
    moon = pick(rgb('f5efe0 ffe7b3 d7e6ff f6d4e4'), s[15])
    a = -.85 + .35 * s[10]
    mx, my, q = .5 + .36 * math.cos(a), .5 + .36 * math.sin(a), .046 * (1 + .25 * s[11])
    p.ball(mx, my, q, light(moon, .4), dark(moon, .35))
    p.ellipse(mx, my, q, q)
    p.fill()


def cup(p, s):
    glaze, plate = pick(GLAZE, s[12]), pick(rgb('fbf7ef e8eef7 fbe6d4 f4dbe6'), s[15])
    stripe, drink = mix([1, .98, .94], pick(GLAZE, min(max(s[12] + .7 * s[13], -1), 1)),
                        .3), pick(rgb('4a2c1d 8a5430 c98d4e d9b25f'), s[14])
    w, h, taper = .225 * (1 + .1 * s[4]), .36 * (1 + .12 * s[5]), .76 + .12 * s[6]
    cx, floor = .46, .80
    top = floor - h
    p.glow(.5, floor + .055, .44, .075, [.12, .10, .2], .45)
    p.linear(.1, 0, .86, 0, light(plate, .4), plate, dark(plate, .25))
    p.ellipse(cx, floor + .025, .355, .062)
    p.fill()
    p.flat(dark(plate, .22))
    p.ellipse(cx, floor + .012, .21, .034)
    p.fill()
    k = .092 * (1 + .22 * s[7])
    p.linear(cx + w, 0, cx + w + k * 1.6, 0, dark(glaze, .3), light(glaze, .1))
    p.ellipse(cx + w * .96, top + h * .42, k, k * 1.12)
    p.stroke(.042)

    def side():
        b = w * taper
        p.path((cx - w, top), (cx - w * .99, top + h * .45, cx - b * 1.06, floor - .05, cx - b * .72, floor + .01),
               (cx - b * .3, floor + .03, cx + b * .3, floor + .03, cx + b * .72, floor + .01),
               (cx + b * 1.06, floor - .05, cx + w * .99, top + h * .45, cx + w, top))
    p.c.save()
    side()
    p.c.clip()
    p.linear(cx - w, 0, cx + w, 0, light(glaze, .12), light(glaze, .4), glaze, dark(glaze, .3))
    p.c.paint()
    y, t = top + h * (.52 + .12 * s[8]), .034 * (1 + .4 * s[9])
    p.linear(cx - w, 0, cx + w, 0, light(stripe, .3), light(stripe, .5), stripe, dark(stripe, .3))
    p.path((cx - w, y - t), (cx - w * .4, y - t + .035, cx + w * .4, y - t + .035, cx + w, y - t), (cx + w, y + t),
           (cx + w * .4, y + t + .035, cx - w * .4, y + t + .035, cx - w, y + t))
    p.fill()
    p.c.restore()
    p.flat(light(glaze, .45))
    p.ellipse(cx, top, w, w * .235)
    p.fill()
    p.linear(cx - w, 0, cx + w, 0, dark(drink, .3), drink, light(drink, .2))
    p.ellipse(cx, top + .008, w * .87, w * .175)
    p.fill()
    b = .045 * s[10]
    for x in (-.075, .055):
        p.flat([1, 1, 1], .5)
        x += cx
        p.path((x, top - .05), (x - .05 - b, top - .11, x + .05 + b, top - .17, x, top - .24), close=False)
        p.stroke(.024)


def sailboat(p, s):
    main, hull = pick(CLOTH, s[12]), pick(rgb('35507a 8a4b35 c0523f d98a3d 3f8f86'), s[13])
    jib, sea = mix(main, [1, 1, 1], .55 + .4 * s[14]), pick(rgb('2f6fb5 2f93b8 3fb0a6'), s[15])
    mast, l = .50 * (1 + .1 * s[4]), .30 * (1 + .1 * s[5])
    boom, front = .25 * (1 + .14 * s[6]), .19 * (1 + .2 * s[7])
    cx, water = .50, .74
    deck = water - .085
    top = deck - mast
    p.flat([.45, .30, .2])
    p.path((cx, water), (cx, top - .03), close=False)
    p.stroke(.02)
    belly = .05 * (1 + .7 * s[8])
    p.linear(cx, 0, cx + boom, 0, light(main, .25), main, dark(main, .14))
    p.path((cx + .018, top),
           (cx + .05 + belly, top + mast * .35, cx + boom * .8 + belly, deck - mast * .22, cx + boom, deck - .035),
           (cx + boom * .6, deck - .02, cx + boom * .3, deck - .02, cx + .018, deck - .035))
    p.fill()
    p.linear(cx - front, 0, cx, 0, light(jib, .2), jib, dark(jib, .22))
    p.path((cx - .018, top + .05),
           (cx - .03 - belly * .3, top + mast * .45, cx - front * .62, deck - mast * .18, cx - front, deck - .035),
           (cx - front * .6, deck - .05, cx - front * .3, deck - .05, cx - .018, deck - .035))
    p.fill()
    p.flat([.92, .30, .32])
    f = .03 * s[9]
    p.path((cx, top - .045), (cx + .04, top - .055 - f, cx + .06, top - .02 + f, cx + .105, top - .025),
           (cx + .06, top + .02 + f, cx + .04, top - .01 - f, cx, top + .005))
    p.fill()
    p.linear(0, deck, 0, water + .08, light(hull, .25), hull, dark(hull, .35))
    p.path((cx - l, deck - .015), (cx - l * .5, deck + .02, cx + l * .5, deck + .02, cx + l * 1.03, deck - .03),
           (cx + l * .92, water + .02, cx + l * .7, water + .075, cx + l * .55, water + .085),
           (cx - l * .45, water + .085), (cx - l * .75, water + .06, cx - l * .92, water - .01, cx - l, deck - .015))
    p.fill()
    p.flat(light(hull, .8))
    p.path((cx - l * .96, deck + .022), (cx - l * .5, deck + .05, cx + l * .5, deck + .05, cx + l * .98, deck + .01),
           close=False)
    p.stroke(.016)
    p.c.identity_matrix()
    size = p.surface.get_width()
    p.c.scale(size, size)
    amp = .014 * (1 + .6 * s[10])
    for row, (y, colour, phase) in enumerate(((.80, light(sea, .18), 0.), (.87, dark(sea, .08), 2.2))):
        y -= .04 * s[1]
        p.linear(0, y, 0, 1.05, light(colour, .22), colour, dark(colour, .15))
        p.c.move_to(-.05, 1.1)
        for i in range(45):
            x = -.05 + 1.1 * i / 44
            p.c.line_to(x, y + amp * math.sin(TAU * 3 * x + phase + .5 * s[11]))
        p.c.line_to(1.05, 1.1)
        p.c.close_path()
        p.fill()


def tree(p, s):
    leaf, bark = pick(LEAF, s[12]), pick(rgb('5d3f2e 8a5a3a a9764e 7d6a66'), s[14])
    shine, fruit = .28 + .16 * s[13], pick(rgb('ef4d4d ff8f3f ffd84d f27fb2 ffffff'), s[15])
    w, h = .30 * (1 + .12 * s[4]), .255 * (1 + .12 * s[5])
    tw, lean = .052 * (1 + .26 * s[6]), .05 * s[7]
    cx, cy, floor = .5 + lean, .39, .91
    p.glow(.5, floor, .32, .055, [.12, .14, .2], .42)
    p.linear(.5 - tw, 0, .5 + tw, 0, light(bark, .22), bark, dark(bark, .35))
    p.path((cx - tw * .75, cy), (cx - tw * .7, cy + .24, .5 - tw * .9, floor - .14, .5 - tw * 1.9, floor + .01),
           (.5 - tw * .5, floor + .02, .5 + tw * .5, floor + .02, .5 + tw * 1.9, floor + .01),
           (.5 + tw * .9, floor - .14, cx + tw * .7, cy + .24, cx + tw * .75, cy))
    p.fill()
    k = 1 + .14 * s[9]
    for x, y, r in ((-.66, .38, .52), (.66, .38, .52), (-.52, -.22, .56), (.52, -.22, .56), (0., -.62, .58),
                    (0., .32, .66)):
        px, py, q = cx + x * w, cy + y * h, r * w * .86 * (k if x else 1)
        p.ball(px, py, q, light(leaf, shine), dark(leaf, .20), reach=1.45)
        p.ellipse(px, py, q, q * h / w * 1.08)
        p.fill()
    q = .027 * (1 + .4 * s[8])
    for x, y in ((-.56, .30), (.42, -.30), (-.20, -.50), (.06, .22), (.68, .34), (-.62, -.22)):
        p.ball(cx + x * w, cy + y * h, q, light(fruit, .4), dark(fruit, .12))
        p.ellipse(cx + x * w, cy + y * h, q, q)
        p.fill()


DRAW = [flower, butterfly, fish, mushroom, planet, cup, sailboat, tree]
FOOT = [1., .5, .52, .9, .5, .83, .8, .91]      # what it turns and grows about: the ground it stands on, or its middle


def thing(z, number, size=64, over=2):
    """The picture of class `number` that z stands for: uint8 [size, size, 3]."""
    s = np.tanh(.7 * np.asarray(z, np.float64))
    p, big, foot = Pen(size * over), size * over, FOOT[number]
    night = DRAW[number] is planet
    behind(p, s, float(night))
    if night:
        stars(p)
    stands = foot > .55
    grow = 1 + .09 * s[2]
    p.c.translate(.5 + .05 * s[0], foot + (.015 if stands else .04) * s[1])
    p.c.rotate((.10 if stands else .17) * s[3])
    p.c.scale(grow, grow)
    p.c.translate(-.5, -foot)
    DRAW[number](p, s)
    return p.array(over)
