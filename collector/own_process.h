/* SPDX-License-Identifier: Apache-2.0 */
/* healthd's own use of the machine, as the families process_* have it. */
#ifndef HEALTHD_COLLECTOR_OWN_PROCESS_H
#define HEALTHD_COLLECTOR_OWN_PROCESS_H

struct own_process {
    double cpu_seconds; /* in user and kernel mode, since it began */
    double resident_bytes, virtual_bytes;
    double open_fds; /* NaN when /proc is not there */
    double max_fds;  /* RLIMIT_NOFILE's soft limit */
};

/* Reads /proc/self and rusage. A number of memory that cannot be read keeps its former value. */
void own_process_read(struct own_process *p);

#endif
