// The bank of directions that is open: a file in the output folder, for each model, and the directions in it.
import {store} from '../state/store.js';
import {wire} from '../state/wire.js';

let opened = null;                  // {model, file, directions: [{name, space, deviation, layers}], of}

// The file of the bank that was opened last, or the one that the recipe names if it has come to name another since; null if
// there is neither.
export function bankFile() {
    const chosen = store.ui.banks?.[store.state.model], named = store.recipe.directions;
    return chosen && (named === undefined || named === chosen.over) ? chosen.file : named ?? null;
}

// The bank if its directions are known already.
export const bank = () => opened?.model === store.state.model && opened.file === bankFile() ? opened : null;

// `answer` as to `directions` and `bank`, for this model.
export function take(answer, model = store.state.model) {
    opened = {model, file: answer.file, directions: answer.directions, of: answer.of};
    store.setUi('banks', {...store.ui.banks, [model]: {file: answer.file, over: store.recipe.directions}});
}

// Opens a file of the output folder, or one beside the model, which is copied there.
export async function open(name, beside = false) {
    const {model} = store.state;
    take(await wire.ask('bank', {name, beside}), model);
}

export const files = () => wire.ask('files');
