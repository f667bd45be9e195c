/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How bad a line says it is, in the words and numbers of the loggers that people use. Called by log_count.c. Pure.
 */
#include <ctype.h>
#include <string.h>

#include "lib/base/attr.h"
#include "probes/log.h"

#define LOOKED_AT 256 /* bytes of a line's beginning */

static const char *const names[] = {
    [LOG_LEVEL_UNKNOWN] = "unknown", [LOG_LEVEL_TRACE] = "trace",
    [LOG_LEVEL_DEBUG] = "debug",     [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_WARNING] = "warning", [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_FATAL] = "fatal",
};

const char *log_level_name(enum log_level level)
{
    return names[level];
}

static const struct {
    const char *word;
    enum log_level level;
} words[] = {
    {"trace", LOG_LEVEL_TRACE},    {"debug", LOG_LEVEL_DEBUG},
    {"info", LOG_LEVEL_INFO},      {"information", LOG_LEVEL_INFO},
    {"notice", LOG_LEVEL_INFO},    {"log", LOG_LEVEL_INFO},
    {"warn", LOG_LEVEL_WARNING},   {"warning", LOG_LEVEL_WARNING},
    {"error", LOG_LEVEL_ERROR},    {"err", LOG_LEVEL_ERROR},
    {"severe", LOG_LEVEL_ERROR},   {"fatal", LOG_LEVEL_FATAL},
    {"critical", LOG_LEVEL_FATAL}, {"crit", LOG_LEVEL_FATAL},
    {"panic", LOG_LEVEL_FATAL},    {"alert", LOG_LEVEL_FATAL},
    {"emerg", LOG_LEVEL_FATAL},    {"emergency", LOG_LEVEL_FATAL},
    {"verbose", LOG_LEVEL_DEBUG},
};

static enum log_level of_word(struct bytes word)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (bytes_is_nocase(word, words[i].word))
            return words[i].level;
    }
    return LOG_LEVEL_UNKNOWN;
}

/* Below 10 it is syslog's severity (RFC 5424), which GELF uses too; from 10 on pino's and bunyan's. */
static enum log_level of_number(uint64_t number)
{
    static const enum log_level syslogs[] = {
        LOG_LEVEL_FATAL,   LOG_LEVEL_FATAL, LOG_LEVEL_FATAL, LOG_LEVEL_ERROR,
        LOG_LEVEL_WARNING, LOG_LEVEL_INFO,  LOG_LEVEL_INFO,  LOG_LEVEL_DEBUG};
    if (number < ARRAY_LEN(syslogs))
        return syslogs[number];
    if (number < 10 || number > 99)
        return LOG_LEVEL_UNKNOWN;
    const uint64_t step = number / 10;
    return step >= 6 ? LOG_LEVEL_FATAL : (enum log_level)step;
}

/* MongoDB's and klog's: F, E, W, I, D1 … */
static enum log_level of_letter(struct bytes word)
{
    const bool is_letter = word.len == 1 || (word.len == 2 && *word.ptr == 'D' &&
                                             isdigit((unsigned char)word.ptr[1]));
    if (!is_letter)
        return LOG_LEVEL_UNKNOWN;
    switch (*word.ptr) {
    case 'F':
        return LOG_LEVEL_FATAL;
    case 'E':
        return LOG_LEVEL_ERROR;
    case 'W':
        return LOG_LEVEL_WARNING;
    case 'I':
        return LOG_LEVEL_INFO;
    case 'D':
        return LOG_LEVEL_DEBUG;
    default:
        return LOG_LEVEL_UNKNOWN;
    }
}

enum log_level log_level_of(struct bytes word)
{
    uint64_t number;
    if (bytes_to_u64(word, &number))
        return of_number(number);
    const enum log_level level = of_letter(word);
    return level ? level : of_word(word);
}

/* ---- within a line ---- */

static bool is_upper(struct bytes word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (!isupper((unsigned char)word.ptr[i]))
            return false;
    }
    return word.len > 0;
}

static bool stands_after(struct bytes line, size_t at, const char *text)
{
    const size_t len = strlen(text);
    return at >= len && bytes_is_nocase(bytes_slice(line, at - len, at), text);
}

/* A word of prose is no level: it is in capitals, in brackets, or named as one. */
static bool is_marked(struct bytes line, size_t at, struct bytes word)
{
    const char before = at > 0 ? line.ptr[at - 1] : ' ';
    const size_t end = at + word.len;
    const char behind = end < line.len ? line.ptr[end] : ' ';
    if ((before == '[' && behind == ']') || (before == '<' && behind == '>'))
        return true;
    if (is_upper(word) && word.len > 2)
        return true;
    if (at == 0 && behind == ':')
        return true;
    const char *const keys[] = {"level=", "level=\"", "lvl=", "severity=", "severity=\""};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (stands_after(line, at, keys[i]))
            return true;
    }
    return false;
}

enum log_level log_level_in(struct bytes line)
{
    line = bytes_slice(line, 0, LOOKED_AT);
    for (size_t at = 0; at < line.len;) {
        size_t end = at;
        while (end < line.len && isalpha((unsigned char)line.ptr[end]))
            end++;
        const struct bytes word = bytes_slice(line, at, end);
        const enum log_level level = word.len > 2 ? of_word(word) : LOG_LEVEL_UNKNOWN;
        if (level && is_marked(line, at, word))
            return level;
        at = end + 1;
    }
    return LOG_LEVEL_UNKNOWN;
}
