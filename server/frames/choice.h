/* SPDX-License-Identifier: GPL-2.0-or-later */
/* choice: which outputs are to be shown, and what opens the source of each. `serve`, `doctor` and `bench` use
 * this. Any thread. */
#ifndef ZEROVNC_CHOICE_H
#define ZEROVNC_CHOICE_H

#include "capture/heads.h"
#include "capture/source.h"

/* Whether several outputs or all are asked for. The test desktop and framebuffer devices have only one. */
bool choice_is_several(const struct source_options *options);

/* The outputs that `outputs` names, as this process or the broker sees them. As heads_find(). */
int choice_heads(const struct source_options *options, const char *outputs, struct head heads[HEADS_MAX],
	size_t *count, struct reason *reason);

/*
 * Finds the outputs that are asked for. 0, with `count` heads. No head: there is one source, without a head.
 * If several outputs were asked for, that source stands in until one of all outputs is there, and tells why
 * none is. -errno with a reason if there is nothing to wait for, as heads_find() says.
 */
int choice_find(const struct source_options *options, struct head heads[HEADS_MAX], size_t *count,
	struct reason *reason);

/* What opens the source of a head, or the one without a head (NULL). Borrows the strings of both. */
struct source_options choice_source(const struct source_options *options, const struct head *head);

enum { CHOICE_NAME_SIZE = 112 };

/* A name for the output that no other one has: "card0/DP-1". */
void choice_name(const struct head *head, char name[CHOICE_NAME_SIZE]);

#endif
