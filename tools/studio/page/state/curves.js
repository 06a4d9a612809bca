// How a move from 0 to 1 goes over time: the curves of `ganbend animate --ease`.
export const curves = {
    linear: t => t,
    smooth: t => t * t * (3 - 2 * t),
    in: t => t * t,
    out: t => t * (2 - t),
};
