// docs/studio.md documents the protocol completely: every message of the page with exactly its fields, and every message of
// the server: node protocol.mjs
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const guide = readFileSync('docs/studio.md', 'utf8');
const section = title => guide.slice(guide.indexOf(`\n### ${title}\n`)).split('\n### ')[1];
const quoted = text => [...text.matchAll(/`([^`]+)`/g)].map(match => match[1]);
const rowsOf = title => section(title).split('\n').filter(line => /^\| (kind )?`/.test(line))
    .map(line => line.split(' | ').map(cell => cell.replace(/^\| /, '')));

// {type: [fields]} from the table in messages.c.
function messages() {
    const source = readFileSync('tools/studio/messages.c', 'utf8');
    const macro = name => new RegExp(`#define ${name} \\{"(\\w+)"`).exec(source)?.[1] ?? null;   // null: a constant
    const table = source.slice(source.indexOf('rows[MESSAGE_KINDS] = {'), source.indexOf('static int PRINTF_LIKE'));
    const found = [...table.matchAll(/\[MESSAGE_\w+\] = \{"(\w+)", \{(.*?)\}\},\n/gs)].map(([, type, fields]) => [type,
        [...fields.matchAll(/\{"(\w+)", FIELD|\b([A-Z_]+)(?=[,}]|$)/g)].map(([, name, short]) => name ?? macro(short))
            .filter(Boolean)]);
    return Object.fromEntries(found);
}

test('the guide documents every message of the page with exactly its fields', () => {
    const rows = rowsOf('What the page says');
    const said = Object.fromEntries(rows.map(([type, fields]) => [quoted(type)[0],
                                                                  new Set(['id', ...quoted(fields)])]));
    const spoken = messages();
    assert.ok(Object.keys(spoken).length >= 17);
    assert.deepEqual(Object.keys(said).sort(), Object.keys(spoken).sort());
    for (const [type, fields] of Object.entries(spoken))
        assert.deepEqual([...said[type]].sort(), [...new Set(['id', ...fields])].sort(), type);
});

test('the guide documents every message of the server', () => {
    const said = new Set(rowsOf('What the server says').map(([type]) => quoted(type)[0]));
    const spoken = readdirSync('tools/studio').filter(name => name.endsWith('.c')).flatMap(name =>
        [...readFileSync(`tools/studio/${name}`, 'utf8').matchAll(/"(?:type|kind)", "(\w+)"/g)].map(match => match[1]));
    assert.deepEqual([...said].sort(), [...new Set(spoken)].sort());
});

test('all pictures of the guide exist, and no others', () => {
    const shown = [...guide.matchAll(/\]\(studio\/([^)]+)\)/g)].map(match => match[1]);
    assert.ok(shown.length >= 4);
    assert.deepEqual(readdirSync('docs/studio').sort(), shown.sort());
});
