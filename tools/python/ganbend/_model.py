"""Opening networks, and what there is to know about one."""
from __future__ import annotations

import collections.abc
import ctypes as c
import html
import os
import pathlib
import typing
import weakref
import zlib

import numpy as np

from . import _library
from ._library import Floats, Path, call, decoded, encoded, lib

if typing.TYPE_CHECKING:
    from ._session import Picture, Session

ROLES = (None, "z", "label", "ws", "w", "noise", "layer", "torgb", "image", "picture")
GENERATORS = {"numpy": 0, "torch": 1, "truncnorm": 2}
GBW = 0     # gb_output_kind
MAGIC = b"\x89GBW\r\n\x1a\n"


class _Context:
    """Threads and kernels. Models with the same settings share one."""

    shared: weakref.WeakValueDictionary[tuple, _Context] = weakref.WeakValueDictionary()

    def __init__(self, device: typing.Optional[str], precision: typing.Optional[str], threads: int,
                 isa: typing.Optional[str]) -> None:
        options = _library.gb_context_options(threads=threads, isa=encoded(isa), device=encoded(device),
                                              precision=encoded(precision))
        self.handle = _library.new("gb_context_new", c.byref(options))
        weakref.finalize(self, lib.gb_context_free, self.handle)

    @classmethod
    def get(cls, *settings: typing.Any) -> _Context:
        context = cls.shared.get(settings)
        if context is None:
            context = cls.shared[settings] = cls(*settings)
        return context


class Node(typing.NamedTuple):
    """One operation of a network. Its output is a boundary that can be read, replaced and bent."""

    index: int  # type: ignore[assignment]      # a tuple's own index() is of no use here
    name: str
    alias: typing.Optional[str]     #: the name of the module in the checkpoint's own code
    op: str                         #: "modulated_conv2d"
    role: typing.Optional[str]      #: "layer", "torgb", "image", … or None
    shape: tuple[int, ...]          #: of one sample: [C], [rows, C] or [C, H, W]
    parameters: int                 #: how many weights this node is the first to use
    macs: int                       #: multiply-adds per sample
    inputs: tuple[int, ...]         #: indices of the nodes that it reads
    activation: typing.Optional[str]


