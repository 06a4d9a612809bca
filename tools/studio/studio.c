/* ganbend studio: opens the models, prints the address of the page, and serves it until Ctrl-C. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assets.h"
#include "checkpoints.h"
#include "claim.h"
#include "frames_out.h"
#include "engine/platform/files.h"
#include "tools/commands/commands.h"
#include "tools/program/host.h"
#include "tools/inputs/open_model.h"
#include "tools/pictures/pictures.h"
#include "messages.h"
#include "osc.h"
#include "programs.h"
#include "server.h"
#include "token.h"
#include "projects.h"

enum { MAX_MODELS = 64 };              /* open at once, those that pages open included */

typedef struct settings {
    int64_t port, keep, quality, frames_rate;
    const char *listen, *name, *certificate, *key, *osc, *osc_to, *out, *models, *frames_to, *frames_as, *frames_size, *previews;
    device_options on;
    bool no_browser;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--port", OPTION_INTEGER, AT(port), "N", "Port of the page (7860); 0 chooses a free one.", 0, 65535},
    {"--models", OPTION_TEXT, AT(models), "DIR", "Folder of checkpoints that the page may open, with what is below it (the folders of the "
     "MODELs). Files that are dropped on the page are kept in models/ of --out.", 0, 0},
    {"--out", OPTION_TEXT, AT(out), "DIR", "Folder for saved files (out), for one studio at a time. Its folder studio/ holds "
     "the projects of the tabs and the token of the page's address.", 0, 0},
    DEVICE_OPTIONS(settings, on),
    {"--keep", OPTION_INTEGER, AT(keep), "MB", "Memory per tab for the results of layers that need not run again (768).", 1,
     1 << 20},
    {"--quality", OPTION_INTEGER, AT(quality), "Q", "JPEG quality of the live picture, 1 to 100 (85). Saved pictures are "
     "always PNG.", 1, 100},
    {"--previews", RARE(OPTION_CHOICE), AT(previews), "auto|fp32", "Precision of previews while something changes: bfloat16 "
     "if that shows a larger one in the same time (default), or always float32.", 0, 0},
    {"--osc", OPTION_TEXT, AT(osc), "[ADDRESS:]PORT", "Receives OSC messages over UDP, such as /ganbend/trunc 0.7: "
     "from this machine only, or on ADDRESS (0.0.0.0: from every network).", 0, 0},
    {"--osc-to", RARE(OPTION_TEXT), AT(osc_to), "ADDRESS:PORT", "Sends what the tabs change to this program or device, with the "
     "addresses that --osc receives.", 0, 0},
    {"--listen", OPTION_TEXT, AT(listen), "ADDRESS", "Serves other machines too: listens on this address (0.0.0.0: on all). "
     "Without --cert and --key the connection is not encrypted; the ssh example below is.", 0, 0},
    {"--cert", OPTION_TEXT, AT(certificate), "PEM", "Certificate for https, with those of its issuers.", 0, 0},
    {"--key", OPTION_TEXT, AT(key), "PEM", "The certificate's private key.", 0, 0},
    {"--name", OPTION_TEXT, AT(name), "NAME", "With --listen: the name by which browsers find this machine, such as that of the "
     "certificate, if it is not its host name.", 0, 0},
    {"--frames-to", OPTION_TEXT, AT(frames_to), "-|PIPE", "Also writes the picture as video for other programs: to standard "
     "output, or to a named pipe. It follows the tab whose picture is newest. Frames that the reader is too slow for are left out.", 0, 0},
    {"--frames-as", RARE(OPTION_CHOICE), AT(frames_as), "nut|raw", "NUT, which ffmpeg reads with -f nut (default), or bare 8-bit RGB.", 0, 0},
    {"--frames-size", RARE(OPTION_TEXT), AT(frames_size), "WxH", "Size of those frames (that of the first model's pictures).", 0, 0},
    {"--frames-rate", RARE(OPTION_INTEGER), AT(frames_rate), "R", "Those frames per second (30).", 1, 240},
    {"--no-browser", OPTION_FLAG, AT(no_browser), NULL, "Do not open a browser; only print the address.", 0, 0},
    {0}
};

/* ---------------------------------------------------------------------------------------------------- models */

static gb_status open_demo_models(shared *s, gb_error *err) {
    for (size_t i = 0; i < demo_model_count && i < OPERANDS; i++) {
        const demo_model *demo = &demo_models[i];
        shared_model *m = &s->models[i];
        if (gb_model_open_memory(s->context, demo->bytes, demo->size, demo->name, &m->model, err)) return err->status;
        name_model(demo->name, m->name);
        s->model_count++;
    }
    return GB_OK;
}

static gb_status open_one(shared *s, const char *path, gb_error *err) {
    shared_model *m = &s->models[s->model_count];
    int64_t shape[3];
    if (open_any_model(s->context, path, &m->model, err)) return err->status;
    m->path = path;
    name_model(path, m->name);
    s->model_count++;
    gb_model_output_shape(m->model, shape);
    return check_picture(&(loaded_model){.model = m->model, .channels = shape[0]}, path, err);
}

