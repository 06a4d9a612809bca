/* Man pages in the `man` macro language of groff and mandoc: one for the program and one for each subcommand. */
#include "reference.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "engine/platform/files.h"

/* Writes text with escapes for the characters that groff would replace, so that it can be copied from the page. `start`:
 * the text starts an input line, where a period would be a request. */
static void put_text(FILE *to, const char *text, size_t length, bool start) {
    static const struct { char c; const char *name; } escaped[] = {
        {'\\', "\\e"}, {'-', "\\-"}, {'\'', "\\(aq"}, {'`', "\\(ga"}, {'^', "\\(ha"}, {'~', "\\(ti"},
    };
    for (size_t i = 0; i < length; i++) {
        const char *name = NULL;
        for (size_t k = 0; k < sizeof escaped / sizeof *escaped; k++)
            if (text[i] == escaped[k].c) name = escaped[k].name;
        if (start && text[i] == '.') fputs("\\&", to);
        if (name) fputs(name, to);
        else putc(text[i], to);
        start = text[i] == '\n';
    }
}

static void put(FILE *to, const char *text) {
    put_text(to, text, strlen(text), true);
}

static void put_heading(FILE *to, const char *request, const char *title) {
    fprintf(to, "%s ", request);
    for (const char *c = title; *c; c++) putc(toupper((unsigned char)*c), to);
    putc('\n', to);
}

/* Paragraphs; the tables separate them by newlines. */
static void put_paragraphs(FILE *to, const char *text) {
    for (;;) {
        size_t length = strcspn(text, "\n");
        put_text(to, text, length, true);
        putc('\n', to);
        if (!text[length]) return;
        text += length + 1;
        fputs(".PP\n", to);
    }
}

/* Lines without filling. */
static void put_lines(FILE *to, const char *text) {
    fputs(".RS 2\n.nf\n", to);
    put(to, text);
    fputs("\n.fi\n.RE\n", to);
}

static void put_options(FILE *to, const command *c) {
    const option *o;
    for (size_t i = 0; (o = option_at(c, i)); i++) {
        fputs(".TP\n\\fB", to);
        put(to, o->name);
        fputs("\\fR", to);
        if (o->value) {
            fputs(" \\fI", to);
            put_text(to, o->value, strlen(o->value), false);
            fputs("\\fR", to);
        }
        putc('\n', to);
        put(to, o->help);
        putc('\n', to);
    }
}

/* The table of the library that --help prints: its title becomes a heading, its lines a list. */
static void put_list(FILE *to, const command *c) {
    FILE *text = tmpfile();
    char line[400];
    bool open = false;
    if (!text) return;
    c->list(text);
    rewind(text);
    while (fgets(line, sizeof line, text)) {
        size_t length = strcspn(line, "\n"), indent = strspn(line, " ");
        char *gap = strchr(line + indent, ' ');
        line[length] = '\0';
        if (!length) continue;
        if (!indent) {
            if (line[length - 1] == ':') line[length - 1] = '\0';
            put_heading(to, ".SH", line);
            open = true;
        } else if (open && gap) {
            *gap = '\0';
            fputs(".TP\n\\fB", to);
            put(to, line + indent);
            fputs("\\fR\n", to);
            gap++;
            put(to, gap + strspn(gap, " "));
            putc('\n', to);
        }
    }
    fclose(text);
}

static void put_synopsis(FILE *to, const command *c) {
    fputs("\\fBganbend ", to);
    put_text(to, c->name, strlen(c->name), false);
    fputs("\\fR ", to);
    put_text(to, c->operands, strlen(c->operands), false);
    if (*c->operands && *c->usage) putc(' ', to);
    put_text(to, c->usage, strlen(c->usage), false);
    putc('\n', to);
}

static void put_title(FILE *to, const char *name) {
    fputs(".TH GANBEND", to);
    if (name) {
        fputs("\\-", to);
        for (const char *c = name; *c; c++) putc(toupper((unsigned char)*c), to);
    }
    fprintf(to, " 1 \"\" \"ganbend %s\" \"ganbend manual\"\n.nh\n.ad l\n.SH NAME\nganbend", gb_version());
    if (name) fprintf(to, "\\-%s", name);
    fputs(" \\- ", to);
}

