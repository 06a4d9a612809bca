/* A session: its settings, the plan made for them, and the values kept since the last render. */
#ifndef GB_ENGINE_SESSION_H
#define GB_ENGINE_SESSION_H

#include <stdatomic.h>

#include "engine/bend/bends.h"
#include "engine/bend/bent.h"
#include "engine/gradient/adjoint.h"
#include "earlier.h"
#include "told.h"

/* Everything that a user can set. A transaction keeps a copy of it. */
typedef struct gb_settings {
    gb_shared_value **value;    /* per node of the model: set or fed; NULL = the default value, or not fed */
    bool *tapped;               /* per node of the model */
    gb_shared_value *w_avg;     /* NULL = the model's */
    float psi;
    double psi_as_written;      /* the shortest decimal of psi: its last bit can select another row of statistics */
    int cutoff;
    bool seeded;                /* z was drawn from `seed` with `rng` */
    gb_rng rng;
    uint64_t seed;
    bool noise_off;
    bool noise_drawn;           /* all maps were drawn from `noise_seed` */
    uint64_t noise_seed;
    bool noise_maps;            /* some maps were set by gb_session_set_noise_map() */
    uint64_t image;             /* the image of a series that random features are drawn for */
    gb_bend_list bends;
    gb_told_state told;         /* recipes */
} gb_settings;

struct gb_session {
    gb_model *model;
    uint64_t number;            /* unique in the context: a later session may be at the same address */
    gb_cpu cpu;                 /* the processor that it runs on; with its stream if that is a device */
    gb_cpu other;               /* the host in the other precision than the context's; `isa` is NULL until it is asked for */
    bool in_other;              /* the next render is in that precision */
    const gb_graph *graph;
    gb_session_options options;
    gb_settings now, before;    /* `before` is valid inside a transaction */
    bool in_transaction;
    uint64_t rollbacks;         /* their number: tells a recipe that its changes may have been undone */
    uint64_t last_id;           /* of values and versions */
    gb_bend last_bend;
    gb_bent *bent;              /* the bent graph; "per node" below means its nodes */
    gb_plan *plan;
    gb_plan *spare;             /* in the other precision, with the same boundaries kept; or NULL */
    gb_arena arena;             /* of the plans, on a device */
    gb_earlier earlier;
    bool came_back;             /* the plan is an earlier one and has to be attached */
    unsigned char *wanted;      /* per node: GB_CUT_* of the next plan */
    bool *before_edit;          /* per node: the input of a node whose parameters are being edited */
    gb_kept *kept;              /* per node */
    uint64_t *signature;        /* per node: hash of everything on which its value depends with the current settings */
    uint64_t *last_signature;   /* per node: in the last render; 0 before it */
    gb_adjoint *adjoint;        /* the adjoint nodes of `bent`, or NULL */
    gb_own_weights weights;     /* that the session has values of its own for */
    bool weights_grown;         /* since the last plan */
    gb_want *wants;             /* gradient: what gradients are wanted of */
    int want_count, want_room;
    gb_node seed;               /* gradient: the model's node whose cotangent is given */
    gb_shared_value *cotangent;
    bool has_gradients;         /* they can be read */
    gb_node preview;            /* the model's node shown by previews, or GB_NO_NODE */
    bool rendered;              /* taps can be read */
    int nodes_run, steps_run;
    atomic_bool cancel;
    gb_work_count work;         /* of the last render before its first step */
    void (*progress)(void *arg, double share);
    void *progress_arg;
};

/* settings.c */
gb_status gb_settings_new(gb_settings *settings, const gb_graph *graph, gb_error *err);
void gb_settings_free(gb_settings *settings, const gb_graph *graph);

/* The end of a call that can be cancelled, with its status. A cancel ends one call: it is cleared by the call that returns
 * GB_CANCELLED, and by no other, or one that came during a last step would be lost. Such a call checks
 * gb_work_cancelled(&session->work) before its first step. */
gb_status gb_session_end_call(gb_session *session, gb_status status);

/* Brings session->bent up to date with the settings. The plan is kept if only parameters of bends changed. */
gb_status gb_session_update_bent(gb_session *session, gb_error *err);

/* precision.c: the processor in the precision of the next render; whether a boundary that is kept is valid for the plan; and
 * its signature when the plan has computed it. */
const gb_cpu *gb_session_processor(const gb_session *session);
bool gb_session_kept_is_valid(const gb_session *session, gb_node node);
uint64_t gb_session_kept_signature(const gb_session *session, gb_node node);
/* Makes session->plan one in that precision for the boundaries in session->wanted, unless it is. */
gb_status gb_session_choose_plan(gb_session *session, gb_error *err);
/* Frees both plans. */
void gb_session_forget_plans(gb_session *session);

/* statistics.c: in a bent graph, nodes that compute the mean and variance of what each batch norm reads, if the session moves
 * its running statistics; and moving them after a render. */
gb_status gb_statistics_append(const gb_session *session, gb_bent *bent, gb_error *err);
gb_status gb_statistics_own(gb_session *session, gb_error *err);
gb_status gb_statistics_move(gb_session *session, gb_error *err);
bool gb_statistics_moved(const gb_session *session);

/* bending.c: replaces the options of an existing bend, which keeps its position. GB_BAD_ARGUMENT if there is no such
 * bend. */
gb_status gb_session_bend_replace(gb_session *session, gb_bend bend, const gb_bend_options *options, gb_error *err);

#endif
