// Recipes as text: readable, and parsed by the program to the same tree.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';
import {toJson, toYaml} from '../../../../tools/studio/page/state/yaml.js';

const recipe = {
    summary: 'off: "two" words # and more',
    inputs: {seeds: 7, noise: 'random:5', trunc: 0.7},
    parameters: {angle: {value: 30, low: -180, high: 180}},
    bends: [
        {at: 'synthesis.b32.conv1', filter: 'rotate', angle: '$angle', features: {random: 0.5, seed: 7}},
        {at: ['synthesis.b16.conv1', 'mapping.fc3'], activation: 'sinlu', a: 1, b: 2, like: 'paper'},
        {at: 'synthesis.b64.conv?', noise: 'off', muted: true},
        {at: 'z', add: {3: 0.5, 10: -1e-7}},
        {w: '0-7', style: {seed: 9, share: 0.4}},
        {at: 'synthesis.b8.conv1', paint: 'nose'},
        {at: 'synthesis.b64.conv1', filter: 'blur', features: [0, '2-5', 9]},
    ],
    vectors: {nose: Array.from({length: 128}, (_, i) => i / 7)},
};

test('a recipe looks like one written by hand', () => {
    assert.equal(toYaml({inputs: {seeds: 7, noise: 'random:5'}, bends: recipe.bends.slice(0, 5)}), `\
inputs: {seeds: 7, noise: "random:5"}
bends:
  - at: synthesis.b32.conv1
    filter: rotate
    angle: $angle
    features: {random: 0.5, seed: 7}
  - at: [synthesis.b16.conv1, mapping.fc3]
    activation: sinlu
    a: 1
    b: 2
    like: paper
  - {at: "synthesis.b64.conv?", noise: off, muted: true}
  - {at: z, add: {3: 0.5, 10: -1e-7}}
  - {w: 0-7, style: {seed: 9, share: 0.4}}
`);
});

test('long lists of numbers are folded, and lines are short except for a single long text', () => {
    const lines = toYaml(recipe).split('\n');
    assert.ok(lines.every(line => line.length <= 72), lines.find(line => line.length > 72));
    assert.equal(JSON.parse(/nose: (\[[^\]]*\])/.exec(toYaml(recipe))[1]).length, 128);
});

test('texts that could be something else are quoted', () => {
    for (const text of ['true', 'null', '~', 'yes', '7', '1.5', '-', '', ' x', 'x ', 'a: b', 'a #b', '*x', '&x', '!x',
                        '%x', '@x', '"x"', "'x'", '{x', '[x', 'x\ny', '\ufeff', 'é'])
        assert.equal(toYaml({key: text}), `key: ${toJson(text)}\n`, JSON.stringify(text));
    for (const text of ['x', 'synthesis.b4.*', '0-7', '$angle', 'a b', 'faces.npz'])
        assert.equal(toYaml({key: text}), `key: ${text}\n`);
});

test('null, empty lists and empty maps are written and read back', () => {
    assert.equal(toYaml({}), '{}\n');
    assert.equal(toYaml({bends: [], inputs: {}, x: null}), 'bends: []\ninputs: {}\nx: null\n');
});

test('JSON contains no character that YAML forbids, and has the same content', () => {
    const tree = {text: '\u0085\u2028\u2029\ufeff\u007f\t\u0001 é 日 😀 "\\'};
    assert.doesNotMatch(toJson(tree), /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/);
    assert.deepEqual(JSON.parse(toJson(tree)), tree);
});

const program = process.env.GANBEND;
const model = 'tests/fixtures/toy-faces-64.gbw';

test('the program reads both as the same tree', {skip: program ? false : 'GANBEND is not set'}, () => {
    const folder = mkdtempSync(join(tmpdir(), 'ganbend-yaml-'));
    try {
        const [asYaml, asJson] = [toYaml(recipe), toJson(recipe)].map(text => {
            writeFileSync(join(folder, 'recipe.yaml'), text);
            const args = ['recipe', 'check', join(folder, 'recipe.yaml'), '--model', model];
            return execFileSync(program, args, {encoding: 'utf8'});
        });
        assert.equal(asYaml, asJson);
        assert.ok(asYaml.split('\n').filter(line => /synthesis|mapping|z:/.test(line)).length >= recipe.bends.length);
    } finally {
        rmSync(folder, {recursive: true});
    }
});
