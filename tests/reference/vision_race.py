#!/usr/bin/python3
"""ganbend and PyTorch in turns on the same machine: time and memory of one forward pass of ResNet-50 and VGG-16.

/usr/bin/python3 tests/reference/vision_race.py GANBEND [NETWORK …] [--sizes 224 256] [--rounds 5] [--threads 2]

Each turn is a fresh process that warms up and looks at ten pictures. Times are the median of the turns' medians and the
fastest picture of all; memory is the median of the turns' peaks.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

TORCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vision_torch.py")


def run(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("ganbend")
    options.add_argument("networks", nargs="*", metavar="NETWORK")
    options.add_argument("--sizes", type=int, nargs="+", default=[224, 256])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--threads", type=int, default=2)
    o = options.parse_args()
    threads = ["--threads", str(o.threads)]
    with tempfile.TemporaryDirectory() as folder:
        for network in o.networks or ["resnet50", "vgg16"]:
            weights, model = os.path.join(folder, network + ".pth"), os.path.join(folder, network + ".gbw")
            subprocess.run([sys.executable, TORCH, network, "--save", weights], check=True)
            subprocess.run([o.ganbend, "convert", weights, model], check=True, capture_output=True)
            os.remove(weights)
            for size in o.sizes:
                turns = {"ganbend": [], "PyTorch": []}
                for _ in range(o.rounds):
                    turns["ganbend"].append(run([o.ganbend, "bench", model, "--json", "--runs", "10", "--seconds", "0",
                                                 "--size", str(size)] + threads))
                    turns["PyTorch"].append(run([sys.executable, TORCH, network, "--size", str(size), "--runs", "10"]
                                                + threads))
                times = {who: (statistics.median(turn["median_s"] for turn in t), min(turn["fastest_s"] for turn in t))
                         for who, t in turns.items()}
                for who, (median, fastest) in times.items():
                    memory = statistics.median(turn["peak_rss_bytes"] for turn in turns[who])
                    print(f"{network:9} {size} {who:8} median {1e3 * median:7.1f} ms  fastest {1e3 * fastest:7.1f} ms  "
                          f"{memory / 1e6:5.0f} MB")
                ratios = [theirs / ours for ours, theirs in zip(times["ganbend"], times["PyTorch"])]
                print(f"{network:9} {size} PyTorch takes {ratios[0]:.2f} (fastest: {ratios[1]:.2f}) times as long\n",
                      flush=True)
            os.remove(model)


if __name__ == "__main__":
    main()
