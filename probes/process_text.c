/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc says of one process (proc(5)), and /etc/passwd of a user: parsers, pure. Called by process_scan.c. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/words.h"
#include "probes/process.h"

/* Fields of /proc/N/stat by their number in proc(5), from the state on, which is 3. */
enum {
    STATE = 3,
    MINFLT = 10,
    MAJFLT = 12,
    UTIME = 14,
    STIME = 15,
    THREADS = 20,
    START = 22,
    VSIZE = 23,
    RSS = 24,
    FIELDS = 25
};

/* "42 (a ) name) S 1 …": the name may hold anything, so its end is the last ). */
bool process_stat_read(struct bytes text, long ticks, long page, struct process *ret,
                       struct bytes *ret_comm)
{
    double field[FIELDS] = {0};
    struct bytes word;
    const ptrdiff_t open = bytes_find_byte(text, '(');
    size_t close = text.len;
    while (close > 0 && text.ptr[close - 1] != ')')
        close--;
    if (open < 0 || close < (size_t)open + 2)
        return false;
    *ret_comm = bytes_slice(text, (size_t)open + 1, close - 1);
    text = bytes_slice(text, close, text.len);
    if (!words_next(&text, &word))
        return false;
    ret->state = strchr(PROCESS_STATES, word.ptr[0]) ? word.ptr[0] : 'O';
    for (int i = STATE + 1; i < FIELDS; i++) {
        if (!words_next(&text, &word) || !words_whole(word, &field[i]))
            return false;
    }
    ret->minor_faults = field[MINFLT];
    ret->major_faults = field[MAJFLT];
    ret->user_seconds = field[UTIME] / (double)ticks;
    ret->system_seconds = field[STIME] / (double)ticks;
    ret->threads = field[THREADS];
    ret->started_ticks = field[START] < 0 ? 0 : (uint64_t)field[START];
    ret->virtual_bytes = field[VSIZE];
    ret->resident_bytes = field[RSS] * (double)page;
    return true;
}

/* The number behind "Key:"; false: another key. */
static bool line_has(struct bytes line, const char *key, double *ret)
{
    struct bytes word;
    return words_next(&line, &word) && bytes_is(word, key) && words_number(&line, ret);
}

void process_status_read(struct bytes text, struct process *ret, uid_t *ret_uid)
{
    struct bytes line;
    double value;
    while (words_line(&text, &line)) {
        if (line_has(line, "Uid:", &value))
            *ret_uid = (uid_t)value;
        else if (line_has(line, "VmSwap:", &value))
            ret->swapped_bytes = value * 1024;
        else if (line_has(line, "voluntary_ctxt_switches:", &value))
            ret->voluntary = value;
        else if (line_has(line, "nonvoluntary_ctxt_switches:", &value))
            ret->involuntary = value;
    }
}

void process_io_read(struct bytes text, struct process *ret)
{
    struct bytes line;
    double value;
    while (words_line(&text, &line)) {
        if (line_has(line, "read_bytes:", &value))
            ret->read_bytes = value;
        else if (line_has(line, "write_bytes:", &value))
            ret->written_bytes = value;
    }
}

double process_max_fds_read(struct bytes limits)
{
    struct bytes line, word;
    double value;
    while (words_line(&limits, &line)) {
        if (!bytes_starts(line, "Max open files"))
            continue;
        line = bytes_slice(line, strlen("Max open files"), line.len);
        return words_next(&line, &word) && words_whole(word, &value) ? value : -1;
    }
    return -1;
}

double process_boot_time_read(struct bytes stat)
{
    struct bytes line;
    double value;
    while (words_line(&stat, &line)) {
        if (line_has(line, "btime", &value))
            return value;
    }
    return 0;
}

struct bytes process_base_name(struct bytes path)
{
    size_t from = path.len;
    while (from > 0 && path.ptr[from - 1] != '/')
        from--;
    return bytes_slice(path, from, path.len);
}

/* "/a/b" has "b" and "a/b", and not "/b" or "ab". */
static bool path_has(struct bytes path, struct bytes wanted)
{
    for (size_t at = 0; at + wanted.len <= path.len; at++) {
        const bool begins = at == 0 || wanted.ptr[0] == '/' || path.ptr[at - 1] == '/';
        const size_t end = at + wanted.len;
        const bool ends = end == path.len || path.ptr[end] == '/';
        const bool is_anchored = wanted.ptr[0] != '/' || at == 0;
        if (begins && ends && is_anchored &&
            !memcmp(path.ptr + at, wanted.ptr, wanted.len))
            return true;
    }
    return false;
}

bool process_cgroup_has(struct bytes text, const char *wanted)
{
    struct bytes line, number, controllers;
    while (words_line(&text, &line)) {
        if (bytes_token(&line, ':', &number) && bytes_token(&line, ':', &controllers) &&
            path_has(line, bytes_of(wanted)))
            return true;
    }
    return false;
}

bool process_user_id(struct bytes passwd, const char *name, uid_t *ret_uid)
{
    struct bytes line, user, password, id;
    uint64_t number;
    if (bytes_to_u64(bytes_of(name), &number) && number < UINT32_MAX) {
        *ret_uid = (uid_t)number;
        return true;
    }
    while (words_line(&passwd, &line)) {
        if (!bytes_token(&line, ':', &user) || !bytes_is(user, name))
            continue;
        if (bytes_token(&line, ':', &password) && bytes_token(&line, ':', &id) &&
            bytes_to_u64(id, &number) && number < UINT32_MAX) {
            *ret_uid = (uid_t)number;
            return true;
        }
    }
    return false;
}
