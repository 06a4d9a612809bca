#!/usr/bin/python3
"""Two builds of ganbend in turns on the same machine: time, memory and size of those who only render.

/usr/bin/python3 tests/reference/two_builds.py BEFORE AFTER [NETWORK …] [--rounds 5] [--threads 2]

BEFORE and AFTER are build folders; NETWORK as for race.py, without `biggan` if none is named. Each turn is a fresh process
that warms up and renders five images. Times are the median of the turns' medians and the fastest image of all; CPU time is
the median of whole processes, loading and packing included; memory is the median of the turns' peaks.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile

from race import NETWORKS


def run(program, model, threads):
    """The report of `ganbend bench`, and the CPU time of the process."""
    command = [program, "bench", model, "--json", "--runs", "5", "--seconds", "0", "--threads", str(threads)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    report = json.load(process.stdout)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return report, used.ru_utime + used.ru_stime


def sizes(build):
    """Code and data of the library, as `size` counts them, and the bytes of each group of its objects."""
    library = os.path.realpath(os.path.join(build, "engine", "libganbend.so"))
    rows = subprocess.run(["size", library], check=True, capture_output=True, text=True).stdout.split("\n")
    groups = {}
    for name, target in (("platform", "platform"), ("weights", "weights"), ("ops", "ops"), ("ops", "ops_double"), ("engine", "engine"),
                         ("engine", "float64")):
        top = os.path.join(build, name, "CMakeFiles", f"gb_{target}.dir")
        objects = [os.path.join(f, o) for f, _, files in os.walk(top) for o in files if o.endswith(".o")]
        if not objects:
            continue
        for row in subprocess.run(["size"] + objects, check=True, capture_output=True, text=True).stdout.split("\n")[1:-1]:
            text, data, bss, _, _, path = row.split()
            folder = os.path.join(target, os.path.dirname(os.path.relpath(path, top)))
            groups[folder] = groups.get(folder, 0) + int(text) + int(data) + int(bss)
    text, data, bss = rows[1].split()[:3]
    return int(text) + int(data) + int(bss), groups


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("before")
    options.add_argument("after")
    options.add_argument("networks", nargs="*", metavar="NETWORK")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--threads", type=int, default=2)
    o = options.parse_args()
    builds = {"before": o.before, "after": o.after}
    (before, old), (after, new) = sizes(o.before), sizes(o.after)
    print(f"libganbend.so {before} bytes before, {after} after ({after - before:+})")
    for folder in sorted(set(old) | set(new)):
        if old.get(folder, 0) != new.get(folder, 0):
            print(f"  {folder:20} {old.get(folder, 0):7} → {new.get(folder, 0):7} ({new.get(folder, 0) - old.get(folder, 0):+})")
    with tempfile.TemporaryDirectory() as folder:
        for network in o.networks or ["stylegan2-256", "stylegan2-1024", "biggan-deep"]:
            shape = NETWORKS[network][0]
            model = os.path.join(folder, network + ".gbw")
            first = os.path.join(o.before, "tools", "ganbend")
            subprocess.run([first, "init", shape[0], model] + shape[1:], check=True, stdout=subprocess.DEVNULL)
            turns = {which: [] for which in builds}
            for i in range(o.rounds):
                for which in list(builds) if i % 2 else reversed(builds):
                    turns[which].append(run(os.path.join(builds[which], "tools", "ganbend"), model, o.threads))
            os.remove(model)
            for which, t in turns.items():
                median = statistics.median(report["median_s"] for report, _ in t)
                fastest = min(report["fastest_s"] for report, _ in t)
                memory = statistics.median(report["peak_rss_bytes"] for report, _ in t)
                print(f"{network:14} {which:6}  median {median:6.3f} s  fastest {fastest:6.3f} s  "
                      f"CPU {statistics.median(cpu for _, cpu in t):6.2f} s  {memory / 1e6:5.0f} MB", flush=True)


if __name__ == "__main__":
    main()
