// Recipe trees as readable YAML: maps and lists in blocks, short ones on one line, long lists of numbers folded. Parsing it
// gives the same tree: a text is quoted where it could be read as something else.

const width = 60;                   // a longer line becomes a block
const plain = /^(?:[A-Za-z_/$][A-Za-z0-9_ ./*$%-]*|\d+-\d+)$/;
const plainKey = /^[A-Za-z0-9_][A-Za-z0-9_./-]*$/;            // a key is always text
const taken = /^(~|null|true|false|yes|no|on|off)$/i;       // words with a meaning in YAML 1.1
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

const isTree = value => typeof value === 'object' && value !== null;
const indented = depth => '  '.repeat(depth);

// JSON is YAML except for some characters that YAML must escape.
export function toJson(tree) {
    return JSON.stringify(tree).replace(unprintable,
                                        letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function scalar(value) {
    if (typeof value !== 'string')
        return value === undefined ? 'null' : JSON.stringify(value);
    return plain.test(value) && !taken.test(value) && !value.endsWith(' ') ? value : toJson(value);
}

// `off` is written without quotes in recipes; the program reads both.
const inline = value => value === 'off' ? value : scalar(value);
const keyText = key => plainKey.test(key) && !taken.test(key) ? key : toJson(key);

function flow(value) {
    if (Array.isArray(value))
        return `[${value.map(flow).join(', ')}]`;
    if (isTree(value))
        return `{${Object.entries(value).map(([key, inner]) => `${keyText(key)}: ${flow(inner)}`).join(', ')}}`;
    return inline(value);
}

const depthOf = value => !isTree(value) ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf));

// A list of numbers, folded into lines.
function folded(list, depth) {
    const lines = [];
    let line = '';
    for (const item of list.map(inline)) {
        if (line && indented(depth).length + line.length + item.length + 3 > width) {
            lines.push(line);
            line = '';
        }
        line += `${line ? ', ' : ''}${item}`;
    }
    lines.push(line);
    return `[${lines.join(`,\n${indented(depth)}`)}]`;
}

// The value after "key:" or "-" at this depth; `column` is where it would start.
function block(value, depth, column) {
    if (!isTree(value))
        return ` ${inline(value)}`;
    const line = flow(value);
    const items = Object.values(value);
    if (!items.length || (depthOf(value) <= 2 && column + 1 + line.length <= width && depth > 0))
        return ` ${line}`;
    if (Array.isArray(value) && !items.some(isTree))
        return ` ${folded(value, depth + 1)}`;
    return `\n${lines(value, depth)}`;
}

function lines(value, depth) {
    const start = indented(depth);
    if (Array.isArray(value))
        return value.map(item => listItem(item, depth)).join('\n');
    return Object.entries(value).map(([key, inner]) => {
        const head = `${start}${keyText(key)}:`;
        return head + block(inner, depth + 1, head.length);
    }).join('\n');
}

// "- " and the first key of a map share a line.
function listItem(item, depth) {
    const start = indented(depth);
    const isBlockMap = isTree(item) && !Array.isArray(item) && Object.keys(item).length > 0 &&
                       (depthOf(item) > 2 || start.length + 2 + flow(item).length > width);
    return isBlockMap ? `${start}- ${lines(item, depth + 1).slice(start.length + 2)}`
                      : `${start}-${block(item, depth + 1, start.length + 1)}`;
}

export function toYaml(tree) {
    return Object.keys(tree).length ? `${lines(tree, 0)}\n` : '{}\n';
}