static gb_status open_models(shared *s, const char *const paths[OPERANDS], gb_error *err) {
    s->models = calloc(MAX_MODELS, sizeof *s->models);
    s->model_room = MAX_MODELS;
    if (!s->models) return state(err, GB_NO_MEMORY, "out of memory");
    if (!paths[0]) return open_demo_models(s, err);
    for (int i = 0; i < OPERANDS && paths[i]; i++)
        if (open_one(s, paths[i], err)) return err->status;
    return GB_OK;
}

/* Adds a folder that pages may open checkpoints from, unless it is there. */
static gb_status add_folder(shared *s, const char *path, size_t length, gb_error *err) {
    for (size_t i = 0; i < s->folder_count; i++)
        if (strlen(s->folders[i]) == length && !memcmp(s->folders[i], path, length)) return GB_OK;
    if (s->folder_count == MAX_FOLDERS) return GB_OK;
    s->folders[s->folder_count] = strndup(path, length);
    if (!s->folders[s->folder_count]) return state(err, GB_NO_MEMORY, "out of memory");
    s->folder_count++;
    return GB_OK;
}

/* That of uploaded files; then --models, or else the folders of the models that were given. */
static gb_status choose_folders(const settings *set, const char *const paths[OPERANDS], shared *s, gb_error *err) {
    char uploaded[PATH_ROOM];
    size_t length = (size_t)snprintf(uploaded, sizeof uploaded, "%s/models", set->out);
    if (length >= sizeof uploaded) return state(err, GB_BAD_ARGUMENT, "%.100s…: path too long", set->out);
    if (add_folder(s, uploaded, length, err)) return err->status;
    if (set->models) return add_folder(s, set->models, strlen(set->models), err);
    for (int i = 0; i < OPERANDS && paths[i]; i++) {
        const char *slash = strrchr(paths[i], '/');
        if (slash ? add_folder(s, paths[i], slash == paths[i] ? 1 : (size_t)(slash - paths[i]), err) : add_folder(s, ".", 1, err))
            return err->status;
    }
    return GB_OK;
}

static gb_status open_shared(const settings *set, const char *const paths[OPERANDS], shared *s, gb_error *err) {
    const gb_context_options how = {.threads = (int)set->on.threads, .device = set->on.device,
                                    .precision = set->on.precision};
    s->out = set->out;
    s->keep_bytes = (size_t)set->keep << 20;
    s->quality = (int)set->quality;
    s->bf16_previews = !set->previews || strcmp(set->previews, "fp32") != 0;
    s->ffmpeg = host_has_program("ffmpeg");
    if (gb_context_new(&how, &s->context, err)) return err->status;
    if (gb_context_fallback_reason(s->context)) fprintf(stderr, "on the processor: %s\n", gb_context_fallback_reason(s->context));
    s->device = gb_context_device(s->context) ? gb_context_device(s->context) : "cpu";
    return choose_folders(set, paths, s, err) ? err->status : open_models(s, paths, err);
}

static void close_shared(shared *s) {
    for (size_t i = 0; i < s->folder_count; i++) free(s->folders[i]);
    for (size_t i = 0; s->models && i < s->model_count; i++) {
        gb_model_close(s->models[i].model);
        free(s->models[i].own_path);
    }
    free(s->models);
    gb_context_free(s->context);
}

/* ---------------------------------------------------------------------------------------------------- the command */

/* Parses "9000", "0.0.0.0:9000" or "[::]:9000"; the address is copied to `room`. */
static bool parse_osc(const char *text, char *room, size_t size, server_options *to) {
    const char *colon = strrchr(text, ':'), *digits = colon ? colon + 1 : text, *from = text;
    size_t length = colon ? (size_t)(colon - text) : 0;
    char *end;
    long port = strtol(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end || port < 1 || port > 65535) return false;
    to->osc_port = (int)port;
    if (!colon) return true;
    if (*from == '[' && length > 2 && from[length - 1] == ']') from++, length -= 2;
    if (!length || length >= size) return false;
    memcpy(room, from, length);
    room[length] = '\0';
    to->osc_address = room;
    return true;
}

/* Failures only mean that the printed address has to be opened by hand. */
static void show_in_browser(const settings *set, server *running) {
    char redirect[PATH_ROOM];
    gb_error err = {0};
    if (set->no_browser || !has_screen() || token_redirect(set->out, server_address(running), redirect, &err)) return;
    server_leads(running, redirect);
    open_browser(redirect);
}

