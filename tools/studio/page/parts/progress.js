// A line that shows the analysis that is running, with a button that stops it. Hidden while there is none.
import {analysis} from '../state/analysis.js';
import {store} from '../state/store.js';
import {button} from './controls.js';
import {el} from './dom.js';

export function progressLine() {
    const words = el('span', {role: 'status'}), bar = el('progress', {max: 1, 'aria-label': 'Progress'});
    const element = el('div', {class: 'row progress-line', hidden: true}, words, bar,
                       button({label: 'Stop', run: analysis.stop}));
    let left = () => {};
    function show() {
        if (element.wasShown && !element.isConnected)
            return left();
        element.wasShown ||= element.isConnected;
        const {running} = analysis;
        element.hidden = !running;
        if (!running)
            return;
        if (words.textContent !== `${running.what} …`)
            words.textContent = `${running.what} …`;
        bar.value = running.share;
    }
    left = store.on('analysis', show);
    show();
    return element;
}
