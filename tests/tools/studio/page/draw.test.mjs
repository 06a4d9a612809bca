// The maps that a random share chooses are those that the program bends.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';
import {clustersAt, drawnMaps, mapsOf, mt19937} from '../../../../tools/studio/page/state/draw.js';

const node = {name: 'a', alias: 'old', shape: [8, 4, 4]};

test('the words are those of the published generator', () => {
    const word = mt19937(5489);
    for (let i = 1; i < 10000; i++)
        word();
    assert.equal(word(), 4123659995);           // the 10000th, as ISO C++ says of std::mt19937
});

test('a random share, its seed, and the index of the bend in its place', () => {
    const recipe = {bends: [{at: 'a', filter: 'blur'}, {at: 'a', filter: 'blur', features: {random: 0.5}},
                            {at: 'a', filter: 'blur', features: {random: 0.5, seed: 1}}, {at: 'a', features: [1, 2]}]};
    assert.equal(mapsOf(recipe, 0, node), null);
    assert.equal(mapsOf(recipe, 1, node).size, 4);
    assert.deepEqual(mapsOf(recipe, 1, node), mapsOf(recipe, 2, node));
    assert.equal(mapsOf(recipe, 3, node), null);
});

test('clusters as lists and as pairs', () => {
    const pairs = [{feature_index: 3, cluster_index: 1}, {feature_index: 0, cluster_index: 0}, {feature_index: 5, cluster_index: 1}];
    assert.deepEqual(clustersAt({clusters: {old: pairs}}, node), [[0], [3, 5]]);
    const recipe = {clusters: {a: [[0], [3, 5], [6]]}, bends: [{features: {cluster: [1, 2, 9]}}]};
    assert.deepEqual([...mapsOf(recipe, 0, node)], [3, 5, 6]);
    assert.equal(mapsOf({bends: recipe.bends}, 0, node), null);
});

test('a picture with a random share is that with the list', {skip: !process.env.GANBEND}, () => {
    const folder = mkdtempSync(join(tmpdir(), 'draw-'));
    const render = (name, features) => {
        const recipe = join(folder, `${name}.yaml`), picture = join(folder, `${name}.ppm`);
        writeFileSync(recipe, `inputs: {seeds: 3}\nbends: [{at: synthesis.b16.conv1, filter: invert, features: ${features}}]\n`);
        execFileSync(process.env.GANBEND, ['render', 'tests/fixtures/toy-faces-64.gbw', '--bend', recipe, '-o',
                                           picture.replace('.ppm', '.png')]);
        return readFileSync(picture.replace('.ppm', '.png'));
    };
    const pixels = png => png.subarray(png.indexOf('IDAT'), png.indexOf('IEND'));
    const maps = [...drawnMaps(0.3, 12345, 128)].sort((a, b) => a - b);
    assert.deepEqual(pixels(render('drawn', '{random: 0.3, seed: 12345}')), pixels(render('listed', `[${maps}]`)));
    rmSync(folder, {recursive: true});
});
