/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remedy: what a person has to install or do so that this machine can have a virtual display, by the names of
 * its distribution. Any thread. */
#ifndef ZEROVNC_MONITOR_REMEDY_H
#define ZEROVNC_MONITOR_REMEDY_H

#include <stddef.h>

#include "capture/monitor/survey.h"

enum { REMEDY_SIZE = 200 };

/* Writes what to do, such as "install linux-modules-extra-6.8.0-79-generic, which has the module vkms", after
 * /etc/os-release. */
void remedy_find(const char *root, const struct survey_kernel *kernel, char words[REMEDY_SIZE]);

#endif
