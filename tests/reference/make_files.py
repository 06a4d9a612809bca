#!/usr/bin/env python3
"""Writes tests/fixtures/readers: the same few numbers in every shape a checkpoint comes in.

Run with Debian's python3-torch and python3-numpy from the repository root:
    /usr/bin/python3 tests/reference/make_files.py
tests/weights/test_readers.c knows the numbers: every array `name` holds 0, 1, 2, ... (counted in row-major order), times 0.5,
minus 3 where its type has fractions and signs; the exceptions say so below.
"""

import argparse
import collections
import io
import json
import os
import pickle
import struct
import sys
import types
import zipfile

import numpy as np
import torch

OUT = os.path.join(os.path.dirname(__file__), '..', 'fixtures', 'readers')


def path(name):
    return os.path.join(OUT, name)


def ramp(*shape):
    return (np.arange(int(np.prod(shape)), dtype=np.float64) * 0.5 - 3).reshape(shape)


def tensor(dtype, *shape):
    return torch.from_numpy(ramp(*shape)).to(dtype)


# ---- every type, both containers, all protocols ------------------------------------------------------------------

def state():
    d = collections.OrderedDict()
    d['f32'] = tensor(torch.float32, 2, 3, 4)
    d['f16'] = tensor(torch.float16, 5)
    d['bf16'] = tensor(torch.bfloat16, 5)
    d['f64'] = tensor(torch.float64, 3, 2)
    for name, dtype in (('i8', torch.int8), ('i16', torch.int16), ('i32', torch.int32), ('i64', torch.int64)):
        d[name] = torch.arange(6).reshape(2, 3).to(dtype) - 3       # -3, -2, ...
    d['u8'] = torch.arange(6).to(torch.uint8)                       # 0, 1, ...
    d['bool'] = torch.tensor([True, False, True])                   # 1, 0, 1
    d['scalar'] = torch.tensor(2.5)                                 # 2.5
    d['empty'] = torch.zeros(0, 4)
    base = tensor(torch.float32, 4, 6)
    d['base'] = base
    d['row'] = base[1]                                              # 6 ... 11 of the ramp
    d['transposed'] = base.t()                                      # [6,4]
    d['strided'] = base[::2, 1::2]                                  # [2,3]
    d['expanded'] = torch.tensor([7.0]).expand(3, 5)                # all 7
    d['parameter'] = torch.nn.Parameter(tensor(torch.float32, 3))
    d._metadata = {'': {'version': 1}}
    return d


for protocol in (2, 3, 4, 5):
    torch.save(state(), path(f'zip-{protocol}.pt'), pickle_protocol=protocol)
    torch.save(state(), path(f'legacy-{protocol}.pt'), pickle_protocol=protocol, _use_new_zipfile_serialization=False)
for protocol in (0, 1, 2, 3, 4, 5):
    with open(path(f'plain-{protocol}.pkl'), 'wb') as f:
        pickle.dump(state(), f, protocol=protocol)


# ---- a module pickled whole, an argparse.Namespace beside it -----------------------------------------------------

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(3, 2)
        self.norm = torch.nn.BatchNorm2d(2)
        self.layers = torch.nn.ModuleList([torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU()])
        self.width = 2


module = types.ModuleType('toy_network')
Net.__module__, Net.__qualname__ = 'toy_network', 'Net'
module.Net = Net
sys.modules['toy_network'] = module
net = Net()
with torch.no_grad():
    for p in net.parameters():
        p.copy_(tensor(torch.float32, *p.shape))
torch.save({'net': net, 'args': argparse.Namespace(size=64, lr=0.002, name='toy', betas=[0.0, 0.99])},
           path('module.pt'))


# ---- numpy in pickles ----------------------------------------------------------------------------------------------

Pair = collections.namedtuple('Pair', 'first second')
Pair.__module__ = 'toy_network'
module.Pair = Pair
plain = {
    'c': ramp(2, 3).astype('<f4'), 'big': ramp(2, 3).astype('>f4'), 'big_int': np.arange(6, dtype='>i4') - 3,
    'fortran': np.asfortranarray(ramp(2, 3).astype('f8')), 'half': ramp(4).astype('f2'),
    'scalar': np.float32(1.5), 'int_scalar': np.int64(-7), 'bool_scalar': np.bool_(True),
    'objects': np.array([1, 'two', None], dtype=object), 'words': np.array(['a', 'bc']),
    'pair': Pair(1, np.arange(2.0)),
    'nested': [1, (2.5, 'three'), {'four': b'5', 6: None, (7, 8): True}, {9}, frozenset([10]), bytearray(b'11')],
    'large': 2 ** 70, 'negative': -2 ** 40, 'complex': 1 + 2j, 'text': 'gr\u00fc\u00df \U0001f600 \n',
}
for protocol in (0, 1, 2, 3, 4, 5):
    with open(path(f'numpy-{protocol}.pkl'), 'wb') as f:
        pickle.dump(plain, f, protocol=protocol)


# ---- zip variants --------------------------------------------------------------------------------------------------

def repack(source, target, compress, force64=False):
    with zipfile.ZipFile(path(source)) as z, zipfile.ZipFile(path(target), 'w', compress) as out:
        for i in z.infolist():
            with out.open(i.filename, 'w', force_zip64=force64) as f:
                f.write(z.read(i.filename))


repack('zip-2.pt', 'zip-deflated.pt', zipfile.ZIP_DEFLATED)
repack('zip-2.pt', 'zip-zip64.pt', zipfile.ZIP_STORED, force64=True)

WIDTHS = {'Float': 4, 'Half': 2, 'BFloat16': 2, 'Double': 8, 'Char': 1, 'Short': 2, 'Int': 4, 'Long': 8, 'Byte': 1,
          'Bool': 1}


