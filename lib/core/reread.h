/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of /proc, /sys and cgroupfs that stay open and are read again from their beginning, which saves the kernel the
 * look-up of their path. Called by probes, on threads of theirs.
 */
#ifndef HEALTHD_CORE_REREAD_H
#define HEALTHD_CORE_REREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"

/* All of the file replaces out. A first read that gives fewer than whole_below bytes is all there is, for files that the
 * kernel makes at once; 0 for seq_file's, which give what they have ready: only an empty read is their end. False with
 * errno; EFBIG when out takes no more. */
bool reread(int fd, struct buf *out, size_t whole_below);

#endif
