// The view "Show": what the audience sees.
import {button, controls, slider, toggle} from '../parts/controls.js';
import {announce} from '../parts/dialog.js';
import {clear, el, icon, on} from '../parts/dom.js';
import {outputs} from './outputs.js';
import {performing} from './performing.js';
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
    const record = button({icon: 'camera', label: 'Record', title: 'Record what is shown (Shift+P)', run: performing.toggle,
                           pressed: () => performing.isRecording});
    const play = button({icon: 'play', label: 'Play the recording', quiet: true, run: () => performing.play()});
    const save = button({label: 'Save', title: 'Save the recording as a file on this computer', run: performing.save});
    const file = el('input', {type: 'file', accept: '.json,application/json', hidden: true, 'aria-label': 'Recording to open'});
    const where = slider({address: 'recording/position', label: 'Position', unit: 's', low: 0, get span() {
        return [0, performing.kept?.length || 1];
    }, value: () => Number(performing.position.toFixed(2)), set: performing.goTo});
    on(file, 'change', () => file.files[0] && performing.open(file.files[0]).catch(error => announce(error.message, 'wrong')));
    clear(root,
          el('h3', null, 'Output'),
          el('div', {class: 'row'},
             button({icon: 'open', label: 'Open a window', title: 'The picture alone, for a second monitor (Shift+O)',
                     run: outputs.open}), freeze, fill),
          black,
          el('p', {class: 'small faint'}, 'Move the window to its monitor and press F for full screen, or 1 to 9 for the monitor '
             + 'of that number. OBS shows the same as a browser source: the second address that the program printed, with the end ',
             address, '.'),
          el('h3', null, 'Recording'),
          el('div', {class: 'row'}, record, play, el('span', {class: 'space'}),
             save,
             button({label: 'Open', title: 'Open a recording', run: () => file.click()}), file),
          where,
          el('p', {class: 'small faint'}, 'A recording keeps what is shown, with every move and its time. Render it as a film in '
             + 'the Film view, at any rate and size.'),
          el('h3', null, 'A camera for other programs'),
          el('p', {class: 'row small'}, el('code', null, pipe), copied('Copy this command', () => pipe)));
    function show() {
        record.lastElementChild.textContent = performing.isRecording ? `Stop (${performing.seconds.toFixed(0)} s)`
            : performing.kept ? `Record again (${performing.kept.length.toFixed(1)} s kept)` : 'Record';
        record.setAttribute('aria-pressed', String(performing.isRecording));
        play.replaceChildren(icon(performing.isPlaying ? 'pause' : 'play'));
        save.disabled = !performing.kept;
        play.disabled = where.hidden = !performing.fits;
        where.refresh();
        address.textContent = new URL(outputs.address).hash;
    }
    controls.register({}, root, show);
    store.on('output', controls.refresh);
    store.on('document', show);
    store.on('performing', show);
    let timer = 0;
    store.on('frame', () => { timer ||= performing.isRecording && setTimeout(() => { timer = 0; show(); }, 250); });
}
