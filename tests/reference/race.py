#!/usr/bin/python3
"""ganbend, PyTorch and ONNX Runtime in turns on the same machine: time and memory of one image of the full-size networks.

/usr/bin/python3 tests/reference/race.py GANBEND [NETWORK …] [--rounds 5] [--threads 2] [--onnxruntime FOLDER]

NETWORK is stylegan2-256, stylegan2-1024, biggan-deep or biggan (both at 256×256); without one, all of them.
ONNX Runtime takes part with the StyleGAN2 networks if FOLDER is where `npm install --ignore-scripts onnxruntime-node` was run.

Each turn is a fresh process that warms up and renders five images. Times are the median of the turns' medians and the
fastest image of all, which says more where the machine has other work; memory is the median of the turns' peaks.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# What `ganbend init` is told, and what runs in PyTorch beside it.
NETWORKS = {
    "stylegan2-256": (["stylegan2", "--res", "256"], ["stylegan2_torch.py", "--res", "256"]),
    "stylegan2-1024": (["stylegan2", "--res", "1024"], ["stylegan2_torch.py", "--res", "1024"]),
    "biggan-deep": (["biggan-deep", "--res", "256", "--channel-width", "128"], ["biggan_torch.py", "deep"]),
    "biggan": (["biggan", "--res", "256", "--channel-width", "96"], ["biggan_torch.py", "standard"]),
}


def run(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("ganbend")
    options.add_argument("networks", nargs="*", metavar="NETWORK")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--onnxruntime", metavar="FOLDER")
    o = options.parse_args()
    threads = ["--threads", str(o.threads)]
    with tempfile.TemporaryDirectory() as folder:
        for network in o.networks or NETWORKS:
            shape, script = NETWORKS[network]
            model = os.path.join(folder, network + ".gbw")
            subprocess.run([o.ganbend, "init", shape[0], model] + shape[1:], check=True)
            script = [sys.executable, os.path.join(HERE, script[0])] + script[1:]
            commands = {"ganbend": [o.ganbend, "bench", model, "--json", "--runs", "5", "--seconds", "0"] + threads,
                        "PyTorch": script + threads}
            if o.onnxruntime and network.startswith("stylegan2"):
                exported = os.path.join(folder, network + ".onnx")
                subprocess.run(script + ["--onnx", exported], check=True, stderr=subprocess.DEVNULL)
                commands["ONNX Runtime"] = ["node", os.path.join(HERE, "onnx.mjs"), exported, o.onnxruntime] + threads
            turns = {who: [] for who in commands}
            for _ in range(o.rounds):
                for who, command in commands.items():
                    turns[who].append(run(command))
            for name in os.listdir(folder):
                os.remove(os.path.join(folder, name))
            times = {who: (statistics.median(turn["median_s"] for turn in t), min(turn["fastest_s"] for turn in t))
                     for who, t in turns.items()}
            for who, (median, fastest) in times.items():
                memory = statistics.median(turn["peak_rss_bytes"] for turn in turns[who])
                print(f"{network:14} {who:12} median {median:6.3f} s  fastest {fastest:6.3f} s  {memory / 1e6:5.0f} MB  "
                      f"{turns[who][0].get('version', '')}")
            for who in list(times)[1:]:
                ratios = [theirs / ours for ours, theirs in zip(times["ganbend"], times[who])]
                print(f"{network:14} {who} takes {ratios[0]:.2f} (fastest: {ratios[1]:.2f}) times as long", flush=True)
            print()


if __name__ == "__main__":
    main()
