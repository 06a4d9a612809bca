/* The program under faults: ganbend itself, run again and again with one call of the C library failing, see faults.h. Each
 * time
 *   - it ends with exit status 0 or 1, and a failure is one line that names the cause;
 *   - a run that succeeds has written and printed the same bytes as without a fault;
 *   - every file of a run that fails is whole, or the one that was there before; nothing is left in the temporary folder or
 *     beside the output.
 *
 * usage: test_program_faults GANBEND FAULTS_LIBRARY few|all [NAME], from the repository root. `few` makes a fixed choice of
 * calls fail, `all` each of them. */
#define _GNU_SOURCE                 /* nftw() */
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"
#include "tree.h"

enum { PATH_ROOM = 4096, WORDS = 24, FEW = 3 };

static char program[PATH_ROOM], library[PATH_ROOM], fixtures[PATH_ROOM];
static int failures;
static long faults;
static char now[512];               /* the operation, the fault and its number, for messages */
static char said[LARGEST];          /* the last run's standard error */

static void complain(const char *what, const char *about) {
    if (++failures <= 20)
        fprintf(stderr, "%s: %s%s\n%s", now, what, about, *said ? said : "(it printed no error)\n");
}

/* ---- the operations: command lines, whose files are all in out/. An '@' stands for the fixtures. ----------------- */

static const struct operation {
    const char *name, *line;
} operations[] = {
    {"convert", "convert @/wild/genforce.pth out/m.gbw"},
    {"convert in the program", "convert @/wild/tensorflow-start-8.pkl out/m.gbw --no-sandbox"},
    {"info", "info @/readers/toy.safetensors --json"},
    {"render with a recipe", "render small.gbw --bend recipe.yaml --clusters clusters.yaml -o out/p.png"},
    {"render a checkpoint", "render @/wild/genforce.pth -o out/p.png"},
    {"render to standard output", "render small.gbw --seeds 3 -o -"},
    {"recipe check", "recipe check recipe.yaml --model small.gbw --clusters clusters.yaml"},
    {"recipe from", "recipe from picture.png"},
    {"mix", "mix small.gbw other.gbw --layers 0-1:0.5 -o out/m.gbw"},
    {"directions", "directions small.gbw --samples 4 --count 1 -o out/d.npz"},
    {"directions of a file", "directions small.gbw --from directions.npz --json"},
    {"cluster", "cluster small.gbw --at synthesis.b8.conv1 --clusters 2 --samples 2 -o out/c.yaml"},
    {"render a shard", "render small.gbw --seeds 0-1 -o out/s --shard 1/2"},
    {"gather", "gather shards --json"},
    {"units", "units small.gbw --at synthesis.b8.conv1 --samples 1 --mask mask.png --json"},
    {"studio", "studio small.gbw --no-browser --port 0 --out out"},
};

/* It runs until it is interrupted, and prints an address that is another one each time. */
static bool serves(const struct operation *o) {
    return !strncmp(o->line, "studio ", 7);
}

/* Manifests say when a file was made, and stay when a shard fails. */
static bool is_manifest(const char *path) {
    return strstr(path, "/manifests/") != NULL;
}

/* ---- running ------------------------------------------------------------------------------------------------------ */

typedef struct server {
    pid_t process;
    int orders, reports;
} server;

/* Starts the program with faults.c in it, which then waits for orders. */
static server start(const char *line) {
    static char text[2 * PATH_ROOM];
    char *argv[WORDS] = {program}, ends[40];
    int in[2], out[2], count = 1;
    size_t length = 0;
    for (const char *c = line; *c; c++)
        length += (size_t)snprintf(text + length, sizeof text - length, *c == '@' ? "%s" : "%.1s", *c == '@' ? fixtures : c);
    for (char *word = strtok(text, " "); word && count < WORDS - 1; word = strtok(NULL, " "))
        argv[count++] = word;
    if (pipe(in) || pipe(out))
        stop("pipe");
    server s = {fork(), in[1], out[0]};
    if (s.process < 0)
        stop("fork");
    if (s.process > 0) {
        close(in[0]);
        close(out[1]);
        return s;
    }
    close(in[1]);
    close(out[0]);
    int to = open("printed", O_WRONLY | O_APPEND | O_CREAT, 0600), error = open("said", O_WRONLY | O_APPEND | O_CREAT, 0600);
    snprintf(ends, sizeof ends, "%d %d", in[0], out[1]);
    if (dup2(to, 1) != 1 || dup2(error, 2) != 2 || setenv("GANBEND_FAULTS", ends, 1) || setenv("LD_PRELOAD", library, 1))
        stop("starting");
    close(to);
    close(error);
    execv(program, argv);
    stop(program);
    exit(1);
}

/* Interrupts the process once it has printed how, and waits until it has ended. */
static void interrupt(const server *s, pid_t process) {
    struct pollfd ended = {.fd = s->reports, .events = POLLIN};
    static char text[1024];
    bool told = false;
    while (poll(&ended, 1, 5) == 0) {
        text[read_file("printed", text, sizeof text - 1)] = '\0';
        if (!told && strstr(text, "Ctrl-C to quit)\n"))
            told = kill(process, SIGINT) == 0;
    }
}

