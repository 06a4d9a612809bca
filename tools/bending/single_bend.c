/* Parses the options of a single bend and adds it to sessions. */
#include "single_bend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/inputs/seeds.h"

#define AT(member) offsetof(single_options, member)

const option single_table[] = {
    {"--filter", OPTION_TEXT, AT(filter), "FILTER[,p…]", "Apply this filter: rotate,30 or rotate,angle=30,border=edge.", 0,
     0},
    {"--activation", OPTION_TEXT, AT(activation), "ACTIVATION[,p…]", "Replace the layer's activation with this one: "
     "sinlu,1,3.", 0, 0},
    {"--paper", RARE(OPTION_FLAG), AT(paper), NULL, "With --activation: drop bias and gain, as the parametric-activation "
     "paper's tool does.", 0, 0},
    {"--disable", OPTION_FLAG, AT(disable), NULL, "Disable the layer: pass its input through.", 0, 0},
    {"--features", RARE(OPTION_TEXT), AT(features), "LIST|random:SHARE[:SEED]", "Feature maps to bend: 0-5,9, or a share of them "
     "drawn from a seed (default: all).", 0, 0},
    {0}
};

/* Parses "random:0.5:7" or "0-5,9". */
static gb_status read_features(const char *text, single *s, gb_error *err) {
    gb_features *f = &s->bend.features;
    seed_list list;
    if (!strncmp(text, "random:", 7)) {
        char *end;
        f->choice = GB_FEATURES_RANDOM;
        f->share = strtod(text + 7, &end);
        if (*end == ':' && end[1] >= '0' && end[1] <= '9') f->seed = strtoull(end + 1, &end, 10);
        if (end == text + 7 || *end || !(f->share >= 0 && f->share <= 1))
            return state(err, GB_BAD_ARGUMENT, "--features takes random:SHARE or random:SHARE:SEED with a share from 0 "
                         "to 1, not '%s'", text);
        return GB_OK;
    }
    if (!parse_seeds(text, &list) || list.count > SINGLE_FEATURES)
        return state(err, GB_BAD_ARGUMENT, "--features takes at most %d numbers, as in 0-5,9, or random:SHARE, not "
                     "'%.100s'", (int)SINGLE_FEATURES, text);
    f->choice = GB_FEATURES_LIST;
    f->count = (int)list.count;
    f->list = s->list;
    for (int i = 0; i < f->count; i++) s->list[i] = (int)(seed_at(&list, (uint64_t)i) & 0x7fffffff);
    return GB_OK;
}

gb_status read_single(const single_options *options, single *s, gb_error *err) {
    *s = (single){0};
    if (!!options->filter + !!options->activation + options->disable > 1)
        return state(err, GB_BAD_ARGUMENT, "--filter, --activation and --disable exclude each other; give one of them");
    if (options->paper && !options->activation) return state(err, GB_BAD_ARGUMENT, "--paper needs --activation");
    if (options->features && !options->filter && !options->activation)
        return state(err, GB_BAD_ARGUMENT, "--features needs --filter or --activation");
    s->given = options->filter || options->activation || options->disable;
    if (options->disable) {
        s->bend.kind = GB_BEND_DISABLE;
        snprintf(s->text, sizeof s->text, "disabled");
        return GB_OK;
    }
    if (!s->given) return GB_OK;
    s->bend.kind = options->filter ? GB_BEND_FILTER : GB_BEND_ACTIVATION;
    if (read_row(options->filter ? &filter_rows : &activation_rows,
                 options->filter ? options->filter : options->activation, &s->row, s->params, &s->count, err))
        return err->status;
    label_row(&s->row, s->params, s->count, s->text, sizeof s->text);
    s->bend.name = s->row.name;
    s->bend.params = s->params;
    if (options->paper) {
        s->bend.drop_bias = s->bend.set_gain = true;
        s->bend.gain = 1;
    }
    return options->features ? read_features(options->features, s, err) : GB_OK;
}

gb_status apply_single(const single *s, const char *at, gb_session *session, gb_bend *bend, gb_error *err) {
    gb_bend_options options = s->bend;
    options.at = at;
    options.param_count = s->count;
    return gb_session_bend(session, &options, bend, err);
}

void describe_single(const single_options *o, char text[SINGLE_TEXT_ROOM]) {
    snprintf(text, SINGLE_TEXT_ROOM, "%s%s%s%s%s%s%s%s", o->filter ? " --filter " : "", o->filter ? o->filter : "",
             o->activation ? " --activation " : "", o->activation ? o->activation : "", o->paper ? " --paper" : "",
             o->disable ? " --disable" : "", o->features ? " --features " : "", o->features ? o->features : "");
}
