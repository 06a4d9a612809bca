// The studio's page for the end-to-end tests: a server with its models, and a Chromium that shows the page. Elements are found
// as screen readers find them, by role and name in the accessibility tree, so the tests also check accessibility. Everything
// waits for what it needs; nothing sleeps.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { KEY, startBrowser } from './browser.mjs';
import { closeAll } from './programs.mjs';
import { start } from './server.mjs';

export { KEY };
export const toyFaces = 'tests/fixtures/toy-faces-64.gbw';

const patience = Number(process.env.PATIENCE ?? 60000);     // ms; the machine may be busy with other things
const pages = new Set();
const pause = () => new Promise(resolve => setTimeout(resolve, 20));

// Waits until `look` resolves to something; `what` describes it for the error message.
export async function until(look, what) {
    const end = Date.now() + patience;
    for (;;) {
        const found = await look();
        if (found) return found;
        if (Date.now() > end) throw new Error(`timed out waiting for ${what}`);
        await pause();
    }
}

/* Opens a page of a new studio, or another page of the studio of `beside`, {studio: {address}, out}. `ganbend` is the program, `models` its operands, the
 * toy faces by default; `prepare` is JavaScript that runs before the page's own. Closing it ends both, and fails if the browser
 * reported warnings or errors. */
export async function openPage(ganbend, { models = [toyFaces], options = [], prepare = null, beside = null, ...look } = {}) {
    const out = beside?.out ?? mkdtempSync(join(tmpdir(), 'studio-'));
    const studio = beside?.studio ?? await start(ganbend, [...models, ...options], { out });
    const page = { out, studio, warnings: [] };
    let browser = null;
    page.kill = () => page.studio.stop('SIGKILL');
    // On the same port; the page reconnects by itself. Failed connections meanwhile are expected.
    page.restart = async () => {
        page.studio = await start(ganbend, [...models, ...options, '--port', String(page.studio.port)], { out });
        await page.rest();
        const warnings = await browser.warnings();
        page.warnings.push(...warnings.filter(text => !/WebSocket connection to .* failed/.test(text)));
    };
    page.close = async () => {
        pages.delete(page);
        if (browser) page.warnings.push(...await browser.warnings());
        await browser?.close();
        if (!beside) {
            const ended = await page.studio.stop();
            rmSync(out, { recursive: true, force: true });
            assert.equal(ended, 0, `the studio ended with ${ended}: ${page.studio.output()}`);
        }
        assert.deepEqual(page.warnings, [], 'the browser complained');
    };
    try {
        browser = await startBrowser(look);
        addActions(page, browser);
        await browser.chrome('DOM.enable');
        await browser.chrome('Accessibility.enable');
        if (prepare) await browser.chrome('Page.addScriptToEvaluateOnNewDocument', { source: prepare });
        await browser.open(page.studio.address);
        await page.ready();
    } catch (error) {
        await page.close();
        throw error;
    }
    pages.add(page);
    return page;
}

// For after(): closes all pages, those that a failed test has left open too, and whatever else it has left running.
export async function closePages() {
    const errors = [];
    while (pages.size) await [...pages].at(-1).close().catch(error => errors.push(error));
    await closeAll();
    if (errors.length) throw errors[0];
}

