/* A film in the making. */
#ifndef GANBEND_STUDIO_FILM_H
#define GANBEND_STUDIO_FILM_H

typedef struct film {
    int frames;
} film;

#endif
