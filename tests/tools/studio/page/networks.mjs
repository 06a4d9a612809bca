// Node lists as in the `network` message, built by the rules of docs/layers.md: a StyleGAN2, a BigGAN and a BigGAN-deep with
// attention.

function list() {
    const nodes = [];
    const add = (name, op, shape, inputs = [], more = {}) => {
        nodes.push({name, alias: null, op, shape, inputs, parameters: 0, macs: 0, act: null, takes: ['filter'],
                    index: nodes.length, ...more});
        return name;
    };
    const act = (name, shape, input, kind = 'linear', gain = 1) =>
        add(name, 'bias_act', shape, [input], {act: {name: kind, gain, clamp: 0}, takes: ['filter', 'activation']});
    return {nodes, add, act};
}

export function styleGan2({resolution = 64, fcs = 8, w = 128, channels = () => 128} = {}) {
    const {nodes, add, act} = list();
    let x = add('mapping.normalize', 'pixel_norm', [w], [add('z', 'input', [w])]);
    for (let i = 0; i < fcs; i++)
        x = act(`mapping.fc${i}`, [w], add(`mapping.fc${i}.linear`, 'linear', [w], [x]), 'lrelu', Math.SQRT2);
    const ws = 2 * Math.log2(resolution) - 2;
    x = add('mapping', 'truncate', [ws, w], [x]);
    for (let i = 0; i < ws; i++)
        add(`synthesis.w${i}`, 'select', [w], [x], {role: {w: i}});
    const affine = (name, style, c) =>
        act(`${name}.affine`, [c], add(`${name}.affine.linear`, 'linear', [c], [`synthesis.w${style}`]));
    let style = 0, image = null, cin = channels(4);
    for (let r = 4; r <= resolution; r *= 2) {
        const c = channels(r), block = `synthesis.b${r}`;
        for (const each of r === 4 ? ['conv1'] : ['conv0', 'conv1']) {
            const name = `${block}.${each}`;
            if (r === 4)
                x = add(`${block}.const`, 'constant', [c, 4, 4]);
            const conv = add(`${name}.conv`, 'modulated_conv2d', [c, r, r], [x, affine(name, style++, cin)]);
            x = act(name, [c, r, r], add(`${name}.noise`, 'noise', [c, r, r],
                    [conv, add(`${name}.noise_const`, 'input', [1, r, r])]), 'lrelu', Math.SQRT2);
            cin = c;
        }
        const up = image && add(`${block}.upsample`, 'upfirdn2d', [3, r, r], [image]);
        const torgb = act(`${block}.torgb`, [3, r, r], add(`${block}.torgb.conv`, 'modulated_conv2d', [3, r, r],
                          [x, affine(`${block}.torgb`, style, c)]));
        image = up ? add(`${block}.img`, 'add', [3, r, r], [up, torgb]) : torgb;
        if (!up)
            nodes.at(-1).alias = `${block}.img`;
    }
    return nodes;
}

function attention({add, act}, name, input, c, r) {
    const conv = (each, channels, from) => add(`${name}.${each}`, 'modulated_conv2d', [channels, r, r], [from]);
    const theta = conv('theta', c / 8, input);
    const phi = add(`${name}.phi.pool`, 'max_pool', [c / 8, r / 2, r / 2], [conv('phi', c / 8, input)]);
    const g = add(`${name}.g.pool`, 'max_pool', [c / 2, r / 2, r / 2], [conv('g', c / 2, input)]);
    const scores = add(`${name}.scores`, 'scores', [r * r, r * r / 4], [theta, phi]);
    const shares = add(`${name}.attention`, 'softmax', [r * r, r * r / 4], [scores]);
    const o = conv('o', c, add(`${name}.mix`, 'mix', [c / 2, r, r], [g, shares, theta]));
    return add(`${name}.sum`, 'add', [c, r, r], [input, act(`${name}.scale`, [c, r, r], o)], {alias: name});
}

export function bigGan({blocks = 4, deep = false, widths = [128, 128, 64, 32, 16, 8], attends = 2} = {}) {
    const made = list(), {nodes, add, act} = made;
    const z = add('z', 'input', [120]), label = add('label', 'input', [1000]);
    const shared = add('shared', 'linear', [128], [label]);
    let condition = deep ? add('condition', 'concat', [248], [shared, z]) : null;
    const first = deep ? condition : add('z.0', 'slice', [20], [z]);
    let x = add('reshape', 'reshape', [widths[0], 4, 4],
                [act('linear', [16 * widths[0]], add('linear.linear', 'linear', [16 * widths[0]], [first]))]);
    const conv = (name, c, r, from) => act(name, [c, r, r], add(`${name}.conv`, 'modulated_conv2d', [c, r, r], [from]));
    const norm = (block, i, c, r, from) => {
        const bn = `${block}.bn${i}`;
        const parts = ['gain', 'bias'].map(each => add(`${bn}.${each}`, 'linear', [c], [condition]));
        return act(`${block}.relu${i}`, [c, r, r], add(bn, 'batch_norm', [c, r, r], [from, ...parts]), 'relu');
    };
    const enlarged = (name, c, r, from) => add(name, 'upsample_nearest', [c, r, r], [from]);
    for (let i = 0, r = 4; i < blocks; i++) {
        const block = `blocks.${i}.0`, cin = widths[i], c = widths[i + 1], m = cin / 4;
        if (!deep)
            condition = add(`condition.${i}`, 'concat', [148], [shared, add(`z.${i + 1}`, 'slice', [20], [z])]);
        let h = norm(block, 1, cin, r, x), past;
        if (deep) {
            h = norm(block, 2, m, r, conv(`${block}.conv1`, m, r, h));
            past = cin === c ? x : add(`${block}.shortcut.slice`, 'slice', [c, r, r], [x]);
            r *= 2;
            h = enlarged(`${block}.upsample`, m, r, h);
            past = enlarged(`${block}.shortcut.upsample`, c, r, past);
            h = norm(block, 3, m, r, conv(`${block}.conv2`, m, r, h));
            h = norm(block, 4, m, r, conv(`${block}.conv3`, m, r, h));
            h = conv(`${block}.conv4`, c, r, h);
        } else {
            r *= 2;
            h = enlarged(`${block}.upsample`, cin, r, h);
            past = conv(`${block}.conv_sc`, c, r, enlarged(`${block}.shortcut.upsample`, cin, r, x));
            h = norm(block, 2, c, r, conv(`${block}.conv1`, c, r, h));
            h = conv(`${block}.conv2`, c, r, h);
        }
        x = add(`${block}.sum`, 'add', [c, r, r], [past, h], {alias: block});
        if (i === attends)
            x = attention(made, `blocks.${i}.1`, x, c, r);
    }
    const [c, r] = nodes.at(-1).shape;
    x = act('output_layer.1', [c, r, r], add('output_layer.0', 'batch_norm', [c, r, r], [x]), 'relu');
    act('tanh', [3, r, r], conv('output_layer.2', 3, r, x), 'tanh');
    return nodes;
}
