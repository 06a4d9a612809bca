"""Comparing a network with a live PyTorch module, layer by layer."""
from __future__ import annotations

import html
import typing

import numpy as np

from ._library import BadArgument, Path, encoded, lib

if typing.TYPE_CHECKING:
    from ._model import Model


class Difference(typing.NamedTuple):
    """How far one boundary is from the module's."""

    name: str
    shape: tuple[int, ...]
    largest: float      #: largest |value| of the module
    difference: float   #: largest |ganbend − module|
    relative: float     #: difference / largest


class Comparison:
    """The result of compare(): `rows` in execution order, and `image`, that of the picture."""

    def __init__(self, rows: list[Difference], image: Difference, tolerance: float) -> None:
        self.rows, self.image, self.tolerance = rows, image, tolerance

    @property
    def worst(self) -> Difference:
        """The row with the largest relative difference. NaN is worse than any number."""
        return max([*self.rows, self.image], key=lambda row: (row.relative != row.relative, row.relative))

    @property
    def passed(self) -> bool:
        """Whether every relative difference is at most the tolerance."""
        return all(row.relative <= self.tolerance for row in [*self.rows, self.image])

    def __repr__(self) -> str:
        head = f"{'layer':34} {'shape':16} {'largest':>10} {'difference':>11} {'relative':>9}"
        lines = [f"{row.name:34} {'×'.join(map(str, row.shape)):16} {row.largest:10.4g} {row.difference:11.3g} "
                 f"{row.relative:9.2g}" for row in [*self.rows, self.image]]
        return "\n".join([head, *lines, f"{'within' if self.passed else 'NOT within'} {self.tolerance:g}"])

    def _repr_html_(self) -> str:
        cells = "".join(f"<tr{'' if row.relative <= self.tolerance else ' style=color:red'}><td>{html.escape(row.name)}</td>"
                        f"<td>{'×'.join(map(str, row.shape))}</td><td>{row.largest:.4g}</td><td>{row.difference:.3g}</td>"
                        f"<td>{row.relative:.2g}</td></tr>" for row in [*self.rows, self.image])
        head = "".join(f"<th>{title}</th>" for title in ("layer", "shape", "largest", "difference", "relative"))
        verdict = f"{'within' if self.passed else 'not within'} {self.tolerance:g}"
        return f"<table><tr>{head}</tr>{cells}</table><p>{verdict}</p>"


def _caller(module: typing.Any) -> typing.Callable:
    """How the published code that the module looks like is called: a function of (module, z, label, psi, w_avg)."""
    if hasattr(module, "mapping") and hasattr(module, "synthesis"):                     # NVIDIA
        return lambda m, z, label, psi, w_avg: m(z, label, truncation_psi=psi, noise_mode="const", force_fp32=True)
    if hasattr(module, "style") and hasattr(module, "to_rgbs"):                         # rosinality
        return lambda m, z, label, psi, w_avg: m([z], truncation=psi, truncation_latent=w_avg, randomize_noise=False)
    if hasattr(module, "blocks") and hasattr(module, "shared"):                         # BigGAN-PyTorch
        return lambda m, z, label, psi, w_avg: m(z, m.shared(label))
    raise BadArgument(f"how a {type(module).__name__} is called is not known: give run=, a function of (module, z, label) that "
                      "returns the picture")


def _as_caller(run: typing.Callable) -> typing.Callable:
    return lambda m, z, label, psi, w_avg: run(m, z, label)


def _hooked(model: Model, module: typing.Any, kept: dict[int, np.ndarray]) -> list:
    """Hooks on the modules whose name is that of a node or an alias; each keeps its output under the node's index."""
    def keep(name, index):
        def hook(_module, _inputs, output):
            values = {index: output}
            if isinstance(output, tuple):       # a block of NVIDIA's: features and the picture so far
                values = {lib.gb_model_find(model._open(), encoded(name + ".img")): output[-1]}
            for at, value in values.items():
                if at >= 0 and hasattr(value, "detach"):
                    kept[at] = value.detach().float().cpu().numpy().copy()      # later operations may work in place
        return hook

    handles = []
    for name, part in module.named_modules():
        if name:
            index = lib.gb_model_find(model._open(), encoded(name))
            handles.append(part.register_forward_hook(keep(name, index)))
    return handles


def compare(model: typing.Union[Model, Path, bytes, typing.BinaryIO], module: typing.Any, seeds: typing.Iterable[int] = range(8),
            *, label: typing.Optional[int] = None, truncation: float = 1.0, run: typing.Optional[typing.Callable] = None,
            tolerance: float = 1e-4) -> Comparison:
    """Runs a PyTorch generator and this engine on the same inputs and compares every layer that both name.

    model: a Model whose weights are those of the module, or what ganbend.open() takes
    module: a torch.nn.Module in evaluation mode, hooked while it runs; NVIDIA's, rosinality's and BigGAN-PyTorch's generators
        are called as their code does
    seeds: each draws a z as the model's own code does
    label: class number; truncation: psi
    run: for other modules: a function of (module, z [1, z_dim], label [1] or None) that returns the picture [1, C, H, W]
    tolerance: of the largest difference, relative to the largest value of a layer
    """
    import torch

    from ._model import Model, open
    if not isinstance(model, Model):
        model = open(model)
    calls = _caller(module) if run is None else _as_caller(run)
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    stored = model.tensors.get("mapping.w_avg")
    average = None if stored is None else torch.from_numpy(stored).to(device)
    kept: dict[int, np.ndarray] = {}
    worst: dict[int, Difference] = {}
    classes = model.with_role("label")
    handles = _hooked(model, module, kept)
    try:
        with model.session() as session, torch.no_grad():
            for seed in seeds:
                kept.clear()
                z = model.z(seed)
                chosen = None if label is None else torch.tensor([label], device=device)
                if chosen is not None and classes and hasattr(module, "mapping"):       # NVIDIA's labels are one-hot
                    chosen = torch.nn.functional.one_hot(chosen, classes.shape[0]).float()
                image = calls(module, torch.from_numpy(z)[None].to(device), chosen, truncation, average)
                image = (image[0] if isinstance(image, (tuple, list)) else image).float().cpu().numpy()
                taps = {i: v for i, v in kept.items() if v.shape == (1, *model.nodes[i].shape)}
                ours = session.render(z=z, label=label, truncation=truncation, noise="const", raw=True,
                                      tap=[model.nodes[i].name for i in taps])
                pairs = [(i, model.nodes[i].name, ours.layers[model.nodes[i].name], v) for i, v in taps.items()]
                for key, name, a, b in [*pairs, (len(model.nodes), "image", np.asarray(ours)[None], image)]:
                    if a.shape != b.shape:
                        raise BadArgument(f"{name}: {list(a.shape)} here, {list(b.shape)} there: not the same network")
                    largest, difference = float(np.abs(b).max()), float(np.abs(a - b).max())
                    row = Difference(name, b.shape[1:], largest, difference, difference / largest if largest else difference)
                    if key not in worst or not row.relative <= worst[key].relative:
                        worst[key] = row
    finally:
        for handle in handles:
            handle.remove()
    if not worst:
        raise BadArgument("no seeds")
    image = worst.pop(len(model.nodes))
    return Comparison([worst[key] for key in sorted(worst)], image, tolerance)
