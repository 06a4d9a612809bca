#!/usr/bin/env python3
"""Compares the two methods of `ganbend cluster`: the table of docs/clusters.md.

    python3 tests/reference/cluster_methods.py GANBEND MODEL --layers A,B,… --classifiers DIR [--images N] [--epochs N]

For each layer it prints what --effects measures of both methods' clusters, and how much the clusters of ten seeds agree: the
adjusted Rand index (Hubert and Arabie 1985) of all pairs of seeds, its median and its least. Each seed clusters 100 images of its
own. Classifiers that DIR does not have are trained first, with --images and --epochs; an interrupted run goes on from DIR. Only
Python's own library is needed.
"""

import argparse
import itertools
import json
import re
import statistics
import subprocess
import sys
from math import comb


def adjusted_rand(a, b):
    """1: the same clusters; 0: no relation."""
    pairs = sum(comb(sum(x == i and y == j for x, y in zip(a, b)), 2) for i in set(a) for j in set(b))
    in_a, in_b = (sum(comb(c.count(i), 2) for i in set(c)) for c in (a, b))
    expected = in_a * in_b / comb(len(a), 2)
    return 1.0 if in_a + in_b == 2 * expected else (pairs - expected) / ((in_a + in_b) / 2 - expected)


def run(args, options):
    command = [args.ganbend, 'cluster', args.model, *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f'{" ".join(command)}\n{done.stderr}')
    return done.stdout


def clusters(args, layer, options):
    return json.loads(run(args, ['--at', layer, '--samples', str(args.samples), '--json', *options]))[0]


def train(args, layer):
    """The share of the maps set aside that the classifier recognises, "" if it was there already."""
    lines = run(args, ['-v', '--at', layer, '--samples', '1', *args.published, '--train', '--training-images', str(args.images),
                       '--epochs', str(args.epochs)])
    shares = re.findall(r'([\d.]+) % of the maps set aside are recognised', lines)
    return f'{float(shares[-1]):.0f} %' if shares else ''


def measure(args, layer, options):
    first = clusters(args, layer, ['--effects', *options])
    seeds = [clusters(args, layer, ['--first-sample', str(1000 * seed), *options])['cluster_of_map'] for seed in range(args.seeds)]
    agreement = [adjusted_rand(a, b) for a, b in itertools.combinations(seeds, 2)]
    effects = first['effects']
    return len(first['cluster_of_map']), effects['within'], effects['between'], statistics.median(agreement), min(agreement)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('ganbend')
    parser.add_argument('model')
    parser.add_argument('--layers', required=True, help='names, separated by commas')
    parser.add_argument('--classifiers', required=True, help='folder for the classifiers')
    parser.add_argument('--images', type=int, default=1000, help='images whose maps classifiers learn')
    parser.add_argument('--epochs', type=int, default=50)
    parser.add_argument('--samples', type=int, default=100, help='images that each seed clusters')
    parser.add_argument('--seeds', type=int, default=10)
    args = parser.parse_args()
    args.published = ['--method', 'published', '--classifiers', args.classifiers]
    print('| layer | maps | method | effects within | between | difference | agreement, median | least | recognised |')
    print('| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
    for layer in args.layers.split(','):
        recognised = train(args, layer)
        for method, options, share in (('correlation', [], ''), ('published', args.published, recognised)):
            maps, within, between, median, least = measure(args, layer, options)
            print(f'| {layer} | {maps} | {method} | {within:.2f} | {between:.2f} | {within - between:.2f} | {median:.2f} | '
                  f'{least:.2f} | {share} |', flush=True)


if __name__ == '__main__':
    main()
