"""Writes a trained generator as the published code would, and makes a .gbw of it that is checked against PyTorch."""
import json
import os
import subprocess

import numpy as np
import torch

from name_classes import with_names


@torch.no_grad()
def reference(net, node, z, label, res):
    """Pictures, and layers by the names they have in ganbend, in float32 with the stored noise maps."""
    values, noise = {}, net.stored_noise(res)

    def keep(key):
        return lambda module, given, out: values.update({f'tap/{key}': out.numpy().copy()})
    for name, module in net.named_modules():
        if node(name):
            module.register_forward_hook(keep(node(name)))
    image = net(z, label, res, lambda m: noise[m.res, m.conv])
    return {'z': z.numpy(), 'image': image.numpy(), 'truncation': 1., **values}


def export(net, family, model, res, path):
    """Writes PATH.pt or, with classes, PATH.pth and PATH.json; and reference.npz beside them. Returns the checkpoint."""
    net, state = family.publish(net, res)
    for k, v in state.items():
        if not torch.isfinite(v).all():
            raise SystemExit(f'{k} has values that are not finite')
    classes = getattr(model, 'CLASSES', [])
    checkpoint = path + ('.pth' if classes else '.pt')
    torch.save(state, checkpoint)
    count = len(classes) or 8
    z = torch.from_numpy(np.stack([np.random.RandomState(s).randn(model.Z) for s in range(count)])).float()
    values = reference(net, family.node, z, torch.arange(count), res)
    if classes:
        values['class'] = np.arange(count)
        with open(path + '.json', 'w') as f:
            json.dump(model.NETWORK, f, indent=1)
    np.savez(os.path.join(os.path.dirname(path), 'reference.npz'), **values)
    return checkpoint


def convert(ganbend, checkpoint, model):
    """Makes the .gbw in half precision. What is compared is one in full precision."""
    path, classes = os.path.splitext(checkpoint)[0], getattr(model, 'CLASSES', [])
    config = ['--config', f'{path}.json'] if classes else []
    for out, half in ((f'{path}-full.gbw', []), (f'{path}.gbw', ['--half'])):
        subprocess.run([ganbend, 'convert', checkpoint, out, *config, *half], check=True)
    if classes:
        with open(f'{path}.gbw', 'rb') as f:
            data = with_names(f.read(), classes)
        with open(f'{path}.gbw', 'wb') as f:
            f.write(data)
    reference = os.path.join(os.path.dirname(path), 'reference.npz')
    subprocess.run([ganbend, 'compare', f'{path}-full.gbw', reference], check=True)
    os.remove(f'{path}-full.gbw')
    print(f'made {path}.gbw')
