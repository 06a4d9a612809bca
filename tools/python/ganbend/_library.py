"""libganbend through ctypes: its structs, its functions, and its errors as exceptions. The rest of the package calls
`call()`. engine/ganbend.h documents every function."""
from __future__ import annotations

import ctypes as c
import os
import pathlib
import typing

import numpy as np
import numpy.typing as npt


class Tensor(typing.Protocol):
    """A tensor of another framework, such as torch.Tensor, in the machine's memory."""

    def __dlpack__(self, *, stream: typing.Any = None) -> typing.Any:
        ...


Numbers = typing.Union[npt.ArrayLike, Tensor]
Floats = npt.NDArray[np.float32]
Path = typing.Union[str, "os.PathLike[str]"]


class Error(Exception):
    """A call failed; the text says what is wrong, where, and what to do about it."""


class BadArgument(Error, ValueError):
    """An argument is not possible: a name, a shape, a range."""


class BadFile(Error, ValueError):
    """A file is malformed, damaged, or holds a network that is not supported."""


class FileError(Error, OSError):
    """A file could not be opened, read or written."""


class OutOfMemory(Error, MemoryError):
    """Memory, here or on the GPU, was not enough."""


class Cancelled(Error):
    """Session.cancel() ended the call."""


class DeviceError(Error, RuntimeError):
    """There is no such GPU, or it failed."""


STATUS = {1: BadArgument, 2: BadFile, 3: FileError, 4: OutOfMemory, 5: Cancelled, 6: DeviceError}

text = c.c_char_p
pointer = c.c_void_p
WRITE = c.CFUNCTYPE(c.c_bool, c.c_void_p, c.c_void_p, c.c_size_t)
NOTE = c.CFUNCTYPE(None, c.c_void_p, text)
PROGRESS = c.CFUNCTYPE(None, c.c_void_p, c.c_double)
LOG = c.CFUNCTYPE(None, c.c_void_p, c.c_int, text)


class gb_error(c.Structure):
    _fields_ = [("status", c.c_int), ("message", c.c_char * 640)]


class Options(c.Structure):
    """A struct that begins with its own size."""

    def __init__(self, **values):
        super().__init__(size=c.sizeof(self), **values)


class gb_context_options(Options):
    _fields_ = [("size", c.c_size_t), ("threads", c.c_int), ("isa", text), ("device", text), ("precision", text),
                ("allocator", pointer), ("log", LOG), ("log_arg", pointer)]


class gb_reader(Options):
    _fields_ = [("size", c.c_size_t), ("name", text), ("bytes", pointer), ("count", c.c_size_t), ("read", pointer),
                ("arg", pointer)]


class gb_writer(Options):
    _fields_ = [("size", c.c_size_t), ("write", WRITE), ("arg", pointer), ("bytes", pointer), ("count", c.c_size_t)]


class gb_array_info(c.Structure):
    _fields_ = [("name", text), ("type", text), ("ndim", c.c_int), ("shape", c.c_int64 * 8), ("count", c.c_int64)]


class gb_convert_options(Options):
    _fields_ = [("size", c.c_size_t), ("half", c.c_bool), ("config", text), ("network", text), ("lpips", text),
                ("note", NOTE), ("note_arg", pointer), ("progress", PROGRESS), ("progress_arg", pointer),
                ("config_json", text)]


class gb_node_info(c.Structure):
    _fields_ = [("name", text), ("alias", text), ("op", text), ("role", c.c_int), ("role_index", c.c_int),
                ("ndim", c.c_int), ("shape", c.c_int64 * 3), ("parameters", c.c_int64), ("macs", c.c_uint64),
                ("inputs", c.c_int), ("input", c.c_int * 4), ("act", text), ("bias", text), ("bias_gain", c.c_float),
                ("gain", c.c_float), ("clamp", c.c_float)]


class gb_session_options(Options):
    _fields_ = [("size", c.c_size_t), ("purpose", c.c_int), ("batch", c.c_int), ("keep_bytes", c.c_size_t),
                ("straight_through", c.c_bool), ("time_steps", c.c_bool), ("batch_statistics", c.c_bool)]


class gb_features(c.Structure):
    _fields_ = [("choice", c.c_int), ("list", pointer), ("count", c.c_int), ("share", c.c_double), ("seed", c.c_uint64)]


class gb_callback_values(c.Structure):
    _fields_ = [("node", c.c_int), ("n", c.c_int), ("c", c.c_int), ("h", c.c_int), ("w", c.c_int),
                ("values", c.POINTER(c.c_float))]


CALLBACK = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(gb_callback_values))


class gb_bend_options(Options):
    _fields_ = [("size", c.c_size_t), ("kind", c.c_int), ("at", text), ("features", gb_features), ("name", text),
                ("params", pointer), ("param_count", c.c_int), ("drop_bias", c.c_bool), ("set_gain", c.c_bool),
                ("gain", c.c_float), ("vectors", pointer), ("vector_count", c.c_int), ("grid", c.c_int), ("mask", pointer),
                ("mask_h", c.c_int), ("mask_w", c.c_int), ("anywhere", c.c_bool), ("factor", c.c_float), ("reseed", c.c_bool),
                ("seed", c.c_uint64), ("psi", c.c_float), ("set_psi", c.c_bool), ("set_label", c.c_bool),
                ("label", c.c_int), ("values", pointer), ("samples", c.c_int), ("add", c.c_bool), ("keep", c.c_float),
                ("callback", CALLBACK), ("callback_arg", pointer)]


