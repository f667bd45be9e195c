/* SPDX-License-Identifier: Apache-2.0 */
/* Headers as a value that expressions can look into: headers["content-type"]. Pure. */
#ifndef HEALTHD_CORE_HEADER_MAP_H
#define HEALTHD_CORE_HEADER_MAP_H

#include "lib/core/expr.h"
#include "lib/core/opt.h"

/* Names are found in any case, and several values of one are joined by commas (RFC 9110 §5.3). headers has to stay where it
 * is for as long as the value is used. */
struct value header_map(const struct pairs *headers);

#endif
