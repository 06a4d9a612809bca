#!/usr/bin/python3
"""Writes PyTorch's gradients of the weights of a small StyleGAN2, which tests/tools/test_gradients.sh compares.

From the repository root, with a built tree in build/:
    build/tools/ganbend init stylegan2 small.gbw --res 8 --channel-base 64 --channel-max 8 --z-dim 6 --w-dim 6 --mapping-layers 2 --seed 3
    GANBEND_LIBRARY=build/engine/libganbend.so PYTHONPATH=tools/python \\
        /usr/bin/python3 tests/reference/make_weight_gradients.py small.gbw tests/fixtures/understanding/grad-weights-8.npz
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../docs/examples"))
import ganbend
import numpy as np
import stylegan2_torch
import torch

model = ganbend.open(sys.argv[1])
module = stylegan2_torch.Generator(model).double()
weights = {name: buffer.requires_grad_() for name, buffer in module.named_buffers()
           if not name.endswith(("resample_filter", "noise_const", "w_avg"))}
random = np.random.RandomState(5)
z, R = (random.randn(2, *shape).astype(np.float32) for shape in (model.with_role("z").shape, model.output_shape))
image = torch.cat([module(torch.from_numpy(one)[None].double()) for one in z])      # it takes one sample at a time
(image * torch.from_numpy(R)).sum().backward()
np.savez_compressed(sys.argv[2], z=z, R=R, image=image.detach().float().numpy(),
                    **{f"grad/{name}": buffer.grad.float().numpy() for name, buffer in weights.items()})