class gb_param_info(c.Structure):
    _fields_ = [("name", text), ("summary", text), ("default_value", c.c_float), ("low", c.c_float), ("high", c.c_float),
                ("integer", c.c_bool), ("choices", c.POINTER(text))]


class gb_table_row(c.Structure):
    _fields_ = [("name", text), ("alias", text), ("summary", text), ("param_count", c.c_int), ("max_params", c.c_int),
                ("positional", c.c_int), ("param", gb_param_info * 20)]


class gb_recipe_param(c.Structure):
    _fields_ = [("name", text), ("summary", text), ("value", c.c_double), ("low", c.c_double), ("high", c.c_double)]


class gb_step_info(c.Structure):
    _fields_ = [("first", c.c_int), ("last", c.c_int), ("nodes", c.c_int), ("op", text), ("kernel", text),
                ("seconds", c.c_double), ("ran", c.c_bool), ("macs", c.c_uint64), ("bytes", c.c_uint64)]


class gb_render_stats(c.Structure):
    _fields_ = [("nodes_run", c.c_int), ("steps_run", c.c_int), ("steps", c.c_int), ("arena_bytes", c.c_size_t),
                ("kept_bytes", c.c_size_t)]


ref = c.POINTER
out = c.POINTER(pointer)

# Functions that return a gb_status and take a gb_error last: their other arguments.
FALLIBLE: dict[str, list] = {
    "gb_context_new": [ref(gb_context_options), out],
    "gb_model_read": [pointer, text, out],
    "gb_model_open": [pointer, text, out],
    "gb_model_open_from": [pointer, ref(gb_reader), out],
    "gb_is_gbw": [text, ref(c.c_bool)],
    "gb_model_read_tensor": [pointer, text, pointer],
    "gb_convert_to": [pointer, ref(gb_reader), ref(gb_writer), ref(gb_convert_options)],
    "gb_file_write": [text, c.c_int, ref(gb_reader)],
    "gb_png_write_to": [ref(gb_writer), c.c_int, c.c_int, c.c_int, pointer, pointer, c.c_size_t],
    "gb_session_new": [pointer, ref(gb_session_options), out],
    "gb_session_begin": [pointer],
    "gb_session_commit": [pointer],
    "gb_session_seed": [pointer, c.c_uint64],
    "gb_session_set_z": [pointer, pointer],
    "gb_session_set_ws": [pointer, pointer, c.c_int],
    "gb_session_set_class": [pointer, c.c_int],
    "gb_session_set_label": [pointer, pointer],
    "gb_session_truncate": [pointer, c.c_float, c.c_int],
    "gb_session_set_w_avg": [pointer, pointer],
    "gb_session_noise": [pointer, c.c_int, c.c_uint64],
    "gb_session_set_noise_map": [pointer, text, pointer, c.c_int],
    "gb_session_tap": [pointer, text],
    "gb_session_untap": [pointer, text],
    "gb_session_read": [pointer, c.c_int, pointer],
    "gb_session_feed": [pointer, text, pointer],
    "gb_session_want": [pointer, text],
    "gb_session_backward": [pointer, c.c_int, pointer],
    "gb_session_gradient": [pointer, c.c_int, pointer],
    "gb_session_param_gradient": [pointer, c.c_int, pointer],
    "gb_session_bend": [pointer, ref(gb_bend_options), ref(c.c_int)],
    "gb_session_set_bend_params": [pointer, c.c_int, pointer, c.c_int],
    "gb_session_unbend": [pointer, c.c_int],
    "gb_session_redraw": [pointer, c.c_uint64],
    "gb_session_render": [pointer, pointer],
    "gb_session_render_pixels": [pointer, pointer],
    "gb_session_render_png": [pointer, text],
    "gb_recipe_open": [text, out],
    "gb_recipe_parse": [text, c.c_size_t, text, out],
    "gb_recipe_set": [pointer, text, c.c_double],
    "gb_recipe_apply": [pointer, pointer],
    "gb_recipe_update": [pointer, pointer],
}
# The others: what they return and take.
OTHERS: dict[str, tuple[typing.Any, list]] = {
    "gb_version": (text, []),
    "gb_context_free": (c.c_int, [pointer]),
    "gb_context_threads": (c.c_int, [pointer]),
    "gb_context_device": (text, [pointer]),
    "gb_context_precision": (text, [pointer]),
    "gb_context_isa": (text, [pointer]),
    "gb_model_close": (c.c_int, [pointer]),
    "gb_model_checksum": (c.c_uint32, [pointer]),
    "gb_model_meta_count": (c.c_size_t, [pointer]),
    "gb_model_meta": (c.c_int, [pointer, c.c_size_t, ref(text), pointer, c.c_size_t]),
    "gb_model_class_count": (c.c_size_t, [pointer]),
    "gb_model_class_name": (text, [pointer, c.c_size_t]),
    "gb_model_tensor_count": (c.c_size_t, [pointer]),
    "gb_model_tensor": (None, [pointer, c.c_size_t, ref(gb_array_info)]),
    "gb_model_node_count": (c.c_size_t, [pointer]),
    "gb_model_node": (None, [pointer, c.c_int, ref(gb_node_info)]),
    "gb_model_find": (c.c_int, [pointer, text]),
    "gb_model_find_role": (c.c_int, [pointer, c.c_int, c.c_int]),
    "gb_model_match": (c.c_size_t, [pointer, text, pointer, c.c_size_t]),
    "gb_model_output": (c.c_int, [pointer]),
    "gb_model_output_shape": (None, [pointer, c.c_int64 * 3]),
    "gb_session_free": (None, [pointer]),
    "gb_session_rollback": (None, [pointer]),
    "gb_session_unwant": (None, [pointer]),
    "gb_session_activation": (text, [pointer, c.c_int]),
    "gb_session_param_count": (c.c_int, [pointer, c.c_int]),
    "gb_session_cancel": (None, [pointer]),
    "gb_session_stats": (None, [pointer, ref(gb_render_stats)]),
    "gb_session_step": (None, [pointer, c.c_int, ref(gb_step_info)]),
    "gb_filter_row": (c.c_bool, [c.c_size_t, ref(gb_table_row)]),
    "gb_activation_row": (c.c_bool, [c.c_size_t, ref(gb_table_row)]),
    "gb_recipe_free": (None, [pointer]),
    "gb_recipe_param_at": (c.c_bool, [pointer, c.c_size_t, ref(gb_recipe_param)]),
    "gb_randn": (None, [c.c_int, c.c_uint64, c.c_size_t, pointer]),
    "gb_free": (None, [pointer]),
}


