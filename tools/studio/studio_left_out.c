/* Replaces studio.c in builds without the studio. */
#include "tools/commands/commands.h"

static int run(int argc, char **argv) {
    (void)argc, (void)argv;
    return wrong_usage(&studio_command, "this ganbend was built without the studio; build it with -DGANBEND_STUDIO=ON");
}

const command studio_command = {
    .name = "studio",
    .summary = "(not in this build) bend live in the browser",
    .operands = "",
    .usage = "",
    .about = "This ganbend was built without the studio.",
    .example = "ganbend render faces.gbw -o face.png",
    .run = run,
};
