"""Sessions: what is drawn, how it is bent, and what is read out."""
from __future__ import annotations

import ctypes as c
import fnmatch
import json
import os
import typing
import weakref

import numpy as np
import numpy.typing as npt

from . import _library
from ._library import BadArgument, Floats, Numbers, Path, address, call, decoded, encoded, floats, lib

if typing.TYPE_CHECKING:
    from ._model import Model, Node, Parameter

Function = typing.TypeVar("Function", bound=typing.Callable[[Floats], typing.Any])
NOISE = {"const": 0, "none": 1, "random": 2}
FILTER, ACTIVATION, PAINT, DISABLE, LAYER_NOISE, SET, TRUNCATE, STYLE, CALL = range(9)
ALL, LIST, RANDOM = range(3)


class Picture(np.ndarray):
    """Pixels, uint8 [H, W, C] or [N, H, W, C], or the network's own float32 [C, H, W] or [N, C, H, W]. An ordinary array
    otherwise; notebooks show it.

    layers: the boundaries that were asked for, by name: float32 [N, …]
    """

    layers: dict[str, Floats]

    def __array_finalize__(self, source: typing.Any) -> None:
        self.layers = getattr(source, "layers", {}) if isinstance(source, Picture) else {}

    def _pixels(self) -> typing.Optional[np.ndarray]:
        values = np.asarray(self)
        if values.dtype == np.float32 and values.ndim in (3, 4):
            values = np.moveaxis(np.clip(np.floor(values * 127.5 + 128), 0, 255).astype(np.uint8), -3, -1)
        if values.dtype != np.uint8 or values.ndim not in (3, 4) or values.shape[-1] not in (1, 3, 4):
            return None
        if values.ndim == 4:    # a batch side by side
            values = np.concatenate(list(values), axis=1)
        return np.ascontiguousarray(values)

    def png(self) -> bytes:
        """The picture as a PNG file, bytes; a batch side by side."""
        pixels = self._pixels()
        if pixels is None:
            raise BadArgument(f"{self.dtype} {list(self.shape)} is no picture")
        height, width, channels = pixels.shape
        return _library.writer_bytes("gb_png_write_to", None, width, height, channels, pixels.ctypes.data, None, 0)

    def __repr__(self) -> str:
        return f"<ganbend.Picture {self.dtype} {'×'.join(map(str, self.shape))}>" if self.ndim > 1 else super().__repr__()

    def _repr_png_(self) -> typing.Optional[bytes]:
        return None if self._pixels() is None else self.png()


class Step(typing.NamedTuple):
    """One step of the last render: a node, and those that were computed together with it."""

    first: str
    last: str
    op: str
    kernel: str
    seconds: float
    ran: bool
    macs: int


class Bend:
    """A bend of a session: see Session.bend()."""

    def __init__(self, session: Session, number: int) -> None:
        self._session, self._number = session, number
        self._parameters: typing.Sequence[Parameter] = ()
        self._given: dict[str, typing.Any] = {}

    def set(self, *values: typing.Any, **named: typing.Any) -> None:
        """Changes the parameters of a filter or activation, in their order or by name; factor, psi or keep of other bends."""
        if self._parameters:
            self._given = {**self._given, **_named(self._parameters, values, named)}
        array = floats(_ordered(self._parameters, self._given) if self._parameters else values)
        call("gb_session_set_bend_params", self._session._open(), self._number, address(array), array.size)

    def remove(self) -> None:
        """Takes the bend away."""
        call("gb_session_unbend", self._session._open(), self._number)
        self._session._kept.pop(self._number, None)


class Recipe:
    """A recipe that has been applied to a session: see Session.recipe()."""

    def __init__(self, session: Session, handle: c.c_void_p) -> None:
        self._session, self._handle = session, handle
        self._free = weakref.finalize(self, lib.gb_recipe_free, handle)

    @property
    def parameters(self) -> dict[str, float]:
        """Its named parameters and their values."""
        parameter, index, values = _library.gb_recipe_param(), 0, {}
        while lib.gb_recipe_param_at(self._handle, index, c.byref(parameter)):
            values[decoded(parameter.name)] = parameter.value
            index += 1
        return values

    def _assign(self, values: typing.Mapping[str, float]) -> None:
        for name, value in values.items():
            call("gb_recipe_set", self._handle, encoded(name), float(value))

    def set(self, **values: float) -> None:
        """Changes parameters by name. Only what depends on them is computed again."""
        self._assign(values)
        call("gb_recipe_update", self._handle, self._session._open())


