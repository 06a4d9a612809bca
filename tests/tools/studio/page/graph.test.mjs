// The drawing of networks: layers and their parts, groups, positions, lines, and navigation by arrow keys.
import assert from 'node:assert/strict';
import test from 'node:test';
import {
    blockOf, groupsOf, inWords, isFolded, layersOf, mainLayers, shortName,
} from '../../../../tools/studio/page/network/graph.js';
import {layoutOf, neighbour} from '../../../../tools/studio/page/network/graphlayout.js';
import {bigGan, styleGan2} from './networks.mjs';

const networks = {
    'StyleGAN2 at 64': styleGan2(), 'StyleGAN2 at 1024': styleGan2({resolution: 1024}), BigGAN: bigGan(),
    'BigGAN-deep': bigGan({deep: true, blocks: 12, widths: Array(13).fill(64), attends: 5}),
};
const layerOf = (nodes, name) => layersOf(nodes).find(layer => layer.name === name);
const partsOf = (nodes, name) => layerOf(nodes, name).parts.map(part => part.name.slice(name.length + 1));

test('the boundaries before a layer are its parts', () => {
    assert.deepEqual(partsOf(networks['StyleGAN2 at 64'], 'synthesis.b8.conv0'),
                     ['affine.linear', 'affine', 'conv', 'noise_const', 'noise']);
    assert.deepEqual(partsOf(networks['StyleGAN2 at 64'], 'mapping.fc3'), ['linear']);
    assert.deepEqual(partsOf(networks.BigGAN, 'blocks.1.0.bn2'), ['gain', 'bias']);
});

test('nodes that only resize the skip connection are parts of the sum', () => {
    assert.deepEqual(layerOf(networks['StyleGAN2 at 64'], 'synthesis.b16.img').parts.map(({name}) => name),
                     ['synthesis.b16.upsample']);
    assert.equal(layerOf(networks.BigGAN, 'blocks.1.0.shortcut.upsample').parts.length, 0, 'a convolution takes it');
});

test('layers of the mapping network are not parts of w', () => {
    assert.ok(layerOf(networks['StyleGAN2 at 64'], 'mapping.fc7'));
    assert.equal(layerOf(networks['StyleGAN2 at 64'], 'mapping').parts.length, 0);
});

const isBeside = (a, b) =>
    a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height;

for (const [name, nodes] of Object.entries(networks)) {
    test(`${name}: every node is a layer or a part of one`, () => {
        const all = layersOf(nodes).flatMap(layer => [layer.name, ...layer.parts.map(part => part.name)]);
        assert.deepEqual(all.sort(), nodes.map(node => node.name).sort());
    });

    test(`${name}: every layer is drawn once, inside the width, without overlap`, () => {
        const groups = groupsOf(nodes);
        const folded = Object.fromEntries(groups.map(({key}) => [key, false]));
        for (const width of [200, 246, 560, 800]) {
            const {items, height} = layoutOf(groups, {width, folded, opened: {'synthesis.b8.conv1': true}});
            const cells = items.filter(({kind}) => kind !== 'group');
            assert.equal(cells.filter(({kind}) => kind === 'layer').length, layersOf(nodes).length);
            for (const cell of cells) {
                assert.ok(cell.x >= 0 && cell.x + cell.width <= width && cell.y + cell.height <= height, cell.name);
                for (const other of cells)
                    assert.ok(other === cell || isBeside(cell, other), `${cell.name} ${other.name}`);
            }
        }
    });

    test(`${name}: lines connect drawn layers, folded or not`, () => {
        const groups = groupsOf(nodes);
        for (const fold of [false, true]) {
            const folded = Object.fromEntries(groups.map(({key}) => [key, fold]));
            const {items, edges} = layoutOf(groups, {width: 246, folded});
            const names = new Set(items.map(item => item.name));
            assert.ok(edges.length >= groups.length - 1);
            for (const {from, to, path} of edges)
                assert.ok(names.has(from) && names.has(to) && from !== to && /^M[\d.]+ [\d.HV]+$/.test(path), path);
        }
    });

    test(`${name}: arrow keys reach every layer`, () => {
        for (const width of [246, 800]) {
            const {items} = layoutOf(groupsOf(nodes), {width});
            assert.equal(reachedFrom(items[0], items).size, items.length);
        }
    });
}

