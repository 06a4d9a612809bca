// The studio's page as a person meets it, for the end-to-end tests: a server with its models and a real Chromium that
// shows the page. Elements are found as a screen reader finds them, by role and name in the browser's accessibility
// tree, so a test that finds its way also says that others do. Everything waits for what it needs; nothing sleeps.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { KEY, startBrowser } from './browser.mjs';
import { start } from './server.mjs';

export { KEY };
export const toyFaces = 'tests/fixtures/toy-faces-64.gbw';

const patience = 15000;             // ms
const pause = () => new Promise(resolve => setTimeout(resolve, 20));

// Until `look` resolves to something; `what` says what was waited for.
export async function until(look, what) {
    const end = Date.now() + patience;
    for (;;) {
        const found = await look();
        if (found) return found;
        if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
        await pause();
    }
}

/* A page of its own studio, or one more of another page's, `beside` it. `ganbend` is the program, `models` its operands, the toy faces
 * unless others are named;
 * `prepare` is JavaScript that runs before the page's own. Closing it ends both, and fails where the browser complained
 * of anything meanwhile. */
export async function openPage(ganbend, { models = [toyFaces], options = [], prepare = null, beside = null, ...look } = {}) {
    const out = beside?.out ?? mkdtempSync(join(tmpdir(), 'studio-'));
    const studio = beside?.studio ?? await start(ganbend, [...models, ...options], { out });
    const page = { out, studio, complaints: [] };
    let browser = null;
    page.kill = () => page.studio.stop('SIGKILL');
    // At the same port; the page comes back to it by itself. That it could not connect meanwhile is no complaint.
    page.restart = async () => {
        page.studio = await start(ganbend, [...models, ...options, '--port', String(page.studio.port)], { out });
        await page.rest();
        const complaints = await browser.complaints();
        page.complaints.push(...complaints.filter(text => !/WebSocket connection to .* failed/.test(text)));
    };
    page.close = async () => {
        if (browser) page.complaints.push(...await browser.complaints());
        await browser?.close();
        if (!beside) {
            const ended = await page.studio.stop();
            rmSync(out, { recursive: true, force: true });
            assert.equal(ended, 0, `the studio ended with ${ended}: ${page.studio.output()}`);
        }
        assert.deepEqual(page.complaints, [], 'the browser complained');
    };
    try {
        browser = await startBrowser(look);
        addHands(page, browser);
        await browser.chrome('DOM.enable');
        await browser.chrome('Accessibility.enable');
        if (prepare) await browser.chrome('Page.addScriptToEvaluateOnNewDocument', { source: prepare });
        await browser.open(page.studio.address);
        await page.ready();
    } catch (error) {
        await page.close();
        throw error;
    }
    return page;
}

