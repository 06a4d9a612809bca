#!/usr/bin/python3
"""Makes fixtures with the published code: a small network with random weights in that code's own format, which both programs
can open, and what the code computes with it, as `ganbend compare` reads it.

    published.py nvlabs CHECKOUT OUT        NVlabs/stylegan2-ada-pytorch:  OUT.pkl, OUT.npz
    published.py rosinality CHECKOUT OUT    rosinality/stylegan2-pytorch:  OUT.pt, OUT.npz
    published.py biggan CHECKOUT OUT        ajbrock/BigGAN-PyTorch:        OUT.pth, OUT.npz, OUT.json

CHECKOUT is a clone of the repository, unchanged. Everything runs on the CPU; Debian's python3-torch is enough. Then:

    ganbend convert OUT.pkl OUT.gbw         BigGAN: with --config OUT.json
    ganbend compare OUT.gbw OUT.npz --tol 1e-5 --local
"""
import argparse
import json
import pickle
import re
import sys

import numpy as np
import torch

SAMPLES, SEED = 2, 7


def taps(network, wanted, key=lambda name, output: (name, output)):
    """The outputs of the modules for which wanted(name, module) is true, kept as the network runs."""
    arrays = {}

    def keep(name):
        def hook(module, inputs, output):
            at, value = key(name, output)
            if value is not None:
                arrays["tap/" + at] = value.detach().float().numpy().copy()     # later operations may work in place
        return hook

    for name, module in network.named_modules():
        if wanted(name, module):
            module.register_forward_hook(keep(name))
    return arrays


@torch.no_grad()
def stir(network, pattern, scale=0.1):
    """Random values for parameters that are constant in a new network, and would hide mistakes."""
    for name, parameter in network.named_parameters():
        if re.search(pattern, name):
            parameter.add_(torch.randn(parameter.shape) * scale)


def nvlabs(out):
    from training.networks import Generator
    g = Generator(z_dim=64, c_dim=0, w_dim=64, img_resolution=64, img_channels=3, mapping_kwargs={"num_layers": 4},
                  synthesis_kwargs={"channel_base": 1024, "channel_max": 48, "num_fp16_res": 0}).eval().requires_grad_(False)
    stir(g, r"bias$|noise_strength$")
    g.mapping.w_avg.copy_(torch.randn(64) * 0.1)
    with open(out + ".pkl", "wb") as file:
        pickle.dump({"G": None, "D": None, "G_ema": g, "augment_pipe": None, "training_set_kwargs": None}, file)
    layers = ("FullyConnectedLayer", "SynthesisLayer", "ToRGBLayer", "SynthesisBlock")
    arrays = taps(g, lambda name, module: type(module).__name__ in layers,
                  lambda name, output: (name + ".img", output[1]) if isinstance(output, tuple) else (name, output))
    z = np.random.RandomState(SEED).randn(SAMPLES, 64).astype(np.float32)
    with torch.no_grad():
        image = g(torch.from_numpy(z), None, truncation_psi=0.7, noise_mode="const", force_fp32=True)
    np.savez(out + ".npz", z=z, psi=0.7, image=image.numpy(), **arrays)


def rosinality(out):
    import torch.utils.cpp_extension
    torch.utils.cpp_extension.load = lambda *args, **kwargs: None       # no CUDA compiler: the CPU has its own functions
    from model import Generator
    g = Generator(32, 64, 4).eval().requires_grad_(False)
    stir(g, r"bias$|noise\.weight$")
    mean = torch.randn(64) * 0.1
    torch.save({"g_ema": g.state_dict(), "latent_avg": mean}, out + ".pt")
    arrays = taps(g, lambda name, module: re.fullmatch(r"style\.[1-9]\d*|conv1|convs\.\d+|to_rgb1|to_rgbs\.\d+", name))
    z = torch.randn(SAMPLES, 64, generator=torch.Generator().manual_seed(SEED))
    with torch.no_grad():
        image, _ = g([z], truncation=0.5, truncation_latent=mean, randomize_noise=False)
    np.savez(out + ".npz", z=z.numpy(), psi=0.5, latent_avg=mean.numpy(), image=image.numpy(), **arrays)


def biggan(out):
    from BigGAN import Generator
    shape = {"G_ch": 16, "dim_z": 40, "resolution": 32, "G_attn": "16", "n_classes": 10, "G_shared": True, "shared_dim": 32,
             "hier": True}
    g = Generator(G_lr=1e-4, **shape).eval().requires_grad_(False)
    stir(g, r"bias$|gain$|gamma$", 0.3)
    for name, buffer in g.named_buffers():
        if re.search(r"(stored|running)_mean$", name):
            buffer.copy_(torch.randn(buffer.shape) * 0.1)
        if re.search(r"(stored|running)_var$", name):
            buffer.copy_(torch.rand(buffer.shape) + 0.5)
    torch.save(g.state_dict(), out + ".pth")
    with open(out + ".json", "w") as file:
        json.dump(shape, file)
    arrays = taps(g, lambda name, module: re.fullmatch(r"linear|blocks\.\d+\.[01](\.(conv\d|conv_sc|bn\d))?", name))
    z, label = torch.randn(SAMPLES, g.dim_z, generator=torch.Generator().manual_seed(SEED)), 3
    with torch.no_grad():
        image = g(z, g.shared(torch.full((SAMPLES,), label)))
    np.savez(out + ".npz", z=z.numpy(), image=image.numpy(), **{"class": label}, **arrays)


def main():
    codes = {"nvlabs": nvlabs, "rosinality": rosinality, "biggan": biggan}
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("code", choices=codes)
    options.add_argument("checkout", metavar="CHECKOUT")
    options.add_argument("out", metavar="OUT")
    o = options.parse_args()
    sys.path.insert(0, o.checkout)
    torch.manual_seed(0)
    codes[o.code](o.out)


if __name__ == "__main__":
    main()
