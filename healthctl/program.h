/* SPDX-License-Identifier: Apache-2.0 */
/* The whole of healthctl as one call: the program healthctl is this, and the image's one program is it under that name. */
#ifndef HEALTHD_HEALTHCTL_PROGRAM_H
#define HEALTHD_HEALTHCTL_PROGRAM_H

/* As main(): the words of the command line, the program's name first. Returns the exit code. */
int healthctl_main(int argc, char **argv);

#endif
