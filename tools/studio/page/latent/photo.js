// Choosing a photo whose latent is looked for: a file from disk, and what kind of latent it is.
import {button, menu} from '../parts/controls.js';
import {announce} from '../parts/dialog.js';
import {el, on} from '../parts/dom.js';
import {keys} from '../parts/keys.js';
import {resultButton} from '../project/results.js';
import {projection} from '../state/projection.js';
import {store} from '../state/store.js';

const spaces = () => store.network?.num_ws > 0
    ? [{value: 'w+', label: 'nearest', title: 'A w for each layer: comes nearest to the photo'},
       {value: 'w', label: 'one w', title: 'One w for all layers: less like the photo, and moves better along directions'}]
    : [{value: 'z', label: 'z and class', title: 'z, and a mixture of classes'}];
const spaceNow = () => (spaces().find(({value}) => value === store.ui.photoSpace) ?? spaces()[0]).value;

export async function find(file) {
    if (!file || !store.network)
        return;
    try {
        await projection.run(file, spaceNow());
        announce('The photo is the latent now; undo goes back');
    } catch (error) {
        if (error.message !== 'stopped')
            announce(error.message, 'wrong');
    }
}

const file = el('input', {type: 'file', accept: 'image/*', hidden: true, 'aria-label': 'A photo from disk'});
on(file, 'change', () => {
    find(file.files[0]);
    file.value = '';
});
keys.add({key: 'H', says: 'Find a photo', group: 'Latent', run: () => file.click()});

export const photoChoice = () => el('div', {class: 'photo-choice row'},
    button({icon: 'image', label: 'Photo', run: () => file.click(),
            title: 'Find the latent of a photo (H); it can also be dropped anywhere on the page'}),
    menu({label: 'Kind of latent', title: 'The kind of latent that is looked for', choices: spaces, value: spaceNow,
          set: value => store.setUi('photoSpace', value)}), resultButton('latent'), file);