def _named(parameters: typing.Sequence[Parameter], values: typing.Sequence, named: dict) -> dict[str, typing.Any]:
    """Values given in the table's order or by name, by name."""
    names = [p.name for p in parameters]
    if len(values) > len(names):
        raise BadArgument(f"{len(values)} parameters are too many: there are {', '.join(names) or 'none'}")
    unknown = [name for name in named if name not in names]
    if unknown:
        raise BadArgument(f"there is no parameter {unknown[0]!r}; there are {', '.join(names) or 'none'}")
    return {**dict(zip(names, values)), **named}


def _asked_for(name: str, node: Node) -> str:
    """The name of a node that a name or glob of render() found: its own, or the alias that was asked for."""
    if not set(name) & set("*?["):
        return name
    alias = node.alias if node.alias and fnmatch.fnmatchcase(node.alias, name) else node.name
    return node.name if fnmatch.fnmatchcase(node.name, name) else alias


def _ordered(parameters: typing.Sequence[Parameter], given: dict[str, typing.Any]) -> list:
    """The parameters as numbers, as far as the last one given."""
    count = max((i + 1 for i, p in enumerate(parameters) if p.name in given), default=0)
    values = [given.get(p.name, p.default) for p in parameters[:count]]
    return [p.choices.index(v) if isinstance(v, str) and v in p.choices else v for p, v in zip(parameters, values)]


