"""Run StyleGAN2 and BigGAN generators without a machine-learning framework, and change every layer.

>>> import ganbend
>>> model = ganbend.open("ffhq.pkl")
>>> session = model.session(interactive=True)
>>> session.bend("synthesis.b32.conv1", activation="sinlu", a=1, b=3)
>>> picture = session.render(seed=7, truncation=0.7)        # numpy, uint8 [H, W, 3]
"""
from ._compare import Comparison, compare
from ._library import BadArgument, BadFile, Cancelled, DeviceError, Error, FileError, OutOfMemory, lib as _lib
from ._model import Model, Node, activations, filters, open
from ._session import Bend, Picture, Recipe, Session, Step

__version__ = _lib.gb_version().decode()
__all__ = ["BadArgument", "BadFile", "Bend", "Cancelled", "Comparison", "DeviceError", "Error", "FileError", "Model", "Node",
           "OutOfMemory", "Picture", "Recipe", "Session", "Step", "activations", "compare", "filters", "open"]
