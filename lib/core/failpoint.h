/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places where the crash suite ends the process, in builds with sanitizers only: HEALTHD_FAILPOINT=name:n sends SIGKILL
 * to itself the n-th time it comes to FAILPOINT("name"); with name:n:ms the thread stops for so long before, while the
 * others go on. Nothing in other builds.
 */
#ifndef HEALTHD_CORE_FAILPOINT_H
#define HEALTHD_CORE_FAILPOINT_H

void failpoint(const char *name);
#ifdef HEALTHD_FAILPOINTS
#define FAILPOINT(name) failpoint(name)
#else
#define FAILPOINT(name) ((void)0)
#endif

#endif
