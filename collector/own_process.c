/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel counts of this process. Called by self.c before a page. Keeps nothing. */
#include "collector/own_process.h"

#include <dirent.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/bytes.h"

/* Linux 6.2 and later give the number as the folder's size; earlier ones give 0. */
static double count_fds(void)
{
    struct stat folder;
    if (stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0)
        return (double)folder.st_size;
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return NAN;
    double count = -3; /* ".", ".." and the directory's own descriptor */
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* The first two fields of statm: pages in all, and in memory. */
static void read_memory(struct own_process *p)
{
    char line[256];
    struct bytes total, resident;
    uint64_t total_pages, resident_pages;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return;
    const bool was_read = fgets(line, sizeof(line), file) != NULL;
    fclose(file);
    if (!was_read)
        return;
    struct bytes in = bytes_of(line);
    if (!bytes_token(&in, ' ', &total) || !bytes_token(&in, ' ', &resident) ||
        !bytes_to_u64(total, &total_pages) || !bytes_to_u64(resident, &resident_pages))
        return;
    const double page_bytes = (double)sysconf(_SC_PAGESIZE);
    p->virtual_bytes = (double)total_pages * page_bytes;
    p->resident_bytes = (double)resident_pages * page_bytes;
}

void own_process_read(struct own_process *p)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    p->cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;

    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    p->max_fds = (double)limit.rlim_cur;
    p->open_fds = count_fds();

    read_memory(p);
}
