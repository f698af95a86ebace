/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_arguments: reads the command line. Only config.c includes it. */
#ifndef ZEROVNC_CONFIG_ARGUMENTS_H
#define ZEROVNC_CONFIG_ARGUMENTS_H

#include "server/config/config.h"

/* Reads the command and the options, apart from --config, into the configuration. 0 or -errno with a reason.
 */
int config_arguments_read(struct config *config, int argc, char **argv, struct reason *reason);

/* Prints a line for each command, for the help text. */
void config_arguments_print_commands(void);

#endif
