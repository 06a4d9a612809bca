#!/bin/sh
# The Python module: a wheel is built and installed into a clean virtual environment, its tests run there, against a real
# PyTorch too, and the notebook of docs/examples is executed. Usage, from the repository root:
# sh tools/scripts/platforms/python.sh BUILD-FOLDER
set -eu
out=$(realpath -m "$1")/python
python=/usr/bin/python3         # Debian's, which has numpy and PyTorch as packages
sh tools/scripts/packages.sh python
# nvcc needs minutes for the GPU kernels, so they are built only on request.
GANBEND_CMAKE_OPTIONS=${GANBEND_CMAKE_OPTIONS--DGANBEND_CUDA=OFF}
export GANBEND_CMAKE_OPTIONS
rm -rf "$out"
mkdir -p "$out"
"$python" -m pip wheel --no-build-isolation --no-deps --no-index -w "$out" tools/python
"$python" -m venv --system-site-packages "$out/venv"
"$out/venv/bin/pip" install --no-deps --no-index "$out"/ganbend-*.whl
# Nothing but what the wheel holds.
(cd "$out" && ./venv/bin/python -c 'import ganbend, pathlib; print(ganbend.__version__, pathlib.Path(ganbend.__file__).parent)')
"$out/venv/bin/python" -m unittest discover -s tests/python
mypy --python-executable "$python" --cache-dir "$out/mypy" tools/python/ganbend      # the types in it agree with the code

# ---- the notebook, with the kernel of the virtual environment
"$out/venv/bin/python" -m ipykernel install --prefix "$out/kernels" --name ganbend >/dev/null
JUPYTER_PATH=$out/kernels/share/jupyter jupyter-nbconvert --to notebook --execute --ExecutePreprocessor.kernel_name=ganbend \
    --output-dir "$out" --output executed.ipynb docs/examples/audit.ipynb
for notebook in "$out/executed.ipynb" docs/examples/audit.ipynb; do       # it is committed with its outputs
    grep -q '^ *"within 2e-05' "$notebook" || { echo "$notebook: the audit did not pass"; exit 1; }
done

# ---- as README.md of tools/python says
"$python" -m venv --system-site-packages "$out/plain"
"$out/plain/bin/pip" install --no-build-isolation --no-deps --no-index tools/python
(cd "$out" && ./plain/bin/python -c 'import ganbend')
rm -rf tools/python/build tools/python/*.egg-info
