/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each report is written by its format's function (report.h) to where it belongs; formats and files are checked before
 * the run, so that no run is for nothing. Called by smoke and deploy.
 */
#include "healthctl/smoke_report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "healthctl/report.h"
#include "healthctl/smoke_text.h"

static const struct report_format *format_of(const struct invocation *in,
                                             const char *given, const char **ret_path)
{
    const char *equals = strchr(given, '=');
    *ret_path = equals ? equals + 1 : given;
    return equals ? report_find(arena_strndup(in->arena, given, (size_t)(equals - given)))
                  : report_of_file(given);
}

int smoke_report_check(const struct invocation *in)
{
    const char *const *files = invocation_flags(in, "report");
    const char *path;
    for (; files && *files; files++) {
        if (!format_of(in, *files, &path) || !*path)
            return complain(
                in, CODE_USAGE,
                "--report %s: write FORMAT=FILE, with json, junit, tap, nagios or github",
                *files);
    }
    return CODE_PASS;
}

static int write_file(const struct smoke *smoke, const char *given)
{
    const struct invocation *in = smoke->plan->in;
    const char *path;
    const struct report_format *f = format_of(in, given, &path);
    struct buf text = BUF_MAX(64 << 20);
    f->write(smoke, &text);
    secrets_redact(in->secrets, &text);
    FILE *file = fopen(path, "we");
    bool ok = file && fwrite(buf_text(&text), 1, text.len, file) == text.len;
    const int error = errno;
    ok = file && fclose(file) == 0 && ok;
    buf_finish(&text);
    return ok ? CODE_PASS : complain(in, CODE_UNKNOWN, "%s: %s", path, strerror(error));
}

static bool is_degraded(const struct smoke *smoke)
{
    for (size_t i = 0; i < smoke->count; i++) {
        if (smoke->results[i]->is_degraded)
            return true;
    }
    return false;
}

int smoke_report(const struct smoke *smoke)
{
    const struct invocation *in = smoke->plan->in;
    const char *format = invocation_flag(in, "format");
    const char *const *files = invocation_flags(in, "report");
    const struct report_format *f = format ? report_find(format) : NULL;
    int code = smoke->code;
    if (f && strcmp(f->name, "json") != 0) {
        struct buf text = BUF_MAX(64 << 20);
        f->write(smoke, &text);
        write_page(in->out, buf_text(&text));
        buf_finish(&text);
    } else {
        smoke_write(smoke);
        write_json(in->out, NULL, report_json_value(smoke));
    }
    if (f && !strcmp(f->name, "nagios"))
        code = report_nagios_code(code, is_degraded(smoke));
    for (; files && *files; files++) {
        const int failed = write_file(smoke, *files);
        code = code ? code : failed;
    }
    return code;
}