static void put_command(FILE *to, const command *c) {
    put_title(to, c->name);
    put(to, c->summary);
    fputs("\n.SH SYNOPSIS\n", to);
    for (size_t i = 0; c->verbs && c->verbs[i]; i++) {
        if (i) fputs(".br\n", to);
        put_synopsis(to, c->verbs[i]);
    }
    if (!c->verbs) put_synopsis(to, c);
    fputs(".SH DESCRIPTION\n", to);
    put_paragraphs(to, c->about);
    if (c->list) put_list(to, c);
    if (!c->verbs) {
        fputs(".SH OPTIONS\n", to);
        put_options(to, c);
    }
    for (size_t i = 0; c->verbs && c->verbs[i]; i++) {
        put_heading(to, ".SH", c->verbs[i]->name);
        put_paragraphs(to, c->verbs[i]->about);
        put_options(to, c->verbs[i]);
        fputs(".PP\n", to);
        put_lines(to, c->verbs[i]->example);
    }
    if (!c->verbs) {
        fputs(".SH EXAMPLES\n", to);
        put_lines(to, c->example);
    }
    fputs(".SH EXIT STATUS\n0 on success, 1 on failure, 2 for wrong usage.\n.SH SEE ALSO\n.BR ganbend (1)\n", to);
}

static void put_program(FILE *to, const program_info *program) {
    put_title(to, NULL);
    put(to, "run and bend StyleGAN2 and BigGAN generators");
    fputs("\n.SH SYNOPSIS\n.B ganbend\n.I SUBCOMMAND\n[arguments]\n.SH DESCRIPTION\n", to);
    put_paragraphs(to, program->about);
    fputs(".SH SUBCOMMANDS\n", to);
    for (size_t i = 0; program->commands[i]; i++) {
        fprintf(to, ".TP\n.BR ganbend\\-%s (1)\n", program->commands[i]->name);
        put(to, program->commands[i]->summary);
        putc('\n', to);
    }
    fputs(".SH OPTIONS\n.TP\n\\fB\\-\\-help\\fR\nPrint the list of subcommands.\n"
          ".TP\n\\fB\\-\\-help\\-all\\fR\nPrint the options of all subcommands.\n"
          ".TP\n\\fB\\-\\-version\\fR\nPrint the version.\n"
          ".SH EXAMPLES\n", to);
    put_lines(to, program->example);
    fputs(".SH EXIT STATUS\n0 on success, 1 on failure, 2 for wrong usage.\n", to);
    fputs(".SH ENVIRONMENT\n.TP\n.B GANBEND_ISA\nInstruction set of the CPU kernels: plain, avx2, avx512, avx512bf16, "
          "amxbf16, neon or wasm. The default is the best that the processor supports.\n"
          ".TP\n.BR GANBEND_DEVICE \", \" GANBEND_PRECISION\nDefaults for \\-\\-device and \\-\\-precision.\n"
          ".TP\n.B XDG_CACHE_HOME\nWhere converted checkpoints are kept, in its folder ganbend; ~/.cache by default.\n"
          ".TP\n.B TMPDIR\nWhere temporary files are written; /tmp by default.\n"
          ".TP\n.B GANBEND_CUDA_SYNC\n1: wait for every kernel on the GPU, so that an error names the kernel.\n"
          ".SH SEE ALSO\n", to);
    for (size_t i = 0; program->commands[i]; i++)
        fprintf(to, ".BR ganbend\\-%s (1)%s\n", program->commands[i]->name, program->commands[i + 1] ? "," : "");
}

gb_status write_man_pages(const program_info *program, const char *folder, gb_error *err) {
    char path[4096];
    const command *c = NULL;
    for (size_t i = 0; i == 0 || (c = program->commands[i - 1]); i++) {
        FILE *to;
        bool bad;
        snprintf(path, sizeof path, "%s/ganbend%s%s.1", folder, c ? "-" : "", c ? c->name : "");
        to = fopen(path, "w");
        if (!to) return state(err, GB_IO, "%s: %s", path, strerror(errno));
        if (c) put_command(to, c);
        else put_program(to, program);
        bad = ferror(to) != 0;
        if (fclose(to) != 0 || bad) return state(err, GB_IO, "%s: %s", path, strerror(errno));
    }
    return GB_OK;
}
