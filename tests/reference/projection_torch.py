#!/usr/bin/env python3
"""Opens what `ganbend project` writes with torch and numpy, as the tools do that it is written for.

usage: projection_torch.py GANBEND MODEL.gbw PHOTO
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch


def project(ganbend, model, photo, folder, *options):
    subprocess.run([ganbend, 'project', model, photo, '-o', folder, '--samples', '8', '--steps', '6', '-q', *options], check=True)
    return os.path.join(folder, 'projected.pt'), np.load(os.path.join(folder, 'projected_w.npz'))['w']


def check_tensor(tensor, values):
    assert tensor.dtype == torch.float32 and not tensor.requires_grad and tensor.is_contiguous()
    assert np.array_equal(tensor.numpy(), values), (tuple(tensor.shape), values.shape)


def main():
    ganbend, model, photo = sys.argv[1:]
    name = os.path.basename(photo)
    with tempfile.TemporaryDirectory() as folder:
        for plus in False, True:
            space = ['--space', 'w+' if plus else 'w']
            path, w = project(ganbend, model, photo, folder, '--as', 'rosinality', *space)
            assert w.ndim == 3 and w.shape[0] == 1 and w.dtype == np.float32
            found = w[0] if plus else w[0, 0]
            result = torch.load(path)
            assert list(result) == [name] and list(result[name]) == ['img', 'latent', 'noise']
            check_tensor(result[name]['latent'], found)
            assert result[name]['img'].dim() == 3 and all(n.dim() == 4 and n.shape[:2] == (1, 1) for n in result[name]['noise'])

            path, w = project(ganbend, model, photo, folder, '--as', 'networkbending', *space)
            found = w[0] if plus else w[0, 0]
            result = torch.load(path)
            assert list(result) == ['noises', 'latent', name] and list(result[name]) == ['img', 'latent']
            check_tensor(result['latent'], np.stack([found, found]))
            check_tensor(result[name]['latent'], found)
            # Writing it again with torch gives a file that ganbend reads
            again = os.path.join(folder, 'again.pt')
            torch.save(result, again)
            subprocess.run([ganbend, 'render', model, '--w', again, '-o', os.path.join(folder, 'pictures'), '-q'], check=True)
    print('torch and numpy open the files of ganbend project')


if __name__ == '__main__':
    main()
