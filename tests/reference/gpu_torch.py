#!/usr/bin/python3
"""What PyTorch takes on a GPU for the networks of stylegan2_torch.py and biggan_torch.py, in float16, three ways: eager,
eager with channels-last tensors, and recorded as a CUDA graph.

python3 tests/reference/gpu_torch.py stylegan2-1024|stylegan2-256|biggan-deep|biggan [--batch 1] [--runs 50]

A run goes from z on the host to an 8-bit picture on the host. Prints a line for each way: median and fastest seconds.
"""
import argparse
import statistics
import time

import torch

import biggan_torch
import stylegan2_torch


def converted(value, change):
    """Every tensor in a network of plain Python objects."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, torch.nn.Module):
        return value
    if isinstance(value, (list, tuple)):
        return type(value)(converted(v, change) for v in value)
    if hasattr(value, "__dict__"):
        for name, member in vars(value).items():
            setattr(value, name, converted(member, change))
    return value


def network(name, batch):
    """A function from a batch of z on the GPU to pictures, its z's size, and what makes its tensors channels-last."""
    if name.startswith("stylegan2"):
        g = stylegan2_torch.Generator(int(name.rsplit("-", 1)[1]))
        converted(g, lambda t: t.cuda().half())
        g.const = g.const.expand(batch, -1, -1, -1).contiguous()

        def channels_last():
            converted(g, lambda t: t.contiguous(memory_format=torch.channels_last) if t.dim() == 4 else t)
        return g, 512, channels_last
    deep = name == "biggan-deep"
    g = biggan_torch.Generator(deep, 256, 128 if deep else 96, 1000, 64).eval().cuda().half()
    label = torch.full((batch,), 207, device="cuda")
    return lambda z: g(z, label), g.z_dim, lambda: g.to(memory_format=torch.channels_last)


def to_rgb(picture):
    return (picture.float() * 127.5 + 128).clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


def race(what, runs, run):
    for _ in range(5):
        run()
    times = []
    for _ in range(runs):
        torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    print(f"{what:24} median {1e3 * statistics.median(times):8.3f} ms  fastest {1e3 * min(times):8.3f} ms", flush=True)


@torch.no_grad()
def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("network", choices=("stylegan2-1024", "stylegan2-256", "biggan-deep", "biggan"))
    options.add_argument("--batch", type=int, default=1)
    options.add_argument("--runs", type=int, default=50)
    o = options.parse_args()
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    g, z_dim, channels_last = network(o.network, o.batch)
    z = torch.randn(o.batch, z_dim).half()
    print(f"{o.network}, batch {o.batch}, PyTorch {torch.__version__}, {torch.cuda.get_device_name()}")
    race("eager", o.runs, lambda: to_rgb(g(z.cuda())).cpu())
    channels_last()
    race("eager, channels last", o.runs, lambda: to_rgb(g(z.cuda())).cpu())

    there = z.cuda()
    aside = torch.cuda.Stream()
    with torch.cuda.stream(aside):
        for _ in range(3):
            to_rgb(g(there))
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        picture = to_rgb(g(there))

    def replayed():
        there.copy_(z)
        graph.replay()
        picture.cpu()
    race("CUDA graph", o.runs, replayed)


if __name__ == "__main__":
    main()
