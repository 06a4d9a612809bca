#!/bin/sh
# seeds.sh DIR [BUILD]: a starting corpus for each fuzz target, from the small files of tests/fixtures; a page's messages
# are written here. With a build directory, also what its test_variations makes of the files of each family.
set -eu
files=$(dirname "$0")/../fixtures/readers
out=${1:?usage: seeds.sh DIR [BUILD]}
mask=iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAE0lEQVR42mP4z8AARAz/kRAhDgCmmw/x7wgWPgAAAABJRU5ErkJggg==
grey=iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAQAAADYv8WvAAAAEklEQVR42mNg+P//P0PDf18GABqMBMojlbe7AAAAAElFTkSuQmCC
for reader in zip pickle torch safetensors npy checkpoint; do mkdir -p "$out/$reader"; done
cp "$files"/zip-* "$files"/*.npz "$out/zip"
cp "$files"/*.pkl "$out/pickle"
cp "$files"/legacy-* "$out/torch"
cp "$files"/*.safetensors "$out/safetensors"
cp "$files"/*.npy "$out/npy"
cp "$files"/* "$files"/../wild/*.p* "$files"/../wild/*.zip "$files"/../wild/*.safetensors "$out/checkpoint"
mkdir -p "$out/adapt" && cp "$files"/../wild/*.p* "$files"/../wild/*.safetensors "$out/adapt"
mkdir -p "$out/files"
with_byte() { # BYTE FILE: a file for the target "files"
    { printf "\\$1" && cat "$2"; } >"$out/files/$1-$(basename "$2")"
}
for f in "$files"/*.npz "$files"/fortran.npy "$files"/../wild/wplus*; do with_byte 0 "$f"; done
for f in "$files"/../recipes/*/clusters.yaml; do with_byte 1 "$f"; done
printf '\1synthesis.b8.conv1: [[0, 1], [2]]\n1:\n- {feature_index: 0, cluster_index: 3}\n' >"$out/files/1-clusters"
with_byte 2 "$files/../recipes/herdt/mask.png"
mkdir -p "$out/recipe" && cp "$files"/../recipes/*.yaml "$out/recipe"
mkdir -p "$out/bend" && cp "$files"/../recipes/*.yaml "$out/bend"
cat > "$out/bend/all" << END
inputs: {seeds: 7, trunc: 0.7}
parameters: {angle: {value: 30, low: -180, high: 180}, push: 0.5}
vectors: {a: [1, 2, 3, 4, 5, 6, 7, 8], b: [8, 7, 6, 5, 4, 3, 2, 1]}
clusters: {synthesis.b8.conv1: [[0, 5], [1, 2]]}
bends:
- {at: synthesis.b8.conv1, filter: rotate, angle: \$angle, border: reflect, features: {random: 0.5, seed: 7}, mix: 0.5}
- {at: ["synthesis.b*.conv0", synthesis.b4.conv1], filter: blur, params: [1.5], features: [0-5, 7]}
- {at: synthesis.b8.conv1, filter: multiply, factor: 2, features: {cluster: [0, 1]}}
- {at: mapping.fc1, activation: sinlu, a: 1, b: 2, like: paper}
- {at: synthesis.b8.conv0, activation: poly, params: [1, 2, 3, 4], bias: drop, gain: 0.5}
- {at: synthesis.b4.conv1, paint: {mask: "data:image/png;base64,$mask", colours: {red: a, other: keep}}}
- {at: synthesis.b8.conv1, noise: {factor: 2, seed: 5}}
- {w: all, truncation: 0.7}
- {w: [1-2], style: {seed: 12, truncation: 0.5}}
- {w: 0, add: {3: 0.5, 7: -1}, times: \$push}
- {at: synthesis.b8.conv0, disable: true}
- {at: z, set: {0: 1}}
END
mkdir -p "$out/png" && cp "$files"/../recipes/herdt/mask.png "$out/png"
for picture in $mask $grey; do echo "$picture" | base64 -d > "$out/png/$(echo "$picture" | cksum | cut -d ' ' -f 1).png"; done
mkdir -p "$out/config" && cp "$files"/../*.json "$files"/../biggan/*.json "$out/config"
echo '{"conv_clamp": 256, "mapping_kwargs": {"num_layers": 2, "lr_multiplier": 0.01, "activation": "lrelu"}, "activation": "lrelu"}' > "$out/config/stylegan2"
mkdir -p "$out/latents" && cp "$files"/*.npy "$files"/../wild/*latents* "$files"/../wild/wplus* "$files"/../projected-64.pt "$out/latents"
echo '[[0.5, -1, 2e-3, 0, 1, 1, 1, 1]]' > "$out/latents/numbers"
mkdir -p "$out/studio"
bent='"recipe":"{\"inputs\":{\"seeds\":3},\"bends\":[{\"at\":\"synthesis.b8.conv1\",\"filter\":\"rotate\"}]}"'
conv='"node":"synthesis.b8.conv1"'
cat > "$out/studio/renders" << END
{"type":"hello","project":"a","tab":"t"}
{"type":"model","index":0}
{"type":"render","serial":1,$bent,"quality":70,"times":true}
{"type":"shown","serial":1}
{"type":"render","serial":2,"recipe":"bends: [{at: z, add: {3: 0.5}}]"}
END
cat > "$out/studio/layers" << END
{"type":"statistics","id":1,$bent,$conv,"bins":16}
{"type":"maps","id":2,$bent,$conv,"order":"cluster","side":16,"first":0,"count":8}
{"type":"cluster","id":3,$bent,$conv,"clusters":2}
{"type":"pick","id":4,$bent,$conv,"x":1,"y":7}
{"type":"z","id":5,"seed":9}
END
cat > "$out/studio/files" << END
{"type":"hello","project":""}
{"type":"keep","id":1,"document":{"recipe":{"bends":[]},"snapshots":[0.5,null,true,"a"]}}
{"type":"save","id":2,"name":"a","text":"inputs: {seeds: 3}\nbends: []","png":true,"replace":false}
{"type":"files","id":3}
{"type":"open","id":4,"name":"a.png"}
{"type":"parse","id":5,"text":"bends:\n- {at: z, set: {0: 1}}\n"}
END
cat > "$out/studio/film" << END
{"type":"film","id":1,"name":"f","format":"png","fps":25,"frames":2}
{"type":"frame","id":2,$bent}
{"type":"finish","id":3,"keep":true}
END
mkdir -p "$out/unread" "$out/guard" "$out/osc"
printf '\3\23\23\43\103\123\143\163\203\223\243\263\303' > "$out/unread/all"
printf '\3\13\103\113\103\103\103\103\10\10\10\0\0\323\343\343\363\363\362\103' > "$out/unread/two-tabs"
printf '\263\263\263\263\263\263\263\263\303\303\303\303\1\21\31\11\0\0\0\0' > "$out/unread/flood"
token=0123456789abcdef0123456789abcdef
printf 'localhost:7860\nhttp://localhost:7860\na=b; ganbend-7860=%s\n-\n' $token > "$out/guard/cookie"
printf '[::1]:7860\nhttps://[::1]:7860\n-\n%s\n' $token > "$out/guard/token"
printf 'studio.example:7860\nhttps://studio.example:7860\n;ganbend-7860=%s;\n%s\n' $token $token > "$out/guard/network"
printf 'localhost.evil.example\n-\n-\n%s\n' $token > "$out/guard/foreign"
printf '\0\30/ganbend/trunc\0\0,f\0\0\77\0\0\0' > "$out/osc/message"
printf '\0\54#bundle\0\377\377\377\377\0\0\0\0\0\0\0\30/ganbend/seed\0\0\0,i\0\0\0\0\0\7' > "$out/osc/bundle"
printf '\0\20/ganbend/a\0\0,T\0\0\0\34/ganbend/z/13\0\0\0\0,d\0\0\100\0\0\0\0\0\0\0' > "$out/osc/two"
if command -v unzip > /dev/null; then
    for f in zip-2 zip-4 zip-untyped; do unzip -p "$files/$f.pt" '*/data.pkl' > "$out/torch/$f.data.pkl"; done
    for f in f32 words text half; do unzip -p "$files/stored.npz" "$f.npy" > "$out/npy/$f.npy"; done
fi
if [ $# -gt 1 ]; then
    mkdir -p "$out/gbw" "$out/model"
    "$2/tools/ganbend" init stylegan2 "$out/model/skip.gbw" --res 8 --channel-max 2 --z-dim 4 --w-dim 4 --mapping-layers 1
    "$2/tools/ganbend" init stylegan2 "$out/model/resnet.gbw" --res 8 --channel-max 2 --z-dim 4 --w-dim 4 --mapping-layers 1 \
        --block resnet --classes 2
    cp "$out"/model/* "$out/gbw"
    build=$(cd "$2" && pwd) adapt=$(cd "$out/adapt" && pwd)
    (cd "$(dirname "$0")/../.." && "$build/tests/weights/test_variations" "$adapt") > /dev/null
    cp "$adapt"/* "$out/checkpoint"
fi