class _Tensors(typing.Mapping[str, Floats]):
    """The weights of a model by name, as float32. Each is read when it is asked for."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._shapes: dict[str, tuple[int, ...]] = {}
        info = _library.gb_array_info()
        for index in range(lib.gb_model_tensor_count(model._handle)):
            lib.gb_model_tensor(model._handle, index, c.byref(info))
            self._shapes[decoded(info.name)] = tuple(info.shape[:info.ndim])

    def __getitem__(self, name: str) -> Floats:
        values = np.empty(self._shapes[name], np.float32)
        call("gb_model_read_tensor", self._model._open(), encoded(name), values.ctypes.data)
        return values

    def __iter__(self) -> typing.Iterator[str]:
        return iter(self._shapes)

    def __len__(self) -> int:
        return len(self._shapes)

    def __repr__(self) -> str:
        return f"<{len(self)} tensors>"


def _end(handle: c.c_void_p, context: _Context, sessions: list) -> None:
    """Closes a model: its sessions first, then the model, and the context if no other model uses it."""
    for close in sessions:
        close()
    lib.gb_model_close(handle)


class Model:
    """A network. Made by ganbend.open(); any number of sessions and threads can use it."""

    def __init__(self, context: _Context, handle: c.c_void_p, name: str) -> None:
        self._context = context
        self._handle = handle
        self._sessions: list[weakref.finalize] = []     # the functions that free them
        self._close = weakref.finalize(self, _end, handle, context, self._sessions)
        self.name = name
        self.metadata: dict[str, str] = self._read_metadata()
        self.nodes: list[Node] = [self._node(index) for index in range(lib.gb_model_node_count(handle))]
        self.classes: list[typing.Optional[str]] = [decoded(lib.gb_model_class_name(handle, i)) for i in range(lib.gb_model_class_count(handle))]
        self.tensors: typing.Mapping[str, Floats] = _Tensors(self)
        shape = (c.c_int64 * 3)()
        lib.gb_model_output_shape(handle, shape)
        self.output_shape: tuple[int, ...] = tuple(shape)        #: of a picture, (C, H, W)
        self.output = self.nodes[lib.gb_model_output(handle)]

    def _read_metadata(self) -> dict[str, str]:
        key, room = c.c_char_p(), c.create_string_buffer(4096)
        entries = {}
        for index in range(lib.gb_model_meta_count(self._handle)):
            if not lib.gb_model_meta(self._handle, index, c.byref(key), room, len(room)):
                entries[decoded(key.value)] = decoded(room.value)
        return entries

    def _node(self, index: int) -> Node:
        info = _library.gb_node_info()
        lib.gb_model_node(self._handle, index, c.byref(info))
        return Node(index, decoded(info.name), decoded(info.alias), decoded(info.op), ROLES[info.role],
                    tuple(info.shape[:info.ndim]), info.parameters, info.macs, tuple(info.input[:info.inputs]),
                    decoded(info.act))

    def _open(self) -> c.c_void_p:
        if not self._close.alive:
            raise _library.BadArgument(f"{self.name} is closed")
        return self._handle

    def find(self, name: str) -> Node:
        """The node with this name or alias; KeyError if there is none."""
        index = lib.gb_model_find(self._open(), encoded(name))
        if index < 0:
            raise KeyError(f"{self.name} has no node {name!r}; `model.nodes` lists them")
        return self.nodes[index]

    def match(self, glob: str) -> list[Node]:
        """The nodes whose name or alias matches a glob, "synthesis.b*.conv0", in execution order."""
        room = lib.gb_model_match(self._open(), encoded(glob), None, 0)
        indices = (c.c_int * max(room, 1))()
        lib.gb_model_match(self._handle, encoded(glob), indices, room)
        return [self.nodes[i] for i in indices[:room]]

    def with_role(self, role: str, index: int = 0) -> typing.Optional[Node]:
        """The node with this role, "z", "ws", "layer", …, and index, or None."""
        found = lib.gb_model_find_role(self._open(), ROLES.index(role), index)
        return None if found < 0 else self.nodes[found]

    def z(self, seed: int) -> Floats:
        """The z [z_dim] that the model's own code draws from a seed."""
        node = self.with_role("z")
        if node is None:
            raise _library.BadArgument(f"{self.name} has no z")
        values = np.empty(node.shape, np.float32)
        lib.gb_randn(GENERATORS[self.metadata.get("origin.rng", "numpy")], seed, values.size, values.ctypes.data)
        return values

    def session(self, *, interactive: bool = False, gradient: bool = False, batch: int = 1, keep_bytes: int = 0,
                straight_through: bool = False, time_steps: bool = False, batch_statistics: bool = False) -> Session:
        """A session: inputs, bends and results of one user of the model. One thread may use it at a time.

        interactive: keep boundaries between renders, so that a change reruns only what depends on it
        gradient: gradients can be computed, see Session.want(); not together with `interactive`
        batch: samples rendered together
        keep_bytes: memory for kept boundaries; 0 = 1.5 GB
        straight_through, time_steps, batch_statistics: as in gb_session_options of ganbend.h
        """
        from ._session import Session
        if interactive and gradient:
            raise _library.BadArgument("a session is interactive or for gradients, not both")
        options = _library.gb_session_options(purpose=2 if gradient else int(interactive), batch=batch,
                                              keep_bytes=keep_bytes, straight_through=straight_through,
                                              time_steps=time_steps, batch_statistics=batch_statistics)
        session = Session(self, _library.new("gb_session_new", self._open(), c.byref(options)), batch)
        self._sessions[:] = [close for close in self._sessions if close.alive] + [session._close]
        return session

    def render(self, **inputs: typing.Any) -> Picture:
        """One picture by a session of its own; the arguments are those of Session.render()."""
        with self.session() as session:
            return session.render(**inputs)

    def close(self) -> None:
        """Closes the model and its sessions. Happens by itself when nothing refers to it any more."""
        self._close()

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def device(self) -> typing.Optional[str]:
        """The GPU's name, or None on a CPU."""
        return decoded(lib.gb_context_device(self._context.handle))

    @property
    def checksum(self) -> int:
        """CRC-32 of the network."""
        return lib.gb_model_checksum(self._open())

    def __repr__(self) -> str:
        size = "×".join(str(n) for n in self.output_shape)
        return f"<ganbend.Model {self.name}: {self.metadata.get('architecture', 'network')}, {size}, {len(self.nodes)} nodes>"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{html.escape(n.name)}</td><td>{html.escape(n.alias or '')}</td><td>{n.op}</td>"
                       f"<td>{'×'.join(map(str, n.shape))}</td><td>{n.parameters:,}</td><td>{n.macs:,}</td></tr>"
                       for n in self.nodes)
        head = "".join(f"<th>{title}</th>" for title in ("node", "alias", "operation", "output", "parameters", "multiply-adds"))
        return f"<details><summary>{html.escape(repr(self))}</summary><table><tr>{head}</tr>{rows}</table></details>"


def _is_gbw(path: Path) -> bool:
    found = c.c_bool()
    call("gb_is_gbw", encoded(path), c.byref(found))
    return found.value


def _converted(context: _Context, data: typing.Any, name: str, half: bool, network: typing.Optional[str],
               config: typing.Optional[str]) -> bytes:
    options = _library.gb_convert_options(half=half, network=encoded(network), config_json=encoded(config))
    reader, alive = _library.reader_of(data, name)
    return _library.writer_bytes("gb_convert_to", context.handle, c.byref(reader), None, c.byref(options))


