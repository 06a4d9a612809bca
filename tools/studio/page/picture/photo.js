// While the latent of a photo is looked for, a bar above the picture shows the photo and how far it is. Photos can be dropped
// anywhere on the page.
import {isCheckpoint, openDropped} from '../first/models.js';
import {find} from '../latent/photo.js';
import {button} from '../parts/controls.js';
import {clear, el, on} from '../parts/dom.js';
import {analysis} from '../state/analysis.js';
import {projection} from '../state/projection.js';
import {store} from '../state/store.js';

const hasFile = event => [...event.dataTransfer?.items ?? []].some(({kind}) => kind === 'file');

// `bar`: the element to fill; port: the viewport of the picture.
export function mount(bar, port) {
    const thumb = el('img', {class: 'photo', alt: 'The photo'}), says = el('span', {class: 'small', role: 'status'});
    const progress = el('progress', {max: 1, 'aria-label': 'Progress'});
    const drop = el('p', {class: 'drop', hidden: true, 'aria-hidden': 'true'}, 'Drop a photo to find it in this network, or a checkpoint to open it');
    const keep = button({label: 'Keep', title: 'Stop here and use what has been found', run: () => projection.keep().catch(() => {})});
    keep.classList.add('primary');
    clear(bar, thumb, el('div', null, says, progress), el('span', {class: 'space'}), keep,
          button({label: 'Stop', title: 'Stop and go back to the picture before', run: analysis.stop}));
    port.element.after(drop);

    function show() {
        const {running} = projection;
        bar.hidden = !running;
        says.textContent = running ? 'Looking for your photo …' : '';
        if (!running)
            return;
        if (thumb.src !== projection.url)
            thumb.src = projection.url;
        progress.value = analysis.running?.share ?? 0;
        keep.disabled = !store.sketch;
    }

    // While the paint tools are open, a picture that is dropped on the picture is a mask.
    const isMask = event => store.ui.painting === true && port.element.contains(event.target);
    on(window, 'dragover', event => {
        if (!hasFile(event))
            return;
        event.preventDefault();
        drop.hidden = isMask(event);
    });
    on(window, 'dragleave', event => { drop.hidden ||= event.relatedTarget === null; });
    on(window, 'drop', event => {
        drop.hidden = true;
        if (!hasFile(event) || event.defaultPrevented)
            return;
        event.preventDefault();
        const [file] = event.dataTransfer.files;
        if (isCheckpoint(file.name))
            openDropped(file);
        else
            find(file);
    });
    store.on('analysis', show);
    store.on('frame', which => which === 'sketch' && show());
    show();
}
