/* SPDX-License-Identifier: Apache-2.0 */
/* The status page's files, compressed into the program by tools/web_files.py from dashboards/web. */
#ifndef HEALTHD_COLLECTOR_PAGE_FILE_H
#define HEALTHD_COLLECTOR_PAGE_FILE_H

#include "lib/base/bytes.h"

struct page_file {
    const char *name, *type; /* "main.js", "text/javascript; charset=utf-8" */
    struct bytes gzip;
};

extern const struct page_file page_files[]; /* ended by name NULL; index.html is one */
extern const char page_files_hash[];        /* of all of them: part of their addresses */

#endif
