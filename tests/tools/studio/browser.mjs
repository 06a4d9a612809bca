// Drives Chromium through chromedriver by W3C WebDriver, with node's own modules only: the commands that the studio's tests
// need.
import { writeFile } from 'node:fs/promises';

import { startProgram, tracked } from './programs.mjs';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';      // how WebDriver names an element in its JSON

/* WebDriver's codes for keys without a character. */
export const KEY = {
    tab: '\uE004', enter: '\uE007', escape: '\uE00C', space: '\uE00D', shift: '\uE008', control: '\uE009', alt: '\uE00A',
    left: '\uE012', up: '\uE013', right: '\uE014', down: '\uE015', home: '\uE011', end: '\uE010', remove: '\uE017',
    pageUp: '\uE00E', pageDown: '\uE00F', backspace: '\uE003',
};

/* chromedriver takes a port that is free for IPv6 and gives up if another program has it for IPv4: then once more. */
async function startDriver(tries = 5) {
    try {
        return await startProgram(process.env.CHROMEDRIVER ?? 'chromedriver', ['--port=0'],
                                  /started successfully on port (\d+)/);
    } catch (error) {
        if (tries === 1 || !/Address already in use/.test(error.message)) throw error;
        return startDriver(tries - 1);
    }
}

export async function startBrowser({ width = 1280, height = 800, dark = false } = {}) {
    const driver = await startDriver();
    const base = `http://127.0.0.1:${driver.match[1]}`;
    async function ask(method, path, body) {
        const response = await fetch(base + path, {
            method, headers: { 'content-type': 'application/json' },
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        const { value } = await response.json();
        if (!response.ok) throw new Error(`${value.error}: ${value.message.split('\n')[0]} (${path})`);
        return value;
    }
    let session;
    try {
        const made = await ask('POST', '/session', { capabilities: { alwaysMatch: {
            browserName: 'chrome',
            timeouts: { script: 300000 },
            'goog:loggingPrefs': { browser: 'ALL' },
            'goog:chromeOptions': {
                args: ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage', '--hide-scrollbars=false',
                       '--force-device-scale-factor=1', '--lang=en', `--window-size=${width},${height}`],
            },
        } } });
        session = `/session/${made.sessionId}`;
    } catch (error) {
        await driver.stop();
        throw error;
    }
    const browser = {
        chrome(command, params = {}) {
            return ask('POST', `${session}/goog/cdp/execute`, { cmd: command, params });
        },
        open(url) {
            return ask('POST', `${session}/url`, { url });
        },
        reload() {
            return ask('POST', `${session}/refresh`, {});
        },
        /* Runs the body of a function in the page; resolves to its result. */
        async run(body, ...args) {
            const script = `const done = arguments[arguments.length - 1];
                (async function () { ${body} }).apply(null, arguments)
                    .then(value => done({ value }), error => done({ error: String(error && error.stack || error) }));`;
            const { value, error } = await ask('POST', `${session}/execute/async`, { script, args });
            if (error) throw new Error(error);
            return value;
        },
        /* Waits until the expression is true in the page; resolves to its value. */
        async until(expression, what = expression, seconds = 10) {
            const end = Date.now() + 1000 * seconds;
            for (;;) {
                const value = await browser.run(`return ${expression};`);
                if (value) return value;
                if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
                await new Promise(resolve => setTimeout(resolve, 30));
            }
        },
        async find(selector) {
            return (await ask('POST', `${session}/element`, { using: 'css selector', value: selector }))[ELEMENT];
        },
        async click(selector) {
            await ask('POST', `${session}/element/${await browser.find(selector)}/click`, {});
        },
        /* Types text and KEY.… into the focused element while `held` keys are down. */
        async type(text, ...held) {
            const keys = [...text].flatMap(value => [{ type: 'keyDown', value }, { type: 'keyUp', value }]);
            const down = held.map(value => ({ type: 'keyDown', value }));
            const up = [...held].reverse().map(value => ({ type: 'keyUp', value }));
            await ask('POST', `${session}/actions`, { actions: [{ type: 'key', id: 'keyboard',
                actions: [...down, ...keys, ...up] }] });
        },
        async hold(key) {
            await ask('POST', `${session}/actions`, { actions: [{ type: 'key', id: 'keyboard',
                actions: [{ type: 'keyDown', value: key }] }] });
        },
        async letGo(key) {
            await ask('POST', `${session}/actions`, { actions: [{ type: 'key', id: 'keyboard',
                actions: [{ type: 'keyUp', value: key }] }] });
        },
        /* Presses at the first point (CSS pixels in the window), moves over the others, releases. */
        async drag(points) {
            const moves = points.map(([x, y], i) => ({ type: 'pointerMove', duration: i ? 20 : 0,
                                                       x: Math.round(x), y: Math.round(y), origin: 'viewport' }));
            await ask('POST', `${session}/actions`, { actions: [{ type: 'pointer', id: 'mouse',
                parameters: { pointerType: 'mouse' },
                actions: [moves[0], { type: 'pointerDown', button: 0 }, ...moves.slice(1),
                          { type: 'pointerUp', button: 0 }] }] });
        },
        /* The box of an element in the window: {x, y, width, height}. */
        place(selector) {
            return browser.run(`const e = document.querySelector(arguments[0]);
                if (!e) throw new Error('there is no ' + arguments[0]);
                e.scrollIntoView({ block: 'nearest' });
                const { x, y, width, height } = e.getBoundingClientRect();
                return { x, y, width, height };`, selector);
        },
        async look(next) {
            await browser.chrome('Emulation.setDeviceMetricsOverride',
                                 { width: next.width, height: next.height, deviceScaleFactor: 1, mobile: false });
            await browser.chrome('Emulation.setEmulatedMedia', { features: [
                { name: 'prefers-color-scheme', value: next.dark ? 'dark' : 'light' },
                { name: 'prefers-reduced-motion', value: 'reduce' }] });
        },
        async screenshot(path) {
            await writeFile(path, Buffer.from(await ask('GET', `${session}/screenshot`), 'base64'));
        },
        /* Warnings and errors of the console and the browser since the last call. */
        async warnings() {
            const entries = await ask('POST', `${session}/se/log`, { type: 'browser' });
            return entries.filter(e => e.level === 'SEVERE' || e.level === 'WARNING').map(e => e.message);
        },
        close: tracked(async () => {
            await ask('DELETE', session).catch(() => {});
            await driver.stop();
        }),
    };
    await browser.look({ width, height, dark });
    return browser;
}
