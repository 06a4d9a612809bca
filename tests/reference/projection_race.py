#!/usr/bin/python3
"""A step of projection in ganbend and in PyTorch, in turns on the same machine: rendering, LPIPS, both backward passes, Adam for w
and all noise maps, the regularisation of the maps.

/usr/bin/python3 tests/reference/projection_race.py GANBEND [--sizes 256 1024] [--rounds 3] [--steps 10] [--threads 2]

The generator has the published shape (channel base 32768, at most 512 channels) and random weights, as has VGG-16. Each turn is a
fresh process, of which the first two steps do not count. Times of ganbend are those of the steps in `project --schedule nvidia`.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def torch_steps(size, steps, threads):
    """Prints the median time of a step."""
    import torch
    import torch.nn.functional as F
    sys.path.insert(0, HERE)
    from stylegan2_torch import Generator
    from vision_torch import VGG16

    def features(vgg, x):
        taps = []
        for i, layer in enumerate(vgg.features[:30]):
            x = layer(x)
            if i in (3, 8, 15, 22, 29):
                taps.append(x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10))
        return taps

    def regularise(noise):
        loss = 0
        noise = noise[None, None]
        while True:
            loss = loss + (noise * torch.roll(noise, 1, 3)).mean() ** 2 + (noise * torch.roll(noise, 1, 2)).mean() ** 2
            if noise.shape[2] <= 8:
                return loss
            noise = F.avg_pool2d(noise, 2)

    torch.manual_seed(0)
    torch.set_num_threads(threads)
    network, vgg = Generator(size), VGG16().eval()
    for layer in vgg.features:
        if isinstance(layer, torch.nn.ReLU):
            layer.inplace = False
    for parameter in vgg.parameters():
        parameter.requires_grad_(False)
    lin = [torch.rand(1, c, 1, 1) for c in (64, 128, 256, 512, 512)]
    w = torch.randn(1, 512, requires_grad=True)
    noises = [layer.noise for block in network.blocks for layer in block[:2] if layer]
    for noise in noises:
        noise.requires_grad_(True)
    side = min(size, 256)
    target = features(vgg, torch.randn(1, 3, side, side))
    adam = torch.optim.Adam([w] + noises, lr=0.01)
    times = []
    for _ in range(steps + 2):
        start = time.perf_counter()
        picture = network.draw(w)
        if size > 256:
            picture = F.interpolate(picture, size=(256, 256), mode='area')
        loss = sum((weight * (a - b).square()).sum(1).mean() for weight, a, b in zip(lin, features(vgg, picture), target))
        loss = loss + 1e5 * sum(regularise(noise) for noise in noises)
        adam.zero_grad()
        loss.backward()
        adam.step()
        with torch.no_grad():
            for noise in noises:
                noise -= noise.mean()
                noise *= noise.square().mean().rsqrt()
        times.append(time.perf_counter() - start)
    print(json.dumps(statistics.median(times[2:])))


def make_lpips(ganbend, folder):
    import torch
    vgg, own, model = (os.path.join(folder, name) for name in ('vgg16.pth', 'vgg.pth', 'lpips.gbw'))
    subprocess.run([sys.executable, os.path.join(HERE, 'vision_torch.py'), 'vgg16', '--save', vgg], check=True)
    torch.save({f'lin{i}.model.1.weight': torch.rand(1, c, 1, 1) for i, c in enumerate((64, 128, 256, 512, 512))}, own)
    subprocess.run([ganbend, 'convert', vgg, '--lpips', own, model, '-q'], check=True)
    return model


def ganbend_step(ganbend, model, lpips, picture, folder, steps, threads):
    """The difference of a long and a short run of steps, which leaves the start and the end out."""
    times = []
    for count in (2, steps + 2):
        said = subprocess.run([ganbend, 'project', model, picture, '-o', folder, '--schedule', 'nvidia', '--lpips', lpips, '-v',
                               '--steps', str(count), '--samples', '2', '--threads', str(threads)], check=True,
                              capture_output=True, text=True).stdout
        times.append(float(re.search(r'step \d+ took ([0-9.]+) s', said).group(1)))
    return (times[1] - times[0]) / steps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('ganbend')
    parser.add_argument('--sizes', type=int, nargs='+', default=[256, 1024])
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--steps', type=int, default=10)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--torch', type=int, help=argparse.SUPPRESS)
    o = parser.parse_args()
    if o.torch:
        return torch_steps(o.torch, o.steps, o.threads)
    with tempfile.TemporaryDirectory() as folder:
        lpips = make_lpips(o.ganbend, folder)
        for size in o.sizes:
            model, picture = os.path.join(folder, 'model.gbw'), os.path.join(folder, 'picture.png')
            subprocess.run([o.ganbend, 'init', 'stylegan2', model, '--res', str(size), '-q', '--force'], check=True)
            subprocess.run([o.ganbend, 'render', model, '--seeds', '1', '-o', picture, '-q'], check=True)
            ours, theirs = [], []
            for _ in range(o.rounds):
                ours.append(ganbend_step(o.ganbend, model, lpips, picture, os.path.join(folder, 'out'), o.steps, o.threads))
                theirs.append(json.loads(subprocess.run(
                    [sys.executable, __file__, o.ganbend, '--torch', str(size), '--steps', str(o.steps), '--threads',
                     str(o.threads)], check=True, capture_output=True, text=True).stdout))
            a, b = statistics.median(ours), statistics.median(theirs)
            print(f'{size}x{size}: ganbend {a:.3f} s a step, 1000 steps {a * 1000 / 60:.1f} min; PyTorch {b:.3f} s, '
                  f'{b * 1000 / 60:.1f} min: {b / a:.2f} times as long', flush=True)
    return None


if __name__ == '__main__':
    main()
