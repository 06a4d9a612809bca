"""One module per model: a drawing function and what training needs to know (README.md lists it)."""
import importlib
import importlib.util
import os


def load(name):
    """A model by its module's name here, or by the path of a .py file anywhere."""
    if not name.endswith('.py'):
        return importlib.import_module(f'models.{name}')
    spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(name))[0], name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names():
    """The models here: modules that say their family."""
    here = os.path.dirname(__file__)
    files = sorted(f for f in os.listdir(here) if f.endswith('.py'))
    return [f[:-3] for f in files if any(line.startswith('FAMILY') for line in open(os.path.join(here, f)))]
