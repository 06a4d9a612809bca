"""Teaches a generator to draw what a drawing function draws: by regression, coarse to fine, without a discriminator.

Writes OUT/last.pt, from which it goes on when started again, sheets of drawn beside generated pictures (OUT/*.png), and
at the end a checkpoint in the published layout and OUT/MODEL.gbw. train.sh runs it in the right environment.
"""
import argparse
import copy
import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import numpy as np
import torch
from PIL import Image

import export
import loss
import models
import pictures
from optimiser import Optimiser, flatten, line

KEEP = .998                                 # of the running average, each iteration
GANBEND = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../build/tools/ganbend'))
VALIDATION = 256                            # pictures that are never trained on


class Run:
    def __init__(self, name, out, stages, minutes):
        self.name, self.model, self.out, self.stages, self.minutes = name, models.load(name), out, stages, minutes
        self.family = import_module(self.model.FAMILY)
        self.net = self.family.Generator(self.model).train()
        self.average = copy.deepcopy(self.net).eval().requires_grad_(False)
        (self.row, self.places), (self.average_row, _) = flatten(self.net), flatten(self.average)
        self.pool = ThreadPoolExecutor(2)   # each with half of the batch
        self.data = pictures.Pictures(self.model, f'{out}/pictures')
        self.unseen = pictures.Pictures(self.model, f'{out}/unseen')
        self.stage = self.it = self.count = 0       # count: iterations of all stages
        self.seconds = self.cpu = 0.                # of this stage; of all
        self.resumed = None
        if os.path.exists(f'{out}/last.pt'):
            self.resume(torch.load(f'{out}/last.pt'))

    # ---- going on ----

    def resume(self, state):
        for k in ('stage', 'it', 'count', 'seconds', 'cpu'):
            setattr(self, k, state[k])
        self.net.load_state_dict(state['net'])
        self.average.load_state_dict(state['average'])
        self.resumed = state['optimiser']

    def save(self, optimiser, **figures):
        state = {k: getattr(self, k) for k in ('stage', 'it', 'count', 'seconds', 'cpu')}
        state.update(net=self.net.state_dict(), average=self.average.state_dict(), optimiser=optimiser, **figures)
        torch.save(state, f'{self.out}/last.tmp')
        os.replace(f'{self.out}/last.tmp', f'{self.out}/last.pt')

    # ---- looking ----

    @torch.no_grad()
    def validate(self, res):
        """Loss and PSNR of the averaged weights on unseen pictures; a sheet of them, in turn drawn and generated."""
        noise = self.average.stored_noise(res)
        ys, ts = [], []
        for at in range(0, len(self.unseen), 32):
            i = np.arange(at, min(at + 32, len(self.unseen)))
            ys.append(self.average(self.unseen.z[i], self.unseen.label(i), res, lambda m: noise.get((m.res, m.conv))))
            ts.append(self.unseen.target(i, res, noise))
        y, t = torch.cat(ys), torch.cat(ts)
        pairs = torch.stack([t[:40], y[:40]], 1).view(5, 8, 2, 3, res, res)
        sheet = pairs.permute(0, 4, 1, 2, 5, 3).reshape(5 * res, 16 * res, 3)
        sheet = Image.fromarray(((sheet.clamp(-1, 1) + 1) * 127.5).byte().numpy())
        sheet.save(f'{self.out}/stage{self.stage}-{self.it:05d}.png')
        figures = {'validation': loss.distance(y, t).item(), 'psnr': loss.psnr(y, t)}
        print('  unseen pictures: loss {validation:.4f}, PSNR {psnr:.2f} dB'.format(**figures), flush=True)
        return figures

    # ---- learning ----

    def half(self, i, res, seed, focus, used):
        """Loss and gradient, as one row, of half of a batch."""
        torch.set_flush_denormal(True)
        generator, noise = torch.Generator().manual_seed(seed), {}

        def draw_noise(layer):
            n = torch.randn(len(i), 1, layer.res, layer.res, generator=generator) if layer.noise_strength else None
            noise[layer.res, layer.conv] = n
            return n
        z = self.net.mixed(self.data.z[i], generator)
        y = self.net(z, self.data.label(i), res, draw_noise, torch.bfloat16)
        value = loss.distance(y, self.data.target(i, res, noise), focus)
        by = dict(zip(used, torch.autograd.grad(value, used)))
        return value.item(), torch.cat([line(by[q]) if q in by else torch.zeros(q.numel()) for q in self.places])

    def random_pictures(self, res):
        i = self.data.choose(64, np.random.default_rng(torch.randint(2 ** 31, ()).item()))
        self.net(self.data.z[i], self.data.label(i), res, lambda m: None)

    def progress(self, stage):
        """0 to 1 through a stage, by iterations or, if there's a limit, by time."""
        f = self.it / stage['its']
        return max(f, self.seconds / (60 * self.minutes * stage['share'])) if self.minutes else f

    @staticmethod
    def rate(stage, f, it):
        """Rises for a while, stays, and falls along half a cosine from `level` on."""
        fall = 0 if f < stage['level'] else .5 - .5 * math.cos(math.pi * (f - stage['level']) / (1 - stage['level']))
        return (stage['rate'] + (stage['end'] - stage['rate']) * fall) * min(1, (it + 1) / stage.get('warm', 100))

    def learn(self, check):
        stage = self.stages[self.stage]
        res, batch = stage['res'], stage['batch']
        focus = loss.weights(self.model.focus, res) if stage.get('focus') else None
        self.net.begin(stage, self.it == 0, self.random_pictures)
        self.average.begin(stage, self.it == 0)
        if self.it == 0:
            for a, b in zip(self.average.buffers(), self.net.buffers()):
                a.copy_(b)
        used = self.net.used(res)
        optimiser = Optimiser(self.row, self.places, self.net.matrices(), self.pool)
        if self.it and self.resumed:
            optimiser.restore(self.resumed)
        print(f'stage {self.stage}: {res}x{res}, {sum(q.numel() for q in used)} of {len(self.row)} parameters, '
              f'from iteration {self.it}', flush=True)
        wall, cpu = time.time(), time.process_time()
        while self.progress(stage) < 1:
            rate = self.rate(stage, self.progress(stage), self.it)
            i = self.data.choose(batch, np.random.default_rng([self.count, 17]))
            parts = [(i[:batch // 2], 2 * self.count), (i[batch // 2:], 2 * self.count + 1)]
            (la, ga), (lb, gb) = self.pool.map(lambda p: self.half(p[0], res, p[1], focus, used), parts)
            with torch.no_grad():
                optimiser.step(ga.add_(gb).mul_(.5), rate)
                self.count, self.it = self.count + 1, self.it + 1
                if self.count % 4 == 0:
                    keep = min(KEEP ** 4, (1 + self.count) / (20 + self.count))
                    self.average_row.lerp_(self.row, 1 - keep)
                    for a, b in zip(self.average.buffers(), self.net.buffers()):
                        a.lerp_(b, 1 - keep)
            self.seconds, wall = self.seconds + time.time() - wall, time.time()
            self.cpu, cpu = self.cpu + time.process_time() - cpu, time.process_time()
            if self.it % 50 == 0:
                print(f'stage {self.stage} iteration {self.it} loss {(la + lb) / 2:.4f} rate {rate:.5f} '
                      f'{self.seconds:.0f} s', flush=True)
            if self.it % check == 0:
                self.save(optimiser.state(), **self.validate(res))
        figures = self.validate(res)
        self.stage, self.it, self.seconds, self.resumed = self.stage + 1, 0, 0., None
        self.save(None, **figures)

    def train(self, check):
        while self.stage < len(self.stages):
            self.learn(check)
        print(f'done after {self.count} iterations and {self.cpu:.0f} s of CPU time', flush=True)


def arguments():
    a = argparse.ArgumentParser(prog='train.sh', description='Trains a demo model from its drawing function. Started '
                                'again, it goes on where it was; kill -STOP and -CONT of the pid in OUT/pid pause it.')
    a.add_argument('model', help=f'one of {", ".join(models.names())}, or the path of a .py file of your own')
    a.add_argument('out', nargs='?', help='a folder for all that is written (default: out/train/MODEL)')
    a.add_argument('--minutes', type=float, help='end after about so long, shared among the stages (default: no limit)')
    a.add_argument('--pictures', type=int, help='draw so many pictures to learn from (default: the model says)')
    a.add_argument('--iterations', type=int, help='no more than so many in any stage, to try something out')
    a.add_argument('--check', type=int, default=400, help='validate and save after so many iterations (default: 400)')
    a.add_argument('--ganbend', default=GANBEND, help='the program that makes the .gbw (default: build/tools/ganbend)')
    a = a.parse_args()
    if not a.model.endswith('.py') and a.model not in models.names():
        raise SystemExit(f'train.sh: no model "{a.model}"; there are {", ".join(models.names())}, or give a .py file')
    return a


def main():
    a = arguments()
    model = models.load(a.model)
    name = os.path.splitext(os.path.basename(a.model))[0]
    out = a.out or f'out/train/{name}'
    os.makedirs(out, exist_ok=True)
    with open(f'{out}/pid', 'w') as f:
        f.write(f'{os.getpid()}\n')
    pictures.draw(a.model, f'{out}/unseen', VALIDATION, 2)
    pictures.draw(a.model, f'{out}/pictures', a.pictures or model.PICTURES, 1)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    stages = [{**s, 'its': min(s['its'], a.iterations or s['its'])} for s in model.PLAN]
    run = Run(a.model, out, stages, a.minutes)
    run.train(a.check)
    checkpoint = export.export(run.average, run.family, model, stages[-1]['res'], f'{out}/{name}')
    if os.path.exists(a.ganbend):
        export.convert(a.ganbend, checkpoint, model)
    else:
        print(f'there is no {a.ganbend}, so no .gbw was made: build it, or say --ganbend')


if __name__ == '__main__':
    main()
