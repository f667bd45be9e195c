/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what option tables, metrics and variables say: `reference man|markdown|metrics|schema`, writes the
 * committed copies (`reference write FOLDER`), and holds them to the tables (`reference verify FOLDER`).
 * Run by the build and the tests; part of no installed program.
 */
#include "tools/reference.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { OUTPUT_MAX = 4 << 20, EXIT_USAGE = 2 };

static void write_markdown(struct buf *out)
{
    reference_write(&markdown_writer, out);
}

static void write_man(struct buf *out)
{
    reference_write(&man_writer, out);
}

static const struct format {
    const char *name, *file;
    void (*write)(struct buf *out);
} formats[] = {
    {"markdown", "configuration.md", write_markdown},
    {"metrics", "metrics.md", metrics_write},
    {"man", "healthd.yml.5", write_man},
    {"schema", "healthd.schema.json", schema_write},
};

enum { FORMAT_COUNT = sizeof(formats) / sizeof(*formats) };

static bool print_one(const struct format *format)
{
    struct buf out = BUF_MAX(OUTPUT_MAX);
    format->write(&out);
    const bool ok = !out.overflow &&
                    fwrite(buf_text(&out), 1, out.len, stdout) == out.len &&
                    fflush(stdout) == 0;
    buf_finish(&out);
    return ok;
}

static bool write_file(const char *folder, const struct format *format)
{
    char path[4096];
    struct buf out = BUF_MAX(OUTPUT_MAX);
    snprintf(path, sizeof(path), "%s/%s", folder, format->file);
    format->write(&out);
    FILE *file = fopen(path, "wb");
    const bool ok = file && fwrite(buf_text(&out), 1, out.len, file) == out.len;
    if ((file && fclose(file)) || !ok)
        fprintf(stderr, "reference: %s cannot be written: %s\n", path, strerror(errno));
    buf_finish(&out);
    return ok;
}

/* The committed copy must be what is generated now. */
static bool file_is_current(const char *folder, const struct format *format,
                            const char *program)
{
    char path[4096];
    struct buf now = BUF_MAX(OUTPUT_MAX), kept = BUF_MAX(OUTPUT_MAX);
    snprintf(path, sizeof(path), "%s/%s", folder, format->file);
    format->write(&now);
    FILE *file = fopen(path, "rb");
    char *room = file ? buf_room(&kept, OUTPUT_MAX) : NULL;
    if (room)
        buf_grew(&kept, fread(room, 1, OUTPUT_MAX, file));
    if (file)
        fclose(file);
    const bool same = bytes_equal(buf_bytes(&now), buf_bytes(&kept));
    if (!same)
        fprintf(stderr,
                "reference: %s is not what the tables say now; run: %s write %s\n", path,
                program, folder);
    buf_finish(&now);
    buf_finish(&kept);
    return same;
}

static int usage(void)
{
    fputs("usage: reference man|markdown|metrics|schema, or reference write|verify "
          "FOLDER\n",
          stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    bool ok = true;
    if (argc == 2) {
        for (size_t i = 0; i < FORMAT_COUNT; i++) {
            if (!strcmp(argv[1], formats[i].name))
                return print_one(&formats[i]) ? 0 : 1;
        }
        return usage();
    }
    if (argc != 3 || (strcmp(argv[1], "write") && strcmp(argv[1], "verify")))
        return usage();
    const bool writes = !strcmp(argv[1], "write");
    if (!writes)
        ok = reference_verify();
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        ok &= writes ? write_file(argv[2], &formats[i])
                     : file_is_current(argv[2], &formats[i], argv[0]);
    return ok ? 0 : 1;
}
