/* SPDX-License-Identifier: Apache-2.0 */
/* See config_file.h. */
#include "healthctl/config_file.h"

#include <unistd.h>

#include "healthctl/layout.h"

const char *config_default(void)
{
    return access(CONFIG_DEFAULT, F_OK) == 0 ? CONFIG_DEFAULT : NULL;
}

int config_faults(const struct invocation *in, const struct diag *d)
{
    struct buf text = BUF_MAX(256 << 10);
    diag_render(d, &text, in->screen->has_colour && isatty(STDERR_FILENO));
    const int code = complain_text(in, CODE_USAGE, buf_text(&text));
    buf_finish(&text);
    return code;
}

static void release_generation(void *generation)
{
    generation_unref(generation);
}

int config_load(const struct invocation *in, const struct generation **ret)
{
    const char *path = invocation_flag(in, "config");
    struct diag *d = diag_create(in->arena);
    struct generation *g =
        generation_load(path ? path : config_default(), in->secrets, d);
    if (diag_first(d))
        config_faults(in, d);
    if (!g)
        return CODE_USAGE;
    arena_cleanup(in->arena, release_generation, g);
    *ret = g;
    return CODE_PASS;
}
