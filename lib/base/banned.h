/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that have a safe counterpart here; using one does not compile. Given to every
 * translation unit by the build (-include). */
#ifndef HEALTHD_BASE_BANNED_H
#define HEALTHD_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* glibc makes these macros in some builds, and poisoning a macro warns. */
#undef alloca
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof gmtime localtime \
    alloca
#define system(command) system_is_banned_use_uv_spawn(command)

#endif
