/* SPDX-License-Identifier: Apache-2.0 */
/* What a client says of the codings that it reads. web_exchange.c's own. */
#ifndef HEALTHD_COLLECTOR_WEB_CODING_H
#define HEALTHD_COLLECTOR_WEB_CODING_H

#include <stdbool.h>

#include "lib/base/bytes.h"

/* Of an Accept-Encoding header, or nothing: whether the answer may be in gzip. */
bool coding_accepts_gzip(struct bytes header);

#endif
