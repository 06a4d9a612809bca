// Finding the latent of a photo. The program sends its picture so far, which is shown as store.sketch: {bitmap, words}. Whatever is
// kept becomes the latent of the recipe, as one step for undo.
import {base64, bitmapOf} from '../parts/encoded.js';
import {analysis} from './analysis.js';
import {formatNumber, setLatent} from './recipe.js';
import {store} from './store.js';
import {wire} from './wire.js';

const maxSide = 512;                    // a larger photo costs time without showing more
const words = 'Looking for your photo';

let photo = null;                       // {url, model} of the photo that is looked for

export const projection = {
    get running() { return photo !== null; },
    get url() { return photo?.url ?? ''; },
    run, keep: () => wire.ask('stop', {keep: true}),
};

/* ------------------------------------------------------------------------------------------ photos */

// The size at which a photo is compared: the network's, halved until it is small enough.
export function sizeFor([, height, width]) {
    while (Math.max(height, width) > maxSide)
        [height, width] = [Math.floor(height / 2), Math.floor(width / 2)];
    return {width, height};
}

// The largest part in the middle of a photo that has this aspect.
export function middleOf(photoWidth, photoHeight, aspect) {
    const width = Math.min(photoWidth, photoHeight * aspect), height = width / aspect;
    return {x: (photoWidth - width) / 2, y: (photoHeight - height) / 2, width, height};
}

// The canvas, and its red, green and blue values one after another.
async function readPhoto(file, {width, height}) {
    const bitmap = await createImageBitmap(file).catch(() => {
        throw new Error(`${file.name}: the browser cannot read this picture`);
    });
    const canvas = document.createElement('canvas'), part = middleOf(bitmap.width, bitmap.height, width / height);
    Object.assign(canvas, {width, height});
    const context = canvas.getContext('2d', {willReadFrequently: true});
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, part.x, part.y, part.width, part.height, 0, 0, width, height);
    bitmap.close();
    const {data} = context.getImageData(0, 0, width, height), rgb = new Uint8Array(3 * width * height);
    for (let i = 0; i < width * height; i++)
        rgb.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
    return {canvas, rgb};
}

/* ------------------------------------------------------------------------------------------ the run */

// `space` is w, w+ or z. Rejects with 'stopped' if it was stopped without keeping anything.
async function run(file, space) {
    const size = sizeFor(store.network.image), {model} = store.state;
    const {canvas, rgb} = await readPhoto(file, size);
    photo = {url: canvas.toDataURL('image/jpeg', 0.85), model};
    try {
        const answer = await analysis.run(words, 'project', {space, ...size, pixels: base64(rgb)});
        if (store.state.model === model)
            store.change(`Photo ${file.name}`, draft => take(draft.recipe, answer));
    } finally {
        photo = null;
        show(null);
    }
    store.settle();
}

const short = value => Number(value.toPrecision(6));

// The answer as the latent of a recipe.
export function take(recipe, {space, latents, classes}) {
    const rows = latents.map(row => row.map(short));
    const values = rows.length > 1 ? rows : rows[0];
    const mixture = classes && classes.map(([index, share]) => `${index}:${formatNumber(share)}`).join(',');
    setLatent(recipe, space === 'z' ? {z: values} : {w: values}, mixture);
}

function show(sketch) {
    const before = store.sketch;
    store.sketch = sketch;
    store.tell('frame', 'sketch');
    before?.bitmap.close();
}

wire.on('sketch', async (header, payload) => {
    const bitmap = await bitmapOf(header, payload);
    if (photo?.model === store.state.model)
        show({bitmap, words: `${words}: step ${header.step}, difference ${formatNumber(header.loss, 3)}`});
    else
        bitmap.close();
});
store.on('network', () => store.sketch && show(null));
