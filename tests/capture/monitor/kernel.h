/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel: what the kernel does when somebody writes to sysfs and configfs or opens a card of evdi, in a tree
 * of files. */
#ifndef ZEROVNC_TEST_MONITOR_KERNEL_H
#define ZEROVNC_TEST_MONITOR_KERNEL_H

struct kernel {
	const char *root;
	int kill_at;       /* this process ends in front of that change; 0: it does not */
	int changes;       /* so far */
	const char *stuck; /* a connector's folder that does not become connected; NULL: none */
	const char *fixed; /* a mode that all connectors have, whatever their EDID; NULL: none */
	const char *busy;  /* a file that cannot be written; NULL: none */
	int refused;       /* the error of an ioctl that plugs a monitor in; 0: none */
};

extern struct kernel kernel;

/* Puts a card with an output into the tree, as it is with nothing plugged in. */
void kernel_add_output(const char *folder);

/* What becomes of `modprobe vkms create_default_dev=0`. */
enum kernel_vkms {
	KERNEL_VKMS_NONE,    /* there is no such module */
	KERNEL_EVDI,         /* nor this one, but evdi, whose version is in /evdi-version */
	KERNEL_VKMS_OLD,     /* it does not know the parameter, and makes its card */
	KERNEL_VKMS_BETWEEN, /* it makes no card, and has no folder in configfs */
	KERNEL_VKMS_NEW,     /* it has one */
};

/* Fills the tree, and forgets what was set in `kernel`, except for the root. */
void kernel_begin(enum kernel_vkms vkms);

#endif
