// The pictures that the program sends: the payload is a file in the format of its header, JPEG or, from a program in this browser,
// BMP.

export const blobOf = ({format}, payload) => new Blob([payload], {type: format});

export const bitmapOf = (header, payload) => createImageBitmap(blobOf(header, payload));

// A data URL that is short enough to be kept: always JPEG. `answer` is a header with its payload.
export async function keptUrl(answer) {
    if (answer.format === 'image/jpeg')
        return `data:image/jpeg;base64,${base64(answer.payload)}`;
    const bitmap = await bitmapOf(answer, answer.payload), canvas = document.createElement('canvas');
    Object.assign(canvas, {width: bitmap.width, height: bitmap.height});
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    bitmap.close();
    return canvas.toDataURL('image/jpeg', 0.85);
}

export function base64(bytes) {
    const parts = [];
    for (let at = 0; at < bytes.length; at += 0x8000)
        parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
    return btoa(parts.join(''));
}
