/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gaps: what of the picture no output covers. It is black. Frame thread. No file outside of this folder
 * includes it. */
#ifndef ZEROVNC_GAPS_H
#define ZEROVNC_GAPS_H

#include <stddef.h>

#include "encode/picture.h"

/*
 * Writer, between begin and publish: makes black what none of the `count` places covers, and adds the tiles
 * of it that were not black in the picture that was published last. The places lie inside the picture, and
 * picture_store_prepare() was called for those that were written.
 */
void gaps_blank(struct picture_store *store, struct picture *picture, const struct rect *places, size_t count,
	struct damage *damage);

#endif