function addActions(page, browser) {
    const chrome = browser.chrome;
    let root = null;                // the browser's id of the document node; null after a reload
    const questions = new Map();    // element → what the() was asked for when it found it

    async function documentNode() {
        root ??= (await chrome('DOM.getDocument', { depth: 0 })).root.backendNodeId;
        return root;
    }

    // The nodes of the accessibility tree with this role and name: a string, a pattern, or null for any.
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

    // Waits for the one element with this role and name.
    async function the(role, name, within = null) {
        let seen = 0;
        return until(async () => {
            const found = await all(role, name, await inPage(within));
            seen = found.length;
            if (seen === 1) questions.set(found[0], [role, name, within]);
            return seen === 1 && found[0];
        }, `one ${role} ${name}`).catch(error => {
            throw new Error(`${error.message} (there were ${seen})`);
        });
    }

    // Calls a function body with the element as `this`. Resolves to {value}, or {gone} if the element has left the page.
    async function callOn(element, body, args) {
        const { object } = await chrome('DOM.resolveNode', { backendNodeId: element }).catch(() => ({}));
        if (!object) return { gone: true };
        const { result, exceptionDetails } = await chrome('Runtime.callFunctionOn', {
            objectId: object.objectId, awaitPromise: true, returnByValue: true, arguments: args.map(value => ({ value })),
            functionDeclaration: `async function () {
                if (!this.isConnected) return { gone: true };
                return { value: await (async function () { ${body} }).apply(this, arguments) };
            }`,
        });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    }

    // The element, or the one that the page has put in its place since the() found it.
    async function inPage(element) {
        if (!element || !(await callOn(element, '', [])).gone) return element;
        if (!questions.has(element)) throw new Error('the element has left the page');
        const [role, name, within] = questions.get(element);
        return the(role, name, await inPage(within));
    }

    // Runs a function body with the element as `this`.
    async function on(element, body, ...args) {
        const { gone, value } = await callOn(element, body, args);
        return gone ? on(await inPage(element), body, ...args) : value;
    }

    // Scrolls an element into view and returns a point of it in the window; `x` and `y` are fractions of its size.
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

    // Replaces the text of a field and presses Enter.
    async function write(element, text) {
        await on(element, 'this.focus(); this.select?.();');
        await browser.type(text);
        await browser.type(KEY.enter);
    }

    // Chooses an option of a menu by its label or value.
    const pickFrom = (element, words) => on(element, `
        const option = [...this.options].find(each => each.label === arguments[0] || each.value === arguments[0]);
        const all = [...this.options].map(each => each.label).join(', ');
        if (!option) throw new Error('no ' + arguments[0] + ' among ' + all);
        this.value = option.value;
        this.dispatchEvent(new Event('input', { bubbles: true }));
        this.dispatchEvent(new Event('change', { bubbles: true }));`, words);

    // Evaluates an expression with the page's modules in scope, such as of('store.recipe').
    const run = (body, ...args) => browser.run(`const { store } = await import('/state/store.js'),
        { live } = await import('/state/live.js'), { wire } = await import('/state/wire.js'),
        { controls } = await import('/parts/controls.js');\n${body}`, ...args);
    const of = expression => run(`return ${expression};`);

    // Waits until the newest picture is shown and every question to the program is answered.
    const isAtRest = '(!live.busy && !wire.asking)';
    const rest = () => until(() => of(isAtRest), 'the picture to come');

    // A hash of the picture on the canvas; null if the page is not at rest.
    const hashAtRest = () => run(`
        if (!${isAtRest}) return null;
        const canvas = document.querySelector('#picture canvas');
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
        const digest = await crypto.subtle.digest('SHA-256', data);
        return [...new Uint8Array(digest, 0, 8)].map(byte => byte.toString(16).padStart(2, '0')).join('');`);

    Object.assign(page, {
        browser, all, names, the, on, pointOf, click, write, pickFrom, run, of, rest,
        async ready() {
            root = null;
            await until(() => browser.run('return document.readyState === "complete";'), 'the page');
            await until(() => of('store.opened && store.network !== null && store.frame !== null'), 'a picture');
            await rest();
        },
        // Opens a new project for a test.
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
        // The picture is hashed in the same step of the page that finds it at rest, so it is never one on the way.
        pixels: () => until(hashAtRest, 'the picture to come'),
        recipe: () => of('store.recipe'),
        // A layer in the network panel, by its name in recipes.
        layer: name => the('treeitem', new RegExp(`(^|, )${name.replaceAll('.', '\\.')}, `)),
        // Types the number of a slider.
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
        // Drops a file with these bytes, in base64, on the page.
        dropFile: (name, base64) => browser.run(`const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(atob(arguments[1]), c => c.charCodeAt(0))], arguments[0]));
            document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));`, name, base64),
        // Waits for the picture of a model.
        async shows(model) {
            await until(() => of(`store.network?.name === ${JSON.stringify(model)} && store.frame !== null`).catch(() => false), model);
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
