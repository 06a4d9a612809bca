#!/bin/sh
# 64-bit ARM: cross-compiles with warnings as errors and runs the tests under qemu, which is slow, so that operations are
# checked on fewer shapes. Usage, from the repository root: sh tools/scripts/platforms/arm.sh BUILD-FOLDER
set -eu
out=$1/arm
sh tools/scripts/packages.sh arm
cmake -S . -B "$out" -DCMAKE_TOOLCHAIN_FILE=tools/scripts/aarch64.cmake -DGANBEND_WERROR=ON -DGANBEND_CUDA=OFF \
    -DCMAKE_BUILD_TYPE=Release -DGANBEND_OPENBLAS=OFF -DGANBEND_CAIRO=OFF -DGANBEND_STUDIO=OFF
cmake --build "$out" -j "$(nproc)"
# qemu cannot start the process that reads foreign files under the sandbox's limits, which would apply to qemu itself.
cat >"$out/ganbend" <<END
#!/bin/sh
case \$1 in convert) shift && set -- convert --no-sandbox "\$@" ;; esac
exec qemu-aarch64 '$PWD/$out/tools/ganbend' "\$@"
END
chmod +x "$out/ganbend"
qemu-aarch64 "$out/tests/ops/check_ops" --isa plain --rounds 10
qemu-aarch64 "$out/tests/ops/check_ops" --isa neon --rounds 20
ctest --test-dir "$out" --output-on-failure -j "$(nproc)" \
    -R '^test_(ops|activations|filters|random|image|readers|gbw|adapt|file|pool)$'
FIXTURE_ISAS="plain neon" FIXTURE_THREADS=2 sh tests/tools/test_fixtures.sh "$out/ganbend"