static fault_report run(const server *s, const struct operation *o, fault_kind kind, long number, bool on) {
    fault_order order = {kind, number, on};
    fault_report report;
    pid_t process;
    if (truncate("printed", 0) || truncate("said", 0) || write(s->orders, &order, sizeof order) != (ssize_t)sizeof order ||
        read(s->reports, &process, sizeof process) != (ssize_t)sizeof process)
        stop(now);
    if (serves(o))
        interrupt(s, process);
    if (read(s->reports, &report, sizeof report) != (ssize_t)sizeof report)
        stop(now);
    said[read_file("said", said, LARGEST - 1)] = '\0';
    return report;
}

static void end(server *s) {
    int status;
    close(s->orders);
    close(s->reports);
    if (waitpid(s->process, &status, 0) != s->process || status)
        stop("the program did not end");
}

/* ---- what has to hold --------------------------------------------------------------------------------------------- */

static tree expected, earlier, kept;       /* of out/; and of the cache of converted checkpoints */
static char printed[LARGEST];
static size_t printed_size;

/* Standard error without the lines that are notes. */
static void drop_notes(void) {
    char *to = said;
    for (char *line = said, *after; *line; line = after) {
        char *stop_at = strchr(line, '\n');
        after = stop_at ? stop_at + 1 : line + strlen(line);
        if (strncmp(line, "note: ", 6)) {
            memmove(to, line, (size_t)(after - line));
            to += after - line;
        }
    }
    *to = '\0';
}

static void check_message(fault_kind kind) {
    const char *line = strchr(said, '\n');
    if (strncmp(said, "ganbend", 7) || !line || line[1])
        complain("a failure is not one line", "");
    else if (!faults_name_cause(kind, said))
        complain("the message does not name the cause", "");
}

/* A studio leaves its lock, which may say who has it, and its token, which is another one each time but whole. */
static void check_studio(const tree *found) {
    for (size_t i = 0; i < found->count; i++) {
        bool is_token = !strcmp(found->files[i].path, "out/studio/.token");
        size_t k = 0;
        while (k < expected.count && strcmp(found->files[i].path, expected.files[k].path))
            k++;
        if (k == expected.count || (is_token && found->files[i].size != expected.files[k].size))
            complain("a file is damaged or left: ", found->files[i].path);
    }
}

static void check(const struct operation *o, fault_kind kind, int status) {
    static char bytes[LARGEST];
    tree found, temporary, cache;
    read_tree("out", &found);
    read_tree("tmp", &temporary);
    read_tree("cache", &cache);
    drop_notes();
    bool done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    /* If reads fail, a studio stops by itself, and the interrupt may come when it no longer handles it. */
    bool interrupted = serves(o) && kind == FAULT_READ && WIFSIGNALED(status) && WTERMSIG(status) == SIGINT;
    if (!interrupted && (!WIFEXITED(status) || WEXITSTATUS(status) > 1))
        complain("it did not end with status 0 or 1", "");
    else if (!done && !interrupted)
        check_message(kind);
    size_t size = read_file("printed", bytes, LARGEST);
    if (done && !serves(o) && (size != printed_size || memcmp(bytes, printed, size) != 0))
        complain("succeeded and printed something else", "");
    if (serves(o))
        check_studio(&found);
    for (size_t i = 0; i < found.count && !serves(o); i++)
        if (!is_manifest(found.files[i].path) && !same_file(&found, i, &expected) && (done || !same_file(&found, i, &earlier)))
            complain("a file is damaged or left: ", found.files[i].path);
    if (done && found.count != expected.count)
        complain("succeeded without all files", "");
    for (size_t i = 0; i < cache.count; i++)
        if (!same_file(&cache, i, &kept))
            complain("a file of the cache is damaged or left: ", cache.files[i].path);
    if (temporary.count)
        complain("a temporary file is left: ", temporary.files[0].path);
    free_tree(&found);
    free_tree(&temporary);
    free_tree(&cache);
    empty("out");
    empty("tmp");
    empty("cache");
}

/* What the run replaces: its own results with one byte changed, so that they are of the same kind. */
static void put_earlier(void) {
    for (size_t i = 0; i < earlier.count; i++) {
        char *slash = strrchr(earlier.files[i].path, '/');
        *slash = '\0';
        mkdir(earlier.files[i].path, 0700);
        *slash = '/';
        write_file(earlier.files[i].path, earlier.files[i].bytes, earlier.files[i].size);
    }
}

/* Fails call `n` of the kind; returns whether there was one. */
static bool fail_at(const server *s, const struct operation *o, fault_kind kind, long n, bool on) {
    snprintf(now, sizeof now, "%s, %s %ld %s", o->name, fault_names[kind], n, on ? "and all after it" : "once");
    if (n % 2 && !serves(o))
        put_earlier();
    fault_report report = run(s, o, kind, n, on);
    faults += report.calls > n;
    check(o, kind, report.status);
    return report.calls > n;
}

