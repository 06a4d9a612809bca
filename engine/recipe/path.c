/* The paths of files named in a recipe: relative to its folder, and inside it if the recipe is confined. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/platform.h"
#include "recipe.h"

/* True if ".." is a component of the path, with the separators of any system: a recipe is refused everywhere or nowhere. */
static bool has_parent_component(const char *file) {
    for (const char *component = file; *component; component += strspn(component, "/\\")) {
        size_t length = strcspn(component, "/\\");
        if (length == 2 && !memcmp(component, "..", 2))
            return true;
        component += length;
    }
    return false;
}

gb_status gb_recipe_path(const gb_recipe *recipe, const char *file, char **path, gb_error *err) {
    if (recipe->confined && (gb_path_is_absolute(file) || has_parent_component(file)))
        return gb_fail(err, GB_BAD_ARGUMENT, "'%s' is outside the recipe's folder, where its files must be", file);
    size_t folder = gb_path_is_absolute(file) ? 0 : strlen(recipe->folder), length = strlen(file);
    *path = malloc(folder + length + 1);
    if (!*path)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    memcpy(*path, recipe->folder, folder);
    memcpy(*path + folder, file, length + 1);
    bool stays = true;
    gb_status status = GB_OK;
    if (recipe->confined)
        status = gb_path_stays(*recipe->folder ? recipe->folder : ".", *path, &stays, err);
    if (!status && stays)
        return GB_OK;
    free(*path);
    *path = NULL;
    return status ? status : gb_fail(err, GB_BAD_ARGUMENT,
                   "'%s' is a symbolic link to a file outside the recipe's folder, where its files "
                   "must be",
                   file);
}
