/* Finding the generators in a checkpoint by their families' landmarks, and choosing among them by their names. */
#include "candidates.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what names say -------------------------------------------------------------------------------------------- */

/* The words by which projects name their copies, in lower case. */
static const struct { const char *word; gb_copy copy; } words[] = {
    {"ema", GB_COPY_AVERAGE},           /* g_ema, G_ema, params_ema, ema_model, generator_ema, netG_EMA */
    {"gema", GB_COPY_AVERAGE},          /* Gema, GEMA */
    {"emag", GB_COPY_AVERAGE},
    {"gs", GB_COPY_AVERAGE},            /* NVIDIA's TensorFlow code */
    {"avg", GB_COPY_AVERAGE},           /* G_avg */
    {"gavg", GB_COPY_AVERAGE},
    {"average", GB_COPY_AVERAGE},
    {"averaged", GB_COPY_AVERAGE},
    {"averager", GB_COPY_AVERAGE},
    {"smooth", GB_COPY_AVERAGE},        /* GenForce: generator_smooth */
    {"smoothed", GB_COPY_AVERAGE},
    {"swa", GB_COPY_AVERAGE},           /* stochastic weight averaging */
    {"shadow", GB_COPY_AVERAGE},
    {"running", GB_COPY_AVERAGE},       /* g_running */
    {"polyak", GB_COPY_AVERAGE},
    {"accumulate", GB_COPY_AVERAGE},
    {"accumulated", GB_COPY_AVERAGE},
    {"test", GB_COPY_AVERAGE},          /* generator_test */
    {"online", GB_COPY_TRAINING},       /* ema_pytorch keeps online_model beside ema_model */
    {"train", GB_COPY_TRAINING},
    {"training", GB_COPY_TRAINING},
    {"raw", GB_COPY_TRAINING},
};

static gb_copy copy_of_word(const char *word, size_t size) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = 0;
        while (n < size && words[i].word[n] && tolower((unsigned char)word[n]) == words[i].word[n])
            n++;
        if (n == size && !words[i].word[n])
            return words[i].copy;
    }
    return GB_COPY_UNNAMED;
}

static bool is_upper(char c) {
    return isupper((unsigned char)c);
}

static bool is_lower(char c) {
    return islower((unsigned char)c);
}

/* Length of the word at `at`: "EMAModel" is EMA and Model, "netGema" is net and Gema. */
static size_t word_size(const char *at, size_t left) {
    size_t n = 1;
    while (n < left && isalnum((unsigned char)at[n])) {
        bool after_small = is_upper(at[n]) && is_lower(at[n - 1]);
        bool after_capitals = is_upper(at[n]) && is_upper(at[n - 1]) && n + 1 < left && is_lower(at[n + 1]);
        if (after_small || after_capitals)
            break;
        n++;
    }
    return n;
}

/* The first word that says something. */
static gb_copy copy_of_name(const char *name, size_t size) {
    for (size_t at = 0; at < size;) {
        size_t n = isalnum((unsigned char)name[at]) ? word_size(name + at, size - at) : 1;
        gb_copy copy = copy_of_word(name + at, n);
        if (copy != GB_COPY_UNNAMED)
            return copy;
        at += n;
    }
    return GB_COPY_UNNAMED;
}

/* The innermost part of the path that says something decides: "ema.online_model" is a training copy. */
gb_copy gb_copy_of(const char *prefix, size_t size) {
    while (size) {
        size_t end = size;
        if (prefix[end - 1] == '.')
            end--;
        size_t start = end;
        while (start && prefix[start - 1] != '.')
            start--;
        gb_copy copy = copy_of_name(prefix + start, end - start);
        if (copy != GB_COPY_UNNAMED)
            return copy;
        size = start;
    }
    return GB_COPY_UNNAMED;
}

/* ---- finding --------------------------------------------------------------------------------------------------- */

/* Length of the wrapper before `landmark`, or -1. The landmark stands at the end of the path, after a dot or at its
 * start; '#' in it stands for digits. */
static int wrapper_of(const char *path, const char *landmark) {
    size_t at = strlen(path), k = strlen(landmark);
    while (k) {
        char c = landmark[--k];
        size_t end = at;
        if (c == '#') {
            while (at && isdigit((unsigned char)path[at - 1]))
                at--;
        } else if (at && path[at - 1] == c) {
            at--;
        }
        if (at == end)
            return -1;
    }
    return at < GB_PREFIX && (!at || path[at - 1] == '.') ? (int)at : -1;
}

