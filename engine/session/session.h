/* A session: what one user has set, the plan made for it, and what the last render left. */
#ifndef GB_ENGINE_SESSION_H
#define GB_ENGINE_SESSION_H

#include <stdatomic.h>

#include "engine/bend/bends.h"
#include "engine/bend/bent.h"
#include "plan.h"

/* Everything a person can set. A transaction is a copy of it. */
typedef struct gb_settings {
    gb_given **given;           /* per node of the model; NULL = the default, or not fed */
    bool *tapped;               /* per node of the model */
    gb_given *w_avg;            /* NULL = the model's */
    float psi;
    double psi_as_written;      /* rows of statistics are chosen by dividing it: its last bit may choose another row */
    int cutoff;
    bool seeded;                /* z was drawn from `seed` with `rng` */
    gb_rng rng;
    uint64_t seed;
    bool noise_off;
    uint64_t image;             /* the image of a series that random features are drawn for */
    gb_bend_list bends;
} gb_settings;

struct gb_session {
    gb_model *model;
    gb_cpu cpu;                 /* what it runs on, with its stream if that is a device */
    const gb_graph *graph;
    gb_session_options options;
    gb_settings now, before;    /* `before` is valid inside a transaction */
    bool in_transaction;
    uint64_t rollbacks;         /* how many there were: what was moved before may have been taken back */
    uint64_t last_id;
    gb_bend last_bend;
    gb_bent *bent;              /* the graph with the bends in it; "per node" below means its nodes */
    gb_plan *plan;
    unsigned char *cut;         /* per node: what the plan was made for, GB_CUT_* */
    unsigned char *wanted;      /* per node: what the next plan is for */
    bool *moving;               /* per node: the value just before something that is being moved */
    gb_kept *kept;              /* per node */
    uint64_t *signature;        /* per node: of the value it has with the settings as they are */
    uint64_t *last_signature;   /* of the last render; 0 before it */
    gb_node preview;            /* node of the model that previews show, or GB_NO_NODE */
    bool rendered;              /* taps can be read */
    int nodes_run, steps_run;
    atomic_bool cancel;
    gb_work work;               /* that the last render took before its first step */
    void (*progress)(void *arg, double share);
    void *progress_arg;
};

/* settings.c: what the setters of ganbend.h do; render.c: gb_session_render() and what can be read after it. */
gb_status gb_settings_new(gb_settings *settings, const gb_graph *graph, gb_error *err);
void gb_settings_free(gb_settings *settings, const gb_graph *graph);

/* bending.c: gives an existing bend other options, keeping its place in the order. GB_BAD_ARGUMENT if there is no such
 * bend. */
gb_status gb_session_bend_replace(gb_session *session, gb_bend bend, const gb_bend_options *options, gb_error *err);

#endif
