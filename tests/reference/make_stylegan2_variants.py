#!/usr/bin/python3
"""Writes tests/fixtures/variants/: one tiny StyleGAN2 (8×8, conditional) in the forms in which such networks are saved.

canonical.npz holds its tensors under canonical names; whatever form an adapter reads, it must give these back. Needs
numpy and torch (Debian's python3-torch): /usr/bin/python3 tests/reference/make_stylegan2_variants.py
"""
import io
import os
import pickle
import sys
import types
from collections import OrderedDict

import numpy as np
import torch

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "variants")
Z, C, W, RES, CHANNELS = 5, 3, 8, 8, {4: 6, 8: 4}
FIR = np.outer([1, 3, 3, 1], [1, 3, 3, 1]).astype(np.float32) / 64


def canonical():
    """Everything that a skip, a resnet or an orig network of this shape could have."""
    rng = np.random.RandomState(7)
    t = OrderedDict()

    def add(name, *shape):
        t[name] = np.asarray(rng.randn(*shape), dtype=np.float32)

    add("mapping.embed.weight", W, C), add("mapping.embed.bias", W)
    add("mapping.fc0.weight", W, Z + W), add("mapping.fc0.bias", W)
    add("mapping.fc1.weight", W, W), add("mapping.fc1.bias", W)
    add("mapping.w_avg", W)
    add("synthesis.b4.const", CHANNELS[4], 4, 4)
    for res in (4, 8):
        cin = CHANNELS[4]
        for layer in ("conv0", "conv1", "torgb", "skip"):
            if res == 4 and layer in ("conv0", "skip"):
                continue
            name = f"synthesis.b{res}.{layer}"
            into = CHANNELS[res] if layer in ("conv1", "torgb") else cin
            out = 3 if layer == "torgb" else CHANNELS[res]
            kernel = 3 if layer.startswith("conv") else 1
            add(name + ".weight", out, into, kernel, kernel)
            if layer != "skip":
                add(name + ".affine.weight", into, W), add(name + ".affine.bias", into), add(name + ".bias", out)
            if layer.startswith("conv"):
                add(name + ".noise_const", res, res), add(name + ".noise_strength")
            if layer in ("conv0", "skip"):
                t[name + ".resample_filter"] = FIR
    t["synthesis.b8.resample_filter"] = FIR
    return t


BASE = canonical()


def part_of(block, noise=True):
    """The names that a network of that kind of block has."""
    names = []
    for name in BASE:
        if ".skip." in name and block != "resnet" or name == "synthesis.b8.resample_filter" and block != "skip":
            continue
        if name.startswith("synthesis.b4.torgb") and block != "skip" or ".noise_" in name and not noise:
            continue
        names.append(name)
    return names


# ---- NVIDIA's pickles: modules by persistence, their attributes beside their tensors ----

def fake_module(path, **members):
    parts = path.split(".")
    for i in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:i]), types.ModuleType(".".join(parts[:i])))
    for key, value in members.items():
        setattr(sys.modules[path], key, value)
        value.__module__ = path
        value.__qualname__ = key


def _reconstruct_persistent_obj(meta):
    raise RuntimeError("only pickled here")


fake_module("torch_utils.persistence", _reconstruct_persistent_obj=_reconstruct_persistent_obj)


class Module:
    def __init__(self, class_name, **attributes):
        self.class_name, self.attributes = class_name, attributes
        self.parameters, self.buffers, self.modules = OrderedDict(), OrderedDict(), OrderedDict()

    def __reduce__(self):
        state = dict(training=False, _parameters=self.parameters, _buffers=self.buffers,
                     _non_persistent_buffers_set=set(), _backward_hooks=OrderedDict(), _modules=self.modules,
                     **self.attributes)
        meta = dict(type="class", version=6, module_src="raise SystemExit\n", class_name=self.class_name, state=state)
        return sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj, (meta,)

    def fill(self, path):
        for name, value in BASE.items():
            if name.startswith(path + ".") and "." not in name[len(path) + 1:]:
                leaf, tensor = name[len(path) + 1:], torch.from_numpy(value.copy())
                if leaf in ("noise_const", "resample_filter", "w_avg"):
                    self.buffers[leaf] = tensor
                else:
                    self.parameters[leaf] = torch.nn.Parameter(tensor)
        return self


def dense(path, activation="linear", lr=1.0):
    fan_in = BASE[path + ".weight"].shape[1]
    return Module("FullyConnectedLayer", in_features=fan_in, activation=activation, weight_gain=lr / np.sqrt(fan_in),
                  bias_gain=lr).fill(path)


