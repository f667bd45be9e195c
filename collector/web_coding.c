/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accept-Encoding (RFC 9110 §12.5.3): a list of codings with weights, in any order; what is named holds before `*`. Pure.
 * Which of several codings is liked best is not asked: gzip or none is all there is.
 */
#include "collector/web_coding.h"

/* Of ";q=0.5": false when it has a weight, and that is zero or no number. */
static bool has_weight(struct bytes parameters)
{
    struct bytes parameter;
    while (bytes_token(&parameters, ';', &parameter)) {
        parameter = bytes_trim(parameter);
        if (parameter.len < 2 || (parameter.ptr[0] | 0x20) != 'q' ||
            parameter.ptr[1] != '=')
            continue;
        for (size_t i = 2; i < parameter.len; i++) {
            if (parameter.ptr[i] >= '1' && parameter.ptr[i] <= '9')
                return true;
        }
        return false;
    }
    return true;
}

bool coding_accepts_gzip(struct bytes header)
{
    struct bytes entry, name;
    bool is_any_accepted = false;
    while (bytes_token(&header, ',', &entry)) {
        if (!bytes_token(&entry, ';', &name))
            continue;
        name = bytes_trim(name);
        if (bytes_is_nocase(name, "gzip") || bytes_is_nocase(name, "x-gzip"))
            return has_weight(entry);
        if (bytes_is(name, "*"))
            is_any_accepted = has_weight(entry);
    }
    return is_any_accepted;
}