def _model_from(context: _Context, data: typing.Any, name: str) -> c.c_void_p:
    reader, alive = _library.reader_of(data, name)
    return _library.new("gb_model_open_from", context.handle, c.byref(reader))


def _kept_path(path: pathlib.Path, options: tuple) -> pathlib.Path:
    """Where a conversion is kept: beside the checkpoint, under another name if options change what it gives."""
    changed = "" if not any(options) else f".{zlib.crc32(repr(options).encode()):08x}"
    return path.with_name(f"{path.name}{changed}.gbw")


def _open_kept(context: _Context, kept: pathlib.Path, path: pathlib.Path) -> typing.Optional[Model]:
    """The conversion that is kept, if it is that of this checkpoint: it has the checkpoint's time."""
    try:
        if kept.stat().st_mtime_ns != path.stat().st_mtime_ns:
            return None
        return Model(context, _library.new("gb_model_read", context.handle, encoded(kept)), path.name)
    except (OSError, _library.BadFile):
        return None


def _keep(kept: pathlib.Path, path: pathlib.Path, data: bytes) -> None:
    """Keeps a conversion if the folder can be written to."""
    time = path.stat()
    reader, alive = _library.reader_of(data, kept.name)
    try:
        call("gb_file_write", encoded(kept), GBW, c.byref(reader))
        os.utime(kept, ns=(time.st_atime_ns, time.st_mtime_ns))
    except (OSError, _library.BadArgument):
        pass


def open(source: typing.Union[Path, bytes, typing.BinaryIO], *, device: typing.Optional[str] = None,
         precision: typing.Optional[str] = None, threads: int = 0, isa: typing.Optional[str] = None, half: bool = False,
         network: typing.Optional[str] = None, config: typing.Optional[str] = None, cache: bool = False) -> Model:
    """Opens a network.

    source: a .gbw, or any checkpoint that ganbend converts (.pkl, .pt, .pth, .bin, .safetensors), as a path, as bytes or
        as a file opened for reading. Nothing in it is executed.
    device: "cpu", "cuda" or "auto"; precision: GPU: "half", "tf32", "fp32"; threads: 0 = one for each core
    half, network, config: of a conversion, see gb_convert_options; `config` is JSON text
    cache: keep what was converted beside a checkpoint CHECKPOINT as CHECKPOINT.gbw, and open that as long as the checkpoint
        stays the same; if the folder cannot be written to, nothing is kept
    """
    context = _Context.get(device, precision, threads, isa)
    kept = None
    if isinstance(source, (str, os.PathLike)):
        path = pathlib.Path(source)
        name: str = path.name
        if _is_gbw(path):
            return Model(context, _library.new("gb_model_read", context.handle, encoded(path)), name)
        kept = _kept_path(path, (half, network, config)) if cache else None
        model = _open_kept(context, kept, path) if kept else None
        if model:
            return model
        data: typing.Any = path.read_bytes()
    else:
        name = str(getattr(source, "name", "data"))
        data = source if isinstance(source, bytes) or not hasattr(source, "read") else source.read()
        if bytes(memoryview(data)[:len(MAGIC)]) == MAGIC:
            return Model(context, _model_from(context, data, name), name)
    data = _converted(context, data, name, half, network, config)
    if kept:
        _keep(kept, path, data)
    return Model(context, _model_from(context, data, name), name)


class Parameter(typing.NamedTuple):
    """One parameter of a filter or an activation."""

    name: str
    summary: str
    default: float
    low: float
    high: float
    integer: bool
    choices: tuple[str, ...]    #: names of the values 0, 1, …


class Row(typing.NamedTuple):
    """A filter or an activation."""

    name: str
    alias: typing.Optional[str]     #: its name in the published code
    summary: str
    parameters: tuple[Parameter, ...]


def _rows(function: str) -> dict[str, Row]:
    row, index = _library.gb_table_row(), 0
    rows: dict[str, Row] = {}
    while getattr(lib, function)(index, c.byref(row)):
        parameters = []
        for p in row.param[:row.max_params]:
            choices: list[str] = []
            while p.choices and p.choices[len(choices)]:
                choices.append(decoded(p.choices[len(choices)]))
            parameters.append(Parameter(decoded(p.name), decoded(p.summary), p.default_value, p.low, p.high, p.integer,
                                        tuple(choices)))
        rows[decoded(row.name)] = Row(decoded(row.name), decoded(row.alias), decoded(row.summary), tuple(parameters))
        index += 1
    return rows


def filters() -> dict[str, Row]:
    """The filters by name."""
    return _rows("gb_filter_row")


def activations() -> dict[str, Row]:
    """The activations by name."""
    return _rows("gb_activation_row")

