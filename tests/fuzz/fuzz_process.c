/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the files of /proc that the process probe reads, and as /etc/passwd. */
#include <stdint.h>

#include "probes/process.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes text = {(const char *)data, size};
    struct process p = {0};
    struct bytes comm;
    uid_t uid;
    (void)process_stat_read(text, 100, 4096, &p, &comm);
    process_status_read(text, &p, &uid);
    process_io_read(text, &p);
    (void)process_max_fds_read(text);
    (void)process_boot_time_read(text);
    (void)process_base_name(text);
    (void)process_cgroup_has(text, "a.service");
    (void)process_cgroup_has(text, "/a");
    (void)process_user_id(text, "root", &uid);
    return 0;
}