def _load() -> c.CDLL:
    """The library of $GANBEND_LIBRARY, or that of the package, or an installed one."""
    beside = pathlib.Path(__file__).with_name("libganbend.so")
    library = c.CDLL(os.environ.get("GANBEND_LIBRARY") or (str(beside) if beside.exists() else "libganbend.so"))
    for name, arguments in FALLIBLE.items():
        getattr(library, name).argtypes = arguments + [ref(gb_error)]
        getattr(library, name).restype = c.c_int
    for name, (result, arguments) in OTHERS.items():
        getattr(library, name).argtypes = arguments
        getattr(library, name).restype = result
    return library


lib = _load()


def call(name: str, *arguments: typing.Any) -> None:
    """Calls a function that can fail. Python's interpreter lock is released until it returns."""
    error = gb_error()
    if getattr(lib, name)(*arguments, c.byref(error)):
        raise STATUS.get(error.status, Error)(error.message.decode(errors="replace"))


def new(name: str, *arguments: typing.Any) -> c.c_void_p:
    """Calls a function whose last argument, before the error, is where it puts a new object."""
    made = pointer()
    call(name, *arguments, c.byref(made))
    return made


def encoded(value: typing.Optional[Path]) -> typing.Optional[bytes]:
    """A str or path for the library; None stays None."""
    return None if value is None else os.fsencode(value)


def decoded(value: typing.Any) -> typing.Any:
    """The text that the library returned; None stays None."""
    return None if value is None else value.decode(errors="replace")


def floats(values: typing.Any, shape: typing.Optional[typing.Sequence[int]] = None) -> Floats:
    """`values` as contiguous float32, shared if they are that already. Takes whatever numpy takes, and tensors of other
    frameworks through DLPack. A -1 in `shape` may be any number."""
    if not isinstance(values, np.ndarray) and hasattr(values, "__dlpack__"):
        values = np.from_dlpack(values.detach() if hasattr(values, "detach") else values)
    array = np.ascontiguousarray(values, dtype=np.float32)
    if shape is not None:
        if len(shape) != array.ndim or any(want not in (-1, have) for want, have in zip(shape, array.shape)):
            wanted = ", ".join("n" if n < 0 else str(n) for n in shape)
            raise BadArgument(f"the shape is {list(array.shape)}; [{wanted}] is needed")
    return array


def address(array: typing.Optional[np.ndarray]) -> typing.Optional[c.c_void_p]:
    """Where an array's values are. What it returns keeps the array alive."""
    return None if array is None else array.ctypes.data_as(c.c_void_p)


def writer_bytes(name: str, *arguments: typing.Any) -> bytes:
    """Calls a function that takes a gb_writer (None in `arguments`) and returns what it wrote, as bytes."""
    writer = gb_writer()
    try:
        call(name, *[c.byref(writer) if a is None else a for a in arguments])
        return c.string_at(writer.bytes, writer.count)
    finally:
        lib.gb_free(writer.bytes)


def reader_of(data: typing.Any, name: str) -> tuple[gb_reader, np.ndarray]:
    """A gb_reader of the bytes in `data`, and what must live as long as it is used."""
    view = np.frombuffer(data, dtype=np.uint8)
    return gb_reader(name=encoded(name), bytes=view.ctypes.data, count=view.size), view
