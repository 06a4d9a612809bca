/* --shard I/N: one of N parts of a run that are made apart, on one machine or many, and gathered by `ganbend gather`.
 *
 * A run consists of items: pictures, frames, layers, photos. Item i belongs to shard i mod N + 1. So shards differ by at most
 * one item whatever N is, and costs that change along a run (from layer to layer, from class to class) are spread evenly.
 *
 * A shard keeps a journal of its complete items (manifest.h). A shard that was killed goes on behind them: files that are still
 * as the journal says are not made again. Its manifest appears whole at its end. All functions take a NULL shard, which stands
 * for the whole run without --shard. */
#ifndef GANBEND_TOOLS_SHARD_H
#define GANBEND_TOOLS_SHARD_H

#include "tools/inputs/open_model.h"
#include "tools/program/arguments.h"

typedef struct shard_options { const char *part; } shard_options;
/* The row of a command's option table, for the shard_options that are `member` of its settings. */
#define SHARD_OPTION(settings_type, member) \
    {"--shard", OPTION_TEXT, offsetof(settings_type, member.part), "I/N", \
     "Make part I of N of the outputs in DIR, for 'ganbend gather'. A part that was killed continues where it stopped.", 0, 0}

enum { SHARD_NAME_ROOM = 256 };

typedef struct shard_run {
    const char *command;        /* "render" */
    const char *folder;         /* that of the outputs: all shards have the same */
    const char *settings;       /* all that the outputs depend on beside the model */
    const loaded_model *o;
    size_t items;
    /* The name of an item, by which gather calls it if it is missing. */
    void (*name)(void *arg, size_t item, char name[SHARD_NAME_ROOM]);
    void *arg;
} shard_run;

typedef struct shard shard;

/* Checks the option before a model is opened: I/N, and that `out` is a folder. */
gb_status shard_check(const shard_options *given, const char *out, gb_error *err);
/* How many of a run's items the option asks for. */
size_t shard_share(const shard_options *given, size_t items);
/* Takes up the shard: reads its journal and checks the files in it. Fails if the folder holds another run, or another process
 * works on the same shard. *s is NULL without the option. `run->folder` must stay. */
gb_status shard_begin(const shard_options *given, const shard_run *run, shard **s, gb_error *err);
/* Whether the item is to be made: it belongs to the shard and is not complete. */
bool shard_wants(const shard *s, size_t item);
/* How many of a run's items shard_wants(). */
size_t shard_left(const shard *s, size_t items);
/* Notes that the files of an item, paths relative to the folder, are complete. `from` is the settings that made them. */
gb_status shard_done(shard *s, size_t item, const char *from, const char *const *files, size_t count, gb_error *err);
/* Writes the manifest. */
gb_status shard_end(shard *s, gb_error *err);
/* May be called at any time; without shard_end() the journal stays. */
void shard_free(shard *s);

#endif