def generator(block="skip", noise=True, clamp=lambda layer: 256, activation=lambda layer: "lrelu", lr=0.01, up=2):
    g = Module("Generator", z_dim=Z, c_dim=C, w_dim=W, img_resolution=RES, img_channels=3, num_ws=4,
               _init_args=(Z, C, W, RES, 3), _init_kwargs={})
    mapping = g.modules["mapping"] = Module("MappingNetwork", z_dim=Z, c_dim=C, w_dim=W, num_ws=4, num_layers=2,
                                            w_avg_beta=0.998).fill("mapping")
    mapping.modules["embed"] = dense("mapping.embed")
    for i in (0, 1):
        mapping.modules[f"fc{i}"] = dense(f"mapping.fc{i}", "lrelu", lr)
    synthesis = g.modules["synthesis"] = Module("SynthesisNetwork", w_dim=W, img_resolution=RES, num_fp16_res=4)
    for res in (4, 8):
        b = synthesis.modules[f"b{res}"] = Module("SynthesisBlock", resolution=res, architecture=block, use_fp16=True,
                                                  is_last=res == RES).fill(f"synthesis.b{res}")
        b.buffers["resample_filter"] = torch.from_numpy(FIR.copy())
        for layer in ("conv0", "conv1", "torgb", "skip"):
            path = f"synthesis.b{res}.{layer}"
            if path + ".weight" not in part_of(block):
                continue
            cin = BASE[path + ".weight"].shape[1]
            if layer == "skip":
                m = Module("Conv2dLayer", activation="linear", up=2, down=1, conv_clamp=None, padding=0, act_gain=1,
                           weight_gain=1 / np.sqrt(cin), bias=None)
            elif layer == "torgb":
                m = Module("ToRGBLayer", conv_clamp=clamp(path), weight_gain=1 / np.sqrt(cin))
            else:
                act = activation(path)
                m = Module("SynthesisLayer", resolution=res, up=up if layer == "conv0" else 1, use_noise=noise,
                           activation=act, conv_clamp=clamp(path), padding=1,
                           act_gain=np.sqrt(2) if act in ("lrelu", "relu", "swish") else 1)
            b.modules[layer] = m.fill(path)
            if layer.startswith("conv"):
                m.buffers["resample_filter"] = torch.from_numpy(FIR.copy())
            if not noise:
                m.buffers.pop("noise_const", None), m.parameters.pop("noise_strength", None)
            if layer != "skip":
                m.modules["affine"] = dense(path + ".affine")
    return g


def write(name, data):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)


def pickled(name, obj):
    write(name, pickle.dumps(obj, protocol=4))


# ---- the TensorFlow era ----

class Network:
    pass


fake_module("dnnlib.tflib.network", Network=Network)


def tf_network(name, kwargs, variables, components=None):
    n = Network()
    n.__dict__.update(version=4, name=name, static_kwargs=kwargs, components=components or {},
                      build_module_src="raise SystemExit\n", build_func_name=name, variables=variables)
    return n


def tensorflow(block, kwargs):
    def dense_pair(ours, theirs):
        return [(theirs + "/weight", BASE[ours + ".weight"].T.copy()), (theirs + "/bias", BASE[ours + ".bias"])]

    mapping = dense_pair("mapping.embed", "LabelEmbed") + dense_pair("mapping.fc0", "Dense0") + \
        dense_pair("mapping.fc1", "Dense1")
    synthesis = [("4x4/Const/const", BASE["synthesis.b4.const"][None])]
    for res in (4, 8):
        for layer, scope in (("conv0", "Conv0_up"), ("conv1", "Conv1" if res > 4 else "Conv"), ("torgb", "ToRGB"),
                             ("skip", "Skip")):
            ours, theirs = f"synthesis.b{res}.{layer}", f"{res}x{res}/{scope}"
            if ours + ".weight" not in part_of(block):
                continue
            weight = BASE[ours + ".weight"].transpose(2, 3, 1, 0)
            if layer in ("conv0", "skip"):
                weight = weight[::-1, ::-1]
            synthesis.append((theirs + "/weight", weight.copy()))
            if layer != "skip":
                synthesis += [(theirs + "/mod_weight", BASE[ours + ".affine.weight"].T.copy()),
                              (theirs + "/mod_bias", BASE[ours + ".affine.bias"] - np.float32(1)),
                              (theirs + "/bias", BASE[ours + ".bias"])]
            if layer.startswith("conv"):
                synthesis.append((theirs + "/noise_strength", BASE[ours + ".noise_strength"]))
                k = 0 if res == 4 else int(np.log2(res)) * 2 - (5 if layer == "conv0" else 4)
                synthesis.append((f"noise{k}", BASE[ours + ".noise_const"][None, None]))
    parts = dict(mapping=tf_network("G_mapping", kwargs, mapping),
                 synthesis=tf_network("G_synthesis", kwargs, synthesis))
    own = [("lod", np.float32(0)), ("dlatent_avg", BASE["mapping.w_avg"])]
    return tuple(tf_network(name, kwargs, own if name != "D" else [], parts if name != "D" else {})
                 for name in ("G", "D", "Gs"))