function reachedFrom(first, items) {
    const reached = new Set([first]), next = [first];
    while (next.length) {
        const item = next.pop();
        for (const key of ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']) {
            const other = neighbour(items, item, key);
            if (other && !reached.has(other)) {
                reached.add(other);
                next.push(other);
            }
        }
    }
    return reached;
}

test('up and down move between layers; left moves from a layer to its group and from a part to its layer', () => {
    const groups = groupsOf(networks['StyleGAN2 at 64']);
    const {items} = layoutOf(groups, {width: 246, opened: {'synthesis.b8.conv0': true}});
    const way = (from, key) => neighbour(items, items.find(({name}) => name === from), key)?.name;
    assert.equal(way('synthesis.b8.conv1', 'ArrowDown'), 'synthesis.b16.conv0');
    assert.equal(way('synthesis.b8.conv0', 'ArrowLeft'), 'synthesis.b8');
    assert.equal(way('synthesis.b8.conv0', 'ArrowDown'), 'synthesis.b8.conv0.affine.linear');
    assert.equal(way('synthesis.b8.conv0.affine.linear', 'ArrowLeft'), 'synthesis.b8.conv0');
    assert.equal(way('synthesis.b8.conv1', 'ArrowRight'), 'synthesis.b8.torgb');
    assert.equal(way('z', 'ArrowUp'), undefined);
});

test('blocks are groups: resolutions, blocks of a BigGAN with their own conditions, attention', () => {
    assert.deepEqual(groupsOf(networks['StyleGAN2 at 64']).map(({title}) => title),
                     ['Mapping', 'w of each layer', '4 × 4', '8 × 8', '16 × 16', '32 × 32', '64 × 64']);
    const groups = groupsOf(networks.BigGAN);
    assert.deepEqual(groups.map(({title}) => title),
                     ['Class and z', 'Block 0', 'Block 1', 'Block 2', 'Attention 2.1', 'Block 3', 'Picture']);
    assert.deepEqual(groups[2].layers.slice(0, 2).map(({name}) => name), ['z.2', 'condition.1']);
    assert.deepEqual(groups.at(-1).layers.map(({name}) => name),
                     ['output_layer.0', 'output_layer.1', 'output_layer.2', 'tanh']);
});

test('large networks start with their blocks folded, and the user can open them', () => {
    const folded = (nodes, hand = {}) => groupsOf(nodes).map((group, i, groups) => isFolded(groups, group, hand));
    assert.ok(folded(networks['StyleGAN2 at 1024']).every(each => !each));
    assert.deepEqual(folded(networks['BigGAN-deep']).slice(0, 3), [false, true, true]);
    assert.deepEqual(folded(networks['BigGAN-deep'], {'blocks.0.0': false}).slice(0, 3), [false, false, true]);
});

test('selecting a block selects its layers with a nonlinearity', () => {
    const group = groupsOf(networks['StyleGAN2 at 64']).find(({title}) => title === '16 × 16');
    assert.deepEqual(mainLayers(group).map(({name}) => name), ['synthesis.b16.conv0', 'synthesis.b16.conv1']);
});

test('names are short inside their block', () => {
    assert.equal(blockOf('generator.layers.12.bn_0.scale'), 'generator.layers.12');
    assert.equal(blockOf('blocks.3.1.phi.pool'), 'blocks.3.1');
    assert.equal(blockOf('mapping.fc3'), '');
    const names = ['synthesis.b8.torgb', 'synthesis.w11', 'blocks.3.0.shortcut.upsample', 'mapping.fc3'];
    assert.deepEqual(names.map(shortName), ['torgb', '11', 'skip up', 'fc3']);
});

test('a layer has a description', () => {
    const {node, parts} = layerOf(networks['StyleGAN2 at 64'], 'synthesis.b8.conv0');
    assert.equal(inWords(node, parts), 'Convolution, its weights styled by w, then noise, bias and lrelu');
});
