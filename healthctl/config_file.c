/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file by --config or at the usual place, loaded into the invocation's arena; its faults as text and as fields.
 * Called by commands that read a configuration. Never changes one.
 */
#include "healthctl/config_file.h"

#include <unistd.h>

#include "healthctl/layout.h"
#include "healthctl/writer.h"

const char *config_default(void)
{
    return access(CONFIG_DEFAULT, F_OK) == 0 ? CONFIG_DEFAULT : NULL;
}

const char *config_name(const struct generation *g)
{
    return g->path ? g->path
                   : "the built-in configuration (there is no " CONFIG_DEFAULT
                     "; --config FILE names another)";
}

int config_faults(const struct invocation *in, const struct diag *d)
{
    struct buf text = BUF_MAX(256 << 10);
    diag_render(d, &text, in->screen->has_colour && isatty(STDERR_FILENO));
    const int code = complain_text(in, CODE_USAGE, buf_text(&text));
    buf_finish(&text);
    return code;
}

static const char *severity_word(enum severity severity)
{
    switch (severity) {
    case SEVERITY_ERROR:
        return "error";
    case SEVERITY_WARNING:
        return "warning";
    case SEVERITY_NOTE:
        return "note";
    }
    return "error";
}

void config_write_faults(struct invocation *in, const struct diag *d)
{
    struct writer *w = in->out;
    write_list(w, "faults");
    for (const struct diagnosis *x = diag_first(d); x; x = x->next) {
        write_begin(w, NULL, NULL);
        write_field(w, "severity", NULL, cell_text(severity_word(x->severity)));
        write_field(w, "file", NULL, cell_text(x->at.file));
        write_field(w, "line", NULL, x->at.line ? cell_count(x->at.line) : cell_none());
        write_field(w, "column", NULL,
                    x->at.column ? cell_count(x->at.column) : cell_none());
        write_field(w, "text", NULL, cell_text(x->text));
        write_field(w, "hint", NULL, cell_text(x->hint));
        write_end(w);
    }
    write_end(w);
}

void config_release(void *generation)
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
    arena_cleanup(in->arena, config_release, g);
    *ret = g;
    return CODE_PASS;
}
