// The view "Scenes": the pads of a bank, how they fade, and the A/B fader.
import {button, controls, menu, slider} from '../parts/controls.js';
import {clear, el, icon, on} from '../parts/dom.js';
import {curves} from '../state/curves.js';
import {fader, fadeShare} from './fades.js';
import {bank, banks, edit, fading, isLaunched, launch, move, pads, put, random, remove, sceneAt, setBank, setFading, step}
    from './scenes.js';
import {store} from '../state/store.js';

export function mount(root) {
    const grid = el('div', {class: 'pads', role: 'group', 'aria-label': 'Scenes of the bank'});
    const tabs = el('div', {class: 'banks', role: 'group', 'aria-label': 'Bank'});
    const fade = slider({address: 'scene/fade', label: 'Fade', unit: 's', low: 0, high: 600, span: [0, 10], defaultValue: 2,
                         title: 'From what is seen to the scene', value: () => fading().seconds,
                         set: seconds => setFading({seconds})});
    const sides = {value: side => String(fader.sceneOn(side)?.id ?? ''), choices: () => [{value: '', label: 'the recipe'},
        ...store.scenes.filter(({model}) => model === store.state.model).map(({id, name}) => ({value: String(id), label: name}))]};
    const side = (which, label) => menu({label, title: `What the fader shows at its ${which === 'a' ? 'left' : 'right'} end`,
        choices: sides.choices, value: () => sides.value(which), set: id => fader.set({[which]: id ? Number(id) : null})});
    const cross = slider({address: 'fader', label: 'A/B', low: 0, high: 1, value: () => fader.at, set: at => fader.set({at}),
                          title: 'From A to B'});
    const keep = button({icon: 'pin', label: 'Use this position', quiet: true, title: 'What is seen becomes the recipe',
                         run: fader.keep});
    clear(root,
          el('div', {class: 'row'}, tabs, el('span', {class: 'space'}),
             button({icon: 'previous', label: 'Previous scene', quiet: true, title: 'Previous scene (Shift+N)', run: () => step(-1)}),
             button({icon: 'next', label: 'Next scene', quiet: true, title: 'Next scene (N)', run: () => step(1)}),
             button({icon: 'dice', label: 'Random scene', quiet: true, title: 'Random scene (Shift+R)', run: random})),
          grid,
          el('div', {class: 'fading'}, fade, menu({label: 'Curve', title: 'Speed of the fade', choices: Object.keys(curves),
             value: () => fading().curve, set: curve => setFading({curve})})),
          el('div', {class: 'row crossing'}, side('a', 'A'), cross, side('b', 'B'), keep));

    let dragged = null;                 // id of the scene that is being dragged
    const element = pad => grid.children[pad]?.querySelector('.pad-button, input');

    function card(pad) {
        const scene = sceneAt(bank(), pad), place = `${bank() + 1}.${pad + 1}`;
        const title = scene ? `Launch ${scene.name} (${pad + 1})\nF2 renames, Delete removes, Alt+arrow keys move`
            : `Keep what is seen on pad ${place}`;
        const press = scene ? () => launch(scene) : () => put(bank(), pad);
        const item = el('div', {class: scene ? 'scene' : 'scene empty', draggable: scene ? 'true' : null},
            el('button', {type: 'button', class: 'pad-button', title, onclick: press, onkeydown: event => key(event, pad),
                          'aria-label': scene ? null : title, data: {address: `pad/${pad + 1}`}},
               scene ? scene.thumbnail ? el('img', {src: scene.thumbnail, alt: '', draggable: 'false'}) : icon('camera')
                   : icon('plus'),
               scene && el('span', {class: 'name'}, scene.name),
               scene?.seconds !== undefined && el('span', {class: 'own'}, `${scene.seconds} s`)),
            scene && el('span', {class: 'tools'},
                button({icon: 'camera', label: `Update ${scene.name}`, quiet: true, title: 'Replace it by what is seen',
                        run: () => put(bank(), pad)}),
                button({icon: 'loop', label: `Fade of ${scene.name}`, quiet: true,
                        title: 'Give it a fade of its own: the one set below, or none again',
                        run: () => edit(scene.id, `Fade of ${scene.name}`,
                                        {seconds: scene.seconds === undefined ? fading().seconds : undefined})}),
                button({icon: 'close', label: `Remove ${scene.name}`, quiet: true, title: 'Remove (Delete)',
                        run: () => remove(scene.id)})));
        on(item, 'dragstart', () => { dragged = scene?.id ?? null; });
        on(item, 'dragover', event => dragged !== null && event.preventDefault());
        on(item, 'drop', event => {
            event.preventDefault();
            if (dragged !== null && dragged !== scene?.id)
                move(dragged, bank(), pad);
            dragged = null;
        });
        return item;
    }

    function key(event, pad) {
        const scene = sceneAt(bank(), pad);
        const across = getComputedStyle(grid).gridTemplateColumns.split(' ').length;
        const by = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across}[event.key];
        const to = pad + by;
        if (by && to >= 0 && to < pads && !(event.altKey && !scene)) {
            if (event.altKey)
                move(scene.id, bank(), to);
            element(to)?.focus();
        } else if (scene && event.key === 'Delete') {
            remove(scene.id);
            element(pad)?.focus();
        } else if (scene && event.key === 'F2') {
            rename(scene, pad);
        } else {
            return;
        }
        event.preventDefault();
    }

    function rename(scene, pad) {
        const field = el('input', {type: 'text', value: scene.name, maxlength: 40, 'aria-label': `Name of ${scene.name}`});
        let done = false;
        function close(keeps) {
            if (done)
                return;
            done = true;
            const name = field.value.trim();
            if (keeps && name && name !== scene.name)
                edit(scene.id, 'Rename a scene', {name});
            shown = null;
            show();
            element(pad)?.focus();
        }
        on(field, 'keydown', event => {
            event.stopPropagation();
            if (event.key === 'Enter' || event.key === 'Escape')
                close(event.key === 'Enter');
        });
        on(field, 'blur', () => close(true));
        element(pad).replaceWith(field);
        field.select();
        field.focus();
    }

    let shown = null, shownBank = -1;
    function show() {
        if (shown !== store.scenes || shownBank !== bank()) {
            const focused = [...grid.children].findIndex(item => item.contains(document.activeElement));
            shown = store.scenes;
            shownBank = bank();
            clear(grid, Array.from({length: pads}, (_, pad) => card(pad)));
            clear(tabs, Array.from({length: banks}, (_, each) => el('button', {
                type: 'button', onclick: () => setBank(each), title: `Bank ${each + 1}`, 'aria-pressed': String(each === bank()),
                class: store.scenes.some(scene => scene.bank === each) ? 'filled' : null}, String(each + 1))));
            if (focused >= 0)
                element(focused)?.focus();
        }
        mark();
        keep.disabled = !fader.isOn;
    }

    function mark() {
        for (let pad = 0; pad < pads; pad++) {
            const scene = sceneAt(bank(), pad), item = grid.children[pad];
            const isHere = scene !== null && isLaunched(scene);
            item.classList.toggle('here', isHere);
            item.style.setProperty('--done', isHere ? fadeShare() ?? 1 : 0);
            item.querySelector('.pad-button')?.setAttribute('aria-current', String(isHere));
        }
    }
    controls.register({}, root, show);
    store.on('fade', mark);
    store.on('frame', which => which === 'frame' && fadeShare() !== null && mark());
    show();
}
