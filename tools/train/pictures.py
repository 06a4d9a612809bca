"""The pictures a model learns from, drawn once and kept beside the run: FILE.z.npy, FILE.x.npy and, if the model has a
mask, FILE.m.npy. With classes, a picture's class is its index modulo their number."""
import os
from multiprocessing import Pool

import numpy as np
import torch
import torch.nn.functional as F

import models

PART = 250


def classes(model):
    return len(getattr(model, 'CLASSES', [])) or 1


def draw_part(job):
    name, start, count, seed = job
    model = models.load(name)
    z = np.random.default_rng([seed, start]).normal(size=(count, model.Z)).astype(np.float32)
    x = np.stack([model.draw(v, (start + i) % classes(model)) for i, v in enumerate(z)])
    return z, x, np.stack([model.mask(v) for v in z]) if hasattr(model, 'mask') else None


def draw(name, file, total, seed):
    """Draws `total` pictures of a model into FILE.*.npy, unless that was done before."""
    if os.path.exists(f'{file}.done'):
        return
    jobs = [(name, start, min(PART, total - start), seed) for start in range(0, total, PART)]
    out = {}
    with Pool(os.cpu_count()) as pool:
        for (_, start, count, _), part in zip(jobs, pool.imap(draw_part, jobs)):
            for k, a in zip('zxm', part):
                if a is None:
                    continue
                if k not in out:
                    out[k] = np.lib.format.open_memmap(f'{file}.{k}.npy', 'w+', a.dtype, (total, *a.shape[1:]))
                out[k][start:start + count] = a
            print(f'\rdrawn {start + count} of {total}', end='', flush=True)
    print()
    open(f'{file}.done', 'w').close()


class Pictures:
    def __init__(self, model, file):
        self.model, self.classes = model, classes(model)
        self.z = torch.from_numpy(np.load(f'{file}.z.npy'))
        self.x = np.load(f'{file}.x.npy', mmap_mode='r')
        self.m = np.load(f'{file}.m.npy', mmap_mode='r') if hasattr(model, 'mask') else None

    def __len__(self):
        return len(self.z)

    def choose(self, count, rng):
        """Indices of a batch in which every class is equally often; the same for each half of it."""
        c = self.classes
        return (rng.integers(0, len(self) // c, (count // c, c)) * c + np.arange(c)).ravel()

    def label(self, i):
        return torch.as_tensor(i) % self.classes

    def target(self, i, res, noise):
        """Pictures i at this size, -1 to 1, with what the noise maps add to them."""
        t = torch.from_numpy(np.ascontiguousarray(self.x[i])).permute(0, 3, 1, 2).float() / 127.5 - 1
        if res < t.shape[-1]:
            t = F.avg_pool2d(t, t.shape[-1] // res)
        if self.m is not None and res >= self.m.shape[1]:
            m = torch.from_numpy(np.ascontiguousarray(self.m[i])).permute(0, 3, 1, 2).float() / 255
            if res > m.shape[-1]:
                m = F.interpolate(m, size=res, mode='bilinear', align_corners=False)
            t = t + self.model.grain(m, noise, res)
        return t
