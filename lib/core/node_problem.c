/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The usual ways to get YAML wrong, by what the parser says of them, each with what to do; and where in the text they are.
 * Called by node.c.
 */
#include "lib/core/node_problem.h"

#include <string.h>

/* Not the first byte of a character in UTF-8. */
static bool goes_on(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

void node_problem_place(struct bytes text, size_t offset, int *ret_line, int *ret_column)
{
    int line = 1, column = 1;
    for (size_t i = 0; i < offset && i < text.len; i++) {
        column += !goes_on(text.ptr[i]);
        if (text.ptr[i] != '\n')
            continue;
        line++;
        column = 1;
    }
    *ret_line = line;
    *ret_column = column;
}

char node_problem_byte(struct bytes text, size_t index)
{
    size_t at = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!goes_on(text.ptr[i]) && at++ == index)
            return text.ptr[i];
    }
    return 0;
}

const char *node_problem_hint(const char *problem, const char *context, char at)
{
    static const struct {
        const char *problem, *context, *hint;
    } rows[] = {
        {"mapping values are not allowed", "",
         "a value with `: ` in it belongs in quotes; else the line is indented too far"},
        {"", "quoted scalar", "a quote is missing at the end of that text"},
        {"", "flow mapping",
         "a { without its }, or text with : # { } [ ] , in it that belongs in quotes"},
        {"", "flow sequence",
         "a [ without its ], or text with : # { } [ ] , in it that belongs in quotes"},
        {"'-' indicator", "",
         "the items of a list begin in the same column, each with a dash"},
        {"", "block mapping",
         "the keys of a mapping begin in the same column; text with a quote in it is "
         "quoted as a whole"},
        {"could not find expected ':'", "",
         "a key is followed by `: `; a text of several lines begins with `|`"},
    };

    if (at == '\t')
        return "indent with spaces: YAML does not allow tabs";
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (strstr(problem, rows[i].problem) && strstr(context, rows[i].context))
            return rows[i].hint;
    }
    return "text with : # { } [ ] , & * % or @ in it belongs in quotes";
}