function addHands(page, browser) {
    const chrome = browser.chrome;
    let root = null;                // of the document, as the browser numbers its nodes; null after loading anew

    async function documentNode() {
        root ??= (await chrome('DOM.getDocument', { depth: 0 })).root.backendNodeId;
        return root;
    }

    // Those of a role (the browser's word) with this name, a text, a pattern, or null for any, as the browser's tree has
    // them.
    async function inTree(role, name = null, within = null) {
        const where = within ?? await documentNode();
        const question = { backendNodeId: where, role, ...typeof name === 'string' && { accessibleName: name } };
        const { nodes } = await chrome('Accessibility.queryAXTree', question).catch(error => {
            if (!/no.*node|not.*found/i.test(error.message)) throw error;
            root = null;            // the document was another one
            return { nodes: [] };
        });
        return nodes.filter(node => !node.ignored && (!(name instanceof RegExp) || name.test(node.name?.value ?? '')));
    }

    const all = async (...what) => (await inTree(...what)).map(node => node.backendDOMNodeId);
    const names = async (...what) => (await inTree(...what)).map(node => node.name?.value ?? '');

    // The one element of that role and name, when it is there.
    async function the(role, name, within = null) {
        let seen = 0;
        return until(async () => {
            const found = await all(role, name, within);
            seen = found.length;
            return seen === 1 && found[0];
        }, `one ${role} ${name}`).catch(error => {
            throw new Error(`${error.message} (there were ${seen})`);
        });
    }

    // Runs a function, given as text, with the element as `this`.
    async function on(element, body, ...args) {
        const { object } = await chrome('DOM.resolveNode', { backendNodeId: element });
        const { result, exceptionDetails } = await chrome('Runtime.callFunctionOn', {
            objectId: object.objectId, functionDeclaration: `async function () { ${body} }`, awaitPromise: true,
            returnByValue: true, arguments: args.map(value => ({ value })),
        });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    }

    // Where an element is in the window, scrolled there and not covered; `x` and `y` are shares of its size.
    async function pointOf(element, x = 0.5, y = 0.5) {
        return until(() => on(element, `
            this.scrollIntoView({ block: 'nearest', inline: 'nearest' });
            const box = this.getBoundingClientRect();
            const x = box.x + arguments[0] * box.width, y = box.y + arguments[1] * box.height;
            const hit = document.elementFromPoint(x, y);
            return hit && (this.contains(hit) || hit.contains(this)) ? [x, y] : null;`, x, y),
            'an element to be in sight');
    }

    async function click(element, ...held) {
        const point = await pointOf(element);
        for (const key of held) await browser.hold(key);
        await browser.drag([point]);
        for (const key of held) await browser.letGo(key);
    }

    // Text in place of what a field has; Enter takes it.
    async function write(element, text) {
        await on(element, 'this.focus(); this.select?.();');
        await browser.type(text);
        await browser.type(KEY.enter);
    }

    // Chooses of a menu, by the words that are shown or by what they stand for.
    const pickFrom = (element, words) => on(element, `
        const option = [...this.options].find(each => each.label === arguments[0] || each.value === arguments[0]);
        const all = [...this.options].map(each => each.label).join(', ');
        if (!option) throw new Error('no ' + arguments[0] + ' among ' + all);
        this.value = option.value;
        this.dispatchEvent(new Event('input', { bubbles: true }));
        this.dispatchEvent(new Event('change', { bubbles: true }));`, words);

    // Runs a body with what the page's own modules share in sight; of('store.recipe') is what it knows.
    const run = (body, ...args) => browser.run(`const { store } = await import('/state/store.js'),
        { live } = await import('/state/live.js'), { controls } = await import('/parts/controls.js');\n${body}`, ...args);
    const of = expression => run(`return ${expression};`);

    // When nothing is being rendered, and the newest picture is shown.
    const rest = () => until(() => of('!live.busy'), 'the picture to come');

    Object.assign(page, {
        browser, all, names, the, on, pointOf, click, write, pickFrom, run, of, rest,
        async ready() {
            root = null;
            await until(() => browser.run('return document.readyState === "complete";'), 'the page');
            await until(() => of('store.opened && store.network !== null && store.frame !== null'), 'a picture');
            await rest();
        },
        // A work of its own for a test, as if the page had never been opened.
        async fresh(name) {
            await browser.run('location.hash = arguments[0];', name);
            const isThere = 'store.welcome?.project === ' + JSON.stringify(name);
            await until(() => of(isThere).catch(() => false), `the work ${name}`);
            await page.ready();
        },
        async reload() {
            await browser.reload();
            await page.ready();
        },
        // What the canvas shows, as one number that is another for every other picture.
        async pixels() {
            await rest();
            return browser.run(`const canvas = document.querySelector('#picture canvas');
                const copy = new OffscreenCanvas(canvas.width, canvas.height)
                    .getContext('2d', { willReadFrequently: true });
                copy.drawImage(canvas, 0, 0);
                const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
                const digest = await crypto.subtle.digest('SHA-256', data);
                return [...new Uint8Array(digest, 0, 8)].map(byte => byte.toString(16).padStart(2, '0')).join('');`);
        },
        recipe: () => of('store.recipe'),
        // A layer in the network, by its name in recipes.
        layer: name => the('treeitem', new RegExp(`(^|, )${name.replaceAll('.', '\\.')}, `)),
        // Of a slider: its number, as text as a person types it.
        async set(label, value, within = null) {
            await write(await the('textbox', `${label}, as text`, within), String(value));
            await rest();
        },
        async press(name, within = null) {
            await click(await the('button', name, within));
            await rest();
        },
        async choose(label, words, within = null) {
            await pickFrom(await the('combobox', label, within), words);
            await rest();
        },
        async tab(name, within = null) {
            await click(await the('tab', name, within));
        },
        async drag(element, places) {
            const points = [];
            for (const [x, y] of places) points.push(await pointOf(element, x, y));
            await browser.drag(points);
            await rest();
        },
        async key(text, ...held) {
            await browser.type(text, ...held);
            await rest();
        },
        focused: () => browser.run(`const e = document.activeElement;
            return e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent;`),
    });
}
