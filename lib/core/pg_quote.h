/* SPDX-License-Identifier: Apache-2.0 */
/* Names and texts as PostgreSQL's SQL has them, so that nothing in them is read as SQL. Pure. */
#ifndef HEALTHD_CORE_PG_QUOTE_H
#define HEALTHD_CORE_PG_QUOTE_H

#include "lib/base/arena.h"
#include "lib/base/bytes.h"

/* "jobs", "shop"."jobs": each part between points in quotes. A name that has quotes of its own is taken as it is. */
const char *pg_quote_name(struct arena *arena, const char *name);
/* "shop.jobs" as one name: of a channel, which is in no schema. */
const char *pg_quote_channel(struct arena *arena, const char *name);
/* E'…', whatever standard_conforming_strings is. A NUL ends it. */
const char *pg_quote_text(struct arena *arena, struct bytes text);

#endif
