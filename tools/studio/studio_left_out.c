/* ganbend studio in a build without it. */
#include "tools/commands/commands.h"

static int run(int argc, char **argv) {
    (void)argc, (void)argv;
    return wrong_usage(&studio_command, "this ganbend was built without the studio; build it with -DGANBEND_STUDIO=ON");
}

const command studio_command = {
    .name = "studio",
    .summary = "(left out of this build) a page to bend live, in the browser",
    .operands = "",
    .usage = "",
    .about = "This ganbend was built without the studio.",
    .example = "ganbend render faces.gbw -o face.png",
    .run = run,
};
