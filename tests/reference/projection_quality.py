#!/usr/bin/env python3
"""Projects a model's own pictures and reports how near it comes, and how long fast takes beside a published schedule.

usage: projection_quality.py GANBEND MODEL [--pictures 20] [--first-seed 1000] [--published 1] [--schedule nvidia]

A picture is found if its mean absolute difference is at most 3 % of the range. --published projects the first pictures with a
published schedule too, with the same measure; times are processor times of whole runs, the search for a start included.
"""
import argparse
import os
import re
import subprocess
import tempfile
import time

LINE = re.compile(r'(\d+) steps, loss ([^ ,]+), mean absolute difference ([^ ]+) %')


def project(ganbend, model, picture, folder, *options):
    """Returns steps, loss, difference in percent, processor time and time."""
    start, before = time.monotonic(), os.times()
    said = subprocess.run([ganbend, 'project', model, picture, '-o', folder, *options], check=True, capture_output=True,
                          text=True).stdout
    after = os.times()
    steps, loss, difference = LINE.search(said).groups()
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return int(steps), float(loss), float(difference), used, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('ganbend')
    parser.add_argument('model')
    parser.add_argument('--pictures', type=int, default=20)
    parser.add_argument('--first-seed', type=int, default=1000)
    parser.add_argument('--published', type=int, default=1)
    parser.add_argument('--schedule', default='nvidia')
    o = parser.parse_args()
    info = subprocess.run([o.ganbend, 'info', o.model], check=True, capture_output=True, text=True).stdout
    classes = re.search(r'config\.c_dim +(\d+)', info)
    classes = int(classes.group(1)) if classes else 0
    near = right = 0
    with tempfile.TemporaryDirectory() as folder:
        for i in range(o.pictures):
            picture = os.path.join(folder, 'picture.png')
            wanted = ['--class', str(i % classes)] if classes else []
            subprocess.run([o.ganbend, 'render', o.model, '--seeds', str(o.first_seed + i), '-o', picture, '-q', *wanted],
                           check=True)
            out = os.path.join(folder, str(i))
            steps, loss, difference, used, seconds = project(o.ganbend, o.model, picture, out)
            near += difference <= 3
            text = f'seed {o.first_seed + i}: {difference:5.2f} %, loss {loss:.4g}, {steps} steps, {used:.1f} s ({seconds:.1f} s)'
            if classes:
                recipe = open(os.path.join(out, 'recipe.yaml'), encoding='utf-8').read()
                shares = re.search(r'class: "?([0-9:.,e-]+)', recipe).group(1).split(',')
                found = max(shares, key=lambda share: float((share + ':1').split(':')[1])).split(':')[0]
                right += int(found) == i % classes
                text += f', class {found} of {i % classes}'
            print(text, flush=True)
            if i < o.published and not classes:
                published = project(o.ganbend, o.model, picture, out, '--schedule', o.schedule)
                print(f'  {o.schedule}: {published[2]:.2f} %, loss {published[1]:.4g}, {published[3]:.1f} s ({published[4]:.1f} s); '
                      f'fast takes {used / published[3]:.2f} of its time', flush=True)
    print(f'{near} of {o.pictures} pictures within 3 %' + (f', {right} with the right class' if classes else ''))


if __name__ == '__main__':
    main()