# ---- rosinality's ----

def rosinality():
    """The same network without its label: fc0 takes W values there, so the first W columns stand in."""
    sd = OrderedDict()

    def tensor(name, value):
        sd[name] = torch.from_numpy(np.ascontiguousarray(value, dtype=np.float32))

    tensor("style.1.weight", BASE["mapping.fc0.weight"][:, :W]), tensor("style.1.bias", BASE["mapping.fc0.bias"])
    tensor("style.2.weight", BASE["mapping.fc1.weight"]), tensor("style.2.bias", BASE["mapping.fc1.bias"])
    tensor("input.input", BASE["synthesis.b4.const"][None])
    for ours, theirs, noise in (("b4.conv1", "conv1", 0), ("b4.torgb", "to_rgb1", None), ("b8.conv0", "convs.0", 1),
                                ("b8.conv1", "convs.1", 2), ("b8.torgb", "to_rgbs.0", None)):
        ours = "synthesis." + ours
        weight = BASE[ours + ".weight"].astype(np.float64)
        if noise is not None:
            weight = weight * np.sqrt(weight.shape[1] * 9)
        tensor(theirs + ".conv.weight", weight[None])
        tensor(theirs + ".conv.modulation.weight", BASE[ours + ".affine.weight"])
        tensor(theirs + ".conv.modulation.bias", BASE[ours + ".affine.bias"])
        if noise is not None:
            tensor(theirs + ".noise.weight", BASE[ours + ".noise_strength"].reshape(1))
            tensor(theirs + ".activate.bias", BASE[ours + ".bias"])
            tensor(f"noises.noise_{noise}", BASE[ours + ".noise_const"][None, None])
        else:
            tensor(theirs + ".bias", BASE[ours + ".bias"].reshape(1, -1, 1, 1))
    tensor("convs.0.conv.blur.kernel", FIR * 4), tensor("to_rgbs.0.upsample.kernel", FIR * 4)
    return sd


def prefixed(prefix, sd):
    return OrderedDict((prefix + k, v) for k, v in sd.items())


def saved(name, obj, **how):
    b = io.BytesIO()
    torch.save(obj, b, **how)
    write(name, b.getvalue())


def main():
    os.makedirs(OUT, exist_ok=True)
    np.savez(os.path.join(OUT, "canonical.npz"), **BASE)

    pickled("sg3-repo.pkl", {"G": generator(), "D": None, "G_ema": generator(), "training_set_kwargs": {},
                             "augment_pipe": None})
    pickled("generator.pkl", generator("orig", clamp=lambda p: None if p.endswith("b4.conv1") else 0.5,
                                       activation=lambda p: "tanh" if p.endswith("b8.conv0") else "swish", lr=0.25))
    pickled("g-only-no-noise.pkl", {"G": generator("resnet", noise=False, clamp=lambda p: None)})
    pickled("odd-up.pkl", {"G_ema": generator(up=4)})
    pickled("odd-activation.pkl", {"G_ema": generator(activation=lambda p: "gelu")})
    kwargs = dict(architecture="resnet", mapping_layers=2, mapping_lrmul=0.02, nonlinearity="relu", latent_size=Z,
                  label_size=C)
    pickled("tensorflow-resnet.pkl", tensorflow("resnet", kwargs))
    pickled("tensorflow-defaults.pkl", tensorflow("skip", {}))

    nvidia = OrderedDict((k, torch.from_numpy(BASE[k])) for k in part_of("skip"))
    half = OrderedDict((k, v.half()) for k, v in nvidia.items())
    saved("nvidia-half-legacy.pt", {"params_ema": half, "params": half}, _use_new_zipfile_serialization=False)
    saved("nvidia-parallel.pth", {"epoch": 3, "state_dict": prefixed("module.generator.", nvidia)})
    saved("rosinality-bare.pt", rosinality())
    saved("rosinality-expanded.pt", {**rosinality(), "conv1.conv.weight": torch.ones(1).expand(1, 6, 6, 3, 3)})
    encoder = {"encoder.input_layer.0.weight": torch.ones(2, 3, 3, 3)}
    saved("rosinality-psp.pt", {"state_dict": {**encoder, **prefixed("decoder.", rosinality())},
                                "latent_avg": torch.from_numpy(np.tile(BASE["mapping.w_avg"], (4, 1)))})


main()