/* A few calls of the kind: the first and the last, and some between them. */
static void fail_few(const server *s, const struct operation *o, fault_kind kind) {
    long calls = run(s, o, kind, -1, false).calls, last = -1;
    empty("out");
    empty("cache");
    for (int i = 0; i < FEW && calls; i++) {
        long n = i * (calls - 1) / (FEW - 1);
        if (n != last)
            fail_at(s, o, kind, n, i % 2);
        last = n;
    }
}

static void try_operation(const struct operation *o, bool all) {
    server s = start(o->line);
    snprintf(now, sizeof now, "%s, without a fault", o->name);
    int status = run(&s, o, FAULT_NONE, 0, false).status;
    drop_notes();
    if (status || *said)
        complain("failed or complained", "");
    printed_size = read_file("printed", printed, LARGEST);
    read_tree("out", &expected);
    read_tree("out", &earlier);
    read_tree("cache", &kept);
    for (size_t i = 0; i < earlier.count; i++)
        earlier.files[i].bytes[earlier.files[i].size - 1] ^= 1;
    empty("out");
    empty("cache");
    for (int kind = 0; kind < FAULT_KINDS && !status; kind++) {
        if (!all) {
            fail_few(&s, o, (fault_kind)kind);
            continue;
        }
        for (int on = 0; on < 2; on++)
            for (long n = 0; fail_at(&s, o, (fault_kind)kind, n, on); n++)
                continue;
    }
    free_tree(&expected);
    free_tree(&earlier);
    free_tree(&kept);
    end(&s);
}

/* ---- preparing ---------------------------------------------------------------------------------------------------- */

static const char recipe[] =
    "inputs: {seeds: 7, trunc: 0.7}\n"
    "parameters: {angle: {value: 30, low: 0, high: 90}}\n"
    "directions: directions.npz\n"
    "bends:\n"
    "  - {at: 'synthesis.b*.conv1', filter: rotate, angle: $angle}\n"
    "  - {at: synthesis.b4.conv1, filter: multiply, factor: 2, features: {cluster: 0}}\n"
    "  - {w: 0-1, style: {seed: 9, share: 0.5}}\n"
    "  - direction: {name: pc0, amount: 2}\n"
    "  - {at: z, set: {0: 1}}\n";

/* Runs the program once without faults. */
static void prepare(const char *line) {
    server s = start(line);
    snprintf(now, sizeof now, "%s", line);
    if (run(&s, &(struct operation){line, line}, FAULT_NONE, 0, false).status) {
        fprintf(stderr, "preparing: %s: %s", line, said);
        exit(1);
    }
    end(&s);
}

int main(int argc, char **argv) {
    char in_memory[] = "/dev/shm/ganbend-program-faults-XXXXXX", on_disk[] = "/tmp/ganbend-program-faults-XXXXXX";
    char text[PATH_ROOM], *folder = mkdtemp(in_memory);     /* where fsync() takes no time */
    int tried = 0;
    if (argc < 4 || !realpath(argv[1], program) || !realpath(argv[2], library) || !realpath("tests/fixtures", fixtures) ||
        (!folder && !(folder = mkdtemp(on_disk))) || chdir(folder) || mkdir("out", 0700) || mkdir("tmp", 0700) || mkdir("cache", 0700))
        stop("test_program_faults");
    bool all = !strcmp(argv[3], "all");
    snprintf(text, sizeof text, "%s/tmp", folder);
    setenv("TMPDIR", text, 1);
    snprintf(text, sizeof text, "%s/cache", folder);
    setenv("XDG_CACHE_HOME", text, 1);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    write_file("printed", "", 0);
    write_file("said", "", 0);
    prepare("init stylegan2 small.gbw --res 8 --channel-max 2 --z-dim 4 --w-dim 4 --mapping-layers 1");
    prepare("init stylegan2 other.gbw --res 8 --channel-max 2 --z-dim 4 --w-dim 4 --mapping-layers 1 --seed 2");
    prepare("directions small.gbw --samples 4 --count 1 -o directions.npz");
    write_file("recipe.yaml", recipe, sizeof recipe - 1);
    write_file("clusters.yaml", "synthesis.b4.conv1: [[0], [1]]\n", 31);
    prepare("render small.gbw --bend recipe.yaml --clusters clusters.yaml -o picture.png");
    prepare("render small.gbw -o mask.png");
    prepare("render small.gbw --seeds 0-1 -o shards --shard 1/1");
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (argc < 5 || !strcmp(argv[4], operations[i].name)) {
            try_operation(&operations[i], all);
            tried++;
        }
    empty(folder);
    if (rmdir(folder))
        stop(folder);
    printf("%d operations, %ld faults, %d failures\n", tried, faults, failures);
    return failures || !tried;
}
