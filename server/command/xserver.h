/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xserver: what a command line that starts an X server has to say. An X server that is told of no virtual
 * terminal looks for a free one, which only root's may, so `zerovnc headless` tells it. Pure. Command lines
 * end with NULL, and have at least one word.
 */
#ifndef ZEROVNC_XSERVER_H
#define ZEROVNC_XSERVER_H

#include <stdbool.h>

/* Whether the program is an X server, or starts one, whatever folder it is named in: X, Xorg, xinit, startx.
 */
bool xserver_is(const char *program);

/* Whether a server is started that has to be told on which virtual terminal. startx finds that out by itself.
 */
bool xserver_lacks_terminal(char *const *command);

/* Whether what is added to the command line is for the server. If not, it is after another "--". */
bool xserver_is_last(char *const *command);

#endif
