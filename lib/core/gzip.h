/* SPDX-License-Identifier: Apache-2.0 */
/* Whole texts compressed for HTTP. A computation: for a pool thread when the text is large. The one user of
 * libdeflate. */
#ifndef HEALTHD_CORE_GZIP_H
#define HEALTHD_CORE_GZIP_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/bytes.h"

/* Replaces ret_out by text in gzip form. level: 1 (fastest: 1 GB/s on a page) to 12. False, with ret_out empty, when
 * there is no memory or it does not fit ret_out: then send the text as it is. */
bool gzip_text(struct bytes text, int level, struct buf *ret_out);

#endif
