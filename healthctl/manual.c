/* SPDX-License-Identifier: Apache-2.0 */
/* healthctl(1), written from the command table in man's macros (man-pages(7)). See help.h. */
#include <string.h>

#include "healthctl/help.h"
#include "probes/registry.h"

/* Text in roff: backslashes, hyphens that are typed, and dots or quotes that open a line. */
static void add_text(struct buf *out, const char *text)
{
    bool at_start = true;
    for (; *text; text++) {
        if (at_start && (*text == '.' || *text == '\''))
            buf_add_text(out, "\\&");
        at_start = *text == '\n';
        if (*text == '\n' && text[1] == '\n') {
            buf_add_text(out, "\n.PP");
        } else if (*text == '\\') {
            buf_add_text(out, "\\e");
        } else if (*text == '-') {
            buf_add_text(out, "\\-");
        } else if (*text == '\'') {
            buf_add_text(out, "\\(aq");
        } else if (*text == '`') {
            buf_add_byte(out, '"');
        } else {
            buf_add_byte(out, *text);
        }
    }
}

static void add_bold(struct buf *out, const char *text)
{
    buf_add_text(out, "\\fB");
    add_text(out, text);
    buf_add_text(out, "\\fR");
}

static void add_flags(struct buf *out, const struct flag *flags, const struct flag *but)
{
    for (const struct flag *f = flags; f && f->name; f++) {
        bool is_overridden = f->is_off;
        for (const struct flag *own = but; own && own->name; own++)
            is_overridden |= !strcmp(own->name, f->name);
        if (is_overridden)
            continue;
        buf_add_text(out, ".TP\n");
        if (f->letter)
            buf_printf(out, "\\fB\\-%c\\fR, ", f->letter);
        add_bold(out, f->has_off ? "--[no-]" : "--");
        add_bold(out, f->name);
        if (f->operand) {
            buf_add_text(out, " \\fI");
            add_text(out, f->operand);
            buf_add_text(out, "\\fR");
        }
        buf_add_byte(out, '\n');
        add_text(out, f->doc);
        buf_add_byte(out, '\n');
    }
}

static void add_verbs(struct buf *out, const struct verb *verbs)
{
    for (const struct verb *v = verbs; v && v->name; v++) {
        buf_add_text(out, ".TP\n");
        add_bold(out, v->name);
        if (*v->operands) {
            buf_add_text(out, " \\fI");
            add_text(out, v->operands);
            buf_add_text(out, "\\fR");
        }
        buf_add_byte(out, '\n');
        add_text(out, v->summary);
        buf_add_byte(out, '\n');
    }
}

static void add_command(struct buf *out, const struct command *c)
{
    buf_add_text(out, ".SS ");
    add_bold(out, c->name);
    if (*c->operands) {
        buf_add_text(out, " \\fI");
        add_text(out, c->operands);
        buf_add_text(out, "\\fR");
    }
    buf_add_byte(out, '\n');
    add_text(out, c->summary);
    buf_add_text(out, ".\n.PP\n");
    add_text(out, c->doc);
    buf_add_byte(out, '\n');
    add_verbs(out, c->verbs);
    add_flags(out, c->flags, NULL);
    for (const struct example *e = c->examples; e && e->line; e++) {
        buf_add_text(out, ".PP\n");
        add_text(out, e->meaning);
        buf_add_text(out, ":\n.PP\n.in +4n\n.EX\n");
        add_text(out, e->line);
        buf_add_text(out, "\n.EE\n.in\n");
    }
}

static void add_types(struct arena *arena, struct buf *out)
{
    buf_add_text(
        out, ".SH PROBE TYPES\nOptions of each type, as flags of \\fBhealthctl probe\\fR "
             "\\fITYPE\\fR. healthd.yml(5) explains them.\n");
    const struct command *probe = command_find("probe");
    for (size_t i = 0; probe_types[i]; i++) {
        buf_add_text(out, ".SS ");
        add_text(out, probe_types[i]->name);
        buf_add_byte(out, '\n');
        add_text(out, probe_types[i]->summary);
        buf_add_byte(out, '\n');
        add_flags(out, probe->more_flags(arena, probe_types[i]->name), NULL);
    }
}

static void add_places(struct buf *out)
{
    buf_add_text(
        out,
        ".SH WHERE HEALTHD IS\n"
        "Commands that need a running healthd ask the first of these that answers, "
        "unless\n"
        "\\fB\\-\\-socket\\fR, \\fB\\-\\-address\\fR or \\fBHEALTHD_SOCKET\\fR names "
        "one:\n"
        ".PP\n.in +4n\n.EX\n"
        "/run/healthd/healthd.sock\n"
        "/var/lib/healthd/healthd.sock\n"
        "$XDG_STATE_HOME/healthd/healthd.sock, or ~/.local/state/healthd/healthd.sock\n"
        "http://127.0.0.1:9990\n"
        ".EE\n.in\n");
    add_flags(out, daemon_flags, NULL);
    buf_add_text(out, ".SH ENVIRONMENT\n"
                      ".TP\n\\fBHEALTHD_SOCKET\\fR\nhealthd's Unix socket.\n"
                      ".TP\n\\fBHEALTHCTL_TOKEN\\fR\nThe bearer token sent to healthd.\n"
                      ".TP\n\\fBNO_COLOR\\fR\nNo colour, when set and not empty.\n"
                      ".TP\n\\fBSSL_CERT_FILE\\fR, \\fBSSL_CERT_DIR\\fR\nWhom to trust, "
                      "instead of the system's store.\n");
}

void help_manual(struct arena *arena, struct buf *out)
{
    buf_add_text(
        out, ".TH HEALTHCTL 1 \"\" \"healthd " HEALTHD_VERSION "\" \"User Commands\"\n"
             ".SH NAME\nhealthctl \\- asks healthd, and asks as healthd does\n"
             ".SH SYNOPSIS\n\\fBhealthctl\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...]\n"
             ".SH DESCRIPTION\n"
             "Text goes to standard output, errors to standard error. With\n"
             "\\fB\\-\\-format json\\fR standard output is one JSON object.\n");
    for (const char *const *group = command_groups; *group; group++) {
        buf_add_text(out, ".SH ");
        for (const char *c = *group; *c; c++)
            buf_add_byte(out, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
        buf_add_byte(out, '\n');
        for (size_t i = 0; commands[i]; i++) {
            if (!commands[i]->is_hidden && !strcmp(commands[i]->group, *group))
                add_command(out, commands[i]);
        }
    }
    buf_add_text(out, ".SH OPTIONS\nOf every command:\n");
    add_flags(out, common_flags, NULL);
    add_places(out);
    add_types(arena, out);
    buf_add_text(out, ".SH EXIT STATUS\n");
    for (size_t i = 0; exit_codes[i]; i++) {
        buf_printf(out, ".TP\n\\fB%zu\\fR\n", i);
        add_text(out, exit_codes[i]);
        buf_add_text(out, ".\n");
    }
    buf_add_text(out, ".SH SEE ALSO\n\\fBhealthd\\fR(8), \\fBhealthd.yml\\fR(5)\n");
}