static gb_status announce(const settings *set, const server *running, gb_error *err) {
    const char *osc = server_osc_address(running);
    FILE *to = set->frames_to && !strcmp(set->frames_to, "-") ? stderr : stdout;
    fprintf(to, "studio: %s  (press Ctrl-C to quit)\n", server_address(running));
    fprintf(to, "output window, also for OBS: %s\n", server_output_address(running));
    fprintf(to, "saving pictures, recipes and films in %s, and the projects of the tabs in %s/studio\n", set->out, set->out);
    if (osc) fprintf(to, "receiving OSC on %s, such as /ganbend/trunc 0.7\n", osc);
    if (fflush(stdout) != 0 || ferror(stdout)) return state(err, GB_IO, "standard output: %s", strerror(errno));
    if (server_is_readable(running))
        fprintf(stderr, "warning: the connection is not encrypted: others in the network can read the token and the pictures, "
                        "and take over the studio; --cert and --key, or a tunnel, prevent that\n");
    return GB_OK;
}

/* Does nothing without --frames-to. */
static gb_status start_frames(const settings *set, shared *s, frames_out **frames, gb_error *err) {
    frames_options o = {.to = set->frames_to, .nut = !set->frames_as || !strcmp(set->frames_as, "nut"),
                        .fps = (int)set->frames_rate};
    int64_t shape[3];
    if (!set->frames_to) return GB_OK;
    gb_model_output_shape(s->models[0].model, shape);
    o.height = (int)shape[1];
    o.width = (int)shape[2];
    if (set->frames_size && !parse_pair(set->frames_size, 'x', 1, 8192, &o.width, &o.height))
        return state(err, GB_BAD_ARGUMENT, "--frames-size takes WxH, as in 1920x1080, not '%s'", set->frames_size);
    return frames_out_start(&o, &s->outputs, frames, err);
}

static gb_status serve_studio(const settings *set, server_options *where, shared *s, gb_error *err) {
    server *running = NULL;
    frames_out *frames = NULL;
    char token[GUARD_TOKEN];
    where->token = token;
    if (!token_open(set->out, token, err) && !server_new(where, s, &running, err) && !start_frames(set, s, &frames, err) &&
        !announce(set, running, err)) {
        show_in_browser(set, running);
        server_run(running, err);
    }
    frames_out_stop(frames);
    server_free(running);
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.port = 7860, .keep = 768, .quality = 85, .frames_rate = 30, .out = "out"};
    server_options where = {0};
    server_options to = {0};
    char osc_address[64], osc_to_address[64];
    gb_error err = {0};
    shared s = {0};
    int status, lock = -1;
    if (!parse_arguments(&studio_command, argc, argv, operands, &set, &status)) return status;
    if (set.osc && !osc_is_here())
        return wrong_usage(&studio_command, "--osc: this ganbend was built without liblo (-DGANBEND_OSC=OFF)");
    if (set.osc && !parse_osc(set.osc, osc_address, sizeof osc_address, &where))
        return wrong_usage(&studio_command, "--osc: '%s' is not a port such as 9000, or an address and port such as 0.0.0.0:9000", set.osc);
    if (set.osc_to && (!parse_osc(set.osc_to, osc_to_address, sizeof osc_to_address, &to) || !to.osc_address))
        return wrong_usage(&studio_command, "--osc-to: '%s' is not an address and port such as 192.168.1.7:9001", set.osc_to);
    if (!set.certificate != !set.key) return wrong_usage(&studio_command, "--cert and --key go together");
    if (set.name && !set.listen) return wrong_usage(&studio_command, "--name is for use with --listen");
    where.listen = set.listen;
    where.name = set.name;
    where.certificate = set.certificate;
    where.key = set.key;
    where.port = (int)set.port;
    clients_init(&s.clients);
    outputs_init(&s.outputs);
    if (!(set.osc_to && osc_out_open(&s.osc_out, to.osc_address, to.osc_port, &err)) &&
        !open_shared(&set, operands, &s, &err) && !claim_folder(set.out, &lock, &err)) serve_studio(&set, &where, &s, &err);
    claim_end(set.out, lock);
    close_shared(&s);
    clients_free(&s.clients);
    outputs_free(&s.outputs);
    osc_out_close(&s.osc_out);
    return err.status ? failed(&studio_command, &err) : EXIT_DONE;
}

const command studio_command = {
    .name = "studio",
    .summary = "bend live in the browser",
    .operands = "[MODEL …]",
    .usage = "[options]",
    .about = "Serves a web page that shows the network and its picture. Everything that a recipe can do is done there "
             "with the mouse, and the picture follows at once. The page is built into this program and loads nothing from "
             "the internet. With several models, the page switches between them. Without one, it shows the demo models: "
             "portraits (StyleGAN2) and things (BigGAN).",
    .example = "ganbend studio\n"
               "ganbend studio faces.gbw biggan.gbw --out session --osc 9000\n"
               "ssh -t -L 7860:127.0.0.1:7860 far ganbend studio faces.gbw # renders on another "
               "machine; open the address that it prints\n"
               "ganbend studio faces.gbw --listen 0.0.0.0                  # for a tablet on the same network",
    .own_signals = true,
    .options = options,
    .run = run,
};