static int compare(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

typedef struct names {
    const char **sorted;
    size_t count;
} names;

static bool has(const names *n, const char *prefix, int size, const char *name) {
    char path[GB_PREFIX + 128];
    const char *key = path;
    snprintf(path, sizeof path, "%.*s%s", size, prefix, name);
    return bsearch(&key, n->sorted, n->count, sizeof *n->sorted, compare) != NULL;
}

static void add(gb_candidates *found, const gb_family *family, const names *n, const char *path, int size) {
    for (int i = 0; i < found->count; i++)
        if (found->list[i].family == family && !strncmp(found->list[i].prefix, path, (size_t)size) &&
            !found->list[i].prefix[size])
            return;
    if (found->count == GB_CANDIDATES)
        return;
    gb_candidate *c = &found->list[found->count++];
    *c = (gb_candidate){.family = family, .complete = true, .copy = gb_copy_of(path, (size_t)size)};
    memcpy(c->prefix, path, (size_t)size);
    for (int i = 1; i < GB_LANDMARKS && family->landmarks[i]; i++)
        c->complete = c->complete && has(n, c->prefix, size, family->landmarks[i]);
    /* torch.optim.swa_utils.AveragedModel counts what went into it, beside its "module." */
    if (size >= 7 && !strcmp(c->prefix + size - 7, "module.") && has(n, c->prefix, size - 7, "n_averaged"))
        c->copy = GB_COPY_AVERAGE;
}

bool gb_candidates_find(const gb_checkpoint *c, gb_candidates *found, gb_reason *why) {
    names n;
    const gb_named_array *all = gb_checkpoint_arrays(c, &n.count);
    *found = (gb_candidates){.count = 0};
    if (!n.count)
        return true;
    n.sorted = malloc(n.count * sizeof *n.sorted);
    if (!n.sorted)
        return gb_because_no_memory(why);
    for (size_t i = 0; i < n.count; i++)
        n.sorted[i] = all[i].name;
    qsort(n.sorted, n.count, sizeof *n.sorted, compare);
    for (const gb_family *const *family = gb_families; *family; family++)
        for (size_t i = 0; i < n.count; i++) {
            int size = wrapper_of(all[i].name, (*family)->landmarks[0]);
            if (size >= 0)
                add(found, *family, &n, all[i].name, size);
        }
    free(n.sorted);
    return true;
}

/* ---- choosing -------------------------------------------------------------------------------------------------- */

/* A file with a generator may hold networks that judge its pictures; nobody takes them for the generator. */
static bool is_better(const gb_candidate *a, const gb_candidate *b) {
    if (a->family->looks != b->family->looks)
        return !a->family->looks;
    return a->complete != b->complete ? a->complete : a->copy > b->copy;
}

/* The prefix ends in a dot; the path of the top level is "." */
static bool is_at(const gb_candidate *c, const char *path) {
    size_t size = strlen(path);
    while (size && path[size - 1] == '.')
        size--;
    size_t prefix = strlen(c->prefix);
    return prefix ? prefix == size + 1 && !strncmp(c->prefix, path, size) : size == 0;
}

const gb_candidate *gb_candidates_choose(const gb_candidates *found, const char *path, gb_reason *why) {
    const gb_candidate *best = NULL;
    for (int i = 0; i < found->count; i++)
        if ((!path || is_at(&found->list[i], path)) && (!best || is_better(&found->list[i], best)))
            best = &found->list[i];
    char text[256];
    if (!best && path && found->count)
        gb_because(why, "no generator at '%s'; --network can choose %s", path,
                   gb_candidates_text(found, text, sizeof text));
    else if (!best && path)
        gb_because(why, "no generator at '%s' or anywhere else in the file", path);
    return best;
}

char *gb_candidates_text(const gb_candidates *found, char *text, size_t size) {
    int listed = 0, complete = 0, all = 0;
    size_t at = 0;
    bool looks = true;              /* with a generator among them, only generators are listed */
    for (int i = 0; i < found->count; i++)
        looks = looks && found->list[i].family->looks;
    for (int i = 0; i < found->count; i++) {
        all += found->list[i].family->looks == looks;
        complete += found->list[i].complete && found->list[i].family->looks == looks;
    }
    int count = complete ? complete : all;
    text[0] = 0;
    for (int i = 0; i < found->count && at < size; i++) {
        const gb_candidate *c = &found->list[i];
        if ((complete && !c->complete) || c->family->looks != looks)
            continue;
        size_t prefix = strlen(c->prefix);
        const char *between = !listed ? "" : listed + 1 == count ? " and " : ", ";
        int wrote = prefix ? snprintf(text + at, size - at, "%s'%.*s'", between, (int)prefix - 1, c->prefix)
                           : snprintf(text + at, size - at, "%s'.' (the top level)", between);
        at += wrote > 0 ? (size_t)wrote : 0;
        listed++;
    }
    return text;
}
