// The view "Show": what the audience sees.
import {button, controls, slider, toggle} from '../parts/controls.js';
import {announce} from '../parts/dialog.js';
import {clear, el} from '../parts/dom.js';
import {outputs} from './outputs.js';
import {store} from '../state/store.js';

const pipe = 'ganbend studio --frames-to - | ffmpeg -f nut -i - -pix_fmt yuv420p -f v4l2 /dev/video10';

async function copy(text) {
    await navigator.clipboard.writeText(text);
    announce('Copied');
}

const copied = (label, text) => button({icon: 'copy', label, quiet: true, run: () => copy(text()).catch(() => announce('The '
    + 'browser does not allow copying', 'wrong'))});

export function mount(root) {
    const address = el('code', null);
    const black = slider({address: 'output/black', label: 'Black', low: 0, high: 1, defaultValue: 0,
                          title: 'How dark the outputs are (Shift+B)', value: () => outputs.black,
                          set: value => outputs.set({black: value})});
    const freeze = toggle({label: 'Freeze', title: 'The outputs keep their picture (Shift+F)', value: () => outputs.freeze,
                           set: value => outputs.set({freeze: value})});
    const fill = toggle({label: 'Fill the window', title: 'The picture covers the window and is cut off; otherwise all of it is '
        + 'seen', value: () => outputs.fill, set: outputs.setFill});
    clear(root,
          el('h3', null, 'Output'),
          el('div', {class: 'row'},
             button({icon: 'open', label: 'Open a window', title: 'The picture alone, for a second monitor (Shift+O)',
                     run: outputs.open}), freeze, fill),
          black,
          el('p', {class: 'small faint'}, 'Move the window to its monitor and press F for full screen, or 1 to 9 for the monitor '
             + 'of that number. OBS shows the same as a browser source: the second address that the program printed, with the end ',
             address, '.'),
          el('h3', null, 'A camera for other programs'),
          el('p', {class: 'row small'}, el('code', null, pipe), copied('Copy this command', () => pipe)));
    function show() {
        address.textContent = new URL(outputs.address).hash;
    }
    controls.register({}, root, show);
    store.on('output', controls.refresh);
    store.on('document', show);
}
