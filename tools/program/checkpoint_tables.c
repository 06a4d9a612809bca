/* Prints Markdown tables of supported and refused checkpoints, formats of latents, and synonyms of options. */
#include "checkpoint_tables.h"

#include <ganbend.h>

#include "synonyms.h"
#include "tools/inputs/latents.h"

static void heading(FILE *to, const char *title, const char *first, const char *second, const char *third) {
    fprintf(to, "\n## %s\n\n| %s | %s |%s%s%s\n| --- | --- |%s\n", title, first, second, third ? " " : "", third ? third : "",
            third ? " |" : "", third ? " --- |" : "");
}

static void print_rows(FILE *to, gb_checkpoint_table table) {
    gb_checkpoint_row row;
    for (size_t i = 0; gb_checkpoint_table_row(table, i, &row); i++) {
        if (*row.source) fprintf(to, "| `%s` | %s | %s |\n", row.name, row.summary, row.source);
        else if (*row.summary) fprintf(to, "| %s | %s |\n", row.name, row.summary);
        else fprintf(to, "- %s\n", row.name);
    }
}

void print_checkpoint_tables(FILE *to) {
    latent_form form;
    const synonym *s;
    heading(to, "Families", "family", "description", "source");
    print_rows(to, GB_CHECKPOINT_FAMILIES);
    heading(to, "File formats", "format", "files", NULL);
    print_rows(to, GB_CHECKPOINT_FORMATS);
    fprintf(to, "\n## Networks refused by name\n\n");
    print_rows(to, GB_CHECKPOINT_REFUSED);
    heading(to, "Formats of latents", "shape", "`--w` reads it as", "written by");
    for (size_t i = 0; latent_form_at(i, &form); i++)
        fprintf(to, "| `%s` | %s | %s |\n", form.shape, form.reading, form.source);
    fprintf(to, "\nLeading dimensions of 1 are ignored. Arrays are found by these names:");
    for (size_t i = 0; latent_name_at(i); i++) fprintf(to, "%s `%s`", i ? "," : "", latent_name_at(i));
    fprintf(to, ".\n");
    heading(to, "Options of the published scripts", "option", "here", NULL);
    for (size_t i = 0; (s = synonym_at(i)); i++) {
        fprintf(to, "| `… %s` | ", s->word);
        if (s->option) fprintf(to, "the same as `%s`%s", s->option, s->advice ? "; or: " : "");
        fprintf(to, "%s |\n", s->advice ? s->advice : "");
    }
}