class StorageWidths(pickle.Unpickler):
    """Collects the element size of every storage a torch pickle names."""

    def __init__(self, data):
        super().__init__(io.BytesIO(data))
        self.widths = {}
        self.load()

    def find_class(self, module, name):
        if module == 'collections':
            return collections.OrderedDict
        return name if name.endswith('Storage') else lambda *args: args

    def persistent_load(self, pid):
        self.widths[pid[2]] = WIDTHS[pid[1][:-len('Storage')]]


# A file of a big-endian machine: storages swapped, and `byteorder` says so.
with zipfile.ZipFile(path('zip-2.pt')) as z, zipfile.ZipFile(path('zip-big-endian.pt'), 'w') as out:
    widths = StorageWidths(z.read('zip-2/data.pkl')).widths
    for i in z.infolist():
        data, key = z.read(i.filename), i.filename.split('/')[-1]
        if '/data/' in i.filename:
            data = np.frombuffer(data, f'u{widths[key]}').byteswap().tobytes()
        out.writestr(i.filename, data)
    out.writestr('zip-2/byteorder', 'big')

torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), path('torchscript.pt'))


# ---- newer torch: untyped storages counted in bytes ---------------------------------------------------------------

class Global:
    """Pickled as a name and nothing else."""

    def __init__(self, name):
        self.module, self.name = name.rsplit('.', 1)


class Storage:
    """Pickled as a persistent id."""

    def __init__(self, kind, key, count):
        self.id = ('storage', Global(kind), key, 'cpu', count)


class Reduce:
    """Pickled as a call."""

    def __init__(self, function, *args):
        self.function, self.args = Global(function), args


class Pickler(pickle._Pickler):
    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Global):
            self.write(f'c{obj.module}\n{obj.name}\n'.encode())
        elif isinstance(obj, Storage):
            self.save(obj.id)
            self.write(pickle.BINPERSID)
        elif isinstance(obj, Reduce):
            self.save(obj.function)
            self.save(obj.args)
            self.write(pickle.REDUCE)
        else:
            super().save(obj, save_persistent_id)


untyped = Storage('torch.storage.UntypedStorage', '0', 24)


def v3(offset, shape, stride, dtype):
    return Reduce('torch._utils._rebuild_tensor_v3', untyped, offset, shape, stride, False, {},
                  Global('torch.' + dtype), {})


new = {
    'u16': v3(0, (3, 4), (4, 1), 'uint16'), 'u32': v3(2, (4,), (1,), 'uint32'),
    'f8': v3(0, (24,), (1,), 'float8_e4m3fn'),
    'sub': Reduce('torch._tensor._rebuild_from_type_v2', Global('torch._utils._rebuild_tensor_v2'),
                  Global('toy_network.Sub'), (Storage('torch.ShortStorage', '0', 12), 0, (12,), (1,), False, {}), {}),
    'device': Reduce('torch.device', 'cuda', 0), 'size': Reduce('torch.Size', [3, 4]),
}
data = io.BytesIO()
Pickler(data, 2).dump(new)
with zipfile.ZipFile(path('zip-untyped.pt'), 'w') as z:
    z.writestr('new/data.pkl', data.getvalue())
    z.writestr('new/byteorder', 'little')
    z.writestr('new/data/0', np.arange(12, dtype='<u2').tobytes())
    z.writestr('new/version', '3\n')
    z.writestr('new/.data/serialization_id', '0')


# ---- safetensors, npy, npz -----------------------------------------------------------------------------------------

arrays = {'a.weight': ('F32', ramp(2, 3).astype('<f4')), 'a.bias': ('F16', ramp(3).astype('<f2')),
          'b': ('BF16', (ramp(4).astype('<f4').view('<u4') >> 16).astype('<u2')),
          'c': ('I64', np.arange(3, dtype='<i8') - 3),
          'd': ('BOOL', np.array([1, 0, 1], 'u1')), 'e': ('F64', np.array(2.5)), 'f': ('F8_E4M3', np.zeros(5, 'u1'))}
header, blob = {'__metadata__': {'format': 'pt', 'licence': 'none'}}, b''
for name, (kind, a) in arrays.items():
    header[name] = {'dtype': kind, 'shape': list(a.shape), 'data_offsets': [len(blob), len(blob) + a.nbytes]}
    blob += a.tobytes()
text = json.dumps(header).encode()
text += b' ' * (-len(text) % 8)
with open(path('toy.safetensors'), 'wb') as f:
    f.write(struct.pack('<Q', len(text)) + text + blob)

np.save(path('fortran.npy'), np.asfortranarray(ramp(2, 3, 4).astype('f4')))
np.save(path('big.npy'), ramp(5).astype('>f8'))
both = {'f32': ramp(2, 3).astype('f4'), 'f64': ramp(4), 'i64': np.arange(6).reshape(2, 3) - 3,
        'bool': np.array([True, False, True]),
        'half': ramp(3).astype('f2'), 'scalar': np.float32(2.5), 'empty': np.zeros((0, 3)),
        'text': np.array('gr\u00fc\u00df'),
        'bytes': np.array(b'abc'), 'words': np.array(['a', 'bc']), 'objects': np.array([1, None], dtype=object),
        'fields': np.zeros(2, dtype=[('x', 'f4'), ('y', 'i4')]), 'dir/name': ramp(2), 'complex': np.array([1j])}
np.savez(path('stored.npz'), **both)
np.savez_compressed(path('deflated.npz'), **both)
with open(path('version2.npy'), 'wb') as f:
    np.lib.format.write_array(f, ramp(3).astype('f4'), version=(2, 0))