class Session:
    """One user of a model. Inputs and bends stay until they are changed; render() draws.

    >>> session = model.session(interactive=True)
    >>> picture = session.render(seed=7, truncation=0.7)
    """

    def __init__(self, model: Model, handle: c.c_void_p, batch: int) -> None:
        self.model, self.batch = model, batch
        self._handle = handle
        self._kept: dict[int, typing.Any] = {}      # callbacks of bends, which the library calls
        self._close = weakref.finalize(self, lib.gb_session_free, handle)
        self._raised: typing.Optional[BaseException] = None     # the exception of a callback
        self._wanted: list[str] = []

    def _open(self) -> c.c_void_p:
        if not self._close.alive:
            raise BadArgument("the session is closed")
        return self._handle

    # -------------------------------------------------------------------------------------------- inputs
    def inputs(self, *, seed: typing.Optional[int] = None, z: typing.Optional[Numbers] = None,
               w: typing.Optional[Numbers] = None, label: typing.Union[int, Numbers, None] = None,
               truncation: typing.Optional[float] = None, cutoff: typing.Optional[int] = None,
               w_avg: typing.Optional[Numbers] = None, noise: typing.Optional[str] = None, noise_seed: int = 0,
               image: typing.Optional[int] = None) -> None:
        """Sets inputs; those that are not given stay. All of them are set, or none.

        seed: draws z as the model's own code does; further samples of a batch take the following seeds
        z: [batch, z_dim] or [z_dim]; w: [batch, rows, w_dim] or [rows, w_dim] or [w_dim], rows = 1 or num_ws, untruncated
        label: a class number, or [batch, classes]
        truncation: psi; cutoff: how many w's are truncated, None = all; w_avg: what to truncate towards, [w_dim]
        noise: "const" (the stored maps), "none" or "random", drawn from noise_seed
        image: number of the image in a series, for random features of bends
        """
        handle = self._open()
        call("gb_session_begin", handle)
        try:
            if seed is not None:
                call("gb_session_seed", handle, seed)
            if z is not None:
                call("gb_session_set_z", handle, address(self._per_sample(z, "z")))
            if w is not None:
                array = floats(w)
                while array.ndim < 3:
                    array = array[None]
                array = floats(np.broadcast_to(array, (self.batch, *array.shape[1:])), (self.batch, -1, self._width("w")))
                call("gb_session_set_ws", handle, address(array), array.shape[1])
            if isinstance(label, (int, np.integer)) or (label is not None and np.ndim(typing.cast(typing.Any, label)) == 0):
                call("gb_session_set_class", handle, int(typing.cast(typing.Any, label)))
            elif label is not None:
                call("gb_session_set_label", handle, address(self._per_sample(label, "label")))
            if truncation is not None:
                call("gb_session_truncate", handle, truncation, -1 if cutoff is None else cutoff)
            if w_avg is not None:
                call("gb_session_set_w_avg", handle, address(floats(w_avg, (self._width("w"),))))
            if noise is not None:
                if noise not in NOISE:
                    raise BadArgument(f"noise is {', '.join(NOISE)}, not {noise!r}")
                call("gb_session_noise", handle, NOISE[noise], noise_seed)
            if image is not None:
                call("gb_session_redraw", handle, image)
        except BaseException:
            lib.gb_session_rollback(handle)
            raise
        call("gb_session_commit", handle)

    def _width(self, what: str) -> int:
        node = self.model.with_role("ws" if what == "w" else what)
        if node is None:
            raise BadArgument(f"{self.model.name} has no {what}")
        return node.shape[-1]

    def _per_sample(self, values: typing.Any, role: str) -> Floats:
        width, array = self._width(role), floats(values)
        if array.ndim == 1:
            array = np.broadcast_to(array, (self.batch, array.shape[0]))
        return floats(array, (self.batch, width))

    def noise_map(self, layer: str, values: typing.Optional[Numbers]) -> None:
        """The noise map of a layer, "synthesis.b8.conv1": [H, W] or [batch, 1, H, W]; None restores the stored one."""
        array = None if values is None else floats(values)
        samples = 0 if array is None else array.shape[0] if array.ndim == 4 else 1
        if array is not None:
            node = self.model.find(f"{layer}.noise_const")
            floats(array.reshape(samples, *array.shape[-3:]) if array.ndim == 4 else array[None, None],
                   (samples, 1, *node.shape[-2:]))
        call("gb_session_set_noise_map", self._open(), encoded(layer), address(array), samples)

    def feed(self, name: str, values: typing.Optional[Numbers]) -> None:
        """Sets a boundary to `values` [batch, …]; nodes that only it depends on do not run. None takes that back."""
        if values is not None:
            node = self.model.find(name)
            array = floats(values)
            values = floats(array[None] if array.ndim == len(node.shape) else array, (self.batch, *node.shape))
        call("gb_session_feed", self._open(), encoded(name), address(values))

    # -------------------------------------------------------------------------------------------- rendering
    def render(self, *, tap: typing.Union[str, typing.Iterable[str]] = (), raw: bool = False,
               out: typing.Optional[np.ndarray] = None, **inputs: typing.Any) -> Picture:
        """Draws the batch with the inputs of inputs() and returns a Picture.

        tap: names or globs of boundaries to read into `.layers`
        raw: the network's own values, float32 [C, H, W], nominally -1 to 1; otherwise uint8 [H, W, C]. With a batch of more
            than one [N, C, H, W] and [N, H, W, C].
        out: an array of that shape and type to draw into
        """
        if inputs:
            self.inputs(**inputs)
        channels, height, width = self.model.output_shape
        shape: tuple[int, ...] = (channels, height, width) if raw else (height, width, channels)
        if self.batch > 1:
            shape = (self.batch, *shape)
        kind = np.dtype(np.float32 if raw else np.uint8)
        if out is None:
            out = np.empty(shape, kind)
        elif out.shape != shape or out.dtype != kind or not out.flags.c_contiguous or not out.flags.writeable:
            raise BadArgument(f"out is {out.dtype} {list(out.shape)}; a contiguous {kind} {list(shape)} is needed")
        names = [tap] if isinstance(tap, str) else list(tap)
        for name in names:
            call("gb_session_tap", self._open(), encoded(name))
        try:
            self._run("gb_session_render" if raw else "gb_session_render_pixels", out.ctypes.data)
            picture = out.view(Picture)
            picture.layers = {}
            for name in names:
                for node in self.model.match(name):
                    picture.layers[_asked_for(name, node)] = self.read(node.name)
        finally:
            for name in names:
                call("gb_session_untap", self._open(), encoded(name))
        return picture

    def _run(self, name: str, *arguments: typing.Any) -> None:
        """A call during which callbacks run. The first exception of a callback is raised afterwards."""
        self._raised = None
        call(name, self._open(), *arguments)
        if self._raised:
            raise self._raised

    def save(self, path: Path, **inputs: typing.Any) -> None:
        """Draws the first sample into a PNG that holds its own recipe, as `ganbend render` writes it."""
        if inputs:
            self.inputs(**inputs)
        self._run("gb_session_render_png", encoded(path))

    def read(self, name: str) -> Floats:
        """A boundary of the last render, float32 [batch, …]: one that was tapped, or kept by an interactive session."""
        node = self.model.find(name)
        values = np.empty((self.batch, *node.shape), np.float32)
        call("gb_session_read", self._open(), node.index, values.ctypes.data)
        return values

    def cancel(self) -> None:
        """Ends what the session is doing in another thread, with Cancelled."""
        lib.gb_session_cancel(self._open())

    def steps(self) -> list[Step]:
        """The steps of the last render with their times, as a list of Step."""
        stats, info, steps = _library.gb_render_stats(), _library.gb_step_info(), []
        lib.gb_session_stats(self._open(), c.byref(stats))
        for index in range(stats.steps):
            lib.gb_session_step(self._handle, index, c.byref(info))
            first, last = (self.model.nodes[i].name if 0 <= i < len(self.model.nodes) else "" for i in (info.first, info.last))
            steps.append(Step(first, last, decoded(info.op), decoded(info.kernel), info.seconds, info.ran, info.macs))
        return steps

    # -------------------------------------------------------------------------------------------- bends
    def _bend(self, kind: int, at: str, features: typing.Optional[npt.ArrayLike] = None, share: typing.Optional[float] = None,
              seed: int = 0, **options: typing.Any) -> Bend:
        bend = _library.gb_bend_options(kind=kind, at=encoded(at), seed=seed, **options)
        if share is not None:
            bend.features = _library.gb_features(choice=RANDOM, share=share, seed=seed)
        elif features is not None:
            chosen = np.ascontiguousarray(features, np.int32).reshape(-1)
            bend.features = _library.gb_features(choice=LIST, list=chosen.ctypes.data, count=chosen.size)
        number = c.c_int()
        call("gb_session_bend", self._open(), c.byref(bend), c.byref(number))
        return Bend(self, number.value)

    def bend(self, at: str, *values: typing.Any, filter: typing.Optional[str] = None,
             activation: typing.Optional[str] = None, features: typing.Optional[npt.ArrayLike] = None,
             share: typing.Optional[float] = None, feature_seed: int = 0, drop_bias: bool = False,
             gain: typing.Optional[float] = None, **named: typing.Any) -> Bend:
        """Applies a filter to a layer's feature maps, or replaces its activation. Returns a Bend.

        at: a boundary or a glob
        filter, activation: a name of ganbend.filters() or ganbend.activations(); parameters follow by position or name
        features: channel numbers, None = all; share: that share of the channels, drawn from feature_seed
        drop_bias, gain: of an activation: leave the bias out, another gain than the network's
        """
        from ._model import activations, filters
        name = filter or activation
        if (filter is None) == (activation is None) or name is None:
            raise BadArgument("a bend needs either a filter or an activation")
        table = filters() if filter else activations()
        row = table.get(name) or next((r for r in table.values() if r.alias == name), None)
        if row is None:
            raise BadArgument(f"there is no {'filter' if filter else 'activation'} {name!r}; there are {', '.join(table)}")
        given = _named(row.parameters, values, named)
        array = floats(_ordered(row.parameters, given))
        bend = self._bend(FILTER if filter else ACTIVATION, at, features, share, feature_seed, name=encoded(row.name),
                          params=address(array), param_count=array.size, drop_bias=drop_bias, set_gain=gain is not None,
                          gain=gain or 0)
        bend._parameters, bend._given = row.parameters, given
        return bend

    def disable(self, at: str) -> Bend:
        """Passes a layer's input through."""
        return self._bend(DISABLE, at)

    def set(self, at: str, values: Numbers, *, add: bool = False, keep: float = 0.0,
            features: typing.Optional[npt.ArrayLike] = None) -> Bend:
        """Replaces a boundary's values [batch, …] or [1, …], or adds to them; `keep` is the share of the old ones that stays."""
        node = self.model.find(at)
        array = floats(values)
        array = array[None] if array.ndim == len(node.shape) else array
        array = floats(array, (-1, *node.shape))
        return self._bend(SET, at, features, values=address(array), samples=array.shape[0], add=add, keep=keep)

    def paint(self, at: str, vectors: Numbers, *, grid: int = 0, mask: typing.Optional[npt.ArrayLike] = None,
              anywhere: bool = False, seed: int = 0) -> Bend:
        """Overwrites all channels at chosen pixels with activation vectors [n, C] or [C]: everywhere (grid 0), in grid×grid
        blocks, or where mask [h, w] holds the number of a vector (negative: keep). `anywhere` moves what the mask paints to a
        place drawn from `seed`, and from the image of redraw()."""
        vectors = floats(vectors)
        vectors = floats(vectors[None] if vectors.ndim == 1 else vectors, (-1, self.model.find(at).shape[0]))
        chosen = None if mask is None else np.ascontiguousarray(mask, np.int16)
        height, width = (0, 0) if chosen is None else chosen.shape
        return self._bend(PAINT, at, vectors=address(vectors), vector_count=vectors.shape[0], grid=grid,
                          mask=address(chosen), mask_h=height, mask_w=width, anywhere=anywhere, seed=seed)

    def layer_noise(self, at: str, factor: float = 1.0, seed: typing.Optional[int] = None) -> Bend:
        """Multiplies a layer's noise by `factor`, and draws its map from `seed` if one is given."""
        return self._bend(LAYER_NOISE, at, seed=seed or 0, factor=factor, reseed=seed is not None)

    def style(self, at: str, seed: int, *, truncation: typing.Optional[float] = None, label: typing.Optional[int] = None,
              keep: float = 0.0) -> Bend:
        """Replaces the w of a layer ("synthesis.w3") with that of another seed: style mixing."""
        return self._bend(STYLE, at, seed=seed, psi=truncation or 0, set_psi=truncation is not None,
                          set_label=label is not None, label=label or 0, keep=keep)

    def truncate(self, at: str, psi: float) -> Bend:
        """Truncates the w of a layer with a psi of its own."""
        return self._bend(TRUNCATE, at, psi=psi)

    def callback(self, at: str) -> typing.Callable[[Function], Function]:
        """Decorates a function that gets a boundary [N, C, H, W] as a numpy view of the engine's memory, valid during the
        call. It changes the view, or returns an array of its shape. The function runs in the thread that renders.

        >>> @session.callback("synthesis.b16.conv0")
        ... def rotate(x):
        ...     return np.roll(x, 3, axis=-1)
        """
        def decorate(function: Function) -> Function:
            session = weakref.ref(self)

            def called(_: typing.Any, values: typing.Any) -> None:
                v = values.contents
                view = np.ctypeslib.as_array(v.values, (v.n, v.c, v.h, v.w))
                try:
                    result = function(view)
                    if result is not None:
                        view[...] = floats(result, view.shape)
                except BaseException as error:      # not through the library: render() raises it
                    owner = session()
                    if owner is not None and owner._raised is None:
                        owner._raised = error

            thunk = _library.CALLBACK(called)
            bend = self._bend(CALL, at, callback=thunk)
            self._kept[bend._number] = thunk
            setattr(function, "bend", bend)
            return function
        return decorate

    def unbend(self) -> None:
        """Takes all bends away."""
        call("gb_session_unbend", self._open(), 0)
        self._kept.clear()

    def recipe(self, source: typing.Union[Path, dict, list], **parameters: float) -> Recipe:
        """Adds the bends of a recipe: the path of a YAML file, its text (with a newline), or a dict or list. Returns a Recipe,
        whose parameters can be changed."""
        if isinstance(source, (dict, list)):
            source = json.dumps(source) + "\n"
        if isinstance(source, os.PathLike) or "\n" not in source:
            handle = _library.new("gb_recipe_open", encoded(source))
        else:
            data = source.encode()
            handle = _library.new("gb_recipe_parse", data, len(data), b"recipe")
        recipe = Recipe(self, handle)
        recipe._assign(parameters)
        call("gb_recipe_apply", handle, self._open())
        return recipe

    # -------------------------------------------------------------------------------------------- gradients
    def want(self, *names: str) -> None:
        """Asks for gradients of boundaries: "z", "mapping" (every w), noise maps, layers; "NODE:params" of an activation's
        parameters. Takes effect at the next render. Needs a session with gradient=True."""
        for name in names:
            call("gb_session_want", self._open(), encoded(name))
        self._wanted += names

    def unwant(self) -> None:
        """Wants nothing any more."""
        lib.gb_session_unwant(self._open())
        self._wanted = []

    def backward(self, cotangent: Numbers, node: typing.Optional[str] = None) -> dict[str, Floats]:
        """∂loss/∂x of everything that is wanted, by name. `cotangent` is ∂loss/∂node [batch, …]; node = None: the picture."""
        of: Node = self.model.output if node is None else self.model.find(node)
        array = floats(cotangent)
        array = floats(array[None] if array.ndim == len(of.shape) else array, (self.batch, *of.shape))
        call("gb_session_backward", self._open(), of.index, address(array))
        gradients: dict[str, Floats] = {}
        for name in self._wanted:
            if name.endswith(":params"):
                at = self.model.find(name[:-len(":params")])
                count = lib.gb_session_param_count(self._handle, at.index)
                gradients[name] = np.empty((self.batch, count), np.float32)
                call("gb_session_param_gradient", self._handle, at.index, address(gradients[name]))
                continue
            for at in self.model.match(name):
                gradients[at.name] = np.empty((self.batch, *at.shape), np.float32)
                call("gb_session_gradient", self._handle, at.index, address(gradients[at.name]))
        return gradients

    # -------------------------------------------------------------------------------------------- the end
    def close(self) -> None:
        """Frees the session. Happens by itself when nothing refers to it any more."""
        self._close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ganbend.Session of {self.model.name}, batch {self.batch}>"
